// SPDX-License-Identifier: Apache-2.0
#pragma once
// The key that authenticates cached native code (palyra/runtime/code_cache.h): `keys/code-cache` in the state
// directory, 32 bytes, mode 0600. It lies elsewhere than what it authenticates. Losing it costs compiling again.

#include <palyra/base/error.h>
#include <palyra/base/secret.h>

#include <string>

namespace palyra::state {

// The key file is not a regular file of exactly 32 bytes that its owner alone can read and write. Whoever removes it
// gets a new one.
inline constexpr ErrorCode kCodeCacheKeyUnsafe{ErrorKind::kDenied, "state.code_cache_key"};

// `root` is the state directory, made already. Makes the key when there is none; processes that do so at once all get
// the same. Errors: kCodeCacheKeyUnsafe, those of Directory::open and Directory::write_file.
Result<Secret> load_code_cache_key(const std::string& root);

}  // namespace palyra::state
