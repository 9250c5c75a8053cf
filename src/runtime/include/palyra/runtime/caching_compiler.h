// SPDX-License-Identifier: Apache-2.0
#pragma once
// How modules of strangers become native code: from memory, else from the authenticated cache, else by the worker.
// Nothing is parsed or compiled in this process.

#include <palyra/crypto/sha256.h>
#include <palyra/runtime/code_cache.h>
#include <palyra/runtime/runtime.h>
#include <palyra/runtime/worker_client.h>

#include <map>
#include <memory>
#include <mutex>

namespace palyra::runtime {

// Any thread may call. What it is made of must outlive it.
class CachingCompiler final : public ModuleCompiler {
 public:
  // Without a cache (null) every module that is not in use already costs a worker.
  CachingCompiler(const WasmRuntime& runtime, const WorkerClient& worker, const CodeCache* cache)
      : runtime_(runtime), worker_(worker), cache_(cache) {}

 private:
  // Errors: those of WorkerClient::compile. Code that cannot be kept in the cache is used all the same.
  [[nodiscard]] Result<std::shared_ptr<const CompiledModule>> compile_until(const crypto::HashedView& wasm,
                                                                            const Until& until) const override;
  [[nodiscard]] std::shared_ptr<const CompiledModule> find(const crypto::Sha256Digest& digest) const;
  [[nodiscard]] Result<std::shared_ptr<const CompiledModule>> load_or_make(const crypto::HashedView& wasm,
                                                                           const Until& until) const;

  const WasmRuntime& runtime_;
  const WorkerClient& worker_;
  const CodeCache* cache_;
  mutable std::mutex mutex_;
  mutable std::map<crypto::Sha256Digest, std::weak_ptr<const CompiledModule>> in_use_;  // guarded by mutex_
};

}  // namespace palyra::runtime
