// SPDX-License-Identifier: Apache-2.0
#pragma once
// The decision about one artifact: pure functions over a SkillTrustStore, which they only read.
// Source: docs/formats/skill-artifact.md, "Trust".

#include <palyra/skills/trust_store.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace palyra::skills {

// The negative decisions as errors: `trust.<decision>`.
inline constexpr ErrorCode kTrustFirstUse{ErrorKind::kUntrusted, "trust.first_use"};  // exit 10: valid, not trusted yet
inline constexpr ErrorCode kTrustUntrusted{ErrorKind::kUntrusted, "trust.untrusted"};
inline constexpr ErrorCode kTrustKeyMismatch{ErrorKind::kUntrusted, "trust.key_mismatch"};
inline constexpr ErrorCode kTrustThresholdNotMet{ErrorKind::kUntrusted, "trust.threshold_not_met"};
inline constexpr ErrorCode kTrustPublisherConflict{ErrorKind::kUntrusted, "trust.publisher_conflict"};
inline constexpr ErrorCode kTrustExpired{ErrorKind::kUntrusted, "trust.expired"};
inline constexpr ErrorCode kTrustEquivocation{ErrorKind::kUntrusted, "trust.equivocation"};
inline constexpr ErrorCode kTrustRollback{ErrorKind::kUntrusted, "trust.rollback"};
inline constexpr ErrorCode kTrustRevoked{ErrorKind::kUntrusted, "trust.revoked"};
inline constexpr ErrorCode kTrustRevocationsStale{ErrorKind::kUntrusted, "trust.revocations_stale"};

// A name that only an operator's add may pin: Windows devices, and names that would pass for Palyra or for an
// authority. The list is in docs/formats/skill-manifest.md.
bool is_reserved_publisher(std::string_view name);
std::span<const std::string_view> reserved_publishers();  // the names of that list

// Publishers that people here know, sorted: those of the store, those whose skills were ever here, the reserved names.
std::vector<std::string> known_publishers(const SkillTrustStore& store);

// A pre-release that begins with `dev`: exempt from equivocation, never activated without a person.
bool is_development(const Version& version);

enum class TrustVerdict : std::uint8_t {
  kAllowlisted,        // threshold of an operator's keys
  kTofuPinned,         // threshold of keys that a first use pinned (or pins now: TrustDecision::pin)
  kFirstUse,           // publisher unknown; only asked, nothing pinned
  kUntrusted,          // publisher unknown, no consent, or a reserved name
  kKeyMismatch,        // publisher known, none of its keys signed
  kThresholdNotMet,    // too few of its keys signed
  kPublisherConflict,  // the skill id belongs to another publisher
  kExpired,            // now > not_after
  kEquivocation,       // this version was seen with other content
  kRollback,           // below the highest version ever promoted
  kRevoked,            // its content, version or keys were revoked
  kRevocationsStale,   // the publisher's revocation list expired long ago: nothing new of his
};
std::string_view to_text(TrustVerdict verdict);  // "allowlisted", "tofu_pinned", ...

// What to do about a publisher that is not known.
enum class UnknownPublisher : std::uint8_t {
  kReport,  // commands that only look, and install: kFirstUse
  kRefuse,  // commands that need trust: kUntrusted
  kPin,     // a person consented: the key is judged as if pinned, and named in TrustDecision::pin
};

enum class Downgrade : std::uint8_t { kRefuse, kAllow };

struct TrustPolicy {
  UnknownPublisher unknown_publisher = UnknownPublisher::kRefuse;
  // With kPin: the key to pin, as `ed25519:<64 hex>`; needed when several keys signed.
  std::optional<std::string> pin_fingerprint{};
  Downgrade downgrade = Downgrade::kRefuse;
};

// A publisher to be added in the transaction that uses the decision, never by looking.
struct Pin {
  std::string publisher;
  Publisher record;
};

struct TrustDecision {
  TrustVerdict verdict = TrustVerdict::kUntrusted;
  std::optional<Pin> pin{};
  std::optional<Error> error{};         // why, when the verdict allows nothing
  std::vector<std::string> warnings{};  // sentences, for example about a revocation list that has expired
  [[nodiscard]] bool allows() const {
    return verdict == TrustVerdict::kAllowlisted || verdict == TrustVerdict::kTofuPinned;
  }
};

struct TrustQuestion {
  const Statement* statement = nullptr;        // proven: digests recomputed, every signature strictly good
  std::span<const crypto::PublicKey> signers;  // distinct
  WallTime now;
  TrustPolicy policy;
};

// A publisher's list of revocations that is older than its expiry warns for this long, and then stops what is new.
inline constexpr std::int64_t kRevocationGraceSeconds = std::int64_t{7} * 24 * 60 * 60;

// A version under development is exempt from equivocation. A revoked key does not count, and no first use pins one, nor
// a retired one, nor one under a name that looks like a known or a reserved publisher's (see confusable_names.h).
// Precedence: revoked; key_mismatch, threshold_not_met, unknown publisher; publisher_conflict; expired;
// revocations_stale; equivocation; rollback; allow. Changes nothing.
TrustDecision decide_trust(const SkillTrustStore& store, const TrustQuestion& question);

// More than one major above the highest version ever promoted of the skill: what follows it would look old. Never
// without a person; decide_trust warns.
bool is_fast_forward(const SkillTrustStore& store, const Statement& statement);

// What revocation asks about an artifact, proven or installed.
struct RevocationQuestion {
  std::string_view publisher;
  std::string_view skill_id;
  Version version;
  crypto::Sha256Digest content_root;
  std::span<const crypto::PublicKey> signers;
};
// Why it is revoked (kTrustRevoked), or nothing: its content or version is; or all its signers' keys are; or one of its
// publisher's is, current or retired, and fewer than his threshold are left. A publisher's list counts for his own
// artifacts only, the operator's for all.
std::optional<Error> find_revocation(const SkillTrustStore& store, const RevocationQuestion& question);

}  // namespace palyra::skills
