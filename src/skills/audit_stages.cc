// SPDX-License-Identifier: Apache-2.0
#include "audit_checks.h"

#include <palyra/base/check.h>
#include <palyra/base/utf8.h>
#include <palyra/skills/provenance.h>
#include <palyra/skills/sbom.h>

#include <algorithm>
#include <array>

namespace palyra::skills {
namespace {

constexpr JsonLimits kProvenanceLimits{.max_bytes = std::size_t{4} << 20U, .max_depth = 32};

// Checks of one stage share its outcome; a failure is that of the check that has its code, or of the first.
struct StageCheck {
  std::string_view id;
  Stage stage;
  std::span<const ErrorCode> codes;  // empty: the first check of its stage
  std::string_view passed;
};

constexpr std::array kSbomLies{kSbomDigestMismatch, kSbomModuleMissing};
constexpr std::array kProvenanceLies{kProvenanceSubject, kProvenanceSubjectDigest, kProvenanceModuleMissing};
constexpr std::array kImportCodes{kAdmissionUnknownImport, kAdmissionImportType};
constexpr std::array kExportCodes{kAdmissionNoExport, kAdmissionExportType};
constexpr std::array kMemoryCodes{kAdmissionMemories, kAdmissionMemoryNotExported, kAdmissionMemoryQuota,
                                  kAdmissionTableLimit};

constexpr auto kStageChecks = std::to_array<StageCheck>({
    {"sbom_presence", Stage::kSbom, {}, "a CycloneDX bill of materials is there"},
    {"sbom_matches_content", Stage::kSbom, kSbomLies, "what it lists is what the artifact holds, every module too"},
    {"provenance_presence", Stage::kProvenance, {}, "a statement of provenance is there; it is shown, never believed"},
    {"provenance_subject_matches", Stage::kProvenance, kProvenanceLies, "its subjects are what the artifact holds"},
    {"wasm_module_validation", Stage::kAdmission, {}, "every module is valid, within the caps and of our features"},
    {"wasm_imports_known", Stage::kAdmission, kImportCodes, "every import is a function that this Palyra offers"},
    {"tool_exports_present", Stage::kAdmission, kExportCodes, "every tool's function is there and can be called"},
    {"wasm_memory_within_quota", Stage::kAdmission, kMemoryCodes, "memories and tables begin within what a run gets"},
});

bool is_among(const ErrorCode& code, std::span<const ErrorCode> codes) {
  return std::ranges::any_of(codes, [&](const ErrorCode& each) { return each.id == code.id; });
}

bool is_first(const StageCheck& check) { return check.codes.empty(); }

// What the failure of a stage is about; the first check of the stage has all that no other one names.
const StageCheck& owner_of(Stage stage, const ErrorCode& code) {
  const StageCheck* first = nullptr;
  for (const StageCheck& each : kStageChecks) {
    if (each.stage != stage) continue;
    if (is_first(each)) first = &each;
    if (is_among(code, each.codes)) return each;
  }
  PALYRA_CHECK(first != nullptr);
  return *first;
}

std::string sentence_of(const Error& error) { return fmt::format("{} [{}]", error.message(), error.code().id); }

// The stage failed after trust had: the reason that is kept is that of trust.
constexpr std::string_view kLaterReason = "the stage fails; the first reason of the refusal is another one";

AuditCheck failed_stage(const Verification& verification, const StageCheck& check) {
  if (verification.failed_stage != check.stage) {
    return is_first(check) ? audit_failure(check.id, std::string(kLaterReason))
                           : audit_not_run(check.id, stop_reason(verification));
  }
  const Error& error = *verification.error;
  if (owner_of(check.stage, error.code()).id != check.id) return audit_not_run(check.id, stop_reason(verification));
  return audit_failure(check.id, sentence_of(error));
}

// Who says that he built it. Information: nothing follows from it.
Json provenance_details(const Verification& verification) {
  const auto document = parse_json(verification.artifact->at(kProvenanceEntry).bytes, kProvenanceLimits);
  if (!document) return {};
  const Json* at = document->find("predicate");
  for (const std::string_view key : {"runDetails", "builder", "id"}) {
    if (at != nullptr) at = at->find(key);
  }
  if (at == nullptr || at->as_string() == nullptr) return {};
  return Json::Object{{"claimed_builder", *at->as_string()}};
}

AuditCheck judge_stage(const Verification& verification, const StageCheck& check) {
  switch (verification.status(check.stage)) {
    case StageStatus::kNotRun:
    case StageStatus::kWarn:
      return audit_not_run(check.id, stop_reason(verification));
    case StageStatus::kFail:
      return failed_stage(verification, check);
    case StageStatus::kPass:
      break;
  }
  const bool legacy = verification.artifact->format() == ArtifactFormat::kFormat1;
  if (legacy && !check.codes.empty() && check.stage != Stage::kAdmission) {
    return audit_not_run(check.id, "in format 1 this document says little about the content, and nothing binds it");
  }
  const bool provenance = check.stage == Stage::kProvenance && is_first(check);
  return audit_pass(check.id, std::string(check.passed), provenance ? provenance_details(verification) : Json());
}

AuditCheck signature_validity(const Verification& verification) {
  constexpr std::string_view kId = "signature_validity";
  for (const Stage stage :
       {Stage::kContainer, Stage::kSignatureShape, Stage::kContentRoot, Stage::kSignature, Stage::kTrust}) {
    if (verification.status(stage) != StageStatus::kFail) continue;
    return audit_failure(kId, fmt::format("{}: {}", to_text(stage), sentence_of(*verification.error)));
  }
  const StageStatus trust = verification.status(Stage::kTrust);
  if (trust == StageStatus::kNotRun) return audit_not_run(kId, stop_reason(verification));
  Json::Array signers;
  for (const crypto::PublicKey& key : *verification.signers) signers.emplace_back(crypto::fingerprint(key));
  Json details(Json::Object{{"decision", to_text(verification.trust->verdict)}, {"signers", std::move(signers)}});
  if (trust == StageStatus::kWarn) {
    return audit_warning(kId, "every signature is good; the publisher is not known here yet", std::move(details));
  }
  if (verification.artifact->format() == ArtifactFormat::kFormat1) {
    return audit_warning(kId, "the signature is good; format 1 has no expiry and no thresholds", std::move(details));
  }
  return audit_pass(kId, "every signature is good, and the publisher's keys are among the signers", std::move(details));
}

AuditCheck manifest_sanity(const Verification& verification) {
  constexpr std::string_view kId = "manifest_sanity";
  if (verification.status(Stage::kManifest) == StageStatus::kNotRun) {
    return audit_not_run(kId, stop_reason(verification));
  }
  if (verification.status(Stage::kManifest) == StageStatus::kPass) {
    return audit_pass(kId, "the manifest is well formed and says what was signed");
  }
  if (verification.failed_stage != Stage::kManifest) return audit_failure(kId, std::string(kLaterReason));
  return audit_failure(kId, sentence_of(*verification.error));
}

AuditCheck schema_compiles(const Verification& verification) {
  constexpr std::string_view kId = "schema_compiles";
  constexpr std::array kSchemaCodes{kSchemaRemoteRef, kSchemaRefused, kManifestSchemaRootType,
                                    kManifestSchemaEntryMissing};
  if (verification.manifest) return audit_pass(kId, "every schema compiles within the limits for schemas");
  if (verification.failed_stage == Stage::kManifest && is_among(verification.error->code(), kSchemaCodes)) {
    return audit_failure(kId, sentence_of(*verification.error));
  }
  return audit_not_run(kId, stop_reason(verification));
}

AuditCheck examples_pass(const std::optional<ExampleFacts>& examples) {
  constexpr std::string_view kId = "examples_pass";
  if (!examples) return audit_not_run(kId, "the golden examples were not run");
  const std::size_t count = examples->passed + examples->failed + examples->not_run;
  Json details(
      Json::Object{{"passed", examples->passed}, {"failed", examples->failed}, {"not_run", examples->not_run}});
  if (examples->failed != 0) {
    return audit_failure(kId, fmt::format("{} of {} golden examples fail", examples->failed, count),
                         std::move(details));
  }
  if (count == 0) return audit_not_run(kId, "the manifest has no golden examples");
  if (examples->not_run != 0) {
    AuditCheck check = audit_not_run(
        kId, fmt::format("{} of {} golden examples need more than an example is given", examples->not_run, count));
    check.details = std::move(details);
    return check;
  }
  return audit_pass(kId, fmt::format("{0} of {0} golden examples pass", count), std::move(details));
}

}  // namespace

void audit_stages(const AuditRequest& request, AuditChecks& checks) {
  const Verification& verification = *request.verification;
  checks.push_back(signature_validity(verification));
  checks.push_back(manifest_sanity(verification));
  checks.push_back(schema_compiles(verification));
  for (const StageCheck& check : kStageChecks) checks.push_back(judge_stage(verification, check));
  checks.push_back(examples_pass(request.examples));
  checks.push_back(audit_not_run("vulnerability_feed_hook", "this Palyra has no feed of known vulnerabilities"));
}

}  // namespace palyra::skills
