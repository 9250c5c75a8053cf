// SPDX-License-Identifier: Apache-2.0
#include "version_table.h"

#include "canonical_record.h"

#include <palyra/base/json.h>
#include <palyra/skills/version.h>
#include <palyra/state/state_codes.h>

#include <algorithm>
#include <array>
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
constexpr std::string_view kSelectTools = "SELECT tool_id FROM version_tool WHERE content_root = ?1 ORDER BY tool_id";
constexpr std::string_view kDeleteTools = "DELETE FROM version_tool WHERE content_root = ?1";
constexpr std::string_view kInsertTool = "INSERT INTO version_tool (content_root, tool_id, active) VALUES (?1, ?2, ?3)";
constexpr std::string_view kSelectEntries =
    "SELECT name, sha256, size_bytes FROM version_entry WHERE content_root = ?1 ORDER BY name";
constexpr std::string_view kDeleteEntries = "DELETE FROM version_entry WHERE content_root = ?1";
constexpr std::string_view kInsertEntry =
    "INSERT INTO version_entry (content_root, name, sha256, size_bytes) VALUES (?1, ?2, ?3, ?4)";
constexpr std::string_view kSelectGrants =
    "SELECT json FROM version_grant WHERE content_root = ?1 ORDER BY class, canonical";
constexpr std::string_view kDeleteGrants = "DELETE FROM version_grant WHERE content_root = ?1";
constexpr std::string_view kInsertGrant =
    "INSERT INTO version_grant (content_root, class, canonical, json) VALUES (?1, ?2, ?3, ?4)";
constexpr std::string_view kSelectConflict =
    "SELECT t.tool_id, a.skill_id FROM version_tool t JOIN version v ON v.content_root = t.content_root "
    "JOIN artifact a ON a.sha256 = v.artifact_sha256 WHERE t.active = 1 AND t.tool_id = ?1 AND a.skill_id <> ?2";

constexpr JsonLimits kGrantLimits{.max_bytes = std::size_t{64} << 10U, .max_depth = 8};

template <class Value, std::size_t kCount>
Result<Value> parse_one_of(const std::array<Value, kCount>& values, const std::string& text) {
  for (const Value value : values) {
    if (to_text(value) == text) return value;
  }
  return fail(kStoreDamaged, "'{}' is none of the values its column may have", text);
}

constexpr std::array kStatuses = {VersionStatus::kQuarantined, VersionStatus::kActive, VersionStatus::kSuperseded,
                                  VersionStatus::kDisabled, VersionStatus::kRemoved};
constexpr std::array kProofs = {NameProof::kNone, NameProof::kClaimed, NameProof::kProven};

