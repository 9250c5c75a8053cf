// SPDX-License-Identifier: Apache-2.0
#include "storage_database.h"

#include "database_file.h"
#include "directory_lock.h"
#include "migration.h"

#include <palyra/state/storage_codes.h>

namespace palyra::state {
namespace {

using std::chrono::milliseconds;

constexpr const char* kUnfinished = "storage.db.init";

// Times are milliseconds since 1970 but for `publisher_since`, which is trust.db's; digests are 32 bytes.
constexpr const char* kVersion1 = R"sql(
CREATE TABLE owner (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  publisher TEXT NOT NULL,
  skill_id TEXT NOT NULL,
  publisher_since INTEGER NOT NULL,
  orphaned INTEGER NOT NULL
) STRICT;
CREATE INDEX owner_skill ON owner (skill_id);

CREATE TABLE owner_key (
  owner INTEGER NOT NULL REFERENCES owner ON DELETE CASCADE,
  key BLOB NOT NULL CHECK (length(key) = 32),
  PRIMARY KEY (owner, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE space (
  id INTEGER PRIMARY KEY,
  owner INTEGER NOT NULL REFERENCES owner ON DELETE CASCADE,
  prefix TEXT NOT NULL,
  used_bytes INTEGER NOT NULL CHECK (used_bytes >= 0),
  last_version INTEGER NOT NULL CHECK (last_version >= 0),
  UNIQUE (owner, prefix)
) STRICT;

CREATE TABLE entry (
  id INTEGER PRIMARY KEY,
  space INTEGER NOT NULL REFERENCES space ON DELETE CASCADE,
  key TEXT NOT NULL,
  version INTEGER NOT NULL,
  digest BLOB NOT NULL CHECK (length(digest) = 32),
  value BLOB NOT NULL,
  UNIQUE (space, key)
) STRICT;

CREATE TABLE message (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  channel TEXT NOT NULL,
  sender TEXT NOT NULL,
  skill_id TEXT NOT NULL,
  content_root TEXT NOT NULL,
  time INTEGER NOT NULL,
  hops INTEGER NOT NULL,
  held_by TEXT NOT NULL,
  held_until INTEGER NOT NULL,
  digest BLOB NOT NULL CHECK (length(digest) = 32),
  body BLOB NOT NULL
) STRICT;
CREATE INDEX message_channel ON message (channel);
CREATE INDEX message_holder ON message (held_by);

CREATE TABLE sender (
  skill_id TEXT NOT NULL PRIMARY KEY,
  allowance INTEGER NOT NULL,
  since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
)sql";

constexpr const char* kSteps[] = {kVersion1};
constexpr std::string_view kDigested[] = {"entry", "message"};
constexpr std::int64_t kStorageApplicationId = 0x50'4C'59'53;  // "PLYS"

Result<> migrate_storage(const Directory& root, const Database& database, const Schema& schema) {
  if (PALYRA_TRY(schema_version(database, schema)) == schema.version()) return {};
  Transaction transaction = PALYRA_TRY(Transaction::begin(database, TransactionKind::kWrite));
  const std::int64_t version = PALYRA_TRY(schema_version(database, schema));
  if (version == schema.version()) return {};  // another process was faster
  PALYRA_TRY(check_schema(database, schema.at(version)));
  PALYRA_TRY(take_steps_with_copy(root, database, schema));
  return transaction.commit();
}

// In a transaction, so that it sees one state of the file.
Result<> check_storage(const Database& database, const Schema& schema) {
  Transaction reading = PALYRA_TRY(Transaction::begin(database, TransactionKind::kRead));
  PALYRA_TRY(check_schema(database, schema));
  return reading.commit();
}

Result<Database> open_checked(const Directory& root, const Schema& schema, milliseconds wait) {
  Database database = PALYRA_TRY(Database::open(root.path() + "/" + kStorageFile, wait));
  PALYRA_TRY(migrate_storage(root, database, schema));
  PALYRA_TRY(check_storage(database, schema));
  return database;
}

Result<std::optional<Database>> open_below(const Directory& root, const Schema& schema, milliseconds wait) {
  const FileForm form = PALYRA_TRY(form_of(root, kStorageFile));
  if (form == FileForm::kAbsent) return std::nullopt;
  if (form == FileForm::kOther) return fail(kStorageDamaged, "'{}/storage.db' is not a regular file", root.path());
  return PALYRA_TRY(of_storage(open_checked(root, schema, wait)));
}

Result<Directory> private_root(const std::string& path) {
  Result<Directory> root = Directory::open(path);
  if (!root && root.error().is(kFileNotFound)) return not_initialised(path);
  if (root) PALYRA_TRY(check_private(*root));
  return root;
}

Result<> fill(const std::string& path) {
  const Database database = PALYRA_TRY(Database::open(path));
  Transaction transaction = PALYRA_TRY(Transaction::begin(database, TransactionKind::kWrite));
  PALYRA_TRY(create_schema(database, storage_schema()));
  return transaction.commit();
}

// What a maker that died left, and the journal of a file that is gone, which SQLite would believe. Nothing else: a
// person who moves storage.db away gives it a name like these.
Result<> remove_leftovers(const Directory& root) {
  for (const char* name : {"storage.db.init", "storage.db.init-journal", "storage.db-journal"}) {
    if (PALYRA_TRY(form_of(root, name)) != FileForm::kAbsent) PALYRA_TRY(root.remove_file(name));
  }
  return {};
}

// Under the lock of those who make a database here.
Result<> make(const Directory& root, milliseconds wait) {
  const DirectoryLock lock = PALYRA_TRY(DirectoryLock::take(root, LockKind::kExclusive, wait));
  if (PALYRA_TRY(form_of(root, kStorageFile)) != FileForm::kAbsent) return {};  // another process was faster
  PALYRA_TRY(remove_leftovers(root));
  PALYRA_TRY(root.write_file(kUnfinished, {}, 0600, Overwrite::kNo));
  PALYRA_TRY(fill(root.path() + "/" + kUnfinished));
  return publish(root, kUnfinished, kStorageFile);
}

}  // namespace

const Schema& storage_schema() {
  static constexpr Schema kSchema{
      .steps = kSteps, .file = kStorageFile, .application_id = kStorageApplicationId, .digested = kDigested};
  return kSchema;
}

Error storage_error(Error error) {
  if (!error.is(kStoreDamaged)) return error;
  return Error(kStorageDamaged, "storage.db: " + error.message())
      .with_next("put a copy of storage.db in its place, or move it away to begin with empty storage and channels");
}

Result<std::optional<Database>> open_storage(const std::string& root, milliseconds wait, const Schema& schema) {
  return open_below(PALYRA_TRY(private_root(root)), schema, wait);
}

Result<Database> open_or_make_storage(const std::string& path, milliseconds wait) {
  const Directory root = PALYRA_TRY(private_root(path));
  auto found = PALYRA_TRY(open_below(root, storage_schema(), wait));
  if (!found) {
    PALYRA_TRY(check_disk_space(path, 0));
    PALYRA_TRY(make(root, wait));
    found = PALYRA_TRY(open_below(root, storage_schema(), wait));
  }
  if (!found) return fail(kStateUnavailable, "'{}/storage.db' was moved away while it was opened", path);
  return *std::move(found);
}

Result<> check_whole_storage(const Database& database) {
  Statement statement = PALYRA_TRY(database.query("PRAGMA integrity_check"));
  if (!PALYRA_TRY(statement.step())) return fail(kStorageDamaged, "storage.db cannot be checked");
  const std::string verdict = PALYRA_TRY(statement.text(0));
  if (verdict != "ok") return fail(kStorageDamaged, "storage.db: {}", verdict);
  return {};
}

Result<Database> storage_in_memory() {
  Database database = PALYRA_TRY(Database::in_memory());
  PALYRA_TRY(create_schema(database, storage_schema()));
  return database;
}

Result<> check_disk_space(const std::string& root, std::uint64_t bytes) {
  const DiskSpace disk = PALYRA_TRY(disk_space_of(root));
  if (leaves_room(disk, bytes)) return {};
  return fail(kStorageDiskFull, "the disk of '{}' has {} bytes free of {}: too few to keep {} more", root,
              disk.free_bytes, disk.total_bytes, bytes);
}

}  // namespace palyra::state
