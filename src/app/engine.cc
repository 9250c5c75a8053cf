// SPDX-License-Identifier: Apache-2.0
#include "worker_inspector.h"

#include <palyra/app/engine.h>
#include <palyra/state/code_cache_key.h>

#include <filesystem>
#include <system_error>
#include <utility>

namespace palyra::app {
namespace {

// Of no program when there is none: who needs it is told so.
std::string worker_program(const EngineOptions& options) {
  if (!options.worker.empty()) return options.worker;
  return runtime::find_worker().value_or("/nonexistent/palyra-worker");
}

std::optional<runtime::CodeCache> open_cache(const EngineOptions& options) {
  if (options.code_directory.empty() || options.state_root.empty()) return std::nullopt;
  auto key = state::load_code_cache_key(options.state_root);
  if (!key) return std::nullopt;
  std::error_code error;  // opening the cache says it as well
  std::filesystem::create_directories(std::filesystem::path(options.code_directory).parent_path(), error);
  auto cache = runtime::CodeCache::open(
      {.directory = options.code_directory, .key = *std::move(key), .max_bytes = options.max_code_bytes});
  if (!cache) return std::nullopt;
  return *std::move(cache);
}

}  // namespace

struct LazyEngine::Parts {
  explicit Parts(EngineOptions given) : options(std::move(given)), worker(worker_program(options)) {}

  EngineOptions options;
  runtime::WorkerClient worker;
  WorkerInspector inspector{worker};
  std::unique_ptr<runtime::WasmRuntime> runtime;
  bool cache_was_opened = false;
  std::optional<runtime::CodeCache> cache;
  std::optional<runtime::CachingCompiler> compiler;
};

LazyEngine::LazyEngine(EngineOptions options) : parts_(std::make_unique<Parts>(std::move(options))) {}

LazyEngine::~LazyEngine() = default;

Result<const runtime::WasmRuntime*> LazyEngine::runtime() {
  if (!parts_->runtime) parts_->runtime = PALYRA_TRY(runtime::WasmRuntime::create());
  return parts_->runtime.get();
}

Result<const runtime::ModuleCompiler*> LazyEngine::compiler() {
  const runtime::WasmRuntime* runtime = PALYRA_TRY(this->runtime());
  if (!parts_->compiler) parts_->compiler.emplace(*runtime, parts_->worker, code_cache());
  return &*parts_->compiler;
}

const skills::ModuleInspector& LazyEngine::inspector() const { return parts_->inspector; }

const runtime::CodeCache* LazyEngine::code_cache() {
  if (!parts_->cache_was_opened) {
    parts_->cache = open_cache(parts_->options);
    parts_->cache_was_opened = true;
  }
  return parts_->cache ? &*parts_->cache : nullptr;
}

}  // namespace palyra::app
