// SPDX-License-Identifier: Apache-2.0
#pragma once
// What signature.json, rotation statements and revocation lists have in common: strict JSON whose values have one text
// each, so that a reader can demand exactly the bytes that the writer would make.
//
// The codes are those of signature_document.h, `signature_shape.<reason>`; see as_shape_of for the other documents.
// Source: docs/formats/skill-artifact.md, "Content root, statement, signature".

#include <palyra/base/json.h>
#include <palyra/skills/signature_document.h>

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace palyra::skills {

// Size and JSON: what format 1 of signature.json, which has no one text, is read with.
Result<Json> parse_strictly(BytesView json, std::size_t max_bytes);

// Size, JSON, an object, `format`, no keys but `keys`.
struct CanonicalDocument {
  std::string_view format;
  std::size_t max_bytes;
  std::span<const std::string_view> keys;
};
Result<Json> parse_canonical(BytesView json, const CanonicalDocument& expected);
// The last check of every reader.
Result<> check_canonical(BytesView json, std::string_view written);

Result<> check_keys(const Json& object, std::span<const std::string_view> known);
Result<const Json::Array*> take_array(const Json& object, std::string_view key);
Result<std::string> take_string(const Json& object, std::string_view key);
// Base64 of as many bytes as such a thing has.
Result<std::array<std::uint8_t, crypto::kPublicKeyBytes>> take_key_bytes(const Json& object, std::string_view key);
Result<std::array<std::uint8_t, crypto::kSignatureBytes>> take_signature_bytes(const Json& object,
                                                                               std::string_view key);
Result<std::int64_t> take_integer(const Json& object, std::string_view key);  // 0 to kMaxTimestamp
Result<crypto::Sha256Digest> take_digest(const Json& object, std::string_view key);
Result<std::string> take_publisher(const Json& object, std::string_view key);
Result<std::string> take_skill_id(const Json& object, std::string_view key);
Result<crypto::PublicKey> to_public_key(const Json& value);  // base64 of a strictly good key

// `"signatures"`: 1 to `max`, distinct, sorted by key.
Result<std::vector<ClaimedSignature>> take_signatures(const Json& object, std::size_t max);
// The elements, one a line at four spaces; without the brackets.
std::string format_signatures(std::span<const ClaimedSignature> signatures);

std::vector<ClaimedSignature> sign_message(BytesView message, std::span<const crypto::SigningKey> keys);
// To those that are there, those by keys that are not there yet; sorted by key.
void add_signatures(std::vector<ClaimedSignature>& signatures, std::span<const ClaimedSignature> more);
// The keys, when every signature is strictly good; otherwise the code of the first that is not.
Result<std::vector<crypto::PublicKey>> verify_signatures(BytesView message, std::span<const ClaimedSignature> claimed);

// The same failure as one of `code`, the reason at the front of its message: "not_canonical: …".
Error as_shape_of(ErrorCode code, const Error& error);

}  // namespace palyra::skills
