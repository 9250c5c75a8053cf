// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a backup holds besides trust.db, in files beside it: storage.db as of one moment, and the vault as it is, which
// stays as locked as it was. They are there before the file itself is, so that a backup that is there is whole.

#include "vault_mark.h"

#include <palyra/state/change_requests.h>

#include <optional>
#include <string>
#include <vector>

namespace palyra::state {

// "<backup>.storage", "<backup>.vault".
std::string storage_part_of(const std::string& backup);
std::string vault_part_of(const std::string& backup);

// Files that are being made; those that are there when it ends without keep() are removed again.
class BackupParts {
 public:
  explicit BackupParts(std::string backup) : backup_(std::move(backup)) {}
  BackupParts(const BackupParts&) = delete;
  BackupParts& operator=(const BackupParts&) = delete;
  ~BackupParts();

  // Nothing when nothing is kept. The copy is opened and checked, every page of it. Errors: those of open_storage and
  // of write_file_atomic.
  Result<> copy_storage(const Directory& root);
  // After `mark` was read. Nothing when there is none. Errors: kVaultDamaged, kVaultRolledBack, those of
  // write_file_atomic.
  Result<> copy_vault(const Directory& root, const std::optional<VaultMark>& mark);

  void keep() { kept_ = true; }
  [[nodiscard]] const std::vector<std::string>& files() const { return files_; }

 private:
  std::string backup_;
  std::vector<std::string> files_;
  bool kept_ = false;
};

// The files of a backup that take the place of what is missing or damaged in the root; what can be used stays, because
// it is newer than any copy. Under other names until publish().
class PartsToRestore {
 public:
  // `mark` is of the recovered trust.db. Errors: kStorageDamaged, kSchemaNewer, kVaultDamaged, kVaultRolledBack (of the
  // copies), kStateBusy, those of read_file and Directory.
  static Result<PartsToRestore> prepare(const Directory& root, const std::string& backup,
                                        const std::optional<VaultMark>& mark);
  // What was there is kept.
  Result<> publish(const Directory& root) const;

  [[nodiscard]] std::vector<std::string> names() const;
  // For the audit log: each name, and where what it replaces is kept; "" when nothing was there.
  [[nodiscard]] Json details() const;

 private:
  struct Part {
    std::string name;
    std::string kept_as;  // "<name>.damaged-<n>"
    bool is_there = false;
  };
  static Result<Part> part(const Directory& root, const char* name);

  std::vector<Part> parts_;
};

// The names, in the root, of what prepare() leaves when it fails or the process dies.
std::vector<std::string> unfinished_parts();

// "<name>.damaged-<n>", which nothing has yet. Errors: kStateUnavailable, those of Directory.
Result<std::string> free_name(const Directory& root, const std::string& name);
// `name` and the journals that SQLite would believe to belong to the next file of that name.
Result<> put_aside(const Directory& root, const std::string& name, const std::string& copy);

}  // namespace palyra::state
