// SPDX-License-Identifier: Apache-2.0
#include "version_table.h"

#include "canonical_record.h"
#include "setting_table.h"

#include <palyra/base/json.h>
#include <palyra/skills/version.h>
#include <palyra/state/state_codes.h>

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <tuple>

namespace palyra::state {
namespace {

constexpr std::string_view kArtifactColumns =
    "a.sha256, a.content_root, a.size_bytes, a.proof, a.publisher, a.skill_id, a.version, a.decision, a.stage, a.code, "
    "a.message, a.first_seen";
constexpr int kFirstVersionColumn = 12;
constexpr std::string_view kVersionColumns =
    "v.status, v.status_reason, v.first_seen, v.status_since, v.generation, v.record_digest, v.content_root";
constexpr std::string_view kVersionJoin = "FROM version v LEFT JOIN artifact a ON a.sha256 = v.artifact_sha256";

constexpr std::string_view kUpsertArtifact =
    "INSERT INTO artifact (sha256, content_root, size_bytes, proof, publisher, skill_id, version, decision, stage, "
    "code, "
    "message, first_seen) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) "
    "ON CONFLICT DO UPDATE SET proof = excluded.proof, publisher = excluded.publisher, skill_id = excluded.skill_id, "
    "version = excluded.version, decision = excluded.decision, stage = excluded.stage, code = excluded.code, "
    "message = excluded.message";
constexpr std::string_view kUpsertVersion =
    "INSERT INTO version (content_root, artifact_sha256, status, status_reason, first_seen, status_since, generation, "
    "record_digest) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) "
    "ON CONFLICT DO UPDATE SET artifact_sha256 = excluded.artifact_sha256, status = excluded.status, "
    "status_reason = excluded.status_reason, first_seen = excluded.first_seen, status_since = excluded.status_since, "
    "generation = excluded.generation, record_digest = excluded.record_digest";
constexpr std::string_view kDeleteTools = "DELETE FROM version_tool WHERE content_root = ?1";
constexpr std::string_view kInsertTool = "INSERT INTO version_tool (content_root, tool_id, active) VALUES (?1, ?2, ?3)";
constexpr std::string_view kDeleteEntries = "DELETE FROM version_entry WHERE content_root = ?1";
constexpr std::string_view kInsertEntry =
    "INSERT INTO version_entry (content_root, name, sha256, size_bytes) VALUES (?1, ?2, ?3, ?4)";
constexpr std::string_view kDeleteGrants = "DELETE FROM version_grant WHERE content_root = ?1";
constexpr std::string_view kInsertGrant =
    "INSERT INTO version_grant (content_root, class, canonical, json) VALUES (?1, ?2, ?3, ?4)";
constexpr std::string_view kDeleteRoots = "DELETE FROM version_root WHERE content_root = ?1";
constexpr std::string_view kInsertRoot =
    "INSERT INTO version_root (content_root, name, directory, read_only) VALUES (?1, ?2, ?3, ?4)";
constexpr std::string_view kDeleteAddresses = "DELETE FROM version_address WHERE content_root = ?1";
constexpr std::string_view kInsertAddress =
    "INSERT INTO version_address (content_root, host, port, address, address_port) VALUES (?1, ?2, ?3, ?4, ?5)";
constexpr std::string_view kSelectConflict =
    "SELECT t.tool_id, a.skill_id FROM version_tool t JOIN version v ON v.content_root = t.content_root "
    "JOIN artifact a ON a.sha256 = v.artifact_sha256 WHERE t.active = 1 AND t.tool_id = ?1 AND a.skill_id <> ?2";

constexpr std::string_view kOfSkill =
    "IN (SELECT v.content_root FROM version v JOIN artifact a ON a.sha256 = v.artifact_sha256 WHERE a.skill_id = ?1)";
constexpr std::string_view kActive = "IN (SELECT content_root FROM version WHERE status = 'active')";
constexpr std::string_view kWithActiveTool =
    "IN (SELECT t.content_root FROM version_tool t JOIN version v ON v.content_root = t.content_root "
    "WHERE t.tool_id = ?1 AND t.active = 1 AND v.status = 'active')";

constexpr JsonLimits kGrantLimits{.max_bytes = std::size_t{64} << 10U, .max_depth = 8};

template <class Value, std::size_t kCount>
Result<Value> parse_one_of(const std::array<Value, kCount>& values, const std::string& text) {
  for (const Value value : values) {
    if (to_text(value) == text) return value;
  }
  return fail(kStoreDamaged, "'{}' is none of the values its column may have", text);
}

constexpr std::array kStatuses = {VersionStatus::kQuarantined, VersionStatus::kActive,  VersionStatus::kSuperseded,
                                  VersionStatus::kDisabled,    VersionStatus::kRemoved, VersionStatus::kRevoked};
constexpr std::array kProofs = {NameProof::kNone, NameProof::kClaimed, NameProof::kProven};

// Of each class in the order of their canonical texts: that of a grant set and of its rows.
using GrantTexts = std::array<std::vector<std::string>, capability::kCapabilityClasses>;

GrantTexts grant_texts(const capability::CapabilityGrantSet& grants) {
  GrantTexts texts;
  for (const capability::Capability& grant : grants.to_list()) {
    texts.at(grant.index()).push_back(to_text(capability::to_json(grant)));
  }
  return texts;
}

// `grants` are those of the version.
crypto::Sha256Digest record_digest(const InstalledVersion& version, const GrantTexts& grants) {
  using namespace std::string_view_literals;
  CanonicalRecord record("palyra/version-rows/1\0"sv);
  const KeptArtifact& artifact = version.artifact;
  record.add(artifact.sha256).add(artifact.content_root).add(artifact.size_bytes).add(to_text(artifact.proof));
  record.add(artifact.publisher).add(artifact.skill_id).add(artifact.version).add(artifact.decision);
  record.add(artifact.stage).add(artifact.code).add(artifact.message).add(artifact.first_seen);
  record.add(to_text(version.status)).add(version.status_reason).add(version.first_seen).add(version.status_since);
  record.add(version.generation).add(std::uint64_t{version.tools.size()});
  for (const std::string& tool : version.tools) record.add(tool);
  record.add(std::uint64_t{version.entries.size()});
  for (const StoredEntry& entry : version.entries) record.add(entry.name).add(entry.sha256).add(entry.size_bytes);
  std::uint64_t count = 0;
  for (const auto& of_class : grants) count += of_class.size();
  record.add(count);
  for (const auto& of_class : grants) {
    for (const std::string& grant : of_class) record.add(grant);
  }
  // Rows of before there were these have the digest of before.
  if (version.roots.empty() && version.settings.empty() && version.addresses.empty()) return record.finish();
  record.add(std::uint64_t{version.roots.size()});
  for (const MappedRoot& root : version.roots) {
    record.add(root.name).add(root.directory).add(std::uint64_t{root.read_only ? 1U : 0U});
  }
  record.add(std::uint64_t{version.settings.size()});
  for (const SkillSetting& setting : version.settings) record.add(setting.key).add(setting.json);
  if (version.addresses.empty()) return record.finish();
  record.add(std::uint64_t{version.addresses.size()});
  for (const capability::AddressBinding& bound : version.addresses) {
    record.add(bound.host).add(std::uint64_t{bound.port}).add(bound.address).add(std::uint64_t{bound.address_port});
  }
  return record.finish();
}

Result<KeptArtifact> read_artifact(const Statement& row) {
  return KeptArtifact{.sha256 = PALYRA_TRY(row.digest(0)),
                      .content_root = PALYRA_TRY(row.digest(1)),
                      .size_bytes = PALYRA_TRY(row.natural(2)),
                      .proof = PALYRA_TRY(parse_one_of(kProofs, PALYRA_TRY(row.text(3)))),
                      .publisher = PALYRA_TRY(row.text(4)),
                      .skill_id = PALYRA_TRY(row.text(5)),
                      .version = PALYRA_TRY(row.text(6)),
                      .decision = PALYRA_TRY(row.text(7)),
                      .stage = PALYRA_TRY(row.text(8)),
                      .code = PALYRA_TRY(row.text(9)),
                      .message = PALYRA_TRY(row.text(10)),
                      .first_seen = {PALYRA_TRY(row.integer(11))}};
}

// Some versions, with one reading of each table, however many they are.
class VersionReader {
 public:
  // `scope` is a condition on a content root, such as "= ?1"; `args` are its parameters.
  template <class... Args>
  static Result<std::vector<InstalledVersion>> read(const Database& database, std::string_view scope,
                                                    const Args&... args) {
    const auto rows_of = [&](std::string_view columns, std::string_view table, std::string_view order) {
      return database.query(
          fmt::format("SELECT {} FROM {} WHERE content_root {} ORDER BY {}", columns, table, scope, order), args...);
    };
    VersionReader reader;
    PALYRA_TRY(reader.read_versions(
        PALYRA_TRY(database.query(fmt::format("SELECT {}, {} {} WHERE v.content_root {} ORDER BY v.content_root",
                                              kArtifactColumns, kVersionColumns, kVersionJoin, scope),
                                  args...))));
    PALYRA_TRY(
        reader.read_tools(PALYRA_TRY(rows_of("content_root, tool_id", "version_tool", "content_root, tool_id"))));
    PALYRA_TRY(reader.read_entries(
        PALYRA_TRY(rows_of("content_root, name, sha256, size_bytes", "version_entry", "content_root, name"))));
    PALYRA_TRY(reader.read_grants(
        PALYRA_TRY(rows_of("content_root, json", "version_grant", "content_root, class, canonical"))));
    PALYRA_TRY(reader.read_roots(
        PALYRA_TRY(rows_of("content_root, name, directory, read_only", "version_root", "content_root, name"))));
    PALYRA_TRY(reader.read_addresses(PALYRA_TRY(
        rows_of("content_root, host, port, address, address_port", "version_address", "content_root, host, port"))));
    PALYRA_TRY(reader.read_settings(database));
    return reader.finish();
  }

