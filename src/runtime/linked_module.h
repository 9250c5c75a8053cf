// SPDX-License-Identifier: Apache-2.0
#pragma once
// Native code, and native code bound to host functions: what many runs on many threads share.

#include "engine.h"
#include "engine_handles.h"

#include <palyra/runtime/runtime.h>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace palyra::runtime {

class CompiledModule {
 public:
  CompiledModule(WasmModule module, const Engine& engine) : module_(std::move(module)), engine_(engine) {}
  [[nodiscard]] const wasmtime_module_t& get() const { return *module_; }
  [[nodiscard]] const Engine& engine() const { return engine_; }  // where it runs
  // The same code in another engine. Errors: kEngineFailed.
  [[nodiscard]] Result<std::shared_ptr<const CompiledModule>> copy_to(const Engine& engine) const;

 private:
  WasmModule module_;
  const Engine& engine_;
};

// A host function under the number that it has in this module: what a trampoline is given.
struct BoundFunction {
  HostFunction function;
  std::size_t index;
};

enum class FunctionShape : std::uint8_t { kReturnsI32, kReturnsNothing, kOther };  // the first two without parameters

class LinkedModule {
 public:
  static Result<std::shared_ptr<const LinkedModule>> create(std::shared_ptr<const CompiledModule> module,
                                                            std::span<const HostFunction> functions);
  LinkedModule(const LinkedModule&) = delete;
  LinkedModule& operator=(const LinkedModule&) = delete;
  ~LinkedModule() = default;

  [[nodiscard]] const wasmtime_instance_pre_t& pre() const { return *pre_; }
  [[nodiscard]] const Engine& engine() const { return module_->engine(); }
  [[nodiscard]] std::span<const BoundFunction> bound() const { return bound_; }

  // kNoEntry, kEntryType.
  [[nodiscard]] Result<> check_entry(std::string_view entry, EntryKind kind) const;
  [[nodiscard]] bool has_initialize() const { return has_initialize_; }

  // The same in another engine, which is the same for all who ask; made by who asks first. Valid as long as this.
  // Errors: kEngineFailed.
  [[nodiscard]] Result<const LinkedModule*> in(const Engine& engine) const;

 private:
  LinkedModule(std::shared_ptr<const CompiledModule> module, std::size_t imports) : module_(std::move(module)) {
    bound_.reserve(imports);
  }
  Result<> bind_imports(wasmtime_linker_t& linker, std::span<const HostFunction> functions);
  Result<> bind(wasmtime_linker_t& linker, const wasm_importtype_t& import, std::span<const HostFunction> functions);
  void note_exports();

  std::shared_ptr<const CompiledModule> module_;
  std::vector<BoundFunction> bound_;  // never reallocated: trampolines point into it
  std::map<std::string, FunctionShape, std::less<>> entries_;
  bool has_initialize_ = false;
  WasmInstancePre pre_;
  mutable std::mutex copying_;
  mutable std::shared_ptr<const LinkedModule> copy_;  // written once, under copying_
  mutable std::atomic<const LinkedModule*> ready_copy_{nullptr};
};

}  // namespace palyra::runtime
