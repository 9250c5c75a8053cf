// SPDX-License-Identifier: Apache-2.0
#pragma once
// Use case: what is in an artifact, described without judging it.

#include <palyra/app/verify_package.h>
#include <palyra/runtime/module_description.h>

#include <string>
#include <vector>

namespace palyra::app {

// What an artifact that does not verify may be shown as.
enum class ShowUnverified : std::uint8_t { kNo, kYes };

struct InspectedModule {
  std::string name;
  Result<runtime::ModuleDescription> description;  // the error when it is no module
};

struct InspectPackageReply {
  VerifiedPackage package;
  std::vector<InspectedModule> modules;
  // The manifest as far as it parses, also of an artifact that failed; null when it does not.
  std::shared_ptr<const skills::SkillManifest> manifest;
};

// With kNo an artifact that fails a check is its error. With kYes only a container that cannot be read is.
Result<InspectPackageReply> inspect_package(const Services& services, const std::string& path, ShowUnverified show);

}  // namespace palyra::app