 private:
  struct Read {
    crypto::Sha256Digest content_root;
    InstalledVersion version;
    crypto::Sha256Digest record_digest;  // as it was saved
    std::vector<capability::Capability> grants;
    GrantTexts grant_texts;
  };

  Result<> read_versions(Statement rows);
  Result<> read_tools(Statement rows);
  Result<> read_entries(Statement rows);
  Result<> read_grants(Statement rows);
  Result<> read_roots(Statement rows);
  Result<> read_addresses(Statement rows);
  Result<> read_settings(const Database& database);
  // Checked against what was saved.
  Result<std::vector<InstalledVersion>> finish();
  // That the row belongs to, by its first column. Rows come in the order of the versions: each search goes on at
  // `next`, where the one for the row before ended.
  Result<Read*> owner_of(const Statement& row, std::size_t& next);
  Result<capability::Capability> parse_grant(const std::string& text);

  std::deque<Read> read_;                                 // by content root
  std::map<std::string, capability::Capability> grants_;  // by their texts: many versions have the same
};

Result<VersionReader::Read*> VersionReader::owner_of(const Statement& row, std::size_t& next) {
  const crypto::Sha256Digest content_root = PALYRA_TRY(row.digest(0));
  while (next < read_.size() && read_[next].content_root < content_root) ++next;
  if (next == read_.size() || read_[next].content_root != content_root) {
    return fail(kStoreDamaged, "a row belongs to no version: {}", crypto::to_hex(content_root));
  }
  return &read_[next];
}

Result<> VersionReader::read_versions(Statement rows) {
  while (PALYRA_TRY(rows.step())) {
    Read read;
    InstalledVersion& version = read.version;
    version.artifact = PALYRA_TRY(read_artifact(rows));
    version.status = PALYRA_TRY(parse_one_of(kStatuses, PALYRA_TRY(rows.text(kFirstVersionColumn))));
    version.status_reason = PALYRA_TRY(rows.text(kFirstVersionColumn + 1));
    version.first_seen = {PALYRA_TRY(rows.integer(kFirstVersionColumn + 2))};
    version.status_since = {PALYRA_TRY(rows.integer(kFirstVersionColumn + 3))};
    version.generation = PALYRA_TRY(rows.natural(kFirstVersionColumn + 4));
    read.record_digest = PALYRA_TRY(rows.digest(kFirstVersionColumn + 5));
    read.content_root = PALYRA_TRY(rows.digest(kFirstVersionColumn + 6));
    read_.push_back(std::move(read));
  }
  return {};
}

Result<> VersionReader::read_tools(Statement rows) {
  std::size_t next = 0;
  while (PALYRA_TRY(rows.step())) {
    PALYRA_TRY(owner_of(rows, next))->version.tools.push_back(PALYRA_TRY(rows.text(1)));
  }
  return {};
}

Result<> VersionReader::read_entries(Statement rows) {
  std::size_t next = 0;
  while (PALYRA_TRY(rows.step())) {
    PALYRA_TRY(owner_of(rows, next))
        ->version.entries.push_back({.name = PALYRA_TRY(rows.text(1)),
                                     .sha256 = PALYRA_TRY(rows.digest(2)),
                                     .size_bytes = PALYRA_TRY(rows.natural(3))});
  }
  return {};
}

Result<capability::Capability> VersionReader::parse_grant(const std::string& text) {
  if (const auto known = grants_.find(text); known != grants_.end()) return known->second;
  const auto json = parse_json(as_bytes(text), kGrantLimits);
  if (!json) return fail(kStoreDamaged, "a grant is no JSON: {}", json.error().message());
  auto grant = capability::capability_from_json(*json);
  if (!grant) return fail(kStoreDamaged, "a grant is no capability: {}", grant.error().message());
  return grants_.emplace(text, *std::move(grant)).first->second;
}

Result<> VersionReader::read_grants(Statement rows) {
  std::size_t next = 0;
  while (PALYRA_TRY(rows.step())) {
    Read* read = PALYRA_TRY(owner_of(rows, next));
    std::string text = PALYRA_TRY(rows.text(1));
    capability::Capability grant = PALYRA_TRY(parse_grant(text));
    read->grant_texts.at(grant.index()).push_back(std::move(text));
    read->grants.push_back(std::move(grant));
  }
  return {};
}

Result<> VersionReader::read_roots(Statement rows) {
  std::size_t next = 0;
  while (PALYRA_TRY(rows.step())) {
    PALYRA_TRY(owner_of(rows, next))
        ->version.roots.push_back({.name = PALYRA_TRY(rows.text(1)),
                                   .directory = PALYRA_TRY(rows.text(2)),
                                   .read_only = PALYRA_TRY(rows.integer(3)) != 0});
  }
  return {};
}

Result<> VersionReader::read_addresses(Statement rows) {
  constexpr std::int64_t kMostPort = 65'535;
  std::size_t next = 0;
  while (PALYRA_TRY(rows.step())) {
    const std::int64_t port = PALYRA_TRY(rows.integer(2));
    const std::int64_t address_port = PALYRA_TRY(rows.integer(4));
    if (port < 1 || port > kMostPort || address_port < 1 || address_port > kMostPort) {
      return fail(kStoreDamaged, "an allowed address has no port: {}, {}", port, address_port);
    }
    PALYRA_TRY(owner_of(rows, next))
        ->version.addresses.push_back({.host = PALYRA_TRY(rows.text(1)),
                                       .port = static_cast<std::uint16_t>(port),
                                       .address = PALYRA_TRY(rows.text(3)),
                                       .address_port = static_cast<std::uint16_t>(address_port)});
  }
  return {};
}

Result<> VersionReader::read_settings(const Database& database) {
  const auto by_skill = PALYRA_TRY(load_all_settings(database));
  for (Read& read : read_) {
    const auto settings = by_skill.find(read.version.artifact.skill_id);
    if (settings != by_skill.end()) read.version.settings = settings->second;
  }
  return {};
}

Result<std::vector<InstalledVersion>> VersionReader::finish() {
  std::vector<InstalledVersion> versions;
  versions.reserve(read_.size());
  for (Read& read : read_) {
    auto grants = capability::CapabilityGrantSet::create(std::move(read.grants));
    if (!grants) return fail(kStoreDamaged, "the grants make no set: {}", grants.error().message());
    read.version.grants = *std::move(grants);
    if (read.version.content_root() != read.content_root ||
        record_digest(read.version, read.grant_texts) != read.record_digest) {
      return fail(kStoreDamaged, "the rows of content root {} were changed", crypto::to_hex(read.content_root));
    }
    versions.push_back(std::move(read.version));
  }
  return versions;
}

// Those without names last; versions by precedence, which is not the order of their texts.
Result<std::vector<InstalledVersion>> sorted(std::vector<InstalledVersion> versions) {
  struct Place {
    bool nameless;
    std::string_view skill_id;
    skills::Version version;
    crypto::Sha256Digest content_root;
    std::size_t index;
  };
  std::vector<Place> places;
  places.reserve(versions.size());
  for (const InstalledVersion& version : versions) {
    const KeptArtifact& artifact = version.artifact;
    places.push_back({.nameless = artifact.skill_id.empty(),
                      .skill_id = artifact.skill_id,
                      .version = skills::Version::parse(artifact.version).value_or(skills::Version{}),
                      .content_root = artifact.content_root,
                      .index = places.size()});
  }
  std::ranges::sort(places, {}, [](const Place& place) {
    return std::tie(place.nameless, place.skill_id, place.version, place.content_root);
  });
  std::vector<std::size_t> order;
  order.reserve(places.size());
  for (const Place& place : places) order.push_back(place.index);
  std::vector<InstalledVersion> result;
  result.reserve(versions.size());
  for (const std::size_t index : order) result.push_back(std::move(versions[index]));
  return result;
}

std::optional<InstalledVersion> first_of(std::vector<InstalledVersion> versions) {
  if (versions.empty()) return std::nullopt;
  return std::move(versions.front());
}

Result<> save_hanging_rows(const Database& database, const InstalledVersion& version) {
  const crypto::Sha256Digest& content_root = version.content_root();
  const std::int64_t active = version.status == VersionStatus::kActive ? 1 : 0;
  PALYRA_TRY(database.run(kDeleteTools, content_root));
  for (const std::string& tool : version.tools) PALYRA_TRY(database.run(kInsertTool, content_root, tool, active));
  PALYRA_TRY(database.run(kDeleteEntries, content_root));
  for (const StoredEntry& entry : version.entries) {
    PALYRA_TRY(database.run(kInsertEntry, content_root, entry.name, entry.sha256, entry.size_bytes));
  }
  PALYRA_TRY(database.run(kDeleteGrants, content_root));
  for (const capability::Capability& grant : version.grants.to_list()) {
    PALYRA_TRY(database.run(kInsertGrant, content_root, to_text(class_of(grant)), canonical_text(grant),
                            to_text(capability::to_json(grant))));
  }
  PALYRA_TRY(database.run(kDeleteRoots, content_root));
  for (const MappedRoot& root : version.roots) {
    PALYRA_TRY(
        database.run(kInsertRoot, content_root, root.name, root.directory, std::int64_t{root.read_only ? 1 : 0}));
  }
  PALYRA_TRY(database.run(kDeleteAddresses, content_root));
  for (const capability::AddressBinding& bound : version.addresses) {
    PALYRA_TRY(database.run(kInsertAddress, content_root, bound.host, std::int64_t{bound.port}, bound.address,
                            std::int64_t{bound.address_port}));
  }
  return {};
}

}  // namespace

Result<std::optional<InstalledVersion>> load_version(const Database& database,
                                                     const crypto::Sha256Digest& content_root) {
  return first_of(PALYRA_TRY(VersionReader::read(database, "= ?1", content_root)));
}

Result<std::vector<InstalledVersion>> load_versions(const Database& database) {
  return sorted(PALYRA_TRY(VersionReader::read(database, "IS NOT NULL")));
}

Result<std::vector<InstalledVersion>> load_active_versions(const Database& database) {
  return sorted(PALYRA_TRY(VersionReader::read(database, kActive)));
}

Result<std::vector<InstalledVersion>> load_versions_of(const Database& database, std::string_view skill_id) {
  return sorted(PALYRA_TRY(VersionReader::read(database, kOfSkill, skill_id)));
}

Result<std::optional<InstalledVersion>> load_active_with_tool(const Database& database, std::string_view tool_id) {
  return first_of(PALYRA_TRY(VersionReader::read(database, kWithActiveTool, tool_id)));
}

Result<std::optional<ToolConflict>> find_tool_conflict(const Database& database, const InstalledVersion& candidate) {
  for (const std::string& tool : candidate.tools) {
    Statement row = PALYRA_TRY(database.query(kSelectConflict, tool, candidate.artifact.skill_id));
    if (PALYRA_TRY(row.step())) {
      return ToolConflict{.tool_id = PALYRA_TRY(row.text(0)), .skill_id = PALYRA_TRY(row.text(1))};
    }
  }
  return std::nullopt;
}

Result<std::optional<KeptArtifact>> load_artifact(const Database& database, const crypto::Sha256Digest& sha256) {
  Statement row = PALYRA_TRY(
      database.query(fmt::format("SELECT {} FROM artifact a WHERE a.sha256 = ?1", kArtifactColumns), sha256));
  if (!PALYRA_TRY(row.step())) return std::nullopt;
  return PALYRA_TRY(read_artifact(row));
}

Result<> save_artifact(const Database& database, const KeptArtifact& artifact) {
  return database.run(kUpsertArtifact, artifact.sha256, artifact.content_root, artifact.size_bytes,
                      to_text(artifact.proof), artifact.publisher, artifact.skill_id, artifact.version,
                      artifact.decision, artifact.stage, artifact.code, artifact.message, artifact.first_seen.seconds);
}

Result<> save_version(const Database& database, const InstalledVersion& version) {
  PALYRA_TRY(save_artifact(database, version.artifact));
  PALYRA_TRY(database.run(kUpsertVersion, version.content_root(), version.artifact.sha256, to_text(version.status),
                          version.status_reason, version.first_seen.seconds, version.status_since.seconds,
                          version.generation, record_digest(version, grant_texts(version.grants))));
  return save_hanging_rows(database, version);
}

}  // namespace palyra::state
