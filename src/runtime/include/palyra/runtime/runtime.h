// SPDX-License-Identifier: Apache-2.0
#pragma once
// The only door to the WebAssembly engine: compile, link, run one call in one fresh store, with limits that hold.
// docs/runtime.md.

#include <palyra/base/bytes.h>
#include <palyra/base/cancellation.h>
#include <palyra/base/clock.h>
#include <palyra/base/error.h>
#include <palyra/base/sealed_bytes.h>
#include <palyra/crypto/hashed_bytes.h>
#include <palyra/runtime/dangerous.h>
#include <palyra/runtime/host_function.h>
#include <palyra/runtime/limits.h>
#include <palyra/runtime/module_description.h>
#include <palyra/runtime/outcome.h>
#include <palyra/runtime/pool.h>
#include <palyra/runtime/until.h>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace palyra::runtime {

// The engine in this build is older than kEngineFloor, or not of its series.
inline constexpr ErrorCode kEngineTooOld{ErrorKind::kIncompatible, "run.engine_too_old"};
// The engine could not do its part, for want of memory or address space.
inline constexpr ErrorCode kEngineFailed{ErrorKind::kUnavailable, "run.engine_failed"};
// The module imports something that the host does not offer; the message names "module.name".
inline constexpr ErrorCode kUnknownImport{ErrorKind::kInvalidArgument, "run.unknown_import"};
inline constexpr ErrorCode kImportType{ErrorKind::kInvalidArgument, "run.import_type"};
// The entry is not exported, or not a function.
inline constexpr ErrorCode kNoEntry{ErrorKind::kInvalidArgument, "run.no_entry"};
// The entry is not of the type that its kind needs.
inline constexpr ErrorCode kEntryType{ErrorKind::kInvalidArgument, "run.entry_type"};

// Security fixes below it are missing: WasmRuntime::create refuses an older engine.
inline constexpr std::string_view kEngineFloor = "48.0.8";

struct EngineFacts {
  std::string version;   // "48.0.8"
  std::string features;  // the WebAssembly features that modules may use, separated by spaces
};
EngineFacts engine_facts();

// kEngineTooOld unless `version` is kEngineFloor or newer and of the same major version.
Result<> check_engine_version(std::string_view version);

class Engine;
class CompiledModule;  // immutable native code; any thread may use it
class LinkedModule;    // a CompiledModule bound to host functions; the same

// From bytes to native code. Where this happens decides what a hostile module can cost.
class ModuleCompiler {
 public:
  virtual ~ModuleCompiler() = default;
  // Errors: kInvalidModule, kFeatureDisabled, and those of WorkerClient::compile where a worker does it.
  [[nodiscard]] Result<std::shared_ptr<const CompiledModule>> compile(const crypto::HashedView& wasm,
                                                                      const Until& until = {}) const {
    return compile_until(wasm, until);
  }
  [[nodiscard]] Result<std::shared_ptr<const CompiledModule>> compile(BytesView wasm, const Until& until = {}) const {
    return compile_until(crypto::HashedView(wasm), until);
  }

 private:
  [[nodiscard]] virtual Result<std::shared_ptr<const CompiledModule>> compile_until(const crypto::HashedView& wasm,
                                                                                    const Until& until) const = 0;
};

// What the engine says about a compiled module: enough to choose how to call it without parsing it again.
bool imports_from(const CompiledModule& module, std::string_view import_module);
bool exports_function(const CompiledModule& module, std::string_view name);
// Of native code, as it is mapped: what keeping the module costs.
std::size_t code_bytes(const CompiledModule& module);

enum class EntryKind : std::uint8_t {
  kCore,  // () -> i32; `_initialize: () -> ()` is called first when it is exported
  kWasi,  // () -> (), a command's `_start`
};

struct Invocation {
  const LinkedModule& module;
  std::string_view entry;  // the export to call
  EntryKind kind = EntryKind::kCore;
  RunLimits limits{};
  void* host_state = nullptr;  // what HostCall::state<T>() gives to host functions
  // Where the wall clock of `limits` begins: when the request arrived, so that waiting counts.
  SteadyTime started = std::chrono::steady_clock::now();
  Cancellation cancel{};  // stops the run within about ten milliseconds
};

// Any thread may call any member. Modules may outlive it, except that nothing may be invoked then.
class WasmRuntime {
 public:
  // With `pool`, calls take their memories from one where this machine has room for it; pool_facts() says whether.
  // Making one costs milliseconds, which one call does not win back. Errors: kEngineTooOld, kEngineFailed.
  static Result<std::unique_ptr<WasmRuntime>> create(const std::optional<PoolOptions>& pool = std::nullopt);
  WasmRuntime(const WasmRuntime&) = delete;
  WasmRuntime& operator=(const WasmRuntime&) = delete;
  ~WasmRuntime();  // every invoke() has returned

  // Equal for runtimes that can load each other's code: version and settings of the engine, features of the CPU.
  [[nodiscard]] std::uint64_t compatibility() const;

  // Native code that another runtime of the same compatibility can load; nothing of it is mapped to be run here.
  // Errors: kInvalidModule.
  [[nodiscard]] Result<Bytes> precompile(BytesView wasm, CompileInThisProcess token) const;

  [[nodiscard]] PoolFacts pool_facts() const;  // now

  // Binds what the module imports. The rows and bodies must outlive the result.
  // Errors: kUnknownImport, kImportType (not a function, or of another type than the row's).
  [[nodiscard]] Result<std::shared_ptr<const LinkedModule>> link(std::shared_ptr<const CompiledModule> module,
                                                                 std::span<const HostFunction> functions) const;

  // One call in a fresh store that ends with it: instantiate (start function), `_initialize`, entry; each under all
  // limits. Order of checks: entry, then limits as the guest meets them. A run that ends after its deadline is TimedOut
  // whatever it returned.
  // Errors: kNoEntry, kEntryType, kEngineFailed, and what a host function failed with (HostCall::fail).
  [[nodiscard]] Result<Run> invoke(const Invocation& invocation) const;

 private:
  friend class CachingCompiler;
  friend class InProcessCompiler;
  // Native code that this program, or a worker of this build, has made: it runs unseen. Errors: kEngineFailed.
  [[nodiscard]] Result<std::shared_ptr<const CompiledModule>> load(const SealedFile& code) const;
  // Of a module whose engine is retired.
  [[nodiscard]] Result<Run> invoke_elsewhere(const Invocation& invocation) const;
  // Where the module finds room: the pool's engine first, unless it is retired.
  template <class Make>
  [[nodiscard]] Result<std::shared_ptr<const CompiledModule>> make_module(Make make) const;
  WasmRuntime(std::unique_ptr<Engine> engine, std::unique_ptr<Engine> pooled, PoolFacts facts);
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Engine> pooled_;  // null: there is no pool
  PoolFacts pool_facts_;
};

// For development and tests, and for modules somebody already vouched for.
class InProcessCompiler final : public ModuleCompiler {
 public:
  InProcessCompiler(const WasmRuntime& runtime, CompileInThisProcess) : runtime_(runtime) {}

 private:
  // Cannot be interrupted: `until` is not looked at.
  [[nodiscard]] Result<std::shared_ptr<const CompiledModule>> compile_until(const crypto::HashedView& wasm,
                                                                            const Until& until) const override;
  const WasmRuntime& runtime_;
};

}  // namespace palyra::runtime
