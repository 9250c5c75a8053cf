// SPDX-License-Identifier: Apache-2.0
// Opening a state directory, and making one.
#include "database_file.h"
#include "directory_lock.h"
#include "migration.h"
#include "sound_file.h"

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
    const bool journal = name == "trust.db-journal" || name == "trust.db-wal" || name == "trust.db-shm";
    const bool leftover = is_temporary_name(name) || name == "generation" || journal || name.starts_with(kUnfinished);
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

// Every table, and what the trust rows say. In a transaction in which nobody writes any more. `opened` is what trust.db
// was before SQLite opened it.
Result<> check_content(const StoreParts& parts, const FileIdentity& opened) {
  const FileIdentity file = PALYRA_TRY(identify(parts.root));
  const bool is_open = file.is_same_file(opened);
  if (is_open && was_found_sound(parts.root, file)) return {};
  PALYRA_TRY(check_schema(parts.database, parts.schema));
  static_cast<void>(PALYRA_TRY(load_rows(parts.database)));
  if (is_open) remember_sound(parts.root, file, parts.now());
  return {};
}

Result<> check_parts(const StoreParts& parts, const FileIdentity& opened) {
  const std::uint64_t floor = PALYRA_TRY(parts.generation_file.value());
  const std::uint64_t file_generation = parts.generation_file.peek();
  Transaction reading = PALYRA_TRY(Transaction::begin(parts.database, TransactionKind::kRead));
  static_cast<void>(PALYRA_TRY(schema_version(parts.database, parts.schema)));  // from here on nobody writes
  PALYRA_TRY(check_content(parts, opened));
  const Head head = PALYRA_TRY(load_head(parts.database));
  PALYRA_TRY(check_generation(head, floor));
  const std::int64_t data_version = PALYRA_TRY(parts.database.number("PRAGMA data_version"));
  PALYRA_TRY(reading.commit());
  parts.active.basis = {
      .file_generation = file_generation, .data_version = data_version, .compared = parts.options.clock->steady()};
  parts.generation_file.raise_to(head.generation);
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
  const FileIdentity opened = PALYRA_TRY(identify(root));
  Database database =
      PALYRA_TRY(Database::open(root.path() + "/" + kDatabaseFile, options.wait.value_or(kBusyTimeout)));
  ObjectStore objects = PALYRA_TRY(ObjectStore::open(root));
  PALYRA_TRY(root.make_directory("keys"));
  auto parts = std::make_unique<StoreParts>(StoreParts{.options = options,
                                                       .root = std::move(root),
                                                       .generation_file = std::move(generation_file),
                                                       .objects = std::move(objects),
                                                       .database = std::move(database),
                                                       .schema = schema});
  PALYRA_TRY(migrate(*parts));
  PALYRA_TRY(check_parts(*parts, opened));
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
