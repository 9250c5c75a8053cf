// SPDX-License-Identifier: Apache-2.0
#include "trust_table.h"

#include "canonical_record.h"

#include <palyra/state/state_codes.h>

namespace palyra::state {
namespace {

using skills::Publisher;
using skills::SkillRecord;
using skills::SkillTrustStore;

constexpr std::string_view kSelectPublishers =
    "SELECT name, threshold, source, first_seen, pinned_by FROM publisher ORDER BY name";
constexpr std::string_view kSelectKeys = "SELECT key FROM publisher_key WHERE publisher = ?1 ORDER BY key";
constexpr std::string_view kDeletePublisher = "DELETE FROM publisher WHERE name = ?1";  // and, by cascade, its keys
constexpr std::string_view kInsertPublisher =
    "INSERT INTO publisher (name, threshold, source, first_seen, pinned_by) VALUES (?1, ?2, ?3, ?4, ?5)";
constexpr std::string_view kInsertKey = "INSERT INTO publisher_key (publisher, key) VALUES (?1, ?2)";
constexpr std::string_view kSelectSkills = "SELECT skill_id, publisher, highest_version FROM skill ORDER BY skill_id";
constexpr std::string_view kSelectContent = "SELECT skill_id, version, content_root FROM skill_content";
constexpr std::string_view kUpsertSkill =
    "INSERT INTO skill (skill_id, publisher, highest_version) VALUES (?1, ?2, ?3) "
    "ON CONFLICT DO UPDATE SET publisher = excluded.publisher, highest_version = excluded.highest_version";
constexpr std::string_view kInsertContent =
    "INSERT INTO skill_content (skill_id, version, content_root) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
constexpr std::string_view kSelectRotations = "SELECT publisher, sequence FROM rotation ORDER BY publisher";
constexpr std::string_view kUpsertRotation =
    "INSERT INTO rotation (publisher, sequence) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET sequence = excluded.sequence";
constexpr std::string_view kSelectRetired = "SELECT key FROM retired_key WHERE publisher = ?1 ORDER BY key";
constexpr std::string_view kDeleteRetired = "DELETE FROM retired_key WHERE publisher = ?1";
constexpr std::string_view kInsertRetired = "INSERT INTO retired_key (publisher, key) VALUES (?1, ?2)";
constexpr std::string_view kSelectLists =
    "SELECT issuer, list_version, created, expires FROM revocation_list ORDER BY issuer";
constexpr std::string_view kUpsertList =
    "INSERT INTO revocation_list (issuer, list_version, created, expires) VALUES (?1, ?2, ?3, ?4) "
    "ON CONFLICT DO UPDATE SET list_version = excluded.list_version, created = excluded.created, "
    "expires = excluded.expires";
constexpr std::string_view kSelectEntries = "SELECT entry FROM revocation_entry WHERE issuer = ?1 ORDER BY entry";
constexpr std::string_view kInsertEntry =
    "INSERT INTO revocation_entry (issuer, entry) VALUES (?1, ?2) ON CONFLICT DO NOTHING";

Result<skills::PublisherSource> parse_source(const std::string& text) {
  for (const auto source : {skills::PublisherSource::kOperator, skills::PublisherSource::kTofu}) {
    if (to_text(source) == text) return source;
  }
  return fail(kStoreDamaged, "'{}' is no source of a publisher", text);
}

Result<skills::Version> parse_version(const std::string& text) {
  const auto version = skills::Version::parse(text);
  if (!version) return fail(kStoreDamaged, "'{}' is no version", text);
  return *version;
}

// The keys that `select` gives for a publisher.
Result<std::vector<crypto::PublicKey>> load_keys(const Database& database, std::string_view select,
                                                 const std::string& publisher) {
  Statement rows = PALYRA_TRY(database.query(select, publisher));
  std::vector<crypto::PublicKey> keys;
  while (PALYRA_TRY(rows.step())) {
    const auto key = crypto::parse_public_key(PALYRA_TRY(rows.blob(0)));
    if (!key) return fail(kStoreDamaged, "a key of publisher '{}': {}", publisher, key.error().message());
    keys.push_back(*key);
  }
  return keys;
}

Result<> load_publishers(const Database& database, SkillTrustStore& trust) {
  Statement rows = PALYRA_TRY(database.query(kSelectPublishers));
  while (PALYRA_TRY(rows.step())) {
    const std::string name = PALYRA_TRY(rows.text(0));
    const std::uint64_t threshold = PALYRA_TRY(rows.natural(1));
    if (threshold > skills::kMaxPublisherKeys) {
      return fail(kStoreDamaged, "publisher '{}' has the threshold {}", name, threshold);
    }
    const Result<> added =
        trust.add_publisher(name, Publisher{.keys = PALYRA_TRY(load_keys(database, kSelectKeys, name)),
                                            .threshold = static_cast<std::uint32_t>(threshold),
                                            .source = PALYRA_TRY(parse_source(PALYRA_TRY(rows.text(2)))),
                                            .first_seen = {PALYRA_TRY(rows.integer(3))},
                                            .pinned_by = PALYRA_TRY(rows.text(4))});
    if (!added) return fail(kStoreDamaged, "publisher '{}': {}", name, added.error().message());
  }
  return {};
}

// Empty text: none.
Result<std::optional<skills::Version>> parse_highest(const std::string& text) {
  if (text.empty()) return std::nullopt;
  return PALYRA_TRY(parse_version(text));
}

std::string highest_text(const SkillRecord& record) {
  return record.highest_version ? record.highest_version->to_text() : "";
}

Result<> load_skills(const Database& database, SkillTrustStore& trust) {
  SkillTrustStore::Skills records;
  Statement rows = PALYRA_TRY(database.query(kSelectSkills));
  while (PALYRA_TRY(rows.step())) {
    records.emplace(PALYRA_TRY(rows.text(0)),
                    SkillRecord{.publisher = PALYRA_TRY(rows.text(1)),
                                .highest_version = PALYRA_TRY(parse_highest(PALYRA_TRY(rows.text(2)))),
                                .content = {}});
  }
  Statement contents = PALYRA_TRY(database.query(kSelectContent));
  while (PALYRA_TRY(contents.step())) {
    const auto record = records.find(PALYRA_TRY(contents.text(0)));
    if (record == records.end()) return fail(kStoreDamaged, "a content root belongs to no skill");
    record->second.content.emplace(PALYRA_TRY(parse_version(PALYRA_TRY(contents.text(1)))),
                                   PALYRA_TRY(contents.digest(2)));
  }
  for (auto& [skill_id, record] : records) trust.restore_skill(skill_id, std::move(record));
  return {};
}

Result<> load_rotations(const Database& database, SkillTrustStore& trust) {
  Statement rows = PALYRA_TRY(database.query(kSelectRotations));
  while (PALYRA_TRY(rows.step())) {
    const std::string publisher = PALYRA_TRY(rows.text(0));
    trust.restore_rotation(publisher, {.sequence = PALYRA_TRY(rows.natural(1)),
                                       .retired = PALYRA_TRY(load_keys(database, kSelectRetired, publisher))});
  }
  return {};
}

Result<std::vector<skills::RevocationEntry>> load_entries(const Database& database, const std::string& issuer) {
  std::vector<skills::RevocationEntry> entries;
  Statement rows = PALYRA_TRY(database.query(kSelectEntries, issuer));
  while (PALYRA_TRY(rows.step())) {
    auto entry = skills::parse_revocation_entry(PALYRA_TRY(rows.blob(0)));
    if (!entry) return fail(kStoreDamaged, "a revocation by '{}': {}", issuer, entry.error().message());
    entries.push_back(*std::move(entry));
  }
  return entries;
}

Result<> load_revocations(const Database& database, SkillTrustStore& trust) {
  Statement rows = PALYRA_TRY(database.query(kSelectLists));
  while (PALYRA_TRY(rows.step())) {
    const std::string issuer = PALYRA_TRY(rows.text(0));
    trust.restore_revocations({.issuer = issuer,
                               .list_version = PALYRA_TRY(rows.natural(1)),
                               .created = {PALYRA_TRY(rows.integer(2))},
                               .expires = {PALYRA_TRY(rows.integer(3))},
                               .entries = PALYRA_TRY(load_entries(database, issuer))});
  }
  return {};
}

Result<> save_publisher(const Database& database, const std::string& name, const Publisher& publisher) {
  PALYRA_TRY(database.run(kDeletePublisher, name));
  PALYRA_TRY(database.run(kInsertPublisher, name, std::uint64_t{publisher.threshold}, to_text(publisher.source),
                          publisher.first_seen.seconds, publisher.pinned_by));
  for (const crypto::PublicKey& key : publisher.keys) PALYRA_TRY(database.run(kInsertKey, name, key.bytes()));
  return {};
}

Result<> save_skill(const Database& database, const std::string& skill_id, const SkillRecord& record) {
  PALYRA_TRY(database.run(kUpsertSkill, skill_id, record.publisher, highest_text(record)));
  for (const auto& [version, content_root] : record.content) {
    PALYRA_TRY(database.run(kInsertContent, skill_id, version.to_text(), content_root));
  }
  return {};
}

Result<> save_rotation(const Database& database, const std::string& publisher, const skills::RotationRecord& record) {
  PALYRA_TRY(database.run(kUpsertRotation, publisher, record.sequence));
  PALYRA_TRY(database.run(kDeleteRetired, publisher));
  for (const crypto::PublicKey& key : record.retired) PALYRA_TRY(database.run(kInsertRetired, publisher, key.bytes()));
  return {};
}

Result<> save_revocations(const Database& database, const skills::RevocationList& list) {
  PALYRA_TRY(database.run(kUpsertList, list.issuer, list.list_version, list.created.seconds, list.expires.seconds));
  for (const skills::RevocationEntry& entry : list.entries) {
    PALYRA_TRY(database.run(kInsertEntry, list.issuer, BytesView(skills::revocation_entry_bytes(entry))));
  }
  return {};
}

// What has no rows yet in a trust.db of the first version is left out, so that its digest is the one of then.
void add_rotations_and_revocations(CanonicalRecord& record, const SkillTrustStore& trust) {
  if (trust.rotations().empty() && trust.revocations().empty()) return;
  record.add(std::uint64_t{trust.rotations().size()});
  for (const auto& [publisher, rotation] : trust.rotations()) {
    record.add(publisher).add(rotation.sequence).add(std::uint64_t{rotation.retired.size()});
    for (const crypto::PublicKey& key : rotation.retired) record.add(key.bytes());
  }
  record.add(std::uint64_t{trust.revocations().size()});
  for (const auto& [issuer, list] : trust.revocations()) {
    record.add(issuer).add(list.list_version).add(list.created).add(list.expires);
    record.add(std::uint64_t{list.entries.size()});
    for (const skills::RevocationEntry& entry : list.entries) {
      record.add(BytesView(skills::revocation_entry_bytes(entry)));
    }
  }
}

}  // namespace

Result<SkillTrustStore> load_trust_rows(const Database& database) {
  SkillTrustStore trust;
  PALYRA_TRY(load_publishers(database, trust));
  PALYRA_TRY(load_skills(database, trust));
  PALYRA_TRY(load_rotations(database, trust));
  PALYRA_TRY(load_revocations(database, trust));
  return trust;
}

Result<> save_trust_rows(const Database& database, const SkillTrustStore& before, const SkillTrustStore& after) {
  for (const auto& [name, publisher] : before.publishers()) {
    if (after.find_publisher(name) == nullptr) PALYRA_TRY(database.run(kDeletePublisher, name));
  }
  for (const auto& [name, publisher] : after.publishers()) {
    const Publisher* old = before.find_publisher(name);
    if (old == nullptr || *old != publisher) PALYRA_TRY(save_publisher(database, name, publisher));
  }
  for (const auto& [skill_id, record] : after.skills()) {
    const SkillRecord* old = before.find_skill(skill_id);
    if (old == nullptr || *old != record) PALYRA_TRY(save_skill(database, skill_id, record));
  }
  for (const auto& [publisher, record] : after.rotations()) {
    const auto old = before.rotations().find(publisher);
    if (old == before.rotations().end() || old->second != record) {
      PALYRA_TRY(save_rotation(database, publisher, record));
    }
  }
  for (const auto& [issuer, list] : after.revocations()) {
    const auto old = before.revocations().find(issuer);
    if (old == before.revocations().end() || old->second != list) PALYRA_TRY(save_revocations(database, list));
  }
  return {};
}

crypto::Sha256Digest trust_digest(const SkillTrustStore& trust) {
  using namespace std::string_view_literals;
  CanonicalRecord record("palyra/trust-rows/1\0"sv);
  record.add(trust.generation()).add(std::uint64_t{trust.publishers().size()});
  for (const auto& [name, publisher] : trust.publishers()) {
    record.add(name).add(std::uint64_t{publisher.threshold}).add(to_text(publisher.source));
    record.add(publisher.first_seen).add(publisher.pinned_by).add(std::uint64_t{publisher.keys.size()});
    for (const crypto::PublicKey& key : publisher.keys) record.add(key.bytes());
  }
  record.add(std::uint64_t{trust.skills().size()});
  for (const auto& [skill_id, skill] : trust.skills()) {
    record.add(skill_id).add(skill.publisher).add(highest_text(skill));
    record.add(std::uint64_t{skill.content.size()});
    for (const auto& [version, content_root] : skill.content) record.add(version.to_text()).add(content_root);
  }
  add_rotations_and_revocations(record, trust);
  return record.finish();
}

}  // namespace palyra::state
