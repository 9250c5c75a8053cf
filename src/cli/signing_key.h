// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where a signing key comes from: a key file, its passphrase from a file or the terminal, or standard input.

#include <palyra/base/error.h>
#include <palyra/crypto/ed25519.h>

#include <CLI/App.hpp>

#include <string>
#include <vector>

namespace palyra::cli {

struct SigningKeyOptions {
  std::string file;
  bool standard_input = false;
  std::string passphrase_file;
};

// Several, for statements that several keys sign. Of all the passphrase file is the same; on a terminal each is asked.
struct SigningKeysOptions {
  std::vector<std::string> files;
  bool standard_input = false;
  std::string passphrase_file;
};
void add_signing_key_options(CLI::App* command, SigningKeysOptions& options);
[[nodiscard]] bool is_named(const SigningKeysOptions& options);

// Exactly one of the two sources is named. Errors: kUsage, those of crypto::KeyFile and the terminal.
Result<crypto::SigningKey> read_signing_key(const SigningKeyOptions& options);
Result<std::vector<crypto::SigningKey>> read_signing_keys(const SigningKeysOptions& options);

}  // namespace palyra::cli
