// SPDX-License-Identifier: Apache-2.0
// A file comes into quarantine.
#include "garbage.h"
#include "quarantine_limit.h"
#include "setting_table.h"
#include "version_changes.h"
#include "version_table.h"

#include <palyra/base/check.h>

namespace palyra::state {
namespace {

using skills::Verification;

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
    after.status_reason = "came again; it was " + before.status_reason;  // as good as a person's reason: it stays
  } else if (before.status == VersionStatus::kQuarantined &&
             (artifact.sha256 == before.artifact.sha256 || rank(artifact) > rank(before.artifact))) {
    // A person's reason stays; that of the verdict goes with it.
    if (before.status_reason == quarantine_reason(before.artifact)) after.status_reason = quarantine_reason(artifact);
    after.artifact = artifact;
  }
  after.generation = before.generation;
  return after;
}

// What is forgotten for a file that was not here. Errors: kQuarantineFull.
Result<std::vector<std::string>> make_room(const StoreParts& parts, const Change& change, const KeptArtifact& newcomer,
                                           std::uint64_t max_bytes) {
  auto forgotten =
      PALYRA_TRY(shrink_quarantine(parts, change, {.max_bytes = max_bytes, .spared = newcomer.content_root}));
  const std::uint64_t bytes = PALYRA_TRY(quarantine_bytes(parts.database));
  if (bytes <= max_bytes) return forgotten;
  return std::unexpected(
      Error(kQuarantineFull,
            fmt::format("with this file of {} bytes the quarantine would hold {} bytes; the limit is {}",
                        newcomer.size_bytes, bytes, max_bytes))
          .with_next("palyra skills gc"));
}

struct Kept {
  InstalledVersion version;
  bool forgot = false;  // something else, for which there was no room
};

// The file of the request, kept before and now.
struct Files {
  KeptArtifact artifact;
  std::optional<KeptArtifact> known;
  std::optional<InstalledVersion> before;

  [[nodiscard]] bool is_new() const { return !known || !before || before->status == VersionStatus::kRemoved; }
};

Result<Files> load_files(const StoreParts& parts, const Verification& verification) {
  Files files{.artifact = describe(verification, *verification.artifact, parts.now()), .known = {}, .before = {}};
  files.known = PALYRA_TRY(load_artifact(parts.database, files.artifact.sha256));
  if (files.known) files.artifact.first_seen = files.known->first_seen;
  files.before = PALYRA_TRY(load_version(parts.database, files.artifact.content_root));
  return files;
}

Result<InstalledVersion> version_with(const StoreParts& parts, const Files& files, const Verification& verification) {
  InstalledVersion after =
      files.before ? with_file(*files.before, files.artifact, parts.now()) : new_version(files.artifact, parts.now());
  after.settings = PALYRA_TRY(load_settings(parts.database, after.artifact.skill_id));
  // Known before it runs, so that a call of one of them can be told why it does not.
  if (verification.manifest && after.status == VersionStatus::kQuarantined) {
    after.tools = tool_ids(*verification.manifest);
  }
  return after;
}

Result<Kept> keep_rows(const StoreParts& parts, const KeepRequest& request) {
  const Verification& verification = *request.verification;
  Change change = PALYRA_TRY(Change::begin(parts));
  PALYRA_TRY(change.require_trust_generation(request.trust_generation));
  const Files files = PALYRA_TRY(load_files(parts, verification));
  InstalledVersion after = PALYRA_TRY(version_with(parts, files, verification));
  const bool represents = after.artifact.sha256 == files.artifact.sha256;

  Json details = details_of(after);
  if (verification.skill) {
    PALYRA_TRY(add_pinned_publisher(change, verification.skill->pin(), parts.options.actor));
    add_pin(details, verification.skill->pin());
    change.trust().record_install(verification.skill->statement());
  }
  const bool same_file = files.known && (represents || files.known == files.artifact);
  if (same_file && files.before == after && !change.changes_trust()) return Kept{.version = std::move(after)};
  after.generation = change.generation();
  if (!represents) PALYRA_TRY(save_artifact(parts.database, files.artifact));
  PALYRA_TRY(save_version(parts.database, after));
  std::vector<std::string> forgotten;
  if (files.is_new()) {
    forgotten = PALYRA_TRY(make_room(parts, change, files.artifact, request.max_quarantine_bytes));
    if (!forgotten.empty()) details.set("forgotten", Json::Array(forgotten.begin(), forgotten.end()));
  }
  PALYRA_TRY(change.commit("skills.kept", subject_of(files.artifact), details));
  return Kept{.version = std::move(after), .forgot = !forgotten.empty()};
}

// Until the row that names the object is there, nobody may take it for garbage.
Result<Kept> keep_file(const StoreParts& parts, const KeepRequest& request) {
  const ObjectWriter writer = PALYRA_TRY(parts.objects.begin_writing());
  const crypto::Sha256Digest file_sha256 = PALYRA_TRY(writer.put(request.verification->artifact->file()));
  PALYRA_CHECK(file_sha256 == request.verification->file_sha256);
  return keep_rows(parts, request);
}

}  // namespace

Result<InstalledVersion> StateStore::keep_in_quarantine(const KeepRequest& request) {
  PALYRA_CHECK(request.verification->artifact.has_value() && request.max_quarantine_bytes > 0);
  Result<Kept> kept = keep_file(*parts_, request);
  // Where nothing could be kept, or something had to go, no bytes stay behind. The next `gc` tries again.
  if (kept ? kept->forgot : kept.error().is(kQuarantineFull)) {
    [[maybe_unused]] const auto swept = remove_garbage(*parts_);
  }
  if (!kept) return std::unexpected(std::move(kept).error());
  return std::move(kept->version);
}

}  // namespace palyra::state
