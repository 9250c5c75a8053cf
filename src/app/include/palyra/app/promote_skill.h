// SPDX-License-Identifier: Apache-2.0
#pragma once
// Use case: an operator lets a quarantined version run, with what it may do.
//
// Two steps, so that a person decides about what is shown: plan_promotion() verifies again from the stored bytes, runs
// the golden examples and says everything; promote_skill() takes the plan and the consent, and commits only if nothing
// has changed since.

#include <palyra/app/consent.h>
#include <palyra/app/run_examples.h>
#include <palyra/capability/grant_set.h>
#include <palyra/skills/audit.h>
#include <palyra/skills/skill_manifest.h>
#include <palyra/skills/verify.h>
#include <palyra/state/installed_version.h>

#include <optional>
#include <string>
#include <vector>

namespace palyra::app {

// A capability named by --only or --deny that the manifest does not ask for.
inline constexpr ErrorCode kPromoteUnknownCapability{ErrorKind::kInvalidArgument, "policy.unknown_capability"};
// A manifest of version 1 or 2 asks for a wildcard. No grant is one, and what it asks for cannot be shown.
inline constexpr ErrorCode kPromoteWildcard{ErrorKind::kDenied, "policy.wildcard"};

// --map-root names no granted filesystem root, or a directory that no skill may have.
inline constexpr ErrorCode kPromoteRoot{ErrorKind::kInvalidArgument, "policy.map_root"};

// --allow-address names no granted origin, or no address.
inline constexpr ErrorCode kPromoteAddress{ErrorKind::kInvalidArgument, "policy.allow_address"};

struct PlanPromotionRequest {
  std::string selector;           // as select_version takes it
  std::vector<std::string> only;  // canonical texts; empty: all that the manifest asks for
  std::vector<std::string> deny;  // canonical texts
  // "NAME=DIR" or "NAME=DIR:ro": the directory behind a filesystem root of the grants. Roots that are not named stay
  // where the active version has them.
  std::vector<std::string> map_root{};
  // "HOST[:PORT]=ADDRESS[:PORT]": where a granted origin is, instead of what its name leads to, without a judgement of
  // the address. Origins that are not named stay where the active version has them.
  std::vector<std::string> allow_address{};
  skills::Downgrade downgrade = skills::Downgrade::kRefuse;
};

struct PromotionPlan {
  state::InstalledVersion version;
  crypto::HashedBytes file;  // what `verification` points into
  skills::Verification verification;
  ExampleReport examples;       // also failed ones; those stop promote_skill
  skills::AuditReport audit{};  // also a failed one; it stops promote_skill
  std::uint64_t trust_generation = 0;
  capability::CapabilityGrantSet grants;                // to be approved
  std::optional<state::InstalledVersion> replaces;      // the skill's active version
  capability::GrantDiff difference;                     // against the grants of that
  std::vector<state::MappedRoot> roots{};               // of the grants, by name; without a directory: one of its own
  std::vector<capability::AddressBinding> addresses{};  // by host and port
  std::vector<std::string> missing_settings{};  // required, and without a value: no tool runs before they have one
  skills::Downgrade downgrade = skills::Downgrade::kRefuse;

  [[nodiscard]] const skills::SkillManifest& manifest() const { return *verification.manifest; }
  [[nodiscard]] bool is_first_use() const {
    return verification.trust && verification.trust->verdict == skills::TrustVerdict::kFirstUse;
  }
};

// Of a version that waits, or, where none does, of the active one, about whose grants the operator decides again.
// Anything but an allow or a first use is its error, and so is a host outside `compat`, a wildcard (kPromoteWildcard),
// more grants of a class than policy.max_grants_per_class (capability::kTooManyGrants), or a root that cannot be mapped
// (kPromoteRoot: not granted, named twice, no absolute directory of our user, "/", or one that holds the state
// directory or lies in it), or an origin that cannot be bound (kPromoteAddress: not granted, named twice, no address);
// a failed example is none.
Result<PromotionPlan> plan_promotion(const Services& services, const PlanPromotionRequest& request);

struct PromotionConsent {
  ConsentForm form = ConsentForm::kFlag;
  std::optional<std::string> pin_fingerprint;  // for a first use: the one key to pin
};

// Compiles every module before it commits. Errors: kPromoteNotInteractive; those of check_examples; trust.untrusted for
// a first use without a key to pin; those of runtime::ModuleCompiler::compile and state::StateStore::promote.
Result<state::InstalledVersion> promote_skill(const Services& services, const PromotionPlan& plan,
                                              const PromotionConsent& consent);

}  // namespace palyra::app
