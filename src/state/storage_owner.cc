// SPDX-License-Identifier: Apache-2.0
#include "storage_owner.h"

#include <algorithm>

namespace palyra::state {
namespace {

using Keys = std::vector<crypto::PublicKey>;

struct OwnerRow {
  std::int64_t id = 0;
  std::int64_t publisher_since = 0;
  Keys keys{};
};

Result<Keys> load_keys(const Database& database, std::int64_t owner) {
  Keys keys;
  Statement rows = PALYRA_TRY(database.query("SELECT key FROM owner_key WHERE owner = ?1 ORDER BY key", owner));
  while (PALYRA_TRY(rows.step())) {
    const auto key = crypto::parse_public_key(PALYRA_TRY(rows.blob(0)));
    if (!key) return fail(kStorageDamaged, "a key of owner {} is none: {}", owner, key.error().message());
    keys.push_back(*key);
  }
  return keys;
}

Result<std::vector<OwnerRow>> load_owners(const Database& database, const StorageOwner& owner) {
  std::vector<OwnerRow> found;
  Statement rows =
      PALYRA_TRY(database.query("SELECT id, publisher_since FROM owner WHERE skill_id = ?1 AND publisher = ?2 "
                                "ORDER BY orphaned <> 0, id DESC",
                                owner.skill_id, owner.publisher));
  while (PALYRA_TRY(rows.step())) {
    const std::int64_t id = PALYRA_TRY(rows.integer(0));
    found.push_back(
        {.id = id, .publisher_since = PALYRA_TRY(rows.integer(1)), .keys = PALYRA_TRY(load_keys(database, id))});
  }
  return found;
}

bool share_one(const Keys& a, const Keys& b) {
  return std::ranges::any_of(a, [&](const crypto::PublicKey& key) { return std::ranges::find(b, key) != b.end(); });
}

bool is_same(const OwnerRow& row, const StorageOwner& owner) {
  if (share_one(row.keys, owner.keys)) return true;
  return row.publisher_since == owner.publisher_since.seconds && share_one(row.keys, owner.retired);
}

Result<std::optional<OwnerRow>> find_row(const Database& database, const StorageOwner& owner) {
  for (const std::vector<OwnerRow> rows = PALYRA_TRY(load_owners(database, owner)); const OwnerRow& row : rows) {
    if (is_same(row, owner)) return row;
  }
  return std::nullopt;
}

Result<> save_keys(const Database& database, std::int64_t id, const StorageOwner& owner) {
  PALYRA_TRY(database.run("DELETE FROM owner_key WHERE owner = ?1", id));
  for (const crypto::PublicKey& key : owner.keys) {
    PALYRA_TRY(database.run("INSERT INTO owner_key (owner, key) VALUES (?1, ?2)", id, key.bytes()));
  }
  return database.run("UPDATE owner SET publisher_since = ?2 WHERE id = ?1", id, owner.publisher_since.seconds);
}

Result<OwnerRow> insert_owner(const Database& database, const StorageOwner& owner) {
  PALYRA_TRY(database.run("INSERT INTO owner (publisher, skill_id, publisher_since, orphaned) VALUES (?1, ?2, ?3, 0)",
                          owner.publisher, owner.skill_id, owner.publisher_since.seconds));
  return OwnerRow{.id = PALYRA_TRY(database.number("SELECT last_insert_rowid()")),
                  .publisher_since = owner.publisher_since.seconds};
}

}  // namespace

StorageOwner storage_owner(const skills::SkillTrustStore& trust, const std::string& publisher,
                           const std::string& skill_id) {
  StorageOwner owner{.publisher = publisher, .skill_id = skill_id};
  if (const skills::Publisher* known = trust.find_publisher(publisher)) {
    owner.keys = known->keys;
    owner.publisher_since = known->first_seen;
  }
  const auto rotation = trust.rotations().find(publisher);
  if (rotation != trust.rotations().end()) owner.retired = rotation->second.retired;
  return owner;
}

Result<std::optional<std::int64_t>> find_owner(const Database& database, const StorageOwner& owner) {
  const auto row = PALYRA_TRY(find_row(database, owner));
  if (!row) return std::nullopt;
  return row->id;
}

Result<std::int64_t> claim_owner(const Database& database, const StorageOwner& owner, std::chrono::milliseconds now) {
  auto row = PALYRA_TRY(find_row(database, owner));
  if (!row) row = PALYRA_TRY(insert_owner(database, owner));
  const bool current = row->publisher_since == owner.publisher_since.seconds && row->keys == owner.keys;
  if (!current) PALYRA_TRY(save_keys(database, row->id, owner));
  PALYRA_TRY(database.run("UPDATE owner SET orphaned = 0 WHERE id = ?1 AND orphaned <> 0", row->id));
  PALYRA_TRY(database.run("UPDATE owner SET orphaned = ?3 WHERE skill_id = ?1 AND id <> ?2 AND orphaned = 0",
                          owner.skill_id, row->id, std::int64_t{now.count()}));
  return row->id;
}

}  // namespace palyra::state
