// SPDX-License-Identifier: Apache-2.0
#include "backup_parts.h"
#include "schema.h"
#include "store_parts.h"

#include <filesystem>
#include <unistd.h>

namespace palyra::state {
namespace {

struct Copy {
  Head head;
  std::optional<VaultMark> mark;
  Bytes bytes;
};

Result<Copy> copy_of(const Database& database) {
  Transaction reading = PALYRA_TRY(Transaction::begin(database, TransactionKind::kRead));
  Copy copy{.head = PALYRA_TRY(load_head(database)),
            .mark = PALYRA_TRY(last_mark(database)),
            .bytes = PALYRA_TRY(database.serialize())};
  PALYRA_TRY(reading.commit());
  return copy;
}

Result<> check_copy(const std::string& path, const Schema& schema) {
  const Database database = PALYRA_TRY(Database::open(path));
  Transaction reading = PALYRA_TRY(Transaction::begin(database, TransactionKind::kRead));
  PALYRA_TRY(check_schema(database, schema));
  const Snapshot snapshot = PALYRA_TRY(load_rows(database));
  PALYRA_TRY(check_audit_chain(database, snapshot.head));
  return reading.commit();
}

}  // namespace

Result<BackupFile> StateStore::backup(const std::string& path) const {
  // SQLite reads more into some relative names than a file's.
  std::error_code error;
  const std::string absolute = std::filesystem::absolute(path, error).string();
  if (error) return std::unexpected(file_error(error.value(), "find", path));
  const Copy copy = PALYRA_TRY(copy_of(parts_->database));
  // Also a part of an older backup, which would pass for one of this.
  for (const std::string& file : {absolute, storage_part_of(absolute), vault_part_of(absolute)}) {
    if (std::filesystem::exists(std::filesystem::symlink_status(file, error))) {
      return fail(kFileExists, "'{}' is there already", file);
    }
  }
  BackupParts parts(absolute);
  PALYRA_TRY(parts.copy_storage(parts_->root));
  PALYRA_TRY(parts.copy_vault(parts_->root, copy.mark));
  PALYRA_TRY(write_file_atomic(absolute, copy.bytes, 0600, Overwrite::kNo));
  const Result<> checked = check_copy(absolute, parts_->schema);
  if (!checked) {
    ::unlink(absolute.c_str());
    return std::unexpected(Error(checked.error()).with_context(fmt::format("while checking the copy '{}'", path)));
  }
  parts.keep();
  return BackupFile{.generation = copy.head.generation,
                    .size_bytes = copy.bytes.size(),
                    .sha256 = crypto::sha256(copy.bytes),
                    .parts = parts.files()};
}

}  // namespace palyra::state