crypto::Sha256Digest record_digest(const InstalledVersion& version) {
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
  const auto grants = version.grants.to_list();
  record.add(std::uint64_t{grants.size()});
  for (const capability::Capability& grant : grants) record.add(to_text(capability::to_json(grant)));
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

Result<std::vector<std::string>> load_tools(const Database& database, const crypto::Sha256Digest& content_root) {
  std::vector<std::string> tools;
  Statement rows = PALYRA_TRY(database.query(kSelectTools, content_root));
  while (PALYRA_TRY(rows.step())) tools.push_back(PALYRA_TRY(rows.text(0)));
  return tools;
}

Result<std::vector<StoredEntry>> load_entries(const Database& database, const crypto::Sha256Digest& content_root) {
  std::vector<StoredEntry> entries;
  Statement rows = PALYRA_TRY(database.query(kSelectEntries, content_root));
  while (PALYRA_TRY(rows.step())) {
    entries.push_back({.name = PALYRA_TRY(rows.text(0)),
                       .sha256 = PALYRA_TRY(rows.digest(1)),
                       .size_bytes = PALYRA_TRY(rows.natural(2))});
  }
  return entries;
}

Result<capability::CapabilityGrantSet> load_grants(const Database& database, const crypto::Sha256Digest& content_root) {
  std::vector<capability::Capability> grants;
  Statement rows = PALYRA_TRY(database.query(kSelectGrants, content_root));
  while (PALYRA_TRY(rows.step())) {
    const auto json = parse_json(as_bytes(PALYRA_TRY(rows.text(0))), kGrantLimits);
    if (!json) return fail(kStoreDamaged, "a grant is no JSON: {}", json.error().message());
    auto grant = capability::capability_from_json(*json);
    if (!grant) return fail(kStoreDamaged, "a grant is no capability: {}", grant.error().message());
    grants.push_back(*std::move(grant));
  }
  auto set = capability::CapabilityGrantSet::create(std::move(grants));
  if (!set) return fail(kStoreDamaged, "the grants make no set: {}", set.error().message());
  return set;
}

Result<InstalledVersion> read_version(const Database& database, const Statement& row) {
  InstalledVersion version;
  version.artifact = PALYRA_TRY(read_artifact(row));
  version.status = PALYRA_TRY(parse_one_of(kStatuses, PALYRA_TRY(row.text(kFirstVersionColumn))));
  version.status_reason = PALYRA_TRY(row.text(kFirstVersionColumn + 1));
  version.first_seen = {PALYRA_TRY(row.integer(kFirstVersionColumn + 2))};
  version.status_since = {PALYRA_TRY(row.integer(kFirstVersionColumn + 3))};
  version.generation = PALYRA_TRY(row.natural(kFirstVersionColumn + 4));
  const crypto::Sha256Digest saved = PALYRA_TRY(row.digest(kFirstVersionColumn + 5));
  const crypto::Sha256Digest content_root = PALYRA_TRY(row.digest(kFirstVersionColumn + 6));
  version.tools = PALYRA_TRY(load_tools(database, content_root));
  version.entries = PALYRA_TRY(load_entries(database, content_root));
  version.grants = PALYRA_TRY(load_grants(database, content_root));
  if (version.content_root() != content_root || record_digest(version) != saved) {
    return fail(kStoreDamaged, "the rows of content root {} were changed", crypto::to_hex(content_root));
  }
  return version;
}

// Every row of a query for kArtifactColumns and kVersionColumns.
template <class... Args>
Result<std::vector<InstalledVersion>> select_versions(const Database& database, std::string_view condition,
                                                      const Args&... args) {
  const std::string sql =
      fmt::format("SELECT {}, {} {} {}", kArtifactColumns, kVersionColumns, kVersionJoin, condition);
  Statement rows = PALYRA_TRY(database.query(sql, args...));
  std::vector<InstalledVersion> versions;
  while (PALYRA_TRY(rows.step())) versions.push_back(PALYRA_TRY(read_version(database, rows)));
  return versions;
}

// Those without names last; versions by precedence, which is not the order of their texts.
bool stands_before(const InstalledVersion& a, const InstalledVersion& b) {
  const auto key = [](const InstalledVersion& version) {
    const KeptArtifact& artifact = version.artifact;
    return std::tuple(artifact.skill_id.empty(), std::string_view(artifact.skill_id),
                      skills::Version::parse(artifact.version).value_or(skills::Version{}), artifact.content_root);
  };
  return key(a) < key(b);
}

Result<std::vector<InstalledVersion>> sorted(Result<std::vector<InstalledVersion>> versions) {
  if (versions) std::ranges::sort(*versions, stands_before);
  return versions;
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
  return {};
}

}  // namespace

Result<std::optional<InstalledVersion>> load_version(const Database& database,
                                                     const crypto::Sha256Digest& content_root) {
  return first_of(PALYRA_TRY(select_versions(database, "WHERE v.content_root = ?1", content_root)));
}

Result<std::vector<InstalledVersion>> load_versions(const Database& database) {
  return sorted(select_versions(database, ""));
}

Result<std::vector<InstalledVersion>> load_versions_of(const Database& database, std::string_view skill_id) {
  return sorted(select_versions(database, "WHERE a.skill_id = ?1", skill_id));
}

Result<std::optional<InstalledVersion>> load_active_with_tool(const Database& database, std::string_view tool_id) {
  return first_of(PALYRA_TRY(select_versions(database,
                                             "JOIN version_tool t ON t.content_root = v.content_root "
                                             "WHERE t.tool_id = ?1 AND t.active = 1 AND v.status = 'active'",
                                             tool_id)));
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
                          version.generation, record_digest(version)));
  return save_hanging_rows(database, version);
}

}  // namespace palyra::state
