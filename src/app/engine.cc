// SPDX-License-Identifier: Apache-2.0
#include "worker_inspector.h"

#include <palyra/app/engine.h>
#include <palyra/state/code_cache_key.h>

#include <filesystem>
#include <mutex>
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

  // Under the lock.
  Result<const runtime::WasmRuntime*> get_runtime();
  const runtime::CodeCache* get_cache();

  const EngineOptions options;
  const runtime::WorkerClient worker;
  const WorkerInspector inspector{worker};
  std::mutex making;
  // Each is made once, under the lock, and stays.
  std::unique_ptr<runtime::WasmRuntime> runtime;
  bool cache_was_opened = false;
  std::optional<runtime::CodeCache> cache;
  std::optional<runtime::CachingCompiler> compiler;
};

Result<const runtime::WasmRuntime*> LazyEngine::Parts::get_runtime() {
  if (!runtime) runtime = PALYRA_TRY(runtime::WasmRuntime::create(options.pool));
  return runtime.get();
}

const runtime::CodeCache* LazyEngine::Parts::get_cache() {
  if (!cache_was_opened) {
    cache = open_cache(options);
    cache_was_opened = true;
  }
  return cache ? &*cache : nullptr;
}

LazyEngine::LazyEngine(EngineOptions options) : parts_(std::make_unique<Parts>(std::move(options))) {}

LazyEngine::~LazyEngine() = default;

Result<const runtime::WasmRuntime*> LazyEngine::runtime() {
  const std::scoped_lock lock(parts_->making);
  return parts_->get_runtime();
}

Result<const runtime::ModuleCompiler*> LazyEngine::compiler() {
  const std::scoped_lock lock(parts_->making);
  const runtime::WasmRuntime* runtime = PALYRA_TRY(parts_->get_runtime());
  if (!parts_->compiler) parts_->compiler.emplace(*runtime, parts_->worker, parts_->get_cache());
  return &*parts_->compiler;
}

const skills::ModuleInspector& LazyEngine::inspector() const { return parts_->inspector; }

const runtime::CodeCache* LazyEngine::code_cache() {
  const std::scoped_lock lock(parts_->making);
  return parts_->get_cache();
}

}  // namespace palyra::app
