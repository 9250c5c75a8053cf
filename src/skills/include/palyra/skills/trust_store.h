// SPDX-License-Identifier: Apache-2.0
#pragma once
// Whom this installation believes: publishers with their keys, what each skill id is bound to, and the decision about
// one artifact. Values and pure functions; state keeps them, and only its transactions change them for good.
// Source: docs/formats/skill-artifact.md, "Trust".

#include <palyra/base/clock.h>
#include <palyra/base/error.h>
#include <palyra/crypto/ed25519.h>
#include <palyra/crypto/sha256.h>
#include <palyra/skills/statement.h>

#include <cstdint>
#include <map>
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

// A publisher, or a store document, that makes no sense.
inline constexpr ErrorCode kTrustPublisherInvalid{ErrorKind::kInvalidArgument, "trust.publisher_invalid"};
inline constexpr ErrorCode kTrustPublisherExists{ErrorKind::kAlreadyExists, "trust.publisher_exists"};
inline constexpr ErrorCode kTrustStoreMalformed{ErrorKind::kMalformed, "trust.store_malformed"};

inline constexpr std::size_t kMaxPublisherKeys = 8;
inline constexpr std::size_t kMaxTrustDocumentBytes = std::size_t{4} << 20U;

enum class PublisherSource : std::uint8_t {
  kOperator,  // a person added it
  kTofu,      // a person let a first use pin it
};
std::string_view to_text(PublisherSource source);  // "operator", "tofu"

struct Publisher {
  std::vector<crypto::PublicKey> keys;  // 1 to kMaxPublisherKeys, distinct, sorted
  std::uint32_t threshold = 1;          // how many of them must sign: 1 to keys.size()
  PublisherSource source = PublisherSource::kOperator;
  WallTime first_seen;
  std::string pinned_by;  // who did it, for people
  friend bool operator==(const Publisher&, const Publisher&) = default;
};

// What is remembered of one skill id.
struct SkillRecord {
  std::string publisher;                              // the only one that may offer this id
  std::optional<Version> highest_version{};           // ever promoted; rises only
  std::map<Version, crypto::Sha256Digest> content{};  // content root of each version, for ever
  friend bool operator==(const SkillRecord&, const SkillRecord&) = default;
};

class SkillTrustStore {
 public:
  using Publishers = std::map<std::string, Publisher, std::less<>>;
  using Skills = std::map<std::string, SkillRecord, std::less<>>;

  [[nodiscard]] const Publisher* find_publisher(std::string_view name) const;
  [[nodiscard]] const SkillRecord* find_skill(std::string_view skill_id) const;
  [[nodiscard]] const Publishers& publishers() const { return publishers_; }
  [[nodiscard]] const Skills& skills() const { return skills_; }
  [[nodiscard]] std::uint64_t generation() const { return generation_; }
  void set_generation(std::uint64_t generation) { generation_ = generation; }

  // Sorts the keys. Errors: kTrustPublisherInvalid (name, keys or threshold), kTrustPublisherExists.
  Result<> add_publisher(std::string name, Publisher publisher);
  // False when there is none of that name. Bindings, marks and content roots stay.
  bool remove_publisher(std::string_view name);

  // After an allowing decision, in the transaction that installs: binds the skill id to its publisher and the version
  // to its content root. A version under development is not bound to a content root.
  void record_install(const Statement& statement);
  // The same, and raises the skill's highest version to at least this one.
  void record_promotion(const Statement& statement);
  // As state reads a row back.
  void restore_skill(std::string skill_id, SkillRecord record) {
    skills_.insert_or_assign(std::move(skill_id), std::move(record));
  }

  friend bool operator==(const SkillTrustStore&, const SkillTrustStore&) = default;

 private:
  Publishers publishers_;
  Skills skills_;
  std::uint64_t generation_ = 0;
};

// {"format":"palyra/trust/1","publishers":{P:{"keys":[hex],"threshold":n}}}: the publishers alone, as operators
// exchange them. Reading gives them source `operator`. Errors: kTrustStoreMalformed, and those of add_publisher and of
// crypto::parse_public_key.
Result<SkillTrustStore> parse_trust_document(BytesView json, WallTime first_seen);
std::string format_trust_document(const SkillTrustStore& store);

// A name that only an operator's add may pin: Windows devices, and names that would pass for Palyra or for an
// authority. The list is in docs/formats/skill-manifest.md.
bool is_reserved_publisher(std::string_view name);

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
  std::optional<Error> error{};  // why, when the verdict allows nothing
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

// A version under development is exempt from equivocation.
// Precedence: key_mismatch, threshold_not_met, unknown publisher; publisher_conflict; expired; equivocation; rollback;
// allow. Changes nothing.
TrustDecision decide_trust(const SkillTrustStore& store, const TrustQuestion& question);

}  // namespace palyra::skills
