// SPDX-License-Identifier: Apache-2.0
#pragma once
// Whom this installation believes: publishers with their keys, what each skill id is bound to, what was revoked.
// Values; state keeps them, and only its transactions change them for good. What follows for an artifact:
// trust_decision.h. Source: docs/formats/skill-artifact.md, "Trust".

#include <palyra/base/clock.h>
#include <palyra/base/error.h>
#include <palyra/crypto/ed25519.h>
#include <palyra/crypto/sha256.h>
#include <palyra/skills/revocation.h>
#include <palyra/skills/rotation.h>
#include <palyra/skills/statement.h>

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace palyra::skills {

// A publisher, or a store document, that makes no sense.
inline constexpr ErrorCode kTrustPublisherInvalid{ErrorKind::kInvalidArgument, "trust.publisher_invalid"};
inline constexpr ErrorCode kTrustPublisherExists{ErrorKind::kAlreadyExists, "trust.publisher_exists"};
inline constexpr ErrorCode kTrustStoreMalformed{ErrorKind::kMalformed, "trust.store_malformed"};

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

// What is remembered of a publisher's rotations, also after he was removed.
struct RotationRecord {
  std::uint64_t sequence = 0;              // of the last rotation seen
  std::vector<crypto::PublicKey> retired;  // sorted; keys that a rotation replaced: no first use pins one again
  friend bool operator==(const RotationRecord&, const RotationRecord&) = default;
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
  using Rotations = std::map<std::string, RotationRecord, std::less<>>;    // by publisher
  using Revocations = std::map<std::string, RevocationList, std::less<>>;  // by issuer

  [[nodiscard]] const Publisher* find_publisher(std::string_view name) const;
  [[nodiscard]] const SkillRecord* find_skill(std::string_view skill_id) const;
  [[nodiscard]] const Publishers& publishers() const { return publishers_; }
  [[nodiscard]] const Skills& skills() const { return skills_; }
  [[nodiscard]] const Rotations& rotations() const { return rotations_; }
  // Of each issuer what his newest list says of itself (version and expiry 0 since a rotation replaced keys of his),
  // with the entries of all his lists: nothing is ever unsaid.
  [[nodiscard]] const Revocations& revocations() const { return revocations_; }
  // Whether the operator, or this publisher by his own list, revoked the key.
  [[nodiscard]] bool is_revoked(std::string_view publisher, const crypto::PublicKey& key) const;
  // Whether a rotation of this publisher's replaced the key.
  [[nodiscard]] bool is_retired(std::string_view publisher, const crypto::PublicKey& key) const;
  [[nodiscard]] std::uint64_t generation() const { return generation_; }
  void set_generation(std::uint64_t generation) { generation_ = generation; }

  // Sorts the keys. Errors: kTrustPublisherInvalid (name, keys or threshold), kTrustPublisherExists.
  Result<> add_publisher(std::string name, Publisher publisher);
  // False when there is none of that name. Bindings, marks and content roots stay.
  bool remove_publisher(std::string_view name);

  // The publisher's keys and threshold become those of the statement; old keys that are no new ones are retired.
  // `source` stays where the trust began. Order of checks: publisher known; sequence one more than the last seen; old
  // keys the current ones; every signature strictly good; signed by the current threshold of the old keys that are not
  // revoked, and by the new threshold of the new ones; no new key retired, none revoked; not before `not_before`.
  // A later link, of sequence 1,000,000 at most, that leads to exactly his keys and threshold is taken without those
  // before it, signed by one at least of the keys it replaces: it teaches the sequence, and retires these keys too.
  // The publisher's list of revocations may begin anew at any version after a key of his was replaced.
  // Errors: the codes of rotation.h in their order, `signature.…`, kTrustRevoked (a new key). Nothing changes then.
  Result<> apply_rotation(const RotationDocument& document, WallTime now);
  // The links in order, all or none. Errors: kRotationChain (more than kMaxRotationChain), and those of the links.
  Result<> apply_rotations(std::span<const RotationDocument> chain, WallTime now);
  // Adds a publisher's signed list; when it has expired is for decide_trust to say. Order of checks: publisher known;
  // no older list, and of the same version only the same content, which changes nothing; every signature strictly good;
  // signed by the threshold of the publisher's current keys that are not revoked; only his own skills (by their names,
  // or bound to him here), at most 64 keys that were never seen as his, and any content; no more entries than
  // kMaxRevocationEntries of all his lists. Errors: the codes of revocation.h in their order, kPublisherUnknown,
  // `signature.…`.
  Result<> apply_revocations(const RevocationDocument& document);
  // The operator's own word: local, unsigned, at once. Raises the version of the list of issuer `operator`.
  void revoke(std::span<const RevocationEntry> entries, WallTime now);
  // As state reads rows back.
  void restore_rotation(std::string publisher, RotationRecord record) {
    rotations_.insert_or_assign(std::move(publisher), std::move(record));
  }
  void restore_revocations(RevocationList list) {
    std::string issuer = list.issuer;
    revocations_.insert_or_assign(std::move(issuer), std::move(list));
  }

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
  Rotations rotations_;
  Revocations revocations_;
  std::uint64_t generation_ = 0;
};

// {"format":"palyra/trust/1","publishers":{P:{"keys":[hex],"threshold":n}}}: the publishers alone, as operators
// exchange them. Reading gives them source `operator`. Errors: kTrustStoreMalformed, and those of add_publisher and of
// crypto::parse_public_key.
Result<SkillTrustStore> parse_trust_document(BytesView json, WallTime first_seen);
std::string format_trust_document(const SkillTrustStore& store);

}  // namespace palyra::skills
