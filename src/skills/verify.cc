// SPDX-License-Identifier: Apache-2.0
#include "palyra/skills/verify.h"

#include <palyra/base/check.h>
#include <palyra/skills/provenance.h>
#include <palyra/skills/sbom.h>
#include <palyra/skills/skill_manifest.h>

namespace palyra::skills {

// One verification on its way through the stages.
class Verifier {
 public:
  explicit Verifier(const VerifyRequest& request) : request_(request) {
    PALYRA_CHECK(request.trust != nullptr && request.schemas != nullptr);
  }

  Verification run() && {
    found_.file_sha256 = crypto::sha256(request_.file);
    if (pass(Stage::kContainer, read_container()) && pass(Stage::kSignatureShape, read_document()) &&
        pass(Stage::kContentRoot, check_digests()) && pass(Stage::kSignature, check_signatures()) && decide() &&
        pass(Stage::kManifest, read_manifest()) && pass(Stage::kSbom, check_sbom(found_.artifact->entries())) &&
        pass(Stage::kProvenance, check_provenance(found_.artifact->entries())) && found_.trust->allows()) {
      accept();
    }
    return std::move(found_);
  }

 private:
  StageStatus& status(Stage stage) { return found_.stages.at(static_cast<std::size_t>(stage)); }

  // Notes the outcome of a stage; the first failure is the verification's.
  bool pass(Stage stage, Result<> outcome) {
    status(stage) = outcome ? StageStatus::kPass : StageStatus::kFail;
    if (outcome) return true;
    if (!found_.error) {
      found_.failed_stage = stage;
      found_.error = std::move(outcome).error();
    }
    return false;
  }

  Result<> read_container() {
    found_.artifact = PALYRA_TRY(Artifact::read(request_.file));
    return {};
  }

  Result<> read_document() {
    found_.document = PALYRA_TRY(parse_signature_document(found_.artifact->at(kSignatureEntry).bytes));
    const WallTime created = found_.document->statement.created;
    if (created > request_.now) {
      found_.warnings.push_back(fmt::format("the signer dates this {}, which lies in the future", to_text(created)));
    }
    return {};
  }

  Result<> check_digests() {
    const Statement& claimed = found_.document->statement;
    if (claimed.content_root != found_.artifact->content_root()) {
      return fail(kContentRootMismatch, "the content root is {}, signature.json says {}",
                  crypto::to_hex(found_.artifact->content_root()), crypto::to_hex(claimed.content_root));
    }
    const crypto::Sha256Digest& manifest = found_.artifact->at(kManifestEntry).sha256;
    if (claimed.manifest_sha256 != manifest) {
      return fail(kManifestDigestMismatch, "the digest of skill.toml is {}, signature.json says {}",
                  crypto::to_hex(manifest), crypto::to_hex(claimed.manifest_sha256));
    }
    return {};
  }

  // Every one, also those by keys that will not count.
  Result<> check_signatures() {
    const Bytes message = statement_bytes(found_.document->statement);
    std::vector<crypto::PublicKey> signers;
    for (const ClaimedSignature& claimed : found_.document->signatures) {
      PALYRA_TRY(crypto::verify_signature(claimed.public_key, message, claimed.signature));
      signers.push_back(PALYRA_TRY(crypto::parse_public_key(claimed.public_key)));
    }
    found_.signers = std::move(signers);
    return {};
  }

  // An unknown publisher does not stop the stages that follow: found_.trust keeps him from being believed.
  bool decide() {
    const TrustDecision& decision =
        found_.trust.emplace(decide_trust(*request_.trust, {.statement = &found_.document->statement,
                                                            .signers = *found_.signers,
                                                            .now = request_.now,
                                                            .policy = request_.policy}));
    if (decision.allows()) return pass(Stage::kTrust, {});
    if (decision.verdict == TrustVerdict::kFirstUse) {
      status(Stage::kTrust) = StageStatus::kWarn;
      return true;
    }
    PALYRA_CHECK(decision.error.has_value());
    pass(Stage::kTrust, std::unexpected(*decision.error));
    return decision.verdict == TrustVerdict::kUntrusted;
  }

  Result<> read_manifest() {
    const ManifestContext context{.entries = found_.artifact->entries(),
                                  .schemas = *request_.schemas,
                                  .signed_identity = found_.document->statement.identity};
    found_.manifest = std::make_shared<const SkillManifest>(
        PALYRA_TRY(parse_skill_manifest(found_.artifact->at(kManifestEntry).bytes, context)));
    return {};
  }

  void accept() {
    found_.skill.emplace(VerifiedSkill::Passkey(), VerifiedSkill::Facts{.artifact = *found_.artifact,
                                                                        .statement = found_.document->statement,
                                                                        .manifest = found_.manifest,
                                                                        .signers = *found_.signers,
                                                                        .verdict = found_.trust->verdict,
                                                                        .pin = found_.trust->pin});
  }

  const VerifyRequest& request_;
  Verification found_;
};

std::string_view to_text(Stage stage) {
  constexpr std::array<std::string_view, kStages> kNames{"container", "signature_shape", "content_root",
                                                         "signature", "trust",           "manifest",
                                                         "sbom",      "provenance",      "admission"};
  return kNames.at(static_cast<std::size_t>(stage));
}

std::string_view to_text(StageStatus status) {
  switch (status) {
    case StageStatus::kNotRun:
      return "not_run";
    case StageStatus::kPass:
      return "pass";
    case StageStatus::kWarn:
      return "warn";
    case StageStatus::kFail:
      return "fail";
  }
  return {};
}

Verification verify_skill_artifact(const VerifyRequest& request) { return Verifier(request).run(); }

}  // namespace palyra::skills
