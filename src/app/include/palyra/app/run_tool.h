// SPDX-License-Identifier: Apache-2.0
#pragma once
// Use case: call a tool of an active skill, or a module given for development.

#include <palyra/app/execute_module.h>
#include <palyra/app/run_limits.h>

#include <chrono>

namespace palyra::app {

// A person's word for a tool whose manifest wants one for each call.
enum class Approval : std::uint8_t {
  kNotGiven,
  kWillAsk,  // not given; the caller asks a person and calls again, so that a refusal for this is not recorded
  kGiven,
};

struct ToolCall {
  BytesView arguments;  // JSON text of one object
  AskedByCaller limits{};
  Approval approval = Approval::kNotGiven;
  SteadyTime started = std::chrono::steady_clock::now();  // when the request arrived
  const std::atomic<bool>* cancel = nullptr;              // set by the caller to end the call; null: he never does
  host::ProgressSink* progress = nullptr;                 // told what the guest says of its progress; null: nobody
};

// Finds the tool and calls it once. Never fails otherwise than in Execution::error, and leaves one entry in the runs
// log, whatever became of it, where there is a state directory (services.runs; a log that cannot be written changes
// nothing here). Order of checks: that of resolve_module_source, approval (kRunNeedsApproval), that of execute_module.
Execution run_tool(const Services& services, ModuleSelector what, const ToolCall& call);

// The same for a version that was found before; `run_id` is 32 hex digits that no other call has.
Execution call_tool(const Services& services, const ToolVersion& tool, const ToolCall& call, std::string run_id);
// The entry of a call whose tool was not found, or must not run now, and the execution that says why.
Execution refuse_call(const Services& services, const std::string& tool_id, const ToolCall& call, std::string run_id,
                      Error why);

}  // namespace palyra::app
