// SPDX-License-Identifier: Apache-2.0
#pragma once
// Ownership of a C library's handle: one alias per handle type, one template for all of them.

#include <memory>

namespace palyra {

template <auto Free>
struct FreeWith {
  template <class T>
  void operator()(T* handle) const noexcept {
    Free(handle);
  }
};

// using EvpDigest = CHandle<EVP_MD_CTX, &EVP_MD_CTX_free>;
template <class T, auto Free>
using CHandle = std::unique_ptr<T, FreeWith<Free>>;

}  // namespace palyra
