// SPDX-License-Identifier: Apache-2.0
#pragma once
// A skill that is being written: read from its directory, or from an artifact whoever signed it, and judged like any
// other but for trust. It is never installed; it may what its developer grants it for one call.

#include <palyra/app/services.h>
#include <palyra/capability/grant_set.h>
#include <palyra/skills/verify.h>
#include <palyra/state/installed_version.h>

#include <optional>
#include <string>
#include <vector>

namespace palyra::app {

// The build script ended with something else than 0.
inline constexpr ErrorCode kDevelopmentBuild{ErrorKind::kInvalidArgument, "package.build_failed"};

// Movable; the views of `verification` point into `file`.
struct DevelopmentSkill {
  Bytes file;  // a directory's content as an artifact under a key that nobody has
  skills::Verification verification;

  [[nodiscard]] const skills::SkillManifest& manifest() const { return *verification.manifest; }
};

// The `build.sh` of a directory whose modules it should make (now): there is one, and no `modules/*.wasm` or `*.wat`,
// or one of its other files is newer than one of `modules/*.wasm`. nullopt when nothing is to be done.
std::optional<std::string> needed_build(const std::string& directory);

// Runs it there, its output on standard error. Errors: kDevelopmentBuild, kFileFailed (it could not be started).
Result<> run_build(const std::string& script);

// Where a developer says that granted roots and origins are, as PlanPromotionRequest says it.
struct DevelopmentPlaces {
  std::vector<std::string> map_root;
  std::vector<std::string> allow_address;
};

// What a skill in development may do.
struct DevelopmentGrants {
  capability::CapabilityGrantSet granted;
  std::vector<state::MappedRoot> roots;  // without a directory: an empty one that ends with the call
  std::vector<capability::AddressBinding> addresses;
};

// As a promotion would take them. Errors: kPromoteRoot, kPromoteAddress.
Result<DevelopmentGrants> grant_for_development(const Services& services, capability::CapabilityGrantSet granted,
                                                const DevelopmentPlaces& places);

// Errors: those of assemble_package for a directory, of read_file for a file, and the first stage that fails.
Result<DevelopmentSkill> load_development_skill(const Services& services, const std::string& path);

}  // namespace palyra::app
