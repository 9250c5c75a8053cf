// SPDX-License-Identifier: Apache-2.0
#pragma once
// One file of the code cache:
//
//   16  "palyra-code/1\n\0\0"
//   32  SHA-256 of the module
//   32  digest of what made the code: build, engine, settings, CPU
//    8  length of the body, little-endian
//   32  keyed BLAKE2b-256 of everything above and the body
//    …  the body: the engine's serialised code, to the end of the file

#include <palyra/base/bytes.h>
#include <palyra/base/sealed_bytes.h>
#include <palyra/base/secret.h>
#include <palyra/crypto/sha256.h>

#include <optional>
#include <sys/types.h>

namespace palyra::runtime {

inline constexpr mode_t kCodeFileMode = 0600;

struct CodeOrigin {
  crypto::Sha256Digest module;
  crypto::Sha256Digest made_by;
};

Bytes make_code_file(const CodeOrigin& origin, BytesView body, const Secret& key);

// The body, sealed, and checked as it was copied. nullopt unless the file is a regular one of this user that nobody
// else may write or read, of exactly this origin, whole, and written by who has the key.
std::optional<SealedFile> read_code_file(int fd, const CodeOrigin& origin, const Secret& key);

}  // namespace palyra::runtime
