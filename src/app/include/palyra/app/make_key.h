// SPDX-License-Identifier: Apache-2.0
#pragma once
// Use case: a new signing key.

#include <palyra/base/error.h>
#include <palyra/base/secret.h>
#include <palyra/crypto/ed25519.h>

#include <optional>
#include <string>

namespace palyra::app {

struct MakeKeyRequest {
  std::string path;  // of the key file; never overwritten
  // The file is encrypted under it; without one it is in the clear, which a person must have asked for.
  std::optional<Secret> passphrase;
};

struct MakeKeyReply {
  crypto::PublicKey public_key;
};

// Errors: those of crypto::format_key_file and crypto::write_key_file.
Result<MakeKeyReply> make_key(const MakeKeyRequest& request);

}  // namespace palyra::app
