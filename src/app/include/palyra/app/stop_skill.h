// SPDX-License-Identifier: Apache-2.0
#pragma once
// Use cases: a version must not run any more, or is to go.

#include <palyra/app/services.h>
#include <palyra/state/installed_version.h>

#include <string>

namespace palyra::app {

// `selector` as select_version takes it. The reply is the version as it was before.
// Errors: those of select_version and of the state.
Result<state::InstalledVersion> quarantine_skill(const Services& services, const std::string& selector);
Result<state::InstalledVersion> remove_skill(const Services& services, const std::string& selector);

}  // namespace palyra::app
