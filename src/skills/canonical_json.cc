// SPDX-License-Identifier: Apache-2.0
#include "canonical_json.h"

#include <palyra/base/base64.h>
#include <palyra/base/utf8.h>

#include <algorithm>

namespace palyra::skills {
namespace {

constexpr std::size_t kMaxDepth = 16;  // the layouts need 3
constexpr std::array<std::string_view, 3> kSignatureKeys{"algorithm", "public_key", "signature"};

Result<const Json*> take(const Json& object, std::string_view key) {
  const Json* value = object.find(key);
  if (value == nullptr) return fail(kShapeMissingKey, "no key '{}'", key);
  return value;
}

std::unexpected<Error> wrong_type(std::string_view key, const Json& value) {
  return fail(kShapeWrongType, "'{}' is of type {}", key, value.type_name());
}

Result<> check_format(const Json& document, std::string_view expected) {
  if (document.as_object() == nullptr) {
    return fail(kShapeWrongType, "the document is of type {}, not object", document.type_name());
  }
  const std::string format = PALYRA_TRY(take_string(document, "format"));
  if (format != expected) {
    return fail(kShapeFormat, "format '{}', this version knows '{}'", printable(format), expected);
  }
  return {};
}

struct Base64Rule {
  std::string_view name;
  ErrorCode wrong_length;
};

template <std::size_t N>
Result<std::array<std::uint8_t, N>> to_array(std::string_view base64, const Base64Rule& rule) {
  const auto bytes = parse_base64(base64);
  if (!bytes) return fail(kShapeBase64, "'{}' is not canonical base64", rule.name);
  if (bytes->size() != N) return fail(rule.wrong_length, "'{}' has {} bytes, not {}", rule.name, bytes->size(), N);
  std::array<std::uint8_t, N> array{};
  std::ranges::copy(*bytes, array.begin());
  return array;
}

Result<ClaimedSignature> take_signature(const Json& object) {
  PALYRA_TRY(check_keys(object, kSignatureKeys));
  const std::string algorithm = PALYRA_TRY(take_string(object, "algorithm"));
  if (algorithm != kSignatureAlgorithm) {
    return fail(kShapeAlgorithm, "algorithm '{}', not '{}'", printable(algorithm), kSignatureAlgorithm);
  }
  ClaimedSignature signature{};
  signature.public_key = PALYRA_TRY(take_key_bytes(object, "public_key"));
  signature.signature = PALYRA_TRY(take_signature_bytes(object, "signature"));
  return signature;
}

// Distinct first: the error says which it is, whatever the order.
Result<> check_signers(std::span<const ClaimedSignature> signatures) {
  for (std::size_t i = 1; i < signatures.size(); ++i) {
    const auto earlier = signatures.first(i);
    if (std::ranges::find(earlier, signatures[i].public_key, &ClaimedSignature::public_key) != earlier.end()) {
      return fail(kShapeSignersDuplicate, "signer {} is there twice", i + 1);
    }
  }
  if (!std::ranges::is_sorted(signatures, {}, &ClaimedSignature::public_key)) {
    return fail(kShapeSignersNotSorted, "the signers are not sorted by the bytes of their keys");
  }
  return {};
}

}  // namespace

Result<Json> parse_strictly(BytesView json, std::size_t max_bytes) {
  if (json.size() > max_bytes) return fail(kShapeSize, "the document has {} bytes, limit {}", json.size(), max_bytes);
  auto document = parse_json(json, {.max_bytes = max_bytes, .max_depth = kMaxDepth});
  if (document) return *std::move(document);
  const Error& error = document.error();
  if (error.is(kJsonDuplicateKey)) return fail(kShapeDuplicateKey, "{}", error.message());
  if (error.is(kJsonNumber)) return fail(kShapeIntegerRange, "{}", error.message());
  return fail(kShapeNotJson, "{}", error.message());
}

Result<Json> parse_canonical(BytesView json, const CanonicalDocument& expected) {
  Json object = PALYRA_TRY(parse_strictly(json, expected.max_bytes));
  PALYRA_TRY(check_format(object, expected.format));
  PALYRA_TRY(check_keys(object, expected.keys));
  return object;
}

Result<> check_canonical(BytesView json, std::string_view written) {
  if (as_text(json) != written) {
    return fail(kShapeNotCanonical, "the document has these values in another layout than the only one");
  }
  return {};
}

Result<> check_keys(const Json& object, std::span<const std::string_view> known) {
  if (object.as_object() == nullptr) {
    return fail(kShapeWrongType, "the document has {} where an object should be", object.type_name());
  }
  for (const auto& [key, value] : *object.as_object()) {
    if (std::ranges::find(known, key) == known.end()) return fail(kShapeUnknownKey, "key '{}'", printable(key));
  }
  return {};
}

Result<const Json::Array*> take_array(const Json& object, std::string_view key) {
  const Json* value = PALYRA_TRY(take(object, key));
  if (value->as_array() == nullptr) return wrong_type(key, *value);
  return value->as_array();
}

Result<std::string> take_string(const Json& object, std::string_view key) {
  const Json* value = PALYRA_TRY(take(object, key));
  if (value->as_string() == nullptr) return wrong_type(key, *value);
  return *value->as_string();
}

Result<std::array<std::uint8_t, crypto::kPublicKeyBytes>> take_key_bytes(const Json& object, std::string_view key) {
  return to_array<crypto::kPublicKeyBytes>(PALYRA_TRY(take_string(object, key)),
                                           {.name = key, .wrong_length = kShapeKeyLength});
}

Result<std::array<std::uint8_t, crypto::kSignatureBytes>> take_signature_bytes(const Json& object,
                                                                               std::string_view key) {
  return to_array<crypto::kSignatureBytes>(PALYRA_TRY(take_string(object, key)),
                                           {.name = key, .wrong_length = kShapeSignatureLength});
}

Result<std::int64_t> take_integer(const Json& object, std::string_view key) {
  const Json* value = PALYRA_TRY(take(object, key));
  if (value->as_uint() != nullptr) return fail(kShapeIntegerRange, "'{}' is above {}", key, kMaxTimestamp);
  if (value->as_int() == nullptr) return wrong_type(key, *value);
  const std::int64_t number = *value->as_int();
  if (number < 0 || number > kMaxTimestamp) {
    return fail(kShapeIntegerRange, "'{}' is {}, not 0 to {}", key, number, kMaxTimestamp);
  }
  return number;
}

Result<crypto::Sha256Digest> take_digest(const Json& object, std::string_view key) {
  const std::string text = PALYRA_TRY(take_string(object, key));
  const auto digest = crypto::parse_sha256(text);
  if (!digest) return fail(kShapeHex, "'{}' is not 64 lower-case hex digits", key);
  return *digest;
}

Result<std::string> take_publisher(const Json& object, std::string_view key) {
  std::string name = PALYRA_TRY(take_string(object, key));
  if (!is_publisher_name(name)) return fail(kShapePublisher, "'{}' is no publisher name", printable(name));
  return name;
}

Result<std::string> take_skill_id(const Json& object, std::string_view key) {
  std::string id = PALYRA_TRY(take_string(object, key));
  if (!is_skill_id(id)) return fail(kShapeSkillId, "'{}' is no skill id", printable(id));
  return id;
}

Result<crypto::PublicKey> to_public_key(const Json& value) {
  if (value.as_string() == nullptr) return wrong_type("key", value);
  const auto bytes = PALYRA_TRY(
      to_array<crypto::kPublicKeyBytes>(*value.as_string(), {.name = "key", .wrong_length = kShapeKeyLength}));
  return crypto::parse_public_key(bytes);
}

Result<std::vector<ClaimedSignature>> take_signatures(const Json& object, std::size_t max) {
  const Json::Array* array = PALYRA_TRY(take_array(object, "signatures"));
  if (array->empty() || array->size() > max) {
    return fail(kShapeSignatureCount, "{} signatures, not 1 to {}", array->size(), max);
  }
  std::vector<ClaimedSignature> signatures;
  signatures.reserve(array->size());
  for (const Json& signature : *array) signatures.push_back(PALYRA_TRY(take_signature(signature)));
  PALYRA_TRY(check_signers(signatures));
  return signatures;
}

std::string format_signatures(std::span<const ClaimedSignature> signatures) {
  std::string text;
  for (const ClaimedSignature& signature : signatures) {
    if (!text.empty()) text += ",\n";
    text += fmt::format(R"(    {{ "algorithm": "{}", "public_key": "{}", "signature": "{}" }})", kSignatureAlgorithm,
                        to_base64(signature.public_key), to_base64(signature.signature));
  }
  return text;
}

std::vector<ClaimedSignature> sign_message(BytesView message, std::span<const crypto::SigningKey> keys) {
  std::vector<ClaimedSignature> signatures;
  signatures.reserve(keys.size());
  for (const crypto::SigningKey& key : keys) {
    ClaimedSignature signature{.public_key = {}, .signature = key.sign(message)};
    std::ranges::copy(key.public_key().bytes(), signature.public_key.begin());
    signatures.push_back(signature);
  }
  std::ranges::sort(signatures, {}, &ClaimedSignature::public_key);
  return signatures;
}

void add_signatures(std::vector<ClaimedSignature>& signatures, std::span<const ClaimedSignature> more) {
  for (const ClaimedSignature& each : more) {
    if (std::ranges::find(signatures, each.public_key, &ClaimedSignature::public_key) == signatures.end()) {
      signatures.push_back(each);
    }
  }
  std::ranges::sort(signatures, {}, &ClaimedSignature::public_key);
}

Result<std::vector<crypto::PublicKey>> verify_signatures(BytesView message, std::span<const ClaimedSignature> claimed) {
  std::vector<crypto::PublicKey> signers;
  signers.reserve(claimed.size());
  for (const ClaimedSignature& each : claimed) {
    PALYRA_TRY(crypto::verify_signature(each.public_key, message, each.signature));
    signers.push_back(PALYRA_TRY(crypto::parse_public_key(each.public_key)));
  }
  return signers;
}

Error as_shape_of(ErrorCode code, const Error& error) {
  const std::string_view id = error.code().id;
  return {code, fmt::format("{}: {}", id.substr(id.find('.') + 1), error.message()), error.where()};
}

}  // namespace palyra::skills
