// SPDX-License-Identifier: Apache-2.0
#include "worker_inspector.h"

#include <palyra/runtime/module_description.h>

namespace palyra::app {
namespace {

ErrorCode admission_code(const Error& error) {
  if (error.is(runtime::kInvalidModule)) return skills::kAdmissionInvalidModule;
  if (error.is(runtime::kComponent)) return skills::kAdmissionComponent;
  if (error.is(runtime::kFeatureDisabled)) return skills::kAdmissionFeatureDisabled;
  if (error.is(runtime::kModuleOverCap)) return skills::kAdmissionOverCap;
  if (error.is(runtime::kCompileLimit)) return skills::kAdmissionTooCostly;
  return error.code();
}

}  // namespace

Result<capability::ModuleFacts> WorkerInspector::describe(BytesView wasm) const {
  auto facts = worker_.describe(wasm);
  if (facts) return facts;
  const ErrorCode code = admission_code(facts.error());
  if (code == facts.error().code()) return facts;
  return std::unexpected(Error(code, facts.error().message()));
}

}  // namespace palyra::app
