// SPDX-License-Identifier: Apache-2.0
#include "linked_module.h"

#include <palyra/runtime/caching_compiler.h>

namespace palyra::runtime {

Result<std::shared_ptr<const CompiledModule>> CachingCompiler::compile_until(BytesView wasm, const Until& until) const {
  const crypto::Sha256Digest digest = crypto::sha256(wasm);
  if (auto known = find(digest)) return known;
  // Two threads that want one module at once may both make it: each result is right.
  auto module = PALYRA_TRY(load_or_make(digest, wasm, until));
  const std::scoped_lock lock(mutex_);
  std::erase_if(in_use_, [](const auto& entry) { return entry.second.expired(); });
  in_use_[digest] = module;
  return module;
}

std::shared_ptr<const CompiledModule> CachingCompiler::find(const crypto::Sha256Digest& digest) const {
  const std::scoped_lock lock(mutex_);
  const auto found = in_use_.find(digest);
  auto module = found == in_use_.end() ? nullptr : found->second.lock();
  return module && module->engine().is_retired() ? nullptr : module;
}

Result<std::shared_ptr<const CompiledModule>> CachingCompiler::load_or_make(const crypto::Sha256Digest& digest,
                                                                            BytesView wasm, const Until& until) const {
  const std::uint64_t compatibility = runtime_.compatibility();
  if (cache_ != nullptr) {
    if (const auto code = cache_->load(digest, compatibility)) {
      if (auto module = runtime_.load(*code)) return module;
    }
  }
  const SealedFile code = PALYRA_TRY(worker_.compile(wasm, compatibility, until));
  auto module = PALYRA_TRY(runtime_.load(code));
  if (cache_ != nullptr) {  // one that cannot be written costs time, not the call
    [[maybe_unused]] const auto stored = cache_->store(digest, compatibility, code);
  }
  return module;
}

}  // namespace palyra::runtime
