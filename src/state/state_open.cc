// SPDX-License-Identifier: Apache-2.0
// Opening a state directory, and making one.
#include "database_file.h"
#include "directory_lock.h"
#include "migration.h"

#include <palyra/base/check.h>

namespace palyra::state {
namespace {

constexpr const char* kUnfinished = "trust.db.init";

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
      return store_damaged(fmt::format("'{}/trust.db' is missing, but '{}' is not empty", root.path(), companion));
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

// Under the lock of init, so that there is one of these files at most. What is left when this fails, or dies, the next
// init removes.
Result<> make_database(const StateOptions& options, const Directory& root) {
  PALYRA_TRY(root.write_file(kUnfinished, {}, 0600, Overwrite::kYes));
  PALYRA_TRY(fill_new_database(options, root.path() + "/" + kUnfinished,
                               {.generation = 1, .event = "trust.initialised", .details = {}}));
  return publish(root, kUnfinished);
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
