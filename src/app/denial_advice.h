// SPDX-License-Identifier: Apache-2.0
#pragma once
// What would grant what a run was denied: the exact command for whoever operates the skill that ran, or the line that
// its publisher has to write.

#include <palyra/app/module_source.h>
#include <palyra/capability/denial.h>

namespace palyra::app {

// Makes commands of the options in `denial.next`, and adds what would grant `denial.capability`.
void advise(capability::Denial& denial, const ModuleSource& source);

// How a publisher asks for it: a line below [capabilities] of skill.toml.
std::string manifest_line(const capability::Capability& capability);

}  // namespace palyra::app
