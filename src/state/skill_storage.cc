// SPDX-License-Identifier: Apache-2.0
#include "storage_database.h"
#include "storage_entry.h"
#include "storage_owner.h"

#include <palyra/base/check.h>
#include <palyra/state/skill_storage.h>
#include <palyra/state/state_codes.h>

namespace palyra::state {

using capability::PutAnswer;
using capability::StorageChange;
using capability::StorageKey;
using capability::StoragePut;
using capability::StoredValue;

struct SkillStorageParts {
  SkillStorageOptions options;
  std::optional<Database> database;

  [[nodiscard]] std::chrono::milliseconds wait() const {
    return std::min(kBusyTimeout, options.deadline.left(*options.clock));
  }
  // The open file, or nullptr: there is none.
  Result<const Database*> find() {
    if (!database && options.root.empty()) database = PALYRA_TRY(storage_in_memory());
    if (!database) database = PALYRA_TRY(open_storage(options.root, wait()));
    return ready();
  }
  Result<const Database*> make() {
    if (!database && options.root.empty()) database = PALYRA_TRY(storage_in_memory());
    if (!database) database = PALYRA_TRY(open_or_make_storage(options.root, wait()));
    return ready();
  }
  Result<const Database*> ready() {
    if (!database) return nullptr;
    database->wait_for_locks(wait());
    return &*database;
  }
};

namespace {

struct Space {
  std::int64_t id = 0;
  std::int64_t used_bytes = 0;
  std::int64_t last_version = 0;
};

struct Current {
  std::int64_t version = 0;
  std::int64_t cost = 0;
};

// What an operation finds in its transaction; each part is missing when nothing was ever put.
struct Found {
  std::optional<std::int64_t> owner{};
  std::optional<Space> space{};
};

Result<std::optional<Space>> load_space(const Database& database, std::int64_t owner, std::string_view prefix) {
  Statement row = PALYRA_TRY(
      database.query("SELECT id, used_bytes, last_version FROM space WHERE owner = ?1 AND prefix = ?2", owner, prefix));
  if (!PALYRA_TRY(row.step())) return std::nullopt;
  return Space{.id = PALYRA_TRY(row.integer(0)),
               .used_bytes = PALYRA_TRY(row.integer(1)),
               .last_version = PALYRA_TRY(row.integer(2))};
}

Result<Found> find(const Database& database, const StorageOwner& who, std::string_view prefix) {
  Found found{.owner = PALYRA_TRY(find_owner(database, who))};
  if (found.owner) found.space = PALYRA_TRY(load_space(database, *found.owner, prefix));
  return found;
}

Result<Space> claim_space(const Database& database, std::int64_t owner, std::string_view prefix) {
  if (const auto space = PALYRA_TRY(load_space(database, owner, prefix))) return *space;
  PALYRA_TRY(
      database.run("INSERT INTO space (owner, prefix, used_bytes, last_version) VALUES (?1, ?2, 0, 0)", owner, prefix));
  return Space{.id = PALYRA_TRY(database.number("SELECT last_insert_rowid()"))};
}

Result<std::optional<Current>> load_current(const Database& database, std::int64_t space, std::string_view key) {
  Statement row =
      PALYRA_TRY(database.query("SELECT version, length(value) FROM entry WHERE space = ?1 AND key = ?2", space, key));
  if (!PALYRA_TRY(row.step())) return std::nullopt;
  return Current{.version = PALYRA_TRY(row.integer(0)),
                 .cost = entry_cost(key.size(), static_cast<std::size_t>(PALYRA_TRY(row.natural(1))))};
}

bool is_as_expected(const std::optional<Current>& current, std::int64_t expected) {
  if (expected == capability::kAnyVersion) return true;
  return (current ? current->version : capability::kNoVersion) == expected;
}

// Whether what holds `used` may grow by `by` under `limit`. What shrinks always may.
bool may_grow(std::int64_t used, std::int64_t by, std::int64_t limit) { return by <= 0 || used + by <= limit; }

Result<> set_used(const Database& database, const Space& space) {
  return database.run("UPDATE space SET used_bytes = ?2, last_version = ?3 WHERE id = ?1", space.id, space.used_bytes,
                      space.last_version);
}

Result<bool> fits(const Database& database, const Space& space, std::int64_t owner, std::int64_t growth,
                  const StoragePut& put, std::int64_t skill_limit) {
  if (!may_grow(space.used_bytes, growth, put.max_bytes)) return false;
  const std::int64_t all =
      PALYRA_TRY(database.number("SELECT coalesce(sum(used_bytes), 0) FROM space WHERE owner = ?1", owner));
  return may_grow(all, growth, skill_limit);
}

Result<> write_entry(const Database& database, std::int64_t space, const StoragePut& put, std::int64_t version) {
  return database.run(
      "INSERT INTO entry (space, key, version, digest, value) VALUES (?1, ?2, ?3, ?4, ?5) "
      "ON CONFLICT (space, key) DO UPDATE SET version = excluded.version, digest = excluded.digest, "
      "value = excluded.value",
      space, put.at.key, version, entry_digest(space, put.at.key, version, put.value), put.value);
}

// In a transaction for writing.
Result<PutAnswer> put_in(const Database& database, const SkillStorageOptions& options, const StoragePut& put) {
  const std::int64_t owner = PALYRA_TRY(claim_owner(database, options.owner, options.clock->wall()));
  Space space = PALYRA_TRY(claim_space(database, owner, put.at.prefix));
  const auto current = PALYRA_TRY(load_current(database, space.id, put.at.key));
  if (!is_as_expected(current, put.expected)) return PutAnswer{.change = StorageChange::kConflict};
  const std::int64_t growth = entry_cost(put.at.key.size(), put.value.size()) - (current ? current->cost : 0);
  if (!PALYRA_TRY(fits(database, space, owner, growth, put, options.max_bytes))) {
    return PutAnswer{.change = StorageChange::kOverQuota};
  }
  space.used_bytes += growth;
  space.last_version += 1;
  PALYRA_TRY(write_entry(database, space.id, put, space.last_version));
  PALYRA_TRY(set_used(database, space));
  return PutAnswer{.change = StorageChange::kDone, .version = space.last_version};
}

Result<StorageChange> remove_in(const Database& database, Found found, StorageKey at, std::int64_t expected) {
  std::optional<Current> current;
  if (found.space) current = PALYRA_TRY(load_current(database, found.space->id, at.key));
  if (!is_as_expected(current, expected)) return StorageChange::kConflict;
  if (!current) return StorageChange::kNotFound;
  PALYRA_TRY(database.run("DELETE FROM entry WHERE space = ?1 AND key = ?2", found.space->id, at.key));
  found.space->used_bytes -= current->cost;
  PALYRA_TRY(set_used(database, *found.space));
  return StorageChange::kDone;
}

}  // namespace

SkillStorage::SkillStorage(SkillStorageOptions options)
    : parts_(std::make_unique<SkillStorageParts>(
          SkillStorageParts{.options = std::move(options), .database = std::nullopt})) {
  PALYRA_CHECK(parts_->options.clock != nullptr);
  // In memory there is one owner, whoever he is.
  if (parts_->options.root.empty()) {
    parts_->options.owner.keys = {crypto::SigningKey::generate().public_key()};
  }
}
SkillStorage::SkillStorage(SkillStorage&&) noexcept = default;
SkillStorage& SkillStorage::operator=(SkillStorage&&) noexcept = default;
SkillStorage::~SkillStorage() = default;

Result<std::optional<StoredValue>> SkillStorage::get(StorageKey at) {
  return of_storage([&]() -> Result<std::optional<StoredValue>> {
    const Database* database = PALYRA_TRY(parts_->find());
    if (database == nullptr) return std::nullopt;
    Transaction reading = PALYRA_TRY(Transaction::begin(*database, TransactionKind::kRead));
    const Found found = PALYRA_TRY(find(*database, parts_->options.owner, at.prefix));
    if (!found.space) return std::nullopt;
    Statement row = PALYRA_TRY(database->query(
        "SELECT key, version, digest, value FROM entry WHERE space = ?1 AND key = ?2", found.space->id, at.key));
    if (!PALYRA_TRY(row.step())) return std::nullopt;
    return PALYRA_TRY(read_entry(row, 0, found.space->id));
  }());
}

Result<PutAnswer> SkillStorage::put(const StoragePut& put) {
  return of_storage([&]() -> Result<PutAnswer> {
    const SkillStorageOptions& options = parts_->options;
    if (options.owner.keys.empty()) {
      return fail(kStateUnavailable, "publisher '{}' is not trusted any more", options.owner.publisher);
    }
    const Database* database = PALYRA_TRY(parts_->make());
    // Twice: the journal keeps what a changed page held before.
    if (!options.root.empty()) PALYRA_TRY(check_disk_space(options.root, 2 * put.value.size()));
    Transaction transaction = PALYRA_TRY(Transaction::begin(*database, TransactionKind::kWrite));
    const PutAnswer answer = PALYRA_TRY(put_in(*database, options, put));
    if (answer.change == StorageChange::kDone) PALYRA_TRY(transaction.commit());
    return answer;
  }());
}

Result<StorageChange> SkillStorage::remove(StorageKey at, std::int64_t expected) {
  return of_storage([&]() -> Result<StorageChange> {
    const Database* database = PALYRA_TRY(parts_->find());
    if (database == nullptr) return expected > 0 ? StorageChange::kConflict : StorageChange::kNotFound;
    Transaction transaction = PALYRA_TRY(Transaction::begin(*database, TransactionKind::kWrite));
    const Found found = PALYRA_TRY(find(*database, parts_->options.owner, at.prefix));
    const StorageChange change = PALYRA_TRY(remove_in(*database, found, at, expected));
    if (change == StorageChange::kDone) PALYRA_TRY(transaction.commit());
    return change;
  }());
}

Result<std::vector<std::string>> SkillStorage::list(StorageKey after, std::size_t most) {
  return of_storage([&]() -> Result<std::vector<std::string>> {
    std::vector<std::string> keys;
    const Database* database = PALYRA_TRY(parts_->find());
    if (database == nullptr) return keys;
    Transaction reading = PALYRA_TRY(Transaction::begin(*database, TransactionKind::kRead));
    const Found found = PALYRA_TRY(find(*database, parts_->options.owner, after.prefix));
    if (!found.space) return keys;
    Statement rows = PALYRA_TRY(
        database->query("SELECT key FROM entry WHERE space = ?1 AND key > ?2 ORDER BY key LIMIT ?3", found.space->id,
                        after.key, std::uint64_t{std::min(most, capability::kMaxListedKeys)}));
    while (PALYRA_TRY(rows.step())) keys.push_back(PALYRA_TRY(rows.text(0)));
    return keys;
  }());
}

}  // namespace palyra::state
