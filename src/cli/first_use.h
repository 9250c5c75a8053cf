// SPDX-License-Identifier: Apache-2.0
#pragma once
// A person's consent to believe a publisher seen for the first time.

#include <palyra/base/error.h>
#include <palyra/skills/verify.h>

#include <CLI/App.hpp>

#include <optional>
#include <string>

namespace palyra::cli {

struct FirstUseOptions {
  bool trust_on_first_use = false;
  std::string fingerprint;
};

void add_first_use_options(CLI::App* command, FirstUseOptions& options);

// The fingerprint of the one key to pin, or nullopt when no consent was offered or none is needed. With
// --trust-on-first-use alone, the person is shown the key and asked.
// Errors: kNoTerminal, kNotConfirmed, kUsage (several keys signed and none was named).
Result<std::optional<std::string>> consent_to_first_use(const skills::Verification& verification,
                                                        const FirstUseOptions& options);

}  // namespace palyra::cli
