// SPDX-License-Identifier: Apache-2.0
#include "storage_database.h"
#include "storage_entry.h"
#include "storage_owner.h"

#include <palyra/base/utf8.h>
#include <palyra/state/state_codes.h>
#include <palyra/state/stored_values.h>

namespace palyra::state {
namespace {

using capability::StorageKey;
using capability::StoredValue;

Result<std::vector<StoredPrefix>> load_prefixes(const Database& database, std::int64_t owner) {
  std::vector<StoredPrefix> prefixes;
  Statement rows =
      PALYRA_TRY(database.query("SELECT prefix, count(*), used_bytes FROM space JOIN entry ON entry.space = space.id "
                                "WHERE owner = ?1 GROUP BY space.id ORDER BY prefix",
                                owner));
  while (PALYRA_TRY(rows.step())) {
    prefixes.push_back({.prefix = PALYRA_TRY(rows.text(0)),
                        .entries = PALYRA_TRY(rows.integer(1)),
                        .used_bytes = PALYRA_TRY(rows.integer(2))});
  }
  return prefixes;
}

Result<std::vector<StoredSkill>> load_skills(const Database& database) {
  Transaction reading = PALYRA_TRY(Transaction::begin(database, TransactionKind::kRead));
  PALYRA_TRY(check_whole_storage(database));
  std::vector<StoredSkill> all;
  Statement rows =
      PALYRA_TRY(database.query("SELECT id, publisher, skill_id, orphaned FROM owner ORDER BY skill_id, id"));
  while (PALYRA_TRY(rows.step())) {
    StoredSkill skill{.owner = PALYRA_TRY(rows.integer(0)),
                      .publisher = PALYRA_TRY(rows.text(1)),
                      .skill_id = PALYRA_TRY(rows.text(2)),
                      .orphaned = std::nullopt,
                      .prefixes = {}};
    const std::int64_t orphaned = PALYRA_TRY(rows.integer(3));
    if (orphaned != 0) skill.orphaned = std::chrono::milliseconds(orphaned);
    skill.prefixes = PALYRA_TRY(load_prefixes(database, skill.owner));
    if (!skill.prefixes.empty()) all.push_back(std::move(skill));
  }
  return all;
}

Result<std::vector<StoredKey>> load_keys(const Database& database, std::int64_t owner) {
  std::vector<StoredKey> keys;
  Statement rows = PALYRA_TRY(
      database.query("SELECT prefix, key, version, length(value) FROM entry JOIN space ON entry.space = space.id "
                     "WHERE owner = ?1 ORDER BY prefix, key",
                     owner));
  while (PALYRA_TRY(rows.step())) {
    keys.push_back({.prefix = PALYRA_TRY(rows.text(0)),
                    .key = PALYRA_TRY(rows.text(1)),
                    .version = PALYRA_TRY(rows.integer(2)),
                    .size_bytes = PALYRA_TRY(rows.integer(3))});
  }
  return keys;
}

std::unexpected<Error> no_value(StorageKey at) {
  return fail(kStorageNotFound, "no value is kept under '{}' of '{}'", printable(at.key), printable(at.prefix));
}

Result<StoredValue> load_value(const Database& database, std::int64_t owner, StorageKey at) {
  Statement row = PALYRA_TRY(
      database.query("SELECT space.id, key, version, digest, value FROM entry JOIN space ON entry.space = space.id "
                     "WHERE owner = ?1 AND prefix = ?2 AND key = ?3",
                     owner, at.prefix, at.key));
  if (!PALYRA_TRY(row.step())) return no_value(at);
  return read_entry(row, 1, PALYRA_TRY(row.integer(0)));
}

Result<std::vector<ExportedValue>> load_values(const Database& database, std::int64_t owner) {
  std::vector<ExportedValue> values;
  Statement rows = PALYRA_TRY(database.query(
      "SELECT prefix, space.id, key, version, digest, value FROM entry JOIN space ON entry.space = space.id "
      "WHERE owner = ?1 ORDER BY prefix, key",
      owner));
  while (PALYRA_TRY(rows.step())) {
    ExportedValue each{.prefix = PALYRA_TRY(rows.text(0)), .key = PALYRA_TRY(rows.text(2)), .value = std::nullopt};
    auto value = read_entry(rows, 2, PALYRA_TRY(rows.integer(1)));
    if (!value && !value.error().is(kStoreDamaged)) return std::unexpected(std::move(value).error());
    if (value) each.value = *std::move(value);
    values.push_back(std::move(each));
  }
  return values;
}

Result<std::int64_t> clear(const Database& database, std::int64_t owner, const std::optional<std::string>& prefix) {
  Transaction transaction = PALYRA_TRY(Transaction::begin(database, TransactionKind::kWrite));
  const std::string which = prefix ? "owner = ?1 AND prefix = ?2" : "owner = ?1 AND ?2 = ''";
  const std::string name = prefix.value_or("");
  const std::int64_t bytes =
      PALYRA_TRY(database.number("SELECT coalesce(sum(used_bytes), 0) FROM space WHERE " + which, owner, name));
  // The rows of owner and prefixes stay, or their numbers and versions would come a second time.
  PALYRA_TRY(database.run("DELETE FROM entry WHERE space IN (SELECT id FROM space WHERE " + which + ")", owner, name));
  PALYRA_TRY(database.run("UPDATE space SET used_bytes = 0 WHERE " + which, owner, name));
  PALYRA_TRY(transaction.commit());
  return bytes;
}

}  // namespace

std::string name_of(const StoredSkill& skill) {
  return skill.orphaned ? fmt::format("{}#{}", skill.skill_id, skill.owner) : skill.skill_id;
}

Result<std::vector<StoredSkill>> list_stored_skills(const std::string& root) {
  const auto database = PALYRA_TRY(open_storage(root));
  if (!database) return std::vector<StoredSkill>{};
  return of_storage(load_skills(*database));
}

Result<StoredSkill> find_stored_skill(const std::string& root, std::string_view skill) {
  const std::vector<StoredSkill> all = PALYRA_TRY(list_stored_skills(root));
  for (const StoredSkill& each : all) {
    if (name_of(each) == skill) return each;
  }
  return fail(kStorageNotFound, "nothing is kept for '{}'", printable(skill));
}

Result<std::vector<StoredKey>> list_stored_keys(const std::string& root, std::int64_t owner) {
  const auto database = PALYRA_TRY(open_storage(root));
  if (!database) return std::vector<StoredKey>{};
  return of_storage(load_keys(*database, owner));
}

Result<StoredValue> read_stored(const std::string& root, std::int64_t owner, StorageKey at) {
  const auto database = PALYRA_TRY(open_storage(root));
  if (!database) return no_value(at);
  return of_storage(load_value(*database, owner, at));
}

Result<std::vector<ExportedValue>> export_stored(const std::string& root, std::int64_t owner) {
  const auto database = PALYRA_TRY(open_storage(root));
  if (!database) return std::vector<ExportedValue>{};
  return of_storage(load_values(*database, owner));
}

Result<std::int64_t> purge_stored(const std::string& root, const StorageOwner& owner) {
  const auto database = PALYRA_TRY(open_storage(root));
  if (!database) return 0;
  const auto found = PALYRA_TRY(of_storage(find_owner(*database, owner)));
  return found ? of_storage(clear(*database, *found, std::nullopt)) : Result<std::int64_t>(0);
}

Result<std::int64_t> clear_stored(const std::string& root, std::int64_t owner,
                                  const std::optional<std::string>& prefix) {
  const auto database = PALYRA_TRY(open_storage(root));
  if (!database) return 0;
  return of_storage(clear(*database, owner, prefix));
}

}  // namespace palyra::state
