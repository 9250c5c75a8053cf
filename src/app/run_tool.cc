// SPDX-License-Identifier: Apache-2.0
#include <palyra/app/run_tool.h>
#include <palyra/base/hex.h>
#include <palyra/base/utf8.h>

#include <array>

namespace palyra::app {
namespace {

Result<std::string> make_run_id(const Services& services) {
  std::array<std::uint8_t, 16> bytes{};
  if (!services.random.fill(bytes)) return fail(kRunNoRandomness, "the system gives no random bytes");
  return to_hex(bytes);
}

Result<> check_approval(const ModuleSource& source, Approval approval) {
  if (!source.tool || !source.tool->requires_approval || approval == Approval::kGiven) return {};
  return fail(kRunNeedsApproval, "'{}' wants a person's approval for each call", printable(source.tool_id));
}

const std::string& name_of(const InstalledTool& tool) { return tool.id; }
const std::string& name_of(const InlineModule& module) { return module.name; }
const std::string& name_of(const DevelopmentTool& tool) { return tool.id; }

using Subject = std::shared_ptr<const state::RunSubject>;

// Of a call that found no version.
Subject subject_named(const Services& services, const std::string& tool_id, state::RunOrigin origin) {
  return std::make_shared<const state::RunSubject>(
      state::RunSubject{.tool_id = printable(tool_id), .origin = origin, .actor = services.state.actor});
}

void log(const Services& services, Subject subject, const ToolCall& call, const Execution& execution) {
  state::RunEntry entry;
  entry.run_id = execution.run_id;
  entry.subject = std::move(subject);
  entry.started = services.clock.wall() -
                  std::chrono::duration_cast<std::chrono::milliseconds>(services.clock.steady() - call.started);
  entry.argument_bytes = call.arguments.size();
  entry.record = execution.record;
  if (execution.error) {
    entry.error_kind = to_text(execution.error->kind);
    entry.error_code = execution.error->error.code().id;
  }
  services.runs.append(std::move(entry));
}

Execution refused(Error why, std::string run_id) {
  Execution execution;
  execution.run_id = std::move(run_id);
  execution.error = run_error_of(std::move(why));
  return execution;
}

Execution execute(const Services& services, const ToolVersion& tool, const ToolCall& call, std::string run_id) {
  const ModuleSource& source = tool.source();
  if (auto approved = check_approval(source, call.approval); !approved) {
    return refused(std::move(approved).error(), std::move(run_id));
  }
  WatchedVersion* watched = tool.watched().get();
  ModuleCall module_call{.tool = tool,
                         .arguments = call.arguments,
                         .limits = effective_limits(services.config, source.limits, call.limits),
                         .run_id = std::move(run_id),
                         .started = call.started,
                         .cancel = {call.cancel, watched == nullptr ? nullptr : &watched->stop_flag()},
                         .progress = call.progress,
                         .vault = services.vault};
  if (watched == nullptr) return execute_module(services, std::move(module_call));
  const RunWatch::Call running(services.watch, *watched);
  Execution execution = execute_module(services, std::move(module_call));
  if (!execution.error || execution.error->kind != WasmPluginRunErrorKind::kCancelled) return execution;
  if (auto why = watched->stopped()) execution.error->error = *std::move(why);
  return execution;
}

}  // namespace

Execution call_tool(const Services& services, const ToolVersion& tool, const ToolCall& call, std::string run_id) {
  Execution execution = execute(services, tool, call, std::move(run_id));
  const bool will_ask =
      call.approval == Approval::kWillAsk && execution.error && execution.error->error.is(kRunNeedsApproval);
  if (will_ask) return execution;
  log(services, tool.subject(), call, execution);
  return execution;
}

Execution refuse_call(const Services& services, const std::string& tool_id, const ToolCall& call, std::string run_id,
                      Error why) {
  Execution execution = refused(std::move(why), std::move(run_id));
  log(services, subject_named(services, tool_id, state::RunOrigin::kInstalled), call, execution);
  return execution;
}

Execution run_tool(const Services& services, ModuleSelector what, const ToolCall& call) {
  const std::string name = std::visit([](const auto& which) { return name_of(which); }, what);
  const bool installed = std::holds_alternative<InstalledTool>(what);
  auto run_id = make_run_id(services);
  auto tool = run_id ? ToolVersion::resolve(services, std::move(what)) : std::unexpected(run_id.error());
  if (tool) return call_tool(services, **tool, call, *std::move(run_id));
  Execution execution = refused(std::move(tool).error(), run_id.value_or(""));
  const state::RunOrigin origin = installed ? state::RunOrigin::kInstalled : state::RunOrigin::kDevelopment;
  log(services, subject_named(services, name, origin), call, execution);
  return execution;
}

}  // namespace palyra::app
