// SPDX-License-Identifier: Apache-2.0
#pragma once
// Use case: call a tool of an active skill, or a module given for development.

#include <palyra/app/execute_module.h>
#include <palyra/app/run_limits.h>

namespace palyra::app {

// A person's word for a tool whose manifest wants one for each call.
enum class Approval : std::uint8_t {
  kNotGiven,
  kWillAsk,  // not given; the caller asks a person and calls again, so that a refusal for this is not recorded
  kGiven,
};

struct RunRequest {
  ModuleSelector what;
  Bytes arguments;  // JSON text of one object
  AskedByCaller limits;
  Approval approval = Approval::kNotGiven;
  SteadyTime started;
  // Set by the caller to end the call, and here when an installed skill must stop (RunWatch); null: only the latter.
  std::atomic<bool>* cancel = nullptr;
  host::ProgressSink* progress = nullptr;  // told what the guest says of its progress; null: nobody
};

// Never fails otherwise than in Execution::error, and leaves one entry in the runs log, whatever became of it, where
// there is a state directory (services.runs; a log that cannot be written changes nothing here). Order of checks: that
// of resolve_module_source, approval (kRunNeedsApproval), that of execute_module.
Execution run_tool(const Services& services, RunRequest request);

}  // namespace palyra::app
