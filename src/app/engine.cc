// SPDX-License-Identifier: Apache-2.0
#include <palyra/app/engine.h>

namespace palyra::app {

Result<const runtime::WasmRuntime*> LazyEngine::runtime() {
  if (!runtime_) runtime_ = PALYRA_TRY(runtime::WasmRuntime::create());
  return runtime_.get();
}

Result<const runtime::ModuleCompiler*> LazyEngine::compiler() {
  const runtime::WasmRuntime* runtime = PALYRA_TRY(this->runtime());
  if (!compiler_) compiler_.emplace(*runtime, runtime::CompileInThisProcess{});
  return &*compiler_;
}

}  // namespace palyra::app
