// SPDX-License-Identifier: Apache-2.0
#include "first_use.h"

#include "commands.h"
#include "present.h"
#include "terminal.h"

#include <fmt/format.h>

namespace palyra::cli {

void add_first_use_options(CLI::App* command, FirstUseOptions& options) {
  command->add_flag("--trust-on-first-use", options.trust_on_first_use,
                    "pin the key of a publisher that is not known yet, after showing it");
  command->add_option("--fingerprint", options.fingerprint,
                      "ed25519:<64 hex digits>: pin exactly this key of a publisher that is not known yet");
}

Result<std::optional<std::string>> consent_to_first_use(const skills::Verification& verification,
                                                        const FirstUseOptions& options) {
  if (!options.fingerprint.empty()) return options.fingerprint;
  const bool first_use = verification.trust && verification.trust->verdict == skills::TrustVerdict::kFirstUse;
  if (!options.trust_on_first_use || !first_use) return std::nullopt;
  const std::vector<std::string> keys = fingerprints(*verification.signers);
  if (keys.size() != 1) {
    return fail(kUsage, "{} keys signed: name the one to trust with --fingerprint", keys.size());
  }
  if (!can_ask()) {
    return std::unexpected(Error(kNoTerminal, "trusting a key on first use needs a person at a terminal")
                               .with_next("say --fingerprint " + keys.front() + " if that is the publisher's key"));
  }
  PALYRA_TRY(
      confirm(fmt::format("'{}' is not known here. Its key is\n  {}\nType 'trust' to believe this key from now on:",
                          shown(verification.document->statement.identity.publisher), keys.front()),
              "trust"));
  return keys.front();
}

}  // namespace palyra::cli
