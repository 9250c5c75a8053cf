// SPDX-License-Identifier: Apache-2.0
#include "denial_advice.h"
#include "skill_ports.h"

#include <palyra/app/call_secrets.h>
#include <palyra/app/execute_module.h>
#include <palyra/app/program_arguments.h>
#include <palyra/base/utf8.h>

#include <algorithm>

namespace palyra::app {
namespace {

// Compiling is part of the call's time.
SteadyTime deadline_of(const ModuleCall& call) {
  constexpr std::chrono::milliseconds kMost = std::chrono::hours(24);
  return call.started + std::min(call.limits.wall_clock_timeout, kMost);
}

OutputForm form_of(const ModuleSource& source, BytesView output) {
  if (source.tool && source.tool->output_schema) return OutputForm::kJson;
  return is_utf8(as_text(output)) ? OutputForm::kText : OutputForm::kBytes;
}

// A run that ended well: its output, judged.
Result<ToolOutput> take_output(const Services& services, const ToolVersion& tool, host::CallResults results) {
  if (results.output_over_cap) {
    return fail(kRunOutputTooLarge, "the tool wrote more output than {} bytes (ceilings.output_bytes)",
                services.config.ceilings.output_bytes);
  }
  PALYRA_TRY(tool.check_output(results.output));
  return ToolOutput{.form = form_of(tool.source(), results.output),
                    .bytes = std::move(results.output),
                    .parts = std::move(results.parts)};
}

ToolOutput exit_code_output(const runtime::Outcome& outcome) {
  const auto* returned = std::get_if<runtime::Returned>(&outcome);
  const auto* exited = std::get_if<runtime::Exited>(&outcome);
  std::int64_t code = 0;
  if (returned != nullptr) code = returned->value;
  if (exited != nullptr) code = exited->code;
  return {.form = OutputForm::kJson, .bytes = to_bytes(R"({"exit_code":)" + std::to_string(code) + "}"), .parts = {}};
}

host::CallSetup setup_of(const Services& services, const ModuleCall& call, const ProgramArguments& program,
                         SkillPorts& ports) {
  const ModuleSource& source = call.tool.source();
  return {
      .tool_id = source.tool_id,
      .run_id = call.run_id,
      .arguments = call.arguments,
      .max_output_bytes = static_cast<std::size_t>(services.config.ceilings.output_bytes),
      .kind = source.entry_kind,
      .standard_input = program.standard_input,
      .program_arguments = program.arguments,
      .config = source.config,
      .assets = source.assets.get(),
      .grants = source.grants,
      .clock = call.guest_clock == nullptr ? services.clock : *call.guest_clock,
      .random = call.guest_random == nullptr ? services.random : *call.guest_random,
      .progress = call.progress,
      .http = call.guest_http == nullptr ? services.http : call.guest_http,
      .http_bindings = source.addresses,
      .storage = ports.storage(),
      .channels = ports.channels(),
      .files = ports.files(),
  };
}

// Also of what a module returns that was written for neither ABI.
bool ended_with_zero(const runtime::Outcome& outcome) {
  const auto* returned = std::get_if<runtime::Returned>(&outcome);
  const auto* exited = std::get_if<runtime::Exited>(&outcome);
  return (returned != nullptr && returned->value == 0) || (exited != nullptr && exited->code == 0);
}

// The messages that the guest has read and may be rid of, by id.
std::vector<std::int64_t> invoke(const Services& services, const ModuleCall& call, const LinkedTool& linked,
                                 const host::CallSetup& setup, Execution& execution) {
  host::CallState state(setup);
  const ModuleSource& source = call.tool.source();
  auto run = linked.runtime->invoke({.module = *linked.module,
                                     .entry = source.entry,
                                     .kind = source.entry_kind,
                                     .limits = call.limits,
                                     .host_state = &state,
                                     .started = call.started,
                                     .cancel = call.cancel});
  if (run) execution.record = std::move(run->record);
  host::CallResults results = std::move(state).finish(execution.record);
  std::vector<std::int64_t> messages_read = std::move(results.messages_read);
  if (!run) {
    execution.error = run_error_of(std::move(run).error());
    return messages_read;
  }
  execution.error = run_error_of(run->outcome, linked.style, results.failure_message);
  execution.failure_message = std::move(results.failure_message);
  if (!ended_with_zero(run->outcome)) messages_read.clear();
  if (execution.error) return messages_read;
  if (linked.style == EntryStyle::kLegacy) {
    execution.output = exit_code_output(run->outcome);
    return messages_read;
  }
  auto output = take_output(services, call.tool, std::move(results));
  if (output) {
    execution.output = *std::move(output);
  } else {
    execution.error = run_error_of(std::move(output).error());
  }
  return messages_read;
}

// A call that returned 0 has read its messages for good; after any other they come again.
void settle(SkillPorts& ports, std::vector<std::int64_t> messages_read, Execution& execution) {
  if (execution.error) messages_read.clear();
  auto settled = ports.settle(messages_read);
  if (settled || execution.error) return;
  execution.output = {};
  execution.error = run_error_of(std::move(settled).error());
}

Result<std::optional<CallSecrets>> open_secrets(const Services& services, const ModuleCall& call) {
  if (call.vault == nullptr) return std::nullopt;
  const ModuleSource& source = call.tool.source();
  if (source.grants.count(capability::CapabilityClass::kSecret) == 0) return std::nullopt;
  const SecretCaller caller{.skill_id = source.skill ? source.skill->id : "", .principal = call.vault->principal()};
  return PALYRA_TRY(CallSecrets::open(services.state, *call.vault, source.grants, caller));
}

Result<> execute(const Services& services, const ModuleCall& call, Execution& execution) {
  PALYRA_TRY(call.tool.check_arguments(call.arguments, static_cast<std::size_t>(services.config.ceilings.input_bytes)));
  const ProgramArguments program = PALYRA_TRY(map_program_arguments(call.tool.source(), call.arguments));
  const LinkedTool& linked =
      *PALYRA_TRY(call.tool.link(services, {.deadline = deadline_of(call), .cancel = call.cancel}));
  SkillPorts ports = PALYRA_TRY(SkillPorts::open(services, call, Deadline(deadline_of(call))));
  const std::optional<CallSecrets> secrets = PALYRA_TRY(open_secrets(services, call));
  host::CallSetup setup = setup_of(services, call, program, ports);
  setup.secrets = secrets ? &*secrets : call.guest_secrets;
  settle(ports, invoke(services, call, linked, setup, execution), execution);
  return {};
}

}  // namespace

Execution execute_module(const Services& services, ModuleCall call) {
  Execution execution;
  auto executed = execute(services, call, execution);
  if (!executed) execution.error = run_error_of(std::move(executed).error());
  for (capability::Denial& denial : execution.record.denials) advise(denial, call.tool.source());
  execution.record.grants_held = call.tool.grants_held();
  execution.run_id = std::move(call.run_id);
  return execution;
}

}  // namespace palyra::app
