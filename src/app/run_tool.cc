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

// What is known before anything was looked at.
state::RunEntry begin_entry(const Services& services, const RunRequest& request) {
  state::RunEntry entry;
  entry.tool_id = printable(std::visit([](const auto& which) { return name_of(which); }, request.what));
  entry.origin = std::holds_alternative<InstalledTool>(request.what) ? state::RunOrigin::kInstalled
                                                                     : state::RunOrigin::kDevelopment;
  entry.actor = services.state.actor;
  entry.started = services.clock.wall();
  entry.argument_bytes = request.arguments.size();
  return entry;
}

// Fills what it finds out into `entry`.
Result<Execution> run(const Services& services, RunRequest& request, state::RunEntry& entry) {
  entry.run_id = PALYRA_TRY(make_run_id(services));
  const ModuleSource source = PALYRA_TRY(resolve_module_source(services, std::move(request.what)));
  entry.skill = source.skill;
  PALYRA_TRY(check_approval(source, request.approval));
  std::atomic<bool> own_cancel{false};
  std::atomic<bool>* cancel = request.cancel;
  if (cancel == nullptr && source.skill) cancel = &own_cancel;
  const ModuleCall call{.source = source,
                        .arguments = request.arguments,
                        .limits = effective_limits(services.config, source.limits, request.limits),
                        .run_id = entry.run_id,
                        .started = request.started,
                        .cancel = cancel,
                        .progress = request.progress,
                        .vault = services.vault};
  if (!source.skill) return execute_module(services, call);
  const RunWatch::Call watched = services.watch.watch(source.skill->content_root, *cancel);
  Execution execution = execute_module(services, call);
  const bool cancelled = execution.error && execution.error->kind == WasmPluginRunErrorKind::kCancelled;
  if (auto why = watched.stopped(); why && cancelled) execution.error->error = *std::move(why);
  return execution;
}

void finish_entry(state::RunEntry& entry, const Execution& execution) {
  entry.record = execution.record;
  if (!execution.error) return;
  entry.error_kind = to_text(execution.error->kind);
  entry.error_code = execution.error->error.code().id;
}

}  // namespace

Execution run_tool(const Services& services, RunRequest request) {
  state::RunEntry entry = begin_entry(services, request);
  auto ran = run(services, request, entry);
  Execution execution;
  if (ran) {
    execution = *std::move(ran);
  } else {
    execution.run_id = entry.run_id;
    execution.error = run_error_of(std::move(ran).error());
  }
  const bool will_ask =
      request.approval == Approval::kWillAsk && execution.error && execution.error->error.is(kRunNeedsApproval);
  if (will_ask) return execution;
  finish_entry(entry, execution);
  services.runs.append(std::move(entry));
  return execution;
}

}  // namespace palyra::app
