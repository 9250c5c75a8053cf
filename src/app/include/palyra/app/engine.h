// SPDX-License-Identifier: Apache-2.0
#pragma once
// The WebAssembly engine, made when somebody first needs it: most commands never do.

#include <palyra/base/error.h>
#include <palyra/runtime/runtime.h>

#include <memory>
#include <optional>

namespace palyra::app {

class LazyEngine {
 public:
  LazyEngine() = default;
  LazyEngine(const LazyEngine&) = delete;
  LazyEngine& operator=(const LazyEngine&) = delete;
  ~LazyEngine() = default;

  // For one thread. Errors: those of runtime::WasmRuntime::create.
  Result<const runtime::WasmRuntime*> runtime();
  // The same, and the compiler for its modules.
  Result<const runtime::ModuleCompiler*> compiler();

 private:
  std::unique_ptr<runtime::WasmRuntime> runtime_;
  std::optional<runtime::InProcessCompiler> compiler_;
};

}  // namespace palyra::app
