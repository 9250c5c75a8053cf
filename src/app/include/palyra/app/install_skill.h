// SPDX-License-Identifier: Apache-2.0
#pragma once
// Use case: an artifact into this installation, always into quarantine.

#include <palyra/app/services.h>
#include <palyra/skills/verify.h>
#include <palyra/state/installed_version.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace palyra::app {

struct InstallSkillRequest {
  std::string path;
  // Consent to a first use: the one key to pin, as `ed25519:<64 hex>`.
  std::optional<std::string> pin_fingerprint;
  skills::Downgrade downgrade = skills::Downgrade::kRefuse;
  // Asked about a file that was verified; false: it is not kept. Empty: every file is.
  std::function<bool(const skills::Verification&)> wanted{};
};

struct InstallSkillReply {
  Bytes file;  // what `verification` points into
  skills::Verification verification;
  std::optional<state::InstalledVersion> kept;  // absent: the container was malformed, or the file not wanted
  bool pinned = false;                          // the key was pinned now
  std::optional<Error> incompatible;            // the skill is meant for other versions of Palyra
};

// The file is read once, verified, and kept with its verdict unless its container is malformed. An error only when one
// of these could not be done, also when no worker could look at its modules; a refusal is in the verification.
Result<InstallSkillReply> install_skill_artifact(const Services& services, const InstallSkillRequest& request);

inline constexpr ErrorCode kInstallNothingFound{ErrorKind::kNotFound, "package.nothing_found"};

// The `*.palyra-skill` files directly in `directory`, sorted. Errors: kInstallNothingFound, and those of reading it.
Result<std::vector<std::string>> discover_artifacts(const std::string& directory);

}  // namespace palyra::app
