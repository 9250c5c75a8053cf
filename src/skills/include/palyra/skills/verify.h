// SPDX-License-Identifier: Apache-2.0
#pragma once
// From a stranger's bytes to a skill that may be believed.
//
// verify_skill_artifact() is the only source of VerifiedSkill, and whatever runs or activates a skill accepts nothing
// else. It reads no clock, no disk and no network, and changes nothing: pins and marks are written by the transaction
// that uses its answer.
// Source: docs/formats/skill-artifact.md, "Order of verification".

#include <palyra/skills/admission.h>
#include <palyra/skills/artifact.h>
#include <palyra/skills/legacy_signature.h>
#include <palyra/skills/signature_document.h>
#include <palyra/skills/trust_decision.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace palyra::skills {

class SchemaCompiler;
struct SkillManifest;

inline constexpr ErrorCode kContentRootMismatch{ErrorKind::kUntrusted, "content_root.content_root_mismatch"};
inline constexpr ErrorCode kManifestDigestMismatch{ErrorKind::kUntrusted, "content_root.manifest_digest_mismatch"};

// In their order; a stage runs only when all before it have passed. One exception: an unknown publisher does not stop
// the stages behind trust, so that a person who is asked about him can be told what the skill is.
// In format 1, whose signature names no skill, kManifest runs between kSignature and kTrust.
enum class Stage : std::uint8_t {
  kContainer,
  kSignatureShape,
  kContentRoot,
  kSignature,
  kTrust,
  kManifest,
  kSbom,
  kProvenance,
  kAdmission,
};
inline constexpr std::size_t kStages = 9;
std::string_view to_text(Stage stage);  // "container", "signature_shape", ...

enum class StageStatus : std::uint8_t { kNotRun, kPass, kWarn /* trust: first use */, kFail };
std::string_view to_text(StageStatus status);  // "not_run", "pass", "warn", "fail"

// A skill whose publisher this installation believes and whose contents are what he signed. Borrows the file's bytes.
class VerifiedSkill {
 public:
  // Only verify_skill_artifact can make one.
  class Passkey {
    friend class Verifier;
    Passkey() = default;
  };
  struct Facts {
    Artifact artifact;
    Statement statement;
    std::shared_ptr<const SkillManifest> manifest;
    std::vector<crypto::PublicKey> signers;  // every one, also those that are not the publisher's
    TrustVerdict verdict;
    std::optional<Pin> pin;  // to be added by the transaction that uses this
  };
  VerifiedSkill(Passkey, Facts facts) : facts_(std::move(facts)) {}

  [[nodiscard]] const Artifact& artifact() const { return facts_.artifact; }
  [[nodiscard]] const Statement& statement() const { return facts_.statement; }
  [[nodiscard]] const SkillManifest& manifest() const { return *facts_.manifest; }
  [[nodiscard]] const crypto::Sha256Digest& content_root() const { return facts_.artifact.content_root(); }
  [[nodiscard]] const std::vector<crypto::PublicKey>& signers() const { return facts_.signers; }
  [[nodiscard]] TrustVerdict verdict() const { return facts_.verdict; }
  [[nodiscard]] const std::optional<Pin>& pin() const { return facts_.pin; }

 private:
  Facts facts_;
};

struct VerifyRequest {
  BytesView file;                            // outlives the Verification
  const SkillTrustStore* trust = nullptr;    // read only
  const SchemaCompiler* schemas = nullptr;   // compiles the tools' schemas
  const ModuleInspector* modules = nullptr;  // reads the modules
  WallTime now;
  TrustPolicy policy;
  AdmissionLimits limits{};
};

// A module that admission has looked at.
struct InspectedModule {
  std::string name;  // of its entry
  capability::ModuleFacts facts;
};

// Everything that was found out, also about a file that failed.
struct Verification {
  crypto::Sha256Digest file_sha256;
  std::array<StageStatus, kStages> stages{};  // by Stage
  std::optional<Artifact> artifact;           // container passed: the file may be kept in quarantine
  // Shape passed: its names are claims until `signers` is there. In format 1, whose document has few of them, this is
  // the statement that the proven manifest makes, without signatures, once the manifest passed.
  std::optional<SignatureDocument> document;
  std::optional<LegacySignature> legacy;                  // format 1, shape passed
  std::optional<std::vector<crypto::PublicKey>> signers;  // signature passed: the statement is proven
  std::optional<TrustDecision> trust;
  std::shared_ptr<const SkillManifest> manifest;  // manifest passed; the publisher may still be unknown
  std::vector<InspectedModule> modules;           // those that could be read, up to the first that failed, by name
  std::vector<std::string> warnings;              // sentences, for example about a `created` in the future
  std::optional<Stage> failed_stage;
  // The first failure; its code is `<stage>.<reason>`, or another when the modules could not be looked at for a cause
  // of ours: then admission is the failed stage, and not_run.
  std::optional<Error> error;
  std::optional<VerifiedSkill> skill;  // only when every stage has passed and trust allows

  [[nodiscard]] StageStatus status(Stage stage) const { return stages.at(static_cast<std::size_t>(stage)); }
};

// A valid artifact of an unknown publisher ends with UnknownPublisher::kReport in neither `skill` nor `error`, and with
// kRefuse in the error trust.untrusted, both with every stage run.
Verification verify_skill_artifact(const VerifyRequest& request);

}  // namespace palyra::skills
