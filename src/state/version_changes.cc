// SPDX-License-Identifier: Apache-2.0
// A version stops running, or goes; and what the operator sets for a skill.
#include "version_changes.h"

#include "setting_table.h"
#include "version_table.h"

#include <palyra/base/utf8.h>

#include <algorithm>

namespace palyra::state {

void set_names(KeptArtifact& artifact, NameProof proof, const skills::SkillIdentity& identity) {
  artifact.proof = proof;
  artifact.publisher = identity.publisher;
  artifact.skill_id = identity.skill_id;
  artifact.version = identity.version.to_text();
}

std::string subject_of(const KeptArtifact& artifact) {
  if (artifact.proof != NameProof::kProven) return crypto::to_hex(artifact.content_root);
  return fmt::format("{}@{}", artifact.skill_id, artifact.version);
}

Json details_of(const InstalledVersion& version) {
  Json details;
  details.set("content_root", crypto::to_hex(version.content_root()));
  details.set("artifact_sha256", crypto::to_hex(version.artifact.sha256));
  details.set("status", to_text(version.status));
  if (!version.artifact.decision.empty()) details.set("decision", version.artifact.decision);
  if (!version.artifact.code.empty()) details.set("code", version.artifact.code);
  return details;
}

Json to_json(const std::vector<StatusChange>& changes) {
  Json::Array array;
  for (const auto& [version, was] : changes) {
    array.emplace_back(Json::Object{{"content_root", crypto::to_hex(version.content_root())},
                                    {"version", subject_of(version.artifact)},
                                    {"was", to_text(was)}});
  }
  return array;
}

void add_pin(Json& details, const std::optional<skills::Pin>& pin) {
  if (!pin) return;
  Json::Array fingerprints;
  for (const crypto::PublicKey& key : pin->record.keys) fingerprints.emplace_back(crypto::fingerprint(key));
  details.set("pinned", std::move(fingerprints));
}

std::vector<std::string> tool_ids(const skills::SkillManifest& manifest) {
  std::vector<std::string> ids;
  ids.reserve(manifest.tools.size());
  for (const skills::SkillTool& tool : manifest.tools) ids.push_back(tool.id);
  std::ranges::sort(ids);
  return ids;
}

void clear_approval(InstalledVersion& version) {
  version.tools.clear();
  version.entries.clear();
  version.grants = {};
  version.roots.clear();
  version.addresses.clear();
}

Result<StatusChange> change_status(const StoreParts& parts, const Change& change, InstalledVersion version,
                                   NewStatus status) {
  const VersionStatus was = version.status;
  version.status = status.status;
  version.status_reason = std::move(status.reason);
  version.status_since = parts.now();
  version.generation = change.generation();
  PALYRA_TRY(save_version(parts.database, version));
  return StatusChange{.version = std::move(version), .was = was};
}

// The kept version, unless it is gone. Errors: kSkillNotInstalled.
Result<InstalledVersion> load_kept(const Database& database, const crypto::Sha256Digest& content_root) {
  auto found = PALYRA_TRY(load_version(database, content_root));
  if (!found || found->status == VersionStatus::kRemoved) {
    return fail(kSkillNotInstalled, "nothing with the content root {} is installed", crypto::to_hex(content_root));
  }
  return *std::move(found);
}

Result<> add_pinned_publisher(Change& change, const std::optional<skills::Pin>& pin, const std::string& actor) {
  if (!pin) return {};
  skills::Publisher record = pin->record;
  record.pinned_by = actor;
  return change.trust().add_publisher(pin->publisher, std::move(record));
}

Result<> StateStore::quarantine(const crypto::Sha256Digest& content_root, const std::string& reason) {
  Change change = PALYRA_TRY(Change::begin(*parts_));
  InstalledVersion version = PALYRA_TRY(load_kept(parts_->database, content_root));
  if (version.status == VersionStatus::kRevoked) {
    return fail(skills::kTrustRevoked, "{} is revoked, which is more", subject_of(version.artifact));
  }
  const StatusChange changed = PALYRA_TRY(
      change_status(*parts_, change, std::move(version), {.status = VersionStatus::kQuarantined, .reason = reason}));
  Json details = details_of(changed.version);
  details.set("reason", reason);
  return change.commit("skills.quarantined", subject_of(changed.version.artifact), details);
}

Result<> StateStore::disable(const crypto::Sha256Digest& content_root) {
  Change change = PALYRA_TRY(Change::begin(*parts_));
  InstalledVersion version = PALYRA_TRY(load_kept(parts_->database, content_root));
  if (version.status != VersionStatus::kActive) {
    return fail(kNotActive, "{} is {}, not active", subject_of(version.artifact), to_text(version.status));
  }
  const StatusChange changed =
      PALYRA_TRY(change_status(*parts_, change, std::move(version),
                               {.status = VersionStatus::kDisabled, .reason = "disabled by " + parts_->options.actor}));
  return change.commit("skills.disabled", subject_of(changed.version.artifact), details_of(changed.version));
}

Result<> StateStore::remove(const crypto::Sha256Digest& content_root) {
  Change change = PALYRA_TRY(Change::begin(*parts_));
  InstalledVersion version = PALYRA_TRY(load_kept(parts_->database, content_root));
  clear_approval(version);
  const StatusChange changed =
      PALYRA_TRY(change_status(*parts_, change, std::move(version),
                               {.status = VersionStatus::kRemoved, .reason = "removed by " + parts_->options.actor}));
  return change.commit("skills.removed", subject_of(changed.version.artifact), details_of(changed.version));
}

Result<> StateStore::set_setting(const std::string& skill_id, const std::string& key, std::optional<std::string> json) {
  const Database& database = parts_->database;
  Change change = PALYRA_TRY(Change::begin(*parts_));
  std::vector<InstalledVersion> versions = PALYRA_TRY(load_versions_of(database, skill_id));
  const bool installed = std::ranges::any_of(versions, [](const InstalledVersion& version) {
    return version.status != VersionStatus::kRemoved && version.artifact.proof == NameProof::kProven;
  });
  if (!installed) return fail(kSkillNotInstalled, "no version of '{}' is installed", printable(skill_id));
  const std::vector<SkillSetting> before = versions.front().settings;
  const bool is_set = json.has_value();
  PALYRA_TRY(save_setting(database, {.skill_id = skill_id, .key = key, .json = std::move(json)}));
  const std::vector<SkillSetting> after = PALYRA_TRY(load_settings(database, skill_id));
  if (after == before) return {};
  for (InstalledVersion& version : versions) {
    version.settings = after;
    PALYRA_TRY(save_version(database, version));
  }
  Json details;
  details.set("key", key);
  details.set("change", is_set ? "set" : "forgotten");  // the value is nobody's business here
  return change.commit("skills.setting_changed", skill_id, details);
}

}  // namespace palyra::state
