// SPDX-License-Identifier: Apache-2.0
#include "palyra/skills/verify.h"

#include <palyra/base/check.h>
#include <palyra/base/utf8.h>
#include <palyra/skills/provenance.h>
#include <palyra/skills/sbom.h>
#include <palyra/skills/skill_manifest.h>

namespace palyra::skills {
namespace {

constexpr std::string_view kAdmissionArea = "admission.";

}  // namespace

// One verification on its way through the stages.
class Verifier {
 public:
  explicit Verifier(const VerifyRequest& request) : request_(request) {
    PALYRA_CHECK(request.trust != nullptr && request.schemas != nullptr && request.modules != nullptr);
  }

  Verification run() && {
    found_.file_sha256 = crypto::sha256(request_.file);
    if (pass(Stage::kContainer, read_container()) && pass(Stage::kSignatureShape, read_document()) &&
        pass(Stage::kContentRoot, check_digests()) && pass(Stage::kSignature, check_signatures()) && decide() &&
        pass(Stage::kManifest, read_manifest()) && pass(Stage::kSbom, check_sbom(found_.artifact->entries())) &&
        pass(Stage::kProvenance, check_provenance(found_.artifact->entries())) && admit() && found_.trust->allows()) {
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
    for (const ManifestWarning& warning : found_.manifest->warnings) found_.warnings.push_back(warning.sentence);
    for (const UngrantableAsk& ask : found_.manifest->ungrantable) {
      found_.warnings.push_back(fmt::format("the manifest asks for {} \"{}\", which no operator can grant",
                                            to_text(ask.capability), ask.text));
    }
    return {};
  }

  // A module that nobody looked at is not admitted; whether it is at fault, the error says.
  bool admit() {
    auto admitted = admit_modules();
    const bool blames_module = !admitted && admitted.error().code().id.starts_with(kAdmissionArea);
    const bool passed = pass(Stage::kAdmission, std::move(admitted));
    if (!passed && !blames_module) status(Stage::kAdmission) = StageStatus::kNotRun;
    return passed;
  }

  Result<> admit_modules() {
    for (const ArtifactEntry& entry : found_.artifact->entries()) {
      if (!entry.name.starts_with(kModuleFolder)) continue;
      PALYRA_TRY(admit_entry(entry), fmt::format("while admitting {}", printable(entry.name)));
    }
    return {};
  }

  // Also one that no tool names.
  Result<> admit_entry(const ArtifactEntry& entry) {
    const InspectedModule& module = found_.modules.emplace_back(
        InspectedModule{.name = entry.name, .facts = PALYRA_TRY(request_.modules->describe(entry.bytes))});
    PALYRA_TRY(admit_module(module.facts, found_.manifest->limits, request_.limits));
    for (const SkillTool& tool : found_.manifest->tools) {
      if (tool.module == entry.name) PALYRA_TRY(admit_tool(module.facts, tool));
    }
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
