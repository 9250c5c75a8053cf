// SPDX-License-Identifier: Apache-2.0
#pragma once
// What must not be believed any more: `*.palyra-revocations`, a publisher's signed list of his own keys and skills. The
// operator's own list has the issuer `operator`, is local and unsigned, and counts for everything.
//
// Entries are never unsaid: a newer list adds, an older one is refused.
// Source: docs/formats/revocation-list.md.

#include <palyra/base/bytes.h>
#include <palyra/base/clock.h>
#include <palyra/base/error.h>
#include <palyra/crypto/ed25519.h>
#include <palyra/crypto/sha256.h>
#include <palyra/skills/signature_document.h>
#include <palyra/skills/version.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace palyra::skills {

// The document says nothing: its message begins with the reason, those of signature_document.h and `values`.
inline constexpr ErrorCode kRevocationShape{ErrorKind::kMalformed, "trust.revocation_shape"};
// The list does not count here, in the order in which SkillTrustStore::apply_revocations asks:
inline constexpr ErrorCode kRevocationOlder{ErrorKind::kUntrusted, "trust.revocation_older"};
inline constexpr ErrorCode kRevocationThreshold{ErrorKind::kUntrusted, "trust.revocation_threshold"};
inline constexpr ErrorCode kRevocationScope{ErrorKind::kUntrusted, "trust.revocation_scope"};  // others' skills
inline constexpr ErrorCode kRevocationLimit{ErrorKind::kLimitExceeded, "trust.revocation_limit"};

inline constexpr std::string_view kOperatorIssuer = "operator";  // a reserved publisher name
inline constexpr std::size_t kMaxRevocationDocumentBytes = std::size_t{4} << 20U;
inline constexpr std::size_t kMaxRevocationEntries = 10'000;

struct RevokedKey {
  crypto::PublicKey key;
  friend bool operator==(const RevokedKey&, const RevokedKey&) = default;
};
struct RevokedContent {
  crypto::Sha256Digest content_root;
  friend bool operator==(const RevokedContent&, const RevokedContent&) = default;
};
// From the lowest to the highest version by SemVer precedence, both included; nullopt: no bound.
struct RevokedVersions {
  std::string skill_id;
  std::optional<Version> lowest;
  std::optional<Version> highest;
  friend bool operator==(const RevokedVersions&, const RevokedVersions&) = default;
};
using RevocationEntry = std::variant<RevokedKey, RevokedContent, RevokedVersions>;

struct RevocationList {
  std::string issuer;
  std::uint64_t list_version = 0;  // rises with each list of an issuer; 1 to kMaxTimestamp in a document
  WallTime created;
  WallTime expires;                      // 0, of the operator's only: never
  std::vector<RevocationEntry> entries;  // sorted by their encoding, distinct
  friend bool operator==(const RevocationList&, const RevocationList&) = default;
};

struct RevocationDocument {
  RevocationList list;
  std::vector<ClaimedSignature> signatures;  // 1 to 8, sorted by key, distinct
};

// u8 kind || u32 length || value: kind 1 a key, 2 a content root, 3 `skill id 0 lowest 0 highest`.
Bytes revocation_entry_bytes(const RevocationEntry& entry);
// The way back, for state. Errors: a malformed encoding (codes as of parse_revocation_document).
Result<RevocationEntry> parse_revocation_entry(BytesView bytes);

// The entries of both, sorted by their encoding, distinct.
std::vector<RevocationEntry> merged_entries(std::span<const RevocationEntry> a, std::span<const RevocationEntry> b);

// "palyra/revocation/1\0" || u32 5 || fields as in statement.h: 1 issuer, 2 list version u64, 3 created u64, 4 expires
// u64, 5 `u32 n ||` entries.
Bytes revocation_bytes(const RevocationList& list);

// Strict JSON in exactly the layout that format_revocation_document writes; `expires` lies after `created`, and the
// issuer is not `operator`. The signatures are not checked yet. Errors: kRevocationShape.
Result<RevocationDocument> parse_revocation_document(BytesView json);
std::string format_revocation_document(const RevocationDocument& document);

// Sorts the entries, drops those that are there twice, and adds the signatures of `keys`; those already there stay,
// so the list must not have changed since. What it gives can be parsed. Errors: kRevocationShape.
Result<RevocationDocument> sign_revocations(RevocationDocument document, std::span<const crypto::SigningKey> keys);

}  // namespace palyra::skills
