// SPDX-License-Identifier: Apache-2.0
#include "levels.h"

#include "must.h"

#include <palyra/app/execute_module.h>
#include <palyra/app/run_limits.h>
#include <palyra/host/call_state.h>

namespace palyra::bench {
namespace {

void check(const app::Execution& execution) {
  if (execution.error) fmt::print(stderr, "{}\n", execution.error->error.describe());
  PALYRA_CHECK(!execution.error.has_value());
}

void invoke(const app::Services& services, const app::ToolVersion& tool, const app::LinkedTool& linked,
            BytesView arguments) {
  host::CallState state(host::CallSetup{.tool_id = tool.source().tool_id,
                                        .run_id = "00000000000000000000000000000001",
                                        .arguments = arguments,
                                        .grants = tool.source().grants,
                                        .clock = services.clock,
                                        .random = services.random});
  auto run =
      must(linked.runtime->invoke({.module = *linked.module, .entry = tool.source().entry, .host_state = &state}));
  const auto* returned = std::get_if<runtime::Returned>(&run.outcome);
  PALYRA_CHECK(returned != nullptr && returned->value == 0);
  const host::CallResults results = std::move(state).finish(run.record);
  PALYRA_CHECK(!results.output_over_cap);
}

}  // namespace

Call raw_call(const RawWasmtime& raw, const wasmtime_instance_pre_t* prepared, BytesView arguments) {
  return [&raw, prepared, arguments] {
    const Bytes output = raw.call(prepared, arguments);
    PALYRA_CHECK(output.empty() || output.size() == arguments.size());
  };
}

Call invoke_call(const app::Services& services, const app::ToolVersion& tool, BytesView arguments) {
  const app::LinkedTool* linked = must(tool.link(services, {}));
  return [&services, &tool, linked, arguments] { invoke(services, tool, *linked, arguments); };
}

Call execute_call(const app::Services& services, const app::ToolVersion& tool, BytesView arguments) {
  return [&services, &tool, arguments] {
    check(app::execute_module(services, {.tool = tool,
                                         .arguments = arguments,
                                         .limits = app::effective_limits(services.config, tool.source().limits, {}),
                                         .run_id = "00000000000000000000000000000001",
                                         .started = services.clock.steady()}));
  };
}

Call tool_call(app::ToolHost& host, const std::string& id, BytesView arguments) {
  // Shared, because a function that is kept must be copyable; a tool is not.
  return [tool = std::make_shared<app::ToolHost::Tool>(host.tool(id)), arguments] {
    check(tool->call({.arguments = arguments}));
  };
}

}  // namespace palyra::bench
