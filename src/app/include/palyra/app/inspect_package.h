// SPDX-License-Identifier: Apache-2.0
#pragma once
// Use case: what is in an artifact, described without judging it.

#include <palyra/app/verify_package.h>
#include <palyra/capability/module_facts.h>

#include <string>
#include <vector>

namespace palyra::app {

// What an artifact that does not verify may be shown as.
enum class ShowUnverified : std::uint8_t { kNo, kYes };

// A module of the artifact, admitted or not.
struct DescribedModule {
  std::string name;
  Result<capability::ModuleFacts> facts;  // the error when it cannot be read
};

struct InspectPackageReply {
  VerifiedPackage package;
  std::vector<DescribedModule> modules;
  // The manifest as far as it parses, also of an artifact that failed; null when it does not.
  std::shared_ptr<const skills::SkillManifest> manifest;
};

// With kNo an artifact that fails a check is its error. With kYes only a container that cannot be read is.
Result<InspectPackageReply> inspect_package(const Services& services, const std::string& path, ShowUnverified show);

}  // namespace palyra::app
