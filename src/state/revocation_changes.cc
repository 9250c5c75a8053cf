// SPDX-License-Identifier: Apache-2.0
// What was revoked stops being runnable, in the transaction that hears of it.
#include "version_changes.h"
#include "version_table.h"

#include <palyra/base/utf8.h>
#include <palyra/skills/legacy_signature.h>
#include <palyra/skills/signature_document.h>

namespace palyra::state {
namespace {

using Signers = std::vector<crypto::PublicKey>;

Result<std::vector<skills::ClaimedSignature>> read_signatures(const skills::Artifact& artifact) {
  const BytesView document = artifact.at(skills::kSignatureEntry).bytes;
  if (artifact.format() == skills::ArtifactFormat::kFormat1) {
    return std::vector{PALYRA_TRY(skills::parse_legacy_signature(document)).signature};
  }
  return PALYRA_TRY(skills::parse_signature_document(document)).signatures;
}

// Of an artifact whose names are proven: every signature in it was good.
Result<Signers> load_signers(const ObjectStore& objects, const KeptArtifact& kept) {
  const crypto::HashedBytes file = PALYRA_TRY(objects.load(kept.sha256));
  const skills::Artifact artifact = PALYRA_TRY(skills::Artifact::read(file.view()));
  const std::vector<skills::ClaimedSignature> signatures = PALYRA_TRY(read_signatures(artifact));
  Signers signers;
  signers.reserve(signatures.size());
  for (const skills::ClaimedSignature& signature : signatures) {
    signers.push_back(PALYRA_TRY(crypto::parse_public_key(signature.public_key)));
  }
  return signers;
}

// What becomes of a version; nothing when it stays as it is.
Result<std::optional<NewStatus>> judge(const StoreParts& parts, const skills::SkillTrustStore& trust,
                                       const InstalledVersion& version) {
  const KeptArtifact& artifact = version.artifact;
  const auto number = skills::Version::parse(artifact.version);
  if (!number) return fail(kStoreDamaged, "'{}' is no version", printable(artifact.version));
  const Result<Signers> signers = load_signers(parts.objects, artifact);
  const auto revoked = skills::find_revocation(trust, {.publisher = artifact.publisher,
                                                       .skill_id = artifact.skill_id,
                                                       .version = *number,
                                                       .content_root = artifact.content_root,
                                                       .signers = signers ? *signers : Signers()});
  if (revoked) return NewStatus{.status = VersionStatus::kRevoked, .reason = revoked->message()};
  if (signers) return std::nullopt;
  return NewStatus{.status = VersionStatus::kQuarantined,
                   .reason = "who signed it cannot be read: " + signers.error().message()};
}

Result<std::vector<InstalledVersion>> commit_revocations(const StoreParts& parts, Change& change,
                                                         const std::string& issuer) {
  const std::vector<StatusChange> changes = PALYRA_TRY(stop_revoked(parts, change, issuer));
  const skills::RevocationList& list = change.trust().revocations().at(issuer);
  Json details;
  details.set("list_version", list.list_version);
  details.set("entries", list.entries.size());
  details.set("versions", to_json(changes));
  PALYRA_TRY(change.commit("skills.revoked", issuer, details));
  std::vector<InstalledVersion> stopped;
  stopped.reserve(changes.size());
  for (const StatusChange& one : changes) stopped.push_back(one.version);
  return stopped;
}

}  // namespace

Result<std::vector<StatusChange>> stop_revoked(const StoreParts& parts, const Change& change, std::string_view issuer) {
  std::vector<StatusChange> changes;
  for (InstalledVersion& version : PALYRA_TRY(load_versions(parts.database))) {
    const bool concerned = issuer == skills::kOperatorIssuer || version.artifact.publisher == issuer;
    if (!concerned || !may_run_again(version.status)) continue;
    auto status = PALYRA_TRY(judge(parts, change.trust(), version));
    if (!status) continue;
    changes.push_back(PALYRA_TRY(change_status(parts, change, std::move(version), *std::move(status))));
  }
  return changes;
}

Result<std::vector<InstalledVersion>> StateStore::apply_revocations(const skills::RevocationDocument& document) {
  Change change = PALYRA_TRY(Change::begin(*parts_));
  PALYRA_TRY(change.trust().apply_revocations(document));
  if (!change.changes_trust()) return std::vector<InstalledVersion>();
  return commit_revocations(*parts_, change, document.list.issuer);
}

Result<std::vector<InstalledVersion>> StateStore::revoke(std::span<const skills::RevocationEntry> entries) {
  Change change = PALYRA_TRY(Change::begin(*parts_));
  change.trust().revoke(entries, parts_->now());
  return commit_revocations(*parts_, change, std::string(skills::kOperatorIssuer));
}

}  // namespace palyra::state
