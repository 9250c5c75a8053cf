// SPDX-License-Identifier: Apache-2.0
#include "signing_key.h"

#include "commands.h"
#include "terminal.h"

#include <palyra/base/file.h>
#include <palyra/crypto/key_file.h>

#include <fmt/format.h>

namespace palyra::cli {
namespace {

Result<Secret> passphrase_for(const crypto::KeyFile& file, const SigningKeyOptions& options) {
  if (!file.needs_passphrase()) return Secret();
  if (!options.passphrase_file.empty()) return read_passphrase_file(options.passphrase_file);
  if (!can_ask()) return Secret();  // unlock says that one is needed
  return ask_passphrase(fmt::format("Passphrase of {}:", options.file));
}

}  // namespace

Result<crypto::SigningKey> read_signing_key(const SigningKeyOptions& options) {
  if (options.standard_input == !options.file.empty()) {
    return fail(kUsage, "name the signing key with either --signing-key FILE or --signing-key-stdin");
  }
  if (options.standard_input) {
    const Bytes input = PALYRA_TRY(read_standard_input(crypto::kMaxKeyFileBytes));
    return crypto::parse_signing_key_input(input);
  }
  const std::string context = fmt::format("while reading the key '{}'", options.file);
  const crypto::KeyFile file = PALYRA_TRY(crypto::KeyFile::read(options.file), context);
  const Secret passphrase = PALYRA_TRY(passphrase_for(file, options));
  return PALYRA_TRY(file.unlock(passphrase), context);
}

void add_signing_key_options(CLI::App* command, SigningKeysOptions& options) {
  command->add_option("--signing-key", options.files, "a .palyra-key file; repeatable")->allow_extra_args(false);
  command->add_flag("--signing-key-stdin", options.standard_input,
                    "the key on standard input: 32 bytes, 64 hex digits or 44 characters of base64");
  command->add_option("--passphrase-file", options.passphrase_file, "first line is the passphrase of the keys");
}

bool is_named(const SigningKeysOptions& options) { return options.standard_input || !options.files.empty(); }

Result<std::vector<crypto::SigningKey>> read_signing_keys(const SigningKeysOptions& options) {
  std::vector<crypto::SigningKey> keys;
  if (options.standard_input || options.files.empty()) {
    const std::string file = options.files.empty() ? "" : options.files.front();
    keys.push_back(
        PALYRA_TRY(read_signing_key({.file = file, .standard_input = options.standard_input, .passphrase_file = {}})));
    return keys;
  }
  keys.reserve(options.files.size());
  for (const std::string& file : options.files) {
    keys.push_back(PALYRA_TRY(
        read_signing_key({.file = file, .standard_input = false, .passphrase_file = options.passphrase_file})));
  }
  return keys;
}

}  // namespace palyra::cli
