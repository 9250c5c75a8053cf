// SPDX-License-Identifier: Apache-2.0
#pragma once
// What this installation keeps of a skill: the file as it came, what was decided about it, and what may run.
// Source: docs/formats/skill-artifact.md, "Life of an installed version".

#include <palyra/base/clock.h>
#include <palyra/capability/grant_set.h>
#include <palyra/capability/http_port.h>
#include <palyra/crypto/sha256.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace palyra::state {

enum class VersionStatus : std::uint8_t {
  kQuarantined,  // kept, never runnable
  kActive,       // its tools may run
  kSuperseded,   // another version of the skill was promoted after it
  kDisabled,     // switched off by a person
  kRemoved,      // only its history is left
  kRevoked,      // its keys, its content or its version were revoked; never runs again
};
std::string_view to_text(VersionStatus status);  // "quarantined", "active", ...

// Whether it runs, or may without a new promotion.
constexpr bool may_run_again(VersionStatus status) {
  using enum VersionStatus;
  return status == kActive || status == kSuperseded || status == kDisabled;
}

// How far the names of an artifact can be believed.
enum class NameProof : std::uint8_t {
  kNone,     // signature.json was unreadable: there are no names
  kClaimed,  // signature.json says so, nothing more
  kProven,   // every digest and signature over them is good; whose keys those are is the decision's business
};
std::string_view to_text(NameProof proof);  // "none", "claimed", "proven"

// One file, under its SHA-256, and the verdict at the time it was kept or promoted.
struct KeptArtifact {
  crypto::Sha256Digest sha256;
  crypto::Sha256Digest content_root;
  std::uint64_t size_bytes = 0;
  NameProof proof = NameProof::kNone;
  std::string publisher;  // these three are empty with NameProof::kNone
  std::string skill_id;
  std::string version;
  std::string decision;  // skills::TrustVerdict as text; empty when verification did not come so far
  std::string stage;     // the stage that refused the file; with code and message empty when none did
  std::string code;      // "<stage>.<reason>"
  std::string message;
  WallTime first_seen;
  friend bool operator==(const KeptArtifact&, const KeptArtifact&) = default;
};

// An entry of a promoted version that is kept as an object of its own.
struct StoredEntry {
  std::string name;  // "skill.toml", "modules/x.wasm", "assets/..."
  crypto::Sha256Digest sha256;
  std::uint64_t size_bytes = 0;
  friend bool operator==(const StoredEntry&, const StoredEntry&) = default;
};

// A filesystem root that the manifest names, and the operator's directory behind it.
struct MappedRoot {
  std::string name;       // as the manifest has it
  std::string directory;  // absolute; empty: a private directory of the skill
  bool read_only = false;
  friend bool operator==(const MappedRoot&, const MappedRoot&) = default;
};

// What an operator has set for a skill, whatever its version.
struct SkillSetting {
  std::string key;   // of `config.properties`
  std::string json;  // one JSON value
  friend bool operator==(const SkillSetting&, const SkillSetting&) = default;
};

// One content root. Of several files with this content, `artifact` is the one with the best verdict, or the one that
// was promoted.
struct InstalledVersion {
  KeptArtifact artifact;
  VersionStatus status = VersionStatus::kQuarantined;
  std::string status_reason;  // in words, for people
  WallTime first_seen;        // of the content, also through removal: release age is counted from here
  WallTime status_since;
  std::uint64_t generation = 0;    // of the store, when this version changed last
  std::vector<std::string> tools;  // sorted; empty when the manifest was never read, and after removal
  // Empty before the first promotion and after removal.
  std::vector<StoredEntry> entries;                     // sorted by name
  capability::CapabilityGrantSet grants;                // approved by a person for exactly this content
  std::vector<MappedRoot> roots{};                      // sorted by name; of the same approval
  std::vector<capability::AddressBinding> addresses{};  // by host and port; of the same approval
  std::vector<SkillSetting> settings{};                 // of the skill id, sorted by key; the same for all its versions
  friend bool operator==(const InstalledVersion&, const InstalledVersion&) = default;

  [[nodiscard]] const crypto::Sha256Digest& content_root() const { return artifact.content_root; }
  [[nodiscard]] const StoredEntry* find_entry(std::string_view name) const;
};

}  // namespace palyra::state
