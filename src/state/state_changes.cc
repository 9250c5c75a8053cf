// SPDX-License-Identifier: Apache-2.0
// Changing the state: one function a change, each one transaction.
#include "store_parts.h"
#include "version_table.h"

#include <palyra/base/check.h>
#include <palyra/skills/skill_manifest.h>

#include <algorithm>

namespace palyra::state {
namespace {

using skills::Publisher;
using skills::Verification;

void set_names(KeptArtifact& artifact, NameProof proof, const skills::SkillIdentity& identity) {
  artifact.proof = proof;
  artifact.publisher = identity.publisher;
  artifact.skill_id = identity.skill_id;
  artifact.version = identity.version.to_text();
}

KeptArtifact describe(const Verification& verification, const skills::Artifact& artifact, WallTime now) {
  KeptArtifact kept{.sha256 = verification.file_sha256,
                    .content_root = artifact.content_root(),
                    .size_bytes = artifact.file().size(),
                    .proof = NameProof::kNone,
                    .publisher = "",
                    .skill_id = "",
                    .version = "",
                    .decision = "",
                    .stage = "",
                    .code = "",
                    .message = "",
                    .first_seen = now};
  if (verification.document) {
    set_names(kept, verification.signers ? NameProof::kProven : NameProof::kClaimed,
              verification.document->statement.identity);
  }
  if (verification.trust) kept.decision = to_text(verification.trust->verdict);
  if (verification.failed_stage) kept.stage = to_text(*verification.failed_stage);
  if (verification.error) {
    kept.code = verification.error->code().id;
    kept.message = verification.error->message();
  }
  return kept;
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

void add_pin(Json& details, const std::optional<skills::Pin>& pin) {
  if (!pin) return;
  Json::Array fingerprints;
  for (const crypto::PublicKey& key : pin->record.keys) fingerprints.emplace_back(crypto::fingerprint(key));
  details.set("pinned", std::move(fingerprints));
}

// How much a file of some content is worth beside another of the same: the keys that count differ, nothing else can.
int rank(const KeptArtifact& artifact) {
  using enum skills::TrustVerdict;
  if (artifact.decision == to_text(kAllowlisted)) return 3;
  if (artifact.decision == to_text(kTofuPinned)) return 2;
  if (artifact.decision == to_text(kFirstUse) || artifact.decision == to_text(kUntrusted)) return 1;
  return 0;
}

std::string quarantine_reason(const KeptArtifact& artifact) {
  if (!artifact.code.empty()) return artifact.code;
  if (artifact.decision == to_text(skills::TrustVerdict::kFirstUse)) return "its publisher is not known here";
  return "newly installed";
}

InstalledVersion new_version(const KeptArtifact& artifact, WallTime now) {
  return {.artifact = artifact,
          .status = VersionStatus::kQuarantined,
          .status_reason = quarantine_reason(artifact),
          .first_seen = now,
          .status_since = now,
          .generation = 0,
          .tools = {},
          .entries = {},
          .grants = {}};
}

// What a version that was kept before becomes when the file comes (again).
InstalledVersion with_file(const InstalledVersion& before, const KeptArtifact& artifact, WallTime now) {
  InstalledVersion after = before;
  if (before.status == VersionStatus::kRemoved) {
    after = new_version(artifact, now);
    after.first_seen = before.first_seen;
  } else if (before.status == VersionStatus::kQuarantined &&
             (artifact.sha256 == before.artifact.sha256 || rank(artifact) > rank(before.artifact))) {
    // A person's reason stays; that of the verdict goes with it.
    if (before.status_reason == quarantine_reason(before.artifact)) after.status_reason = quarantine_reason(artifact);
    after.artifact = artifact;
  }
  after.generation = before.generation;
  return after;
}

Result<> add_pinned_publisher(Change& change, const std::optional<skills::Pin>& pin, const std::string& actor) {
  if (!pin) return {};
  Publisher record = pin->record;
  record.pinned_by = actor;
  return change.trust().add_publisher(pin->publisher, std::move(record));
}

bool becomes_object(std::string_view entry) {
  return entry == skills::kManifestEntry || entry.starts_with("modules/") || entry.starts_with("assets/");
}

Result<crypto::Sha256Digest> put_object(const ObjectStore& objects, BytesView bytes) {
  const ObjectWriter writer = PALYRA_TRY(objects.begin_writing());
  return writer.put(bytes);
}

Result<std::vector<StoredEntry>> store_entries(const ObjectStore& objects, const skills::Artifact& artifact) {
  const ObjectWriter writer = PALYRA_TRY(objects.begin_writing());
  std::vector<StoredEntry> stored;
  for (const skills::ArtifactEntry& entry : artifact.entries()) {
    if (!becomes_object(entry.name)) continue;
    stored.push_back(
        {.name = entry.name, .sha256 = PALYRA_TRY(writer.put(entry.bytes)), .size_bytes = entry.bytes.size()});
  }
  return stored;
}

std::vector<std::string> tool_ids(const skills::SkillManifest& manifest) {
  std::vector<std::string> ids;
  ids.reserve(manifest.tools.size());
  for (const skills::SkillTool& tool : manifest.tools) ids.push_back(tool.id);
  std::ranges::sort(ids);
  return ids;
}

// The kept version, unless it is gone. Errors: kSkillNotInstalled.
Result<InstalledVersion> load_kept(const Database& database, const crypto::Sha256Digest& content_root) {
  auto found = PALYRA_TRY(load_version(database, content_root));
  if (!found || found->status == VersionStatus::kRemoved) {
    return fail(kSkillNotInstalled, "nothing with the content root {} is installed", crypto::to_hex(content_root));
  }
  return *std::move(found);
}

// What is known of the file that is promoted, with the verdict that promotes it. Errors: kSkillNotInstalled.
Result<KeptArtifact> promoted_artifact(const Database& database, const skills::VerifiedSkill& skill) {
  const crypto::Sha256Digest file_sha256 = crypto::sha256(skill.artifact().file());
  auto kept = PALYRA_TRY(load_artifact(database, file_sha256));
  if (!kept) return fail(kSkillNotInstalled, "the file {} is not kept", crypto::to_hex(file_sha256));
  set_names(*kept, NameProof::kProven, skill.statement().identity);
  kept->decision = to_text(skill.verdict());
  kept->stage.clear();
  kept->code.clear();
  kept->message.clear();
  return *std::move(kept);
}

Result<> refuse_tool_conflict(const Database& database, const InstalledVersion& candidate) {
  const auto conflict = PALYRA_TRY(find_tool_conflict(database, candidate));
  if (!conflict) return {};
  return fail(kToolConflict, "the active skill '{}' already offers the tool '{}'", conflict->skill_id,
              conflict->tool_id);
}

void set_status(InstalledVersion& version, VersionStatus status, std::string reason, WallTime now) {
  version.status = status;
  version.status_reason = std::move(reason);
  version.status_since = now;
}

// Other versions of the skill stop being active.
Result<> supersede(const StoreParts& parts, const Change& change, const InstalledVersion& by) {
  for (InstalledVersion& other : PALYRA_TRY(load_versions_of(parts.database, by.artifact.skill_id))) {
    if (other.status != VersionStatus::kActive || other.content_root() == by.content_root()) continue;
    set_status(other, VersionStatus::kSuperseded, fmt::format("{} was promoted", by.artifact.version), parts.now());
    other.generation = change.generation();
    PALYRA_TRY(save_version(parts.database, other));
  }
  return {};
}

Json promotion_details(const InstalledVersion& version) {
  Json details = details_of(version);
  Json::Array grants;
  for (const capability::Capability& grant : version.grants.to_list()) grants.push_back(capability::to_json(grant));
  details.set("grants", std::move(grants));
  return details;
}

Json publisher_details(const Publisher& publisher) {
  Json::Array fingerprints;
  for (const crypto::PublicKey& key : publisher.keys) fingerprints.emplace_back(crypto::fingerprint(key));
  Json details;
  details.set("keys", std::move(fingerprints));
  details.set("threshold", publisher.threshold);
  return details;
}

}  // namespace

Result<> StateStore::add_publisher(const std::string& name, Publisher publisher) {
  Change change = PALYRA_TRY(Change::begin(*parts_));
  publisher.source = skills::PublisherSource::kOperator;
  publisher.first_seen = parts_->now();
  publisher.pinned_by = parts_->options.actor;
  std::ranges::sort(publisher.keys);
  const Publisher* known = change.trust().find_publisher(name);
  if (known != nullptr && known->source == skills::PublisherSource::kTofu && known->keys == publisher.keys &&
      known->threshold == publisher.threshold) {
    publisher.first_seen = known->first_seen;
    change.trust().remove_publisher(name);
  }
  const Json details = publisher_details(publisher);
  PALYRA_TRY(change.trust().add_publisher(name, std::move(publisher)));
  return change.commit("trust.publisher_added", name, details);
}

Result<InstalledVersion> StateStore::keep_in_quarantine(const KeepRequest& request) {
  const Verification& verification = *request.verification;
  PALYRA_CHECK(verification.artifact.has_value());
  const crypto::Sha256Digest file_sha256 = PALYRA_TRY(put_object(parts_->objects, verification.artifact->file()));
  PALYRA_CHECK(file_sha256 == verification.file_sha256);
  const Database& database = parts_->database;

  Change change = PALYRA_TRY(Change::begin(*parts_));
  PALYRA_TRY(change.require_trust_generation(request.trust_generation));
  const WallTime now = parts_->now();
  KeptArtifact artifact = describe(verification, *verification.artifact, now);
  const auto known = PALYRA_TRY(load_artifact(database, file_sha256));
  if (known) artifact.first_seen = known->first_seen;
  const auto before = PALYRA_TRY(load_version(database, artifact.content_root));
  InstalledVersion after = before ? with_file(*before, artifact, now) : new_version(artifact, now);
  // Known before it runs, so that a call of one of them can be told why it does not.
  if (verification.manifest && after.status == VersionStatus::kQuarantined) {
    after.tools = tool_ids(*verification.manifest);
  }
  const bool represents = after.artifact.sha256 == file_sha256;

  Json details = details_of(after);
  if (verification.skill) {
    PALYRA_TRY(add_pinned_publisher(change, verification.skill->pin(), parts_->options.actor));
    add_pin(details, verification.skill->pin());
    change.trust().record_install(verification.skill->statement());
  }
  if (known && before == after && (represents || known == artifact) && !change.changes_trust()) return after;
  after.generation = change.generation();
  if (!represents) PALYRA_TRY(save_artifact(database, artifact));
  PALYRA_TRY(save_version(database, after));
  PALYRA_TRY(change.commit("skills.kept", subject_of(artifact), details));
  return after;
}

Result<InstalledVersion> StateStore::promote(const PromoteRequest& request) {
  const skills::VerifiedSkill& skill = *request.skill;
  std::vector<StoredEntry> entries = PALYRA_TRY(store_entries(parts_->objects, skill.artifact()));
  const Database& database = parts_->database;

  Change change = PALYRA_TRY(Change::begin(*parts_));
  PALYRA_TRY(change.require_trust_generation(request.trust_generation));
  InstalledVersion version = PALYRA_TRY(load_kept(database, skill.content_root()));
  if (version.generation != request.version_generation) {
    return fail(kStateChanged, "the version changed at generation {}; what was approved is that of {}",
                version.generation, request.version_generation);
  }
  version.artifact = PALYRA_TRY(promoted_artifact(database, skill));
  version.generation = change.generation();
  version.tools = tool_ids(skill.manifest());
  version.entries = std::move(entries);
  version.grants = request.grants;
  set_status(version, VersionStatus::kActive, "promoted by " + parts_->options.actor, parts_->now());
  PALYRA_TRY(refuse_tool_conflict(database, version));
  PALYRA_TRY(supersede(*parts_, change, version));
  PALYRA_TRY(save_version(database, version));
  PALYRA_TRY(add_pinned_publisher(change, skill.pin(), parts_->options.actor));
  change.trust().record_promotion(skill.statement());
  Json details = promotion_details(version);
  add_pin(details, skill.pin());
  PALYRA_TRY(change.commit("skills.promoted", subject_of(version.artifact), details));
  return version;
}

Result<> StateStore::quarantine(const crypto::Sha256Digest& content_root, const std::string& reason) {
  Change change = PALYRA_TRY(Change::begin(*parts_));
  InstalledVersion version = PALYRA_TRY(load_kept(parts_->database, content_root));
  set_status(version, VersionStatus::kQuarantined, reason, parts_->now());
  version.generation = change.generation();
  PALYRA_TRY(save_version(parts_->database, version));
  Json details = details_of(version);
  details.set("reason", reason);
  return change.commit("skills.quarantined", subject_of(version.artifact), details);
}

Result<> StateStore::remove(const crypto::Sha256Digest& content_root) {
  Change change = PALYRA_TRY(Change::begin(*parts_));
  InstalledVersion version = PALYRA_TRY(load_kept(parts_->database, content_root));
  set_status(version, VersionStatus::kRemoved, "removed by " + parts_->options.actor, parts_->now());
  version.generation = change.generation();
  version.tools.clear();
  version.entries.clear();
  version.grants = {};
  PALYRA_TRY(save_version(parts_->database, version));
  return change.commit("skills.removed", subject_of(version.artifact), details_of(version));
}

}  // namespace palyra::state
