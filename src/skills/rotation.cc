// SPDX-License-Identifier: Apache-2.0
#include "palyra/skills/rotation.h"

#include "big_endian.h"
#include "canonical_json.h"

#include <palyra/base/base64.h>

#include <algorithm>

namespace palyra::skills {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kFormat = "palyra/key-rotation/1";
constexpr std::string_view kContext = "palyra/key-rotation/1\0"sv;
constexpr std::uint32_t kFieldCount = 7;
constexpr std::array<std::string_view, 9> kKeys{"format",        "publisher",  "sequence", "old_keys",  "new_keys",
                                                "new_threshold", "not_before", "created",  "signatures"};

// `values` is the one reason that signature.json has not.
template <class... Args>
std::unexpected<Error> refuse(fmt::format_string<Args...> format, Args&&... args) {
  return fail(kRotationShape, "values: {}", fmt::format(format, std::forward<Args>(args)...));
}

Result<std::vector<crypto::PublicKey>> take_keys(const Json& object, std::string_view name) {
  const Json::Array* array = PALYRA_TRY(take_array(object, name));
  if (array->empty() || array->size() > kMaxPublisherKeys) {
    return refuse("'{}' has {} keys, not 1 to {}", name, array->size(), kMaxPublisherKeys);
  }
  std::vector<crypto::PublicKey> keys;
  keys.reserve(array->size());
  for (const Json& key : *array) keys.push_back(PALYRA_TRY(to_public_key(key)));
  const auto rises = [](const auto& a, const auto& b) { return a >= b; };
  if (std::ranges::adjacent_find(keys, rises) != keys.end()) return refuse("'{}' is not sorted and distinct", name);
  return keys;
}

Result<Rotation> take_rotation(const Json& object) {
  std::string publisher = PALYRA_TRY(take_publisher(object, "publisher"));
  const std::int64_t sequence = PALYRA_TRY(take_integer(object, "sequence"));
  if (sequence == 0) return refuse("'sequence' is 0; the first is 1");
  std::vector<crypto::PublicKey> old_keys = PALYRA_TRY(take_keys(object, "old_keys"));
  std::vector<crypto::PublicKey> new_keys = PALYRA_TRY(take_keys(object, "new_keys"));
  const std::int64_t threshold = PALYRA_TRY(take_integer(object, "new_threshold"));
  if (threshold == 0 || std::cmp_greater(threshold, new_keys.size())) {
    return refuse("'new_threshold' is {}, not 1 to the {} new keys", threshold, new_keys.size());
  }
  return Rotation{.publisher = std::move(publisher),
                  .sequence = static_cast<std::uint64_t>(sequence),
                  .old_keys = std::move(old_keys),
                  .new_keys = std::move(new_keys),
                  .new_threshold = static_cast<std::uint32_t>(threshold),
                  .not_before = {PALYRA_TRY(take_integer(object, "not_before"))},
                  .created = {PALYRA_TRY(take_integer(object, "created"))}};
}

bool holds(std::span<const crypto::PublicKey> keys, const ClaimedSignature& signature) {
  return std::ranges::any_of(keys, [&signature](const crypto::PublicKey& key) {
    return std::ranges::equal(key.bytes(), signature.public_key);
  });
}

Result<RotationDocument> read(BytesView json) {
  const Json object =
      PALYRA_TRY(parse_canonical(json, {.format = kFormat, .max_bytes = kMaxRotationDocumentBytes, .keys = kKeys}));
  RotationDocument document{.rotation = PALYRA_TRY(take_rotation(object)),
                            .signatures = PALYRA_TRY(take_signatures(object, kMaxRotationSignatures))};
  for (const ClaimedSignature& signature : document.signatures) {
    if (!holds(document.rotation.old_keys, signature) && !holds(document.rotation.new_keys, signature)) {
      return refuse("signer {} is neither an old nor a new key", to_base64(signature.public_key));
    }
  }
  PALYRA_TRY(check_canonical(json, format_rotation_document(document)));
  return document;
}

Bytes concatenated(std::span<const crypto::PublicKey> keys) {
  Bytes bytes;
  for (const crypto::PublicKey& key : keys) append_bytes(bytes, key.bytes());
  return bytes;
}

std::string format_keys(std::span<const crypto::PublicKey> keys) {
  std::string text;
  for (const crypto::PublicKey& key : keys) {
    if (!text.empty()) text += ",\n";
    text += fmt::format(R"(    "{}")", to_base64(key.bytes()));
  }
  return text;
}

}  // namespace

Bytes rotation_bytes(const Rotation& rotation) {
  Bytes bytes = to_bytes(kContext);
  append_big_endian(bytes, kFieldCount);
  append_field(bytes, 1, as_bytes(rotation.publisher));
  append_number(bytes, 2, rotation.sequence);
  append_field(bytes, 3, concatenated(rotation.old_keys));
  append_field(bytes, 4, concatenated(rotation.new_keys));
  append_number(bytes, 5, rotation.new_threshold);
  append_number(bytes, 6, static_cast<std::uint64_t>(rotation.not_before.seconds));
  append_number(bytes, 7, static_cast<std::uint64_t>(rotation.created.seconds));
  return bytes;
}

Result<RotationDocument> parse_rotation_document(BytesView json) {
  auto document = read(json);
  if (!document && !document.error().is(kRotationShape)) {
    return std::unexpected(as_shape_of(kRotationShape, document.error()));
  }
  return document;
}

std::string format_rotation_document(const RotationDocument& document) {
  const Rotation& rotation = document.rotation;
  return fmt::format(R"({{
  "format": "{}",
  "publisher": "{}",
  "sequence": {},
  "old_keys": [
{}
  ],
  "new_keys": [
{}
  ],
  "new_threshold": {},
  "not_before": {},
  "created": {},
  "signatures": [
{}
  ]
}}
)",
                     kFormat, rotation.publisher, rotation.sequence, format_keys(rotation.old_keys),
                     format_keys(rotation.new_keys), rotation.new_threshold, rotation.not_before.seconds,
                     rotation.created.seconds, format_signatures(document.signatures));
}

Result<RotationDocument> sign_rotation(RotationDocument document, std::span<const crypto::SigningKey> keys) {
  add_signatures(document.signatures, sign_message(rotation_bytes(document.rotation), keys));
  // The reader decides whether the values may stand, here as for everybody.
  return parse_rotation_document(as_bytes(format_rotation_document(document)));
}

}  // namespace palyra::skills
