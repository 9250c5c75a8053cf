// SPDX-License-Identifier: Apache-2.0
#pragma once
// The WebAssembly engine, and the worker that reads and compiles modules for it; made when somebody first needs them:
// most commands never do.

#include <palyra/base/error.h>
#include <palyra/runtime/caching_compiler.h>
#include <palyra/runtime/code_cache.h>
#include <palyra/runtime/runtime.h>
#include <palyra/runtime/worker_client.h>
#include <palyra/skills/module_inspector.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace palyra::app {

struct EngineOptions {
  std::string worker{};          // the program palyra-worker; empty: runtime::find_worker
  std::string code_directory{};  // of compiled code; empty: none is kept
  std::string state_root{};      // the state directory whose key authenticates the code
  std::uint64_t max_code_bytes = std::uint64_t{1} << 30;
  // For a program that calls often; one call does not win back what making it costs.
  std::optional<runtime::PoolOptions> pool{};
};

class LazyEngine {
 public:
  explicit LazyEngine(EngineOptions options = {});
  LazyEngine(const LazyEngine&) = delete;
  LazyEngine& operator=(const LazyEngine&) = delete;
  ~LazyEngine();

  // Any thread may call any of them; who comes first makes what is missing. Errors: those of
  // runtime::WasmRuntime::create.
  Result<const runtime::WasmRuntime*> runtime();
  // The same, and the compiler for its modules.
  Result<const runtime::ModuleCompiler*> compiler();
  // Reads modules without the engine.
  [[nodiscard]] const skills::ModuleInspector& inspector() const;
  // Where compiled code is kept; null without a state directory, or when it cannot be used: then everything is compiled
  // when it is needed.
  const runtime::CodeCache* code_cache();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace palyra::app
