// SPDX-License-Identifier: Apache-2.0
#include "palyra/skills/verify.h"

#include <palyra/base/check.h>
#include <palyra/base/utf8.h>
#include <palyra/skills/provenance.h>
#include <palyra/skills/sbom.h>
#include <palyra/skills/skill_manifest.h>

#include <utility>

namespace palyra::skills {
namespace {

constexpr std::string_view kAdmissionArea = "admission.";
constexpr std::string_view kLegacyWarning =
    "legacy format 1: its signature says nothing of expiry or of further signers, and the time it names is not signed; "
    "its provenance is compared with nothing";

WallTime signed_at(const LegacySignature& legacy) { return {legacy.signed_at_ms / 1000}; }

}  // namespace

// One verification on its way through the stages.
class Verifier {
 public:
  explicit Verifier(const VerifyRequest& request) : request_(request) {
    PALYRA_CHECK(request.trust != nullptr && request.schemas != nullptr && request.modules != nullptr);
  }

  Verification run() && {
    found_.file_sha256 = crypto::sha256(request_.file);
    if (!pass(Stage::kContainer, read_container())) return std::move(found_);
    const bool legacy = found_.artifact->format() == ArtifactFormat::kFormat1;
    const bool sound = legacy ? judge_format_1() : judge_format_2();
    if (sound && admit() && found_.trust->allows()) accept();
    return std::move(found_);
  }

 private:
  bool judge_format_2() {
    return pass(Stage::kSignatureShape, read_document()) && pass(Stage::kContentRoot, check_digests()) &&
           pass(Stage::kSignature, check_signatures()) && decide() && pass(Stage::kManifest, read_manifest()) &&
           pass(Stage::kSbom, check_sbom(found_.artifact->entries())) &&
           pass(Stage::kProvenance, check_provenance(found_.artifact->entries()));
  }

  // The signature covers the manifest and says nothing of a skill: what is to be trusted, the manifest must say first.
  bool judge_format_1() {
    return pass(Stage::kSignatureShape, read_legacy_document()) && pass(Stage::kContentRoot, check_payload()) &&
           pass(Stage::kSignature, check_legacy_signature()) && pass(Stage::kManifest, read_legacy_manifest()) &&
           decide() && pass(Stage::kSbom, check_legacy_sbom(found_.artifact->entries())) &&
           pass(Stage::kProvenance, check_legacy_provenance(found_.artifact->entries()));
  }

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
    warn_of_future(found_.document->statement.created);
    return {};
  }

  Result<> read_legacy_document() {
    found_.legacy = PALYRA_TRY(parse_legacy_signature(found_.artifact->at(kSignatureEntry).bytes));
    found_.warnings.emplace_back(kLegacyWarning);
    warn_of_future(signed_at(*found_.legacy));
    return {};
  }

  void warn_of_future(WallTime created) {
    if (created <= request_.now) return;
    found_.warnings.push_back(fmt::format("the signer dates this {}, which lies in the future", to_text(created)));
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

  Result<> check_payload() {
    const crypto::Sha256Digest payload = legacy_payload_sha256(found_.artifact->entries());
    if (found_.legacy->payload_sha256 == payload) return {};
    return fail(kContentRootMismatch, "the payload's SHA-256 is {}, signature.json says {}", crypto::to_hex(payload),
                crypto::to_hex(found_.legacy->payload_sha256));
  }

  Result<> check_legacy_signature() {
    found_.signers = {PALYRA_TRY(verify_legacy_signature(*found_.legacy))};
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
    found_.warnings.insert(found_.warnings.end(), decision.warnings.begin(), decision.warnings.end());
    if (decision.allows()) return pass(Stage::kTrust, {});
    if (decision.verdict == TrustVerdict::kFirstUse) {
      status(Stage::kTrust) = StageStatus::kWarn;
      return true;
    }
    PALYRA_CHECK(decision.error.has_value());
    pass(Stage::kTrust, std::unexpected(*decision.error));
    if (decision.verdict == TrustVerdict::kUntrusted) return true;
    found_.manifest = nullptr;  // format 1 has read it already: nobody is to believe it
    return false;
  }

  Result<> read_manifest() { return read_manifest(found_.document->statement.identity); }

  Result<> read_legacy_manifest() {
    PALYRA_TRY(read_manifest(std::nullopt));
    const SkillIdentity& identity = found_.manifest->identity;
    if (identity.publisher != found_.legacy->publisher) {
      const auto manifest = std::exchange(found_.manifest, nullptr);
      return fail(kManifestPublisherMismatch, "publisher is \"{}\", but signature.json says \"{}\"",
                  manifest->identity.publisher, found_.legacy->publisher);
    }
    found_.document = {.statement = {.identity = identity,
                                     .content_root = found_.artifact->content_root(),
                                     .manifest_sha256 = found_.artifact->at(kManifestEntry).sha256,
                                     .created = signed_at(*found_.legacy),
                                     .not_after = {}},
                       .signatures = {}};
    return {};
  }

  Result<> read_manifest(const std::optional<SkillIdentity>& signed_identity) {
    const ManifestContext context{.entries = found_.artifact->entries(),
                                  .schemas = *request_.schemas,
                                  .signed_identity = signed_identity,
                                  .format = found_.artifact->format()};
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
