// SPDX-License-Identifier: Apache-2.0
// Opening a state directory, and making one.
#include "directory_lock.h"
#include "migration.h"
#include "schema.h"
#include "store_parts.h"
#include "trust_table.h"

#include <palyra/base/check.h>

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/stat.h>
#include <unistd.h>

namespace palyra::state {
namespace {

constexpr const char* kUnfinished = "trust.db.init";
constexpr const char* kInitAdvice = "palyra trust init";
constexpr const char* kRestoreAdvice = "put back a copy of trust.db from a backup of this directory";

std::unexpected<Error> damaged(std::string message) {
  return std::unexpected(Error(kStoreDamaged, std::move(message)).with_next(kRestoreAdvice));
}

std::unexpected<Error> not_initialised(const std::string& root) {
  return std::unexpected(
      Error(kNotInitialised, fmt::format("there is no trust store in '{}'", root)).with_next(kInitAdvice));
}

enum class FileForm : std::uint8_t { kAbsent, kRegular, kOther };

Result<FileForm> form_of(const Directory& root, const char* name) {
  struct stat status{};
  if (::fstatat(root.fd(), name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT) return FileForm::kAbsent;
    return std::unexpected(file_error(errno, "inspect", root.path() + "/" + name));
  }
  return S_ISREG(status.st_mode) ? FileForm::kRegular : FileForm::kOther;
}

Result<> check_database_file(const Directory& root) {
  const FileForm form = PALYRA_TRY(form_of(root, kDatabaseFile));
  if (form == FileForm::kRegular) return {};
  if (form == FileForm::kOther) return damaged(fmt::format("'{}/trust.db' is not a regular file", root.path()));
  for (const char* companion : {"objects", "keys"}) {
    if (PALYRA_TRY(form_of(root, companion)) != FileForm::kAbsent) {
      return damaged(fmt::format("'{}/trust.db' is missing beside '{}'", root.path(), companion));
    }
  }
  return not_initialised(root.path());
}

Result<bool> holds_anything(const Directory& root, const char* name) {
  if (PALYRA_TRY(form_of(root, name)) == FileForm::kAbsent) return false;
  for (const std::string& below : PALYRA_TRY(PALYRA_TRY(root.make_directory(name)).list())) {
    if (below != "sha256") return true;  // of objects/; what is in it counts
    if (!PALYRA_TRY(PALYRA_TRY(root.make_directory(std::string(name) + "/sha256")).list()).empty()) return true;
  }
  return false;
}

Result<> check_nothing_kept(const Directory& root) {
  if (PALYRA_TRY(form_of(root, kDatabaseFile)) != FileForm::kAbsent) {
    return fail(kAlreadyInitialised, "'{}/trust.db' exists", root.path());
  }
  for (const char* companion : {"objects", "keys"}) {
    if (PALYRA_TRY(holds_anything(root, companion))) {
      return damaged(fmt::format("'{}/trust.db' is missing, but '{}' is not empty", root.path(), companion));
    }
  }
  return {};
}

// Of a trust.db that is gone, whose journals SQLite would believe and whose generation would call a new store old; and
// of an init that died.
Result<> remove_leftovers(const Directory& root) {
  const std::vector<std::string> names = PALYRA_TRY(root.list());
  for (const std::string& name : names) {
    const bool leftover = is_temporary_name(name) || name == "generation" || name.starts_with("trust.db-") ||
                          name.starts_with(kUnfinished);
    if (leftover) PALYRA_TRY(root.remove_file(name));
  }
  return {};
}

Result<> fill_new_database(const StateOptions& options, const std::string& path) {
  const Database database = PALYRA_TRY(Database::open(path));
  Transaction transaction = PALYRA_TRY(Transaction::begin(database, TransactionKind::kWrite));
  PALYRA_TRY(create_schema(database, current_schema()));
  AuditRow row{.generation = 1,
               .time = options.clock->wall_seconds(),
               .actor = options.actor,
               .event = "trust.initialised",
               .subject = "",
               .details = "{}",
               .trust_sha256 = {},
               .previous = {},
               .digest = {}};
  skills::SkillTrustStore nobody;
  nobody.set_generation(1);
  row.trust_sha256 = trust_digest(nobody);
  row.digest = audit_digest(row);
  PALYRA_TRY(insert_audit_row(database, row));
  PALYRA_TRY(insert_head(database, {.generation = 1, .trust_generation = 1, .audit_digest = row.digest}));
  return transaction.commit();
}

Result<> publish(const Directory& root) {
  if (::renameat2(root.fd(), kUnfinished, root.fd(), kDatabaseFile, RENAME_NOREPLACE) != 0) {
    if (errno == EEXIST) return fail(kAlreadyInitialised, "'{}/trust.db' exists", root.path());
    return std::unexpected(file_error(errno, "name", root.path() + "/trust.db"));
  }
  const UniqueFd fd(::openat(root.fd(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid() || ::fsync(fd.get()) != 0) return std::unexpected(file_error(errno, "sync", root.path()));
  return {};
}

// Under the lock of init, so that there is one of these files at most. What is left when this fails, or dies, the next
// init removes.
Result<> make_database(const StateOptions& options, const Directory& root) {
  PALYRA_TRY(root.write_file(kUnfinished, {}, 0600, Overwrite::kYes));
  PALYRA_TRY(fill_new_database(options, root.path() + "/" + kUnfinished));
  return publish(root);
}

// The database as it is, or of the newest schema now; then everything that open promises to check.
Result<> check_parts(const StoreParts& parts) {
  const std::uint64_t floor = PALYRA_TRY(parts.generation_file.value());
  Transaction reading = PALYRA_TRY(Transaction::begin(parts.database, TransactionKind::kRead));
  PALYRA_TRY(check_schema(parts.database, parts.schema));
  const Snapshot snapshot = PALYRA_TRY(load_snapshot(parts, floor));
  PALYRA_TRY(reading.commit());
  parts.generation_file.raise_to(snapshot.head.generation);
  return {};
}

}  // namespace

Result<std::unique_ptr<StoreParts>> open_parts(const StateOptions& options, const Schema& schema) {
  PALYRA_CHECK(options.clock != nullptr);
  Result<Directory> found = Directory::open(options.root);
  if (!found && found.error().is(kFileNotFound)) return not_initialised(options.root);
  Directory root = PALYRA_TRY(std::move(found));
  PALYRA_TRY(check_database_file(root));
  PALYRA_TRY(check_private(root));
  GenerationFile generation_file = PALYRA_TRY(GenerationFile::open(root));
  Database database = PALYRA_TRY(Database::open(root.path() + "/" + kDatabaseFile));
  ObjectStore objects = PALYRA_TRY(ObjectStore::open(root));
  PALYRA_TRY(root.make_directory("keys"));
  auto parts = std::make_unique<StoreParts>(StoreParts{.options = options,
                                                       .root = std::move(root),
                                                       .generation_file = std::move(generation_file),
                                                       .objects = std::move(objects),
                                                       .database = std::move(database),
                                                       .schema = schema});
  PALYRA_TRY(migrate(*parts));
  PALYRA_TRY(check_parts(*parts));
  return parts;
}

Result<StateStore> StateStore::open(const StateOptions& options) {
  return StateStore(PALYRA_TRY(open_parts(options, current_schema())));
}

Result<StateStore> StateStore::init(const StateOptions& options) {
  PALYRA_CHECK(options.clock != nullptr);
  {
    const Directory root = PALYRA_TRY(Directory::make(options.root));
    PALYRA_TRY(check_private(root));
    // Nobody else begins, or finishes, between the look and the leap.
    const DirectoryLock lock = PALYRA_TRY(DirectoryLock::take(root, LockKind::kExclusive));
    PALYRA_TRY(check_nothing_kept(root));
    PALYRA_TRY(remove_leftovers(root));
    PALYRA_TRY(make_database(options, root));
  }
  return open(options);
}

}  // namespace palyra::state
