// SPDX-License-Identifier: Apache-2.0
#pragma once
// `signature.json` of format 1, as the older implementation wrote it: one signature, over the hex digits of a digest.
//
// Only that digest is signed. Publisher, key id and time stand beside it and may be changed by anybody, so nothing may
// depend on them but the publisher, which must be the proven manifest's. There is no writer: nobody makes these
// anymore. Source: docs/formats/skill-artifact.md, "Format 1".

#include <palyra/skills/artifact.h>
#include <palyra/skills/signature_document.h>

#include <cstdint>
#include <span>
#include <string>

namespace palyra::skills {

inline constexpr ErrorCode kShapeKeyId{ErrorKind::kMalformed, "signature_shape.key_id"};  // not that of the key

struct LegacySignature {
  std::string publisher;
  std::string key_id;  // "ed25519:" and 16 hex digits: for people, never compared
  ClaimedSignature signature{};
  crypto::Sha256Digest payload_sha256;
  std::int64_t signed_at_ms = 0;  // since 1970, 0 to 2^53-1
};

// Order of checks: size (8 KiB), JSON, an object, unknown keys; then algorithm, publisher, key, key id, payload digest,
// signature and time, each missing, type, value. The layout is free.
// Errors: signature_shape.*, as of parse_signature_document, and kShapeKeyId.
Result<LegacySignature> parse_legacy_signature(BytesView json);

// SHA-256("palyra.skill.payload.v1" || for each entry but signature.json, by raw name bytes:
//         u64 length || name || u64 size || bytes).
crypto::Sha256Digest legacy_payload_sha256(std::span<const ArtifactEntry> entries);

// The key, when the strict signature over the 64 lower-case hex digits of `payload_sha256` is good.
// Errors: those of crypto::verify_signature.
Result<crypto::PublicKey> verify_legacy_signature(const LegacySignature& legacy);

}  // namespace palyra::skills
