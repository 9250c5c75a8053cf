// SPDX-License-Identifier: Apache-2.0
#include "linked_module.h"

#include <palyra/runtime/caching_compiler.h>

namespace palyra::runtime {

Result<std::shared_ptr<const CompiledModule>> CachingCompiler::compile_until(const crypto::HashedView& wasm,
                                                                             const Until& until) const {
  if (auto known = find(wasm.sha256())) return known;
  // Two threads that want one module at once may both make it: each result is right.
  auto module = PALYRA_TRY(load_or_make(wasm, until));
  const std::scoped_lock lock(mutex_);
  std::erase_if(in_use_, [](const auto& entry) { return entry.second.expired(); });
  in_use_[wasm.sha256()] = module;
  return module;
}

std::shared_ptr<const CompiledModule> CachingCompiler::find(const crypto::Sha256Digest& digest) const {
  const std::scoped_lock lock(mutex_);
  const auto found = in_use_.find(digest);
  auto module = found == in_use_.end() ? nullptr : found->second.lock();
  return module && module->engine().is_retired() ? nullptr : module;
}

Result<std::shared_ptr<const CompiledModule>> CachingCompiler::load_or_make(const crypto::HashedView& wasm,
                                                                            const Until& until) const {
  const std::uint64_t compatibility = runtime_.compatibility();
  if (cache_ != nullptr) {
    if (const auto code = cache_->load(wasm.sha256(), compatibility)) {
      if (auto module = runtime_.load(*code)) return module;
    }
  }
  const SealedFile code = PALYRA_TRY(worker_.compile(wasm.bytes(), compatibility, until));
  auto module = PALYRA_TRY(runtime_.load(code));
  if (cache_ != nullptr) {  // one that cannot be written costs time, not the call
    [[maybe_unused]] const auto stored = cache_->store(wasm.sha256(), compatibility, code);
  }
  return module;
}

}  // namespace palyra::runtime
