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

Result<Execution> run(const Services& services, RunRequest& request) {
  const ModuleSource source = PALYRA_TRY(resolve_module_source(services, std::move(request.what)));
  PALYRA_TRY(check_approval(source, request.approval));
  return execute_module(services, {.source = source,
                                   .arguments = request.arguments,
                                   .limits = effective_limits(services.config, source.limits, request.limits),
                                   .run_id = PALYRA_TRY(make_run_id(services)),
                                   .started = request.started,
                                   .cancel = request.cancel});
}

}  // namespace

Execution run_tool(const Services& services, RunRequest request) {
  auto execution = run(services, request);
  if (execution) return *std::move(execution);
  Execution failed;
  failed.error = run_error_of(std::move(execution).error());
  return failed;
}

}  // namespace palyra::app
