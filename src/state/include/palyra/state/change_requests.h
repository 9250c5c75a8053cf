// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the changes of a StateStore are asked for with, and what they report.

#include <palyra/capability/grant_set.h>
#include <palyra/crypto/sha256.h>
#include <palyra/skills/verify.h>
#include <palyra/state/installed_version.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace palyra::state {

// Of all files in quarantine.
inline constexpr std::uint64_t kMaxQuarantineBytes = std::uint64_t{1} << 30U;

struct KeepRequest {
  const skills::Verification* verification = nullptr;  // its container passed (PALYRA_CHECK); its file still lives
  std::uint64_t trust_generation = 0;                  // of the SkillTrustStore it was made with
  std::uint64_t max_quarantine_bytes = kMaxQuarantineBytes;  // above 0 (PALYRA_CHECK)
};

// The version of a skill that was active when something was decided about another, or about itself.
struct ActiveVersion {
  crypto::Sha256Digest content_root;
  std::uint64_t generation = 0;  // InstalledVersion::generation
  friend bool operator==(const ActiveVersion&, const ActiveVersion&) = default;

  static std::optional<ActiveVersion> of(const std::optional<InstalledVersion>& active) {
    if (!active) return std::nullopt;
    return ActiveVersion{.content_root = active->content_root(), .generation = active->generation};
  }
};

struct PromoteRequest {
  const skills::VerifiedSkill* skill = nullptr;         // verified again, from the bytes that load_object gave
  std::uint64_t trust_generation = 0;                   // of the SkillTrustStore it was verified with
  std::uint64_t version_generation = 0;                 // InstalledVersion::generation of what the person was shown
  std::optional<ActiveVersion> replaces{};              // what the person was shown as active; nullopt: nothing was
  capability::CapabilityGrantSet grants;                // what the person approved
  std::vector<MappedRoot> roots{};                      // of the granted filesystem roots those that the person mapped
  std::vector<capability::AddressBinding> addresses{};  // of granted origins
  std::string reason{};  // the status_reason, also in the log; empty: the actor promoted it
};

// A version that ran before runs again, with the grants it had.
enum class Activation : std::uint8_t {
  kEnable,    // it was disabled
  kRollBack,  // it was superseded, or disabled
};
struct ActivateRequest {
  const skills::VerifiedSkill* skill = nullptr;  // verified again, without a pin; for kRollBack with Downgrade::kAllow
  std::uint64_t trust_generation = 0;
  std::uint64_t version_generation = 0;
  std::optional<ActiveVersion> replaces{};  // as of a promotion
  Activation activation = Activation::kEnable;
};

struct RecoveryReport {
  std::uint64_t generation = 0;  // of the new trust.db: above every one that was seen
  std::size_t quarantined = 0;   // versions that were active, superseded or disabled in the backup
  std::string damaged_copy;      // the name, in the root, of what stood in the place of trust.db; empty: nothing did
  std::vector<std::string> restored;  // "storage.db", "vault": was missing or damaged, and is the backup's now
};

// What nothing needs any more.
struct GarbageReport {
  std::size_t objects = 0;
  std::uint64_t bytes = 0;
  std::vector<std::string> forgotten;  // what went out of the quarantine, oldest first: `<skill id>@<version>`, or the
                                       // content root of what has no proven name
};
enum class GarbageMode : std::uint8_t { kDryRun, kCollect };

// A copy of trust.db, and beside it of what there was of storage.db and the vault.
struct BackupFile {
  std::uint64_t generation = 0;
  std::uint64_t size_bytes = 0;
  crypto::Sha256Digest sha256;
  std::vector<std::string> parts;  // the other files
};

}  // namespace palyra::state
