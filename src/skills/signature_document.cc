// SPDX-License-Identifier: Apache-2.0
#include "palyra/skills/signature_document.h"

#include <palyra/base/base64.h>
#include <palyra/base/json.h>
#include <palyra/base/utf8.h>

#include <algorithm>

namespace palyra::skills {
namespace {

constexpr std::string_view kFormat = "palyra/artifact-signature/2";
constexpr std::size_t kMaxDepth = 16;  // the layout needs 3
constexpr std::array<std::string_view, 10> kKeys{"format",       "publisher",       "skill_id", "version",
                                                 "content_root", "manifest_sha256", "created",  "not_after",
                                                 "guest_abi",    "signatures"};
constexpr std::array<std::string_view, 3> kSignatureKeys{"algorithm", "public_key", "signature"};

Result<Json> parse_strictly(BytesView json) {
  if (json.size() > kMaxSignatureDocumentBytes) {
    return fail(kShapeSize, "signature.json has {} bytes, limit {}", json.size(), kMaxSignatureDocumentBytes);
  }
  auto document = parse_json(json, {.max_bytes = kMaxSignatureDocumentBytes, .max_depth = kMaxDepth});
  if (document) return *std::move(document);
  const Error& error = document.error();
  if (error.is(kJsonDuplicateKey)) return fail(kShapeDuplicateKey, "{}", error.message());
  if (error.is(kJsonNumber)) return fail(kShapeIntegerRange, "{}", error.message());
  return fail(kShapeNotJson, "{}", error.message());
}

Result<> check_keys(const Json& object, std::span<const std::string_view> known) {
  if (object.as_object() == nullptr) {
    return fail(kShapeWrongType, "signature.json has {} where an object should be", object.type_name());
  }
  for (const auto& [key, value] : *object.as_object()) {
    if (std::ranges::find(known, key) == known.end()) return fail(kShapeUnknownKey, "key '{}'", printable(key));
  }
  return {};
}

Result<const Json*> take(const Json& object, std::string_view key) {
  const Json* value = object.find(key);
  if (value == nullptr) return fail(kShapeMissingKey, "no key '{}'", key);
  return value;
}

std::unexpected<Error> wrong_type(std::string_view key, const Json& value) {
  return fail(kShapeWrongType, "'{}' is of type {}", key, value.type_name());
}

Result<std::string> take_string(const Json& object, std::string_view key) {
  const Json* value = PALYRA_TRY(take(object, key));
  if (value->as_string() == nullptr) return wrong_type(key, *value);
  return *value->as_string();
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

struct Base64Rule {
  std::string_view key;
  ErrorCode wrong_length;
};

template <std::size_t N>
Result<std::array<std::uint8_t, N>> take_base64(const Json& object, const Base64Rule& rule) {
  const auto bytes = parse_base64(PALYRA_TRY(take_string(object, rule.key)));
  if (!bytes) return fail(kShapeBase64, "'{}' is not canonical base64", rule.key);
  if (bytes->size() != N) return fail(rule.wrong_length, "'{}' has {} bytes, not {}", rule.key, bytes->size(), N);
  std::array<std::uint8_t, N> array{};
  std::ranges::copy(*bytes, array.begin());
  return array;
}

Result<SkillIdentity> take_identity(const Json& object) {
  SkillIdentity identity;
  identity.publisher = PALYRA_TRY(take_string(object, "publisher"));
  if (!is_publisher_name(identity.publisher)) {
    return fail(kShapePublisher, "'{}' is no publisher name", printable(identity.publisher));
  }
  identity.skill_id = PALYRA_TRY(take_string(object, "skill_id"));
  if (!is_skill_id(identity.skill_id)) return fail(kShapeSkillId, "'{}' is no skill id", printable(identity.skill_id));
  const std::string version = PALYRA_TRY(take_string(object, "version"));
  const auto parsed = Version::parse(version);
  if (!parsed) return fail(kShapeVersion, "'{}' is no version", printable(version));
  identity.version = *parsed;
  return identity;
}

Result<> check_not_after(WallTime created, WallTime not_after) {
  if (not_after.seconds != 0 && not_after < created) {
    return fail(kShapeNotAfter, "not_after {} lies before created {}", not_after.seconds, created.seconds);
  }
  return {};
}

Result<Statement> take_statement(const Json& object) {
  Statement statement;
  statement.identity = PALYRA_TRY(take_identity(object));
  statement.content_root = PALYRA_TRY(take_digest(object, "content_root"));
  statement.manifest_sha256 = PALYRA_TRY(take_digest(object, "manifest_sha256"));
  statement.created = {PALYRA_TRY(take_integer(object, "created"))};
  statement.not_after = {PALYRA_TRY(take_integer(object, "not_after"))};
  PALYRA_TRY(check_not_after(statement.created, statement.not_after));
  const std::int64_t guest_abi = PALYRA_TRY(take_integer(object, "guest_abi"));
  if (guest_abi != kGuestAbi) return fail(kShapeGuestAbi, "guest ABI {}, this version knows {}", guest_abi, kGuestAbi);
  return statement;
}

Result<ClaimedSignature> take_signature(const Json& object) {
  PALYRA_TRY(check_keys(object, kSignatureKeys));
  const std::string algorithm = PALYRA_TRY(take_string(object, "algorithm"));
  if (algorithm != kSignatureAlgorithm) {
    return fail(kShapeAlgorithm, "algorithm '{}', not '{}'", printable(algorithm), kSignatureAlgorithm);
  }
  ClaimedSignature signature{};
  signature.public_key =
      PALYRA_TRY(take_base64<crypto::kPublicKeyBytes>(object, {.key = "public_key", .wrong_length = kShapeKeyLength}));
  signature.signature = PALYRA_TRY(
      take_base64<crypto::kSignatureBytes>(object, {.key = "signature", .wrong_length = kShapeSignatureLength}));
  return signature;
}

Result<> check_count(std::size_t count) {
  if (count == 0 || count > kMaxSignatures) {
    return fail(kShapeSignatureCount, "{} signatures, not 1 to {}", count, kMaxSignatures);
  }
  return {};
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

Result<std::vector<ClaimedSignature>> take_signatures(const Json& object) {
  const Json* value = PALYRA_TRY(take(object, "signatures"));
  if (value->as_array() == nullptr) return wrong_type("signatures", *value);
  PALYRA_TRY(check_count(value->as_array()->size()));
  std::vector<ClaimedSignature> signatures;
  for (const Json& signature : *value->as_array()) signatures.push_back(PALYRA_TRY(take_signature(signature)));
  PALYRA_TRY(check_signers(signatures));
  return signatures;
}

Result<> check_format(const Json& document) {
  if (document.as_object() == nullptr) {
    return fail(kShapeWrongType, "signature.json is of type {}, not object", document.type_name());
  }
  const std::string format = PALYRA_TRY(take_string(document, "format"));
  if (format != kFormat) return fail(kShapeFormat, "format '{}', this version knows '{}'", printable(format), kFormat);
  return {};
}

}  // namespace

Result<SignatureDocument> parse_signature_document(BytesView json) {
  const Json object = PALYRA_TRY(parse_strictly(json));
  PALYRA_TRY(check_format(object));
  PALYRA_TRY(check_keys(object, kKeys));
  SignatureDocument document;
  document.statement = PALYRA_TRY(take_statement(object));
  document.signatures = PALYRA_TRY(take_signatures(object));
  if (as_text(json) != format_signature_document(document)) {
    return fail(kShapeNotCanonical, "signature.json has these values in another layout than the only one");
  }
  return document;
}

std::string format_signature_document(const SignatureDocument& document) {
  const Statement& statement = document.statement;
  std::string signatures;
  for (const ClaimedSignature& signature : document.signatures) {
    if (!signatures.empty()) signatures += ",\n";
    signatures += fmt::format(R"(    {{ "algorithm": "{}", "public_key": "{}", "signature": "{}" }})",
                              kSignatureAlgorithm, to_base64(signature.public_key), to_base64(signature.signature));
  }
  return fmt::format(R"({{
  "format": "{}",
  "publisher": "{}",
  "skill_id": "{}",
  "version": "{}",
  "content_root": "{}",
  "manifest_sha256": "{}",
  "created": {},
  "not_after": {},
  "guest_abi": {},
  "signatures": [
{}
  ]
}}
)",
                     kFormat, statement.identity.publisher, statement.identity.skill_id,
                     statement.identity.version.to_text(), crypto::to_hex(statement.content_root),
                     crypto::to_hex(statement.manifest_sha256), statement.created.seconds, statement.not_after.seconds,
                     statement.guest_abi, signatures);
}

Result<SignatureDocument> sign_statement(const Statement& statement, std::span<const crypto::SigningKey> keys) {
  SignatureDocument document{.statement = statement, .signatures = {}};
  const Bytes message = statement_bytes(statement);
  for (const crypto::SigningKey& key : keys) {
    ClaimedSignature signature{.public_key = {}, .signature = key.sign(message)};
    std::ranges::copy(key.public_key().bytes(), signature.public_key.begin());
    document.signatures.push_back(signature);
  }
  std::ranges::sort(document.signatures, {}, &ClaimedSignature::public_key);
  // The reader decides whether the values may stand, here as for everybody.
  return parse_signature_document(as_bytes(format_signature_document(document)));
}

}  // namespace palyra::skills
