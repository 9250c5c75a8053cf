// SPDX-License-Identifier: Apache-2.0
#pragma once
// A publisher's keys become other keys: `*.palyra-rotation`, signed by a threshold of the old ones and of the new ones.
//
// Statements form a chain: the first has sequence 1, each next one more. Once a link is seen, the keys before it are
// not current again. Values and pure functions; SkillTrustStore::apply_rotation takes a link.
// Source: docs/formats/key-rotation.md.

#include <palyra/base/bytes.h>
#include <palyra/base/clock.h>
#include <palyra/base/error.h>
#include <palyra/crypto/ed25519.h>
#include <palyra/skills/signature_document.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace palyra::skills {

// The document says nothing: its message begins with the reason, those of signature_document.h and `values`.
inline constexpr ErrorCode kRotationShape{ErrorKind::kMalformed, "trust.rotation_shape"};
// The statement is good and does not count here, in the order in which SkillTrustStore::apply_rotation asks:
inline constexpr ErrorCode kPublisherUnknown{ErrorKind::kNotFound, "trust.publisher_unknown"};
inline constexpr ErrorCode kRotationReplay{ErrorKind::kUntrusted, "trust.rotation_replay"};  // a link seen before
inline constexpr ErrorCode kRotationFork{ErrorKind::kUntrusted,
                                         "trust.rotation_fork"};                       // another link was in its place
inline constexpr ErrorCode kRotationGap{ErrorKind::kUntrusted, "trust.rotation_gap"};  // links before it are missing
inline constexpr ErrorCode kRotationOldKeys{ErrorKind::kUntrusted, "trust.rotation_old_keys"};  // not the current ones
inline constexpr ErrorCode kRotationOldThreshold{ErrorKind::kUntrusted, "trust.rotation_old_threshold"};
inline constexpr ErrorCode kRotationNewThreshold{ErrorKind::kUntrusted, "trust.rotation_new_threshold"};
inline constexpr ErrorCode kRotationRetiredKey{ErrorKind::kUntrusted, "trust.rotation_retired_key"};  // a loop
inline constexpr ErrorCode kRotationNotBefore{ErrorKind::kUnavailable, "trust.rotation_not_before"};
// More links at once than kMaxRotationChain.
inline constexpr ErrorCode kRotationChain{ErrorKind::kLimitExceeded, "trust.rotation_chain"};

inline constexpr std::size_t kMaxRotationDocumentBytes = 16 * 1024;
inline constexpr std::size_t kMaxRotationChain = 32;
inline constexpr std::size_t kMaxRotationSignatures = 16;  // of old and new keys
inline constexpr std::size_t kMaxPublisherKeys = 8;

struct Rotation {
  std::string publisher;
  std::uint64_t sequence = 1;               // 1 to kMaxTimestamp
  std::vector<crypto::PublicKey> old_keys;  // 1 to 8, sorted, distinct: exactly those that are current before it
  std::vector<crypto::PublicKey> new_keys;  // the same
  std::uint32_t new_threshold = 1;          // 1 to new_keys.size()
  WallTime not_before;                      // it has no effect earlier
  WallTime created;
  friend bool operator==(const Rotation&, const Rotation&) = default;
};

struct RotationDocument {
  Rotation rotation;
  std::vector<ClaimedSignature> signatures;  // 1 to 16, of old and new keys only, sorted by key, distinct
};

// "palyra/key-rotation/1\0" || u32 7 || fields as in statement.h: 1 publisher, 2 sequence u64, 3 old keys n x 32,
// 4 new keys, 5 new threshold u32, 6 not before u64, 7 created u64.
Bytes rotation_bytes(const Rotation& rotation);

// Strict JSON in exactly the layout that format_rotation_document writes. Nothing is proven yet: enough signatures may
// be missing, and those that are there are not checked. Errors: kRotationShape.
Result<RotationDocument> parse_rotation_document(BytesView json);
std::string format_rotation_document(const RotationDocument& document);

// Adds the signatures of `keys`, which are among the old or the new ones; those already there stay. What it gives can
// be parsed. Errors: kRotationShape.
Result<RotationDocument> sign_rotation(RotationDocument document, std::span<const crypto::SigningKey> keys);

}  // namespace palyra::skills
