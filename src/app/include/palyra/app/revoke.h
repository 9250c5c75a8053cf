// SPDX-License-Identifier: Apache-2.0
#pragma once
// Use cases: what must not be believed any more, by the operator's own word or by a publisher's signed list.
// Source: docs/formats/revocation-list.md.

#include <palyra/app/consent.h>
#include <palyra/app/rotate_keys.h>
#include <palyra/app/services.h>
#include <palyra/skills/revocation.h>
#include <palyra/state/installed_version.h>

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace palyra::app {

inline constexpr ErrorCode kRevokeArgument{ErrorKind::kInvalidArgument, "cli.revocation"};
// A fingerprint of none of the keys that this installation has seen.
inline constexpr ErrorCode kFingerprintUnknown{ErrorKind::kNotFound, "key.fingerprint_unknown"};

// What is revoked, as people give it.
struct RevocationArguments {
  std::vector<std::string> keys;           // as read_public_key takes them
  std::vector<std::string> fingerprints;   // `ed25519:<64 hex>`, of publishers' keys, retired and revoked ones
  std::vector<std::string> content_roots;  // 64 hex digits
  std::vector<std::string> skills;         // ID, ID@VERSION, ID@LOWEST..HIGHEST; either bound may be missing
};

// Sorted as in a list, each once. Opens the state for fingerprints only. Errors: kRevokeArgument (also when there is
// nothing), kFingerprintUnknown, those of read_public_key.
Result<std::vector<skills::RevocationEntry>> read_revocation_entries(const Services& services,
                                                                     const RevocationArguments& arguments);

// The operator's own word, at once and for good. The reply is what it stopped.
// Errors: those of check_consent and state::StateStore::revoke.
Result<std::vector<state::InstalledVersion>> revoke(const Services& services,
                                                    std::span<const skills::RevocationEntry> entries,
                                                    ConsentForm consent);

struct MakeRevocationsRequest {
  std::string issuer;
  std::uint64_t list_version = 0;
  std::optional<WallTime> created;  // now
  WallTime expires;
  std::vector<skills::RevocationEntry> entries;
  std::span<const crypto::SigningKey> signing_keys{};
  std::string output;
};

struct WrittenRevocations {
  std::string output;
  skills::RevocationDocument document;
};

// Errors: those of skills::sign_revocations, skills::parse_revocation_document, and of writing.
Result<WrittenRevocations> make_revocations(const Services& services, const MakeRevocationsRequest& request);
// Errors: also those of reading.
Result<WrittenRevocations> sign_revocations_file(const SignStatementRequest& request);

struct AppliedRevocations {
  skills::RevocationList list;
  std::vector<state::InstalledVersion> stopped;
};

// It only takes away and the publisher's signatures are his word, so nobody is asked.
// Errors: those of reading, skills::parse_revocation_document and state::StateStore::apply_revocations.
Result<AppliedRevocations> apply_revocations(const Services& services, const std::string& path);

}  // namespace palyra::app
