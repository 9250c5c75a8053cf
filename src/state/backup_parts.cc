// SPDX-License-Identifier: Apache-2.0
#include "backup_parts.h"

#include "database_file.h"
#include "storage_database.h"

#include <palyra/state/storage_codes.h>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <linux/fs.h>
#include <unistd.h>

namespace palyra::state {
namespace {

constexpr std::size_t kMaxStorageBytes = std::size_t{1} << 32U;

std::string unfinished(const std::string& name) { return name + ".recover"; }

Result<> check_copy(const std::string& path) {
  const Database copy = PALYRA_TRY(Database::open(path));
  Transaction reading = PALYRA_TRY(Transaction::begin(copy, TransactionKind::kRead));
  static_cast<void>(PALYRA_TRY(schema_version(copy, storage_schema())));
  PALYRA_TRY(check_whole_storage(copy));
  return reading.commit();
}

Result<> copy_checked(const Database& database, const std::string& path) {
  {
    const Database copy = PALYRA_TRY(Database::open(path));
    PALYRA_TRY(database.copy_into(copy));
  }
  PALYRA_TRY(of_storage(check_copy(path)), fmt::format("while checking the copy '{}'", path));
  return {};
}

bool is_missing(const Error& error) { return error.is(kFileNotFound); }

// Nobody could use the file as it is. Errors: why nobody can say.
Result<bool> wants_storage(const Directory& root) {
  const auto there = open_storage(root.path());
  if (there) return !there->has_value();
  if (there.error().is(kStorageDamaged)) return true;
  return std::unexpected(there.error());
}

Result<bool> wants_vault(const Directory& root, const std::optional<VaultMark>& mark) {
  const auto text = read_vault(root);
  if (!text && !text.error().is(kFileNotRegular) && !text.error().is(kFileTooLarge)) {
    return std::unexpected(text.error());
  }
  if (!text || !*text) return true;
  const auto parsed = parse_vault(**text);
  return !parsed || !check_mark(parsed->file, mark);
}

// Errors: those of read_file, but nothing when there is no such file.
Result<std::optional<Bytes>> read_part(const std::string& path, std::size_t limit) {
  auto bytes = read_file(path, limit);
  if (bytes) return *std::move(bytes);
  if (is_missing(bytes.error())) return std::nullopt;
  return std::unexpected(std::move(bytes).error());
}

Result<bool> prepare_storage(const Directory& root, const std::string& part) {
  const auto bytes = PALYRA_TRY(read_part(part, kMaxStorageBytes));
  if (!bytes || !PALYRA_TRY(wants_storage(root))) return false;
  const std::string name = unfinished(kStorageFile);
  PALYRA_TRY(root.write_file(name, *bytes, 0600, Overwrite::kYes));
  PALYRA_TRY(of_storage(check_copy(root.path() + "/" + name)), fmt::format("while reading the backup '{}'", part));
  return true;
}

Result<bool> prepare_vault(const Directory& root, const std::string& part, const std::optional<VaultMark>& mark) {
  const auto bytes = PALYRA_TRY(read_part(part, kMaxVaultBytes));
  if (!bytes || !PALYRA_TRY(wants_vault(root, mark))) return false;
  const std::string context = fmt::format("while reading the backup '{}'", part);
  const ParsedVault parsed = PALYRA_TRY(parse_vault(as_text(*bytes)), context);
  PALYRA_TRY(check_mark(parsed.file, mark), context);
  PALYRA_TRY(root.write_file(unfinished(kVaultFile), *bytes, 0600, Overwrite::kYes));
  return true;
}

}  // namespace

std::string storage_part_of(const std::string& backup) { return backup + ".storage"; }
std::string vault_part_of(const std::string& backup) { return backup + ".vault"; }

BackupParts::~BackupParts() {
  if (kept_) return;
  for (const std::string& file : files_) {
    ::unlink(file.c_str());
    ::unlink((file + "-journal").c_str());
  }
}

Result<> BackupParts::copy_storage(const Directory& root) {
  const auto database = PALYRA_TRY(open_storage(root.path()));
  if (!database) return {};
  const std::string path = storage_part_of(backup_);
  PALYRA_TRY(write_file_atomic(path, {}, 0600, Overwrite::kNo));
  files_.push_back(path);
  return of_storage(copy_checked(*database, path));
}

Result<> BackupParts::copy_vault(const Directory& root, const std::optional<VaultMark>& mark) {
  const auto text = PALYRA_TRY(read_vault(root));
  if (!text) return {};
  const ParsedVault parsed = PALYRA_TRY(parse_vault(*text));
  PALYRA_TRY(check_mark(parsed.file, mark));
  const std::string path = vault_part_of(backup_);
  PALYRA_TRY(write_file_atomic(path, as_bytes(*text), 0600, Overwrite::kNo));
  files_.push_back(path);
  return {};
}

Result<PartsToRestore> PartsToRestore::prepare(const Directory& root, const std::string& backup,
                                               const std::optional<VaultMark>& mark) {
  PartsToRestore parts;
  if (PALYRA_TRY(prepare_storage(root, storage_part_of(backup)))) {
    parts.parts_.push_back(PALYRA_TRY(part(root, kStorageFile)));
  }
  if (PALYRA_TRY(prepare_vault(root, vault_part_of(backup), mark))) {
    parts.parts_.push_back(PALYRA_TRY(part(root, kVaultFile)));
  }
  return parts;
}

Result<PartsToRestore::Part> PartsToRestore::part(const Directory& root, const char* name) {
  return Part{.name = name,
              .kept_as = PALYRA_TRY(free_name(root, name)),
              .is_there = PALYRA_TRY(form_of(root, name)) != FileForm::kAbsent};
}

Result<> PartsToRestore::publish(const Directory& root) const {
  for (const Part& part : parts_) {
    PALYRA_TRY(put_aside(root, part.name, part.kept_as));
    PALYRA_TRY(state::publish(root, unfinished(part.name).c_str(), part.name.c_str()));
  }
  return {};
}

std::vector<std::string> PartsToRestore::names() const {
  std::vector<std::string> names;
  names.reserve(parts_.size());
  for (const Part& part : parts_) names.push_back(part.name);
  return names;
}

Json PartsToRestore::details() const {
  Json details = Json::Object{};
  for (const Part& part : parts_) details.set(part.name, part.is_there ? part.kept_as : std::string());
  return details;
}

std::vector<std::string> unfinished_parts() {
  const std::string storage = unfinished(kStorageFile);
  return {storage, storage + "-journal", unfinished(kVaultFile)};
}

Result<std::string> free_name(const Directory& root, const std::string& name) {
  constexpr int kMost = 1'000;
  for (int n = 1; n <= kMost; ++n) {
    std::string free = fmt::format("{}.damaged-{}", name, n);
    if (PALYRA_TRY(form_of(root, free.c_str())) == FileForm::kAbsent) return free;
  }
  return fail(kStateUnavailable, "'{}' holds {} damaged copies of {}: remove some", root.path(), kMost, name);
}

Result<> put_aside(const Directory& root, const std::string& name, const std::string& copy) {
  for (const char* suffix : {"", "-journal", "-wal", "-shm"}) {
    const std::string from = name + suffix;
    const std::string to = copy + suffix;
    if (::renameat2(root.fd(), from.c_str(), root.fd(), to.c_str(), RENAME_NOREPLACE) == 0 || errno == ENOENT) continue;
    return std::unexpected(file_error(errno, "rename", root.path() + "/" + from));
  }
  return {};
}

}  // namespace palyra::state
