// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where a signing key comes from: a key file, its passphrase from a file or the terminal, or standard input.

#include <palyra/base/error.h>
#include <palyra/crypto/ed25519.h>

#include <string>

namespace palyra::cli {

struct SigningKeyOptions {
  std::string file;
  bool standard_input = false;
  std::string passphrase_file;
};

// Exactly one of the two sources is named. Errors: kUsage, those of crypto::KeyFile and the terminal.
Result<crypto::SigningKey> read_signing_key(const SigningKeyOptions& options);

}  // namespace palyra::cli
