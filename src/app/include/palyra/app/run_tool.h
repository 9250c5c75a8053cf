// SPDX-License-Identifier: Apache-2.0
#pragma once
// Use case: call a tool of an active skill, or a module given for development.

#include <palyra/app/execute_module.h>
#include <palyra/app/run_limits.h>

namespace palyra::app {

// A person's word for a tool whose manifest wants one for each call.
enum class Approval : std::uint8_t { kNotGiven, kGiven };

struct RunRequest {
  ModuleSelector what;
  Bytes arguments;  // JSON text of one object
  AskedByCaller limits;
  Approval approval = Approval::kNotGiven;
  SteadyTime started;
  const std::atomic<bool>* cancel = nullptr;
};

// Never fails otherwise than in Execution::error. Order of checks: that of resolve_module_source, approval
// (kRunNeedsApproval), that of execute_module.
Execution run_tool(const Services& services, RunRequest request);

}  // namespace palyra::app
