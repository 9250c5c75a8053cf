// SPDX-License-Identifier: Apache-2.0
#include "palyra/skills/legacy_signature.h"

#include "big_endian.h"
#include "canonical_json.h"

#include <palyra/base/hex.h>
#include <palyra/base/utf8.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace palyra::skills {
namespace {

constexpr std::array<std::string_view, 7> kKeys{
    "algorithm", "publisher", "key_id", "public_key_base64", "payload_sha256", "signature_base64", "signed_at_unix_ms"};
constexpr std::string_view kAlgorithm = "ed25519-sha256";
constexpr std::string_view kPayloadContext = "palyra.skill.payload.v1";  // no terminator: so it was
constexpr std::size_t kKeyIdBytes = 8;

std::string key_id_of(BytesView public_key) {
  const crypto::Sha256Digest digest = crypto::sha256(public_key);
  return "ed25519:" + to_hex(BytesView(digest.bytes).first(kKeyIdBytes));
}

void hash_sized(crypto::Sha256& hash, BytesView bytes) {
  Bytes size;
  append_big_endian(size, static_cast<std::uint64_t>(bytes.size()));
  hash.update(size);
  hash.update(bytes);
}

}  // namespace

Result<LegacySignature> parse_legacy_signature(BytesView json) {
  const Json object = PALYRA_TRY(parse_strictly(json, kMaxSignatureDocumentBytes));
  PALYRA_TRY(check_keys(object, kKeys));
  LegacySignature legacy;
  const std::string algorithm = PALYRA_TRY(take_string(object, "algorithm"));
  if (algorithm != kAlgorithm) {
    return fail(kShapeAlgorithm, "algorithm '{}', not '{}'", printable(algorithm), kAlgorithm);
  }
  legacy.publisher = PALYRA_TRY(take_publisher(object, "publisher"));
  legacy.signature.public_key = PALYRA_TRY(take_key_bytes(object, "public_key_base64"));
  legacy.key_id = PALYRA_TRY(take_string(object, "key_id"));
  if (const std::string own = key_id_of(legacy.signature.public_key); legacy.key_id != own) {
    return fail(kShapeKeyId, "key_id is '{}', that of the key is '{}'", printable(legacy.key_id), own);
  }
  legacy.payload_sha256 = PALYRA_TRY(take_digest(object, "payload_sha256"));
  legacy.signature.signature = PALYRA_TRY(take_signature_bytes(object, "signature_base64"));
  legacy.signed_at_ms = PALYRA_TRY(take_integer(object, "signed_at_unix_ms"));
  return legacy;
}

crypto::Sha256Digest legacy_payload_sha256(std::span<const ArtifactEntry> entries) {
  std::vector<const ArtifactEntry*> covered;
  covered.reserve(entries.size());
  for (const ArtifactEntry& entry : entries) {
    if (entry.name != kSignatureEntry) covered.push_back(&entry);
  }
  std::ranges::sort(covered, {}, &ArtifactEntry::name);
  crypto::Sha256 hash;
  hash.update(kPayloadContext);
  for (const ArtifactEntry* entry : covered) {
    hash_sized(hash, as_bytes(entry->name));
    hash_sized(hash, entry->bytes);
  }
  return hash.finish();
}

Result<crypto::PublicKey> verify_legacy_signature(const LegacySignature& legacy) {
  const std::string message = crypto::to_hex(legacy.payload_sha256);
  PALYRA_TRY(crypto::verify_signature(legacy.signature.public_key, as_bytes(message), legacy.signature.signature));
  return crypto::parse_public_key(legacy.signature.public_key);
}

}  // namespace palyra::skills
