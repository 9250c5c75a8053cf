// SPDX-License-Identifier: Apache-2.0
// `palyra/trust/1`: publishers as operators exchange them.

#include "palyra/skills/trust_store.h"

#include <palyra/base/hex.h>
#include <palyra/base/json.h>
#include <palyra/base/utf8.h>

#include <algorithm>
#include <array>

namespace palyra::skills {
namespace {

constexpr std::string_view kFormat = "palyra/trust/1";
constexpr JsonLimits kLimits{.max_bytes = kMaxTrustDocumentBytes, .max_depth = 8};

// The object `value`, which has exactly `keys`.
template <std::size_t N>
Result<> check_object(const Json& value, std::string_view what, const std::array<std::string_view, N>& keys) {
  const auto* members = value.as_object();
  if (members == nullptr) return fail(kTrustStoreMalformed, "{} is of type {}, not object", what, value.type_name());
  for (const std::string_view key : keys) {
    if (value.find(key) == nullptr) return fail(kTrustStoreMalformed, "{} has no key '{}'", what, key);
  }
  for (const auto& [key, member] : *members) {
    if (std::ranges::find(keys, key) == keys.end()) {
      return fail(kTrustStoreMalformed, "{} has an unknown key '{}'", what, printable(key));
    }
  }
  return {};
}

Result<crypto::PublicKey> parse_key(const Json& value) {
  const auto bytes = value.as_string() == nullptr ? std::nullopt : parse_hex(*value.as_string());
  if (!bytes) return fail(kTrustStoreMalformed, "a key is not lower-case hex");
  return crypto::parse_public_key(*bytes);
}

Result<Publisher> parse_publisher(const Json& value, WallTime first_seen) {
  PALYRA_TRY(check_object(value, "a publisher", std::array<std::string_view, 2>{"keys", "threshold"}));
  const Json::Array* keys = value.find("keys")->as_array();
  const std::int64_t* threshold = value.find("threshold")->as_int();
  if (keys == nullptr || threshold == nullptr || !std::in_range<std::uint32_t>(*threshold)) {
    return fail(kTrustStoreMalformed, "a publisher's keys are no array, or its threshold is no small integer");
  }
  Publisher publisher;
  for (const Json& key : *keys) publisher.keys.push_back(PALYRA_TRY(parse_key(key)));
  publisher.threshold = static_cast<std::uint32_t>(*threshold);
  publisher.first_seen = first_seen;
  return publisher;
}

}  // namespace

Result<SkillTrustStore> parse_trust_document(BytesView json, WallTime first_seen) {
  auto document = parse_json(json, kLimits);
  if (!document) return fail(kTrustStoreMalformed, "{}", document.error().describe());
  PALYRA_TRY(check_object(*document, "the trust store", std::array<std::string_view, 2>{"format", "publishers"}));
  const std::string* format = document->find("format")->as_string();
  if (format == nullptr || *format != kFormat) return fail(kTrustStoreMalformed, "its format is not '{}'", kFormat);
  const Json::Object* publishers = document->find("publishers")->as_object();
  if (publishers == nullptr) return fail(kTrustStoreMalformed, "'publishers' is not an object");
  SkillTrustStore store;
  for (const Json::Member& member : *publishers) {
    const std::string doing = fmt::format("while reading publisher '{}'", printable(member.first));
    Publisher publisher = PALYRA_TRY(parse_publisher(member.second, first_seen), doing);
    PALYRA_TRY(store.add_publisher(member.first, std::move(publisher)), doing);
  }
  return store;
}

std::string format_trust_document(const SkillTrustStore& store) {
  Json publishers(Json::Object{});
  for (const auto& [name, publisher] : store.publishers()) {
    Json keys(Json::Array{});
    for (const crypto::PublicKey& key : publisher.keys) keys.push(to_hex(key.bytes()));
    Json value;
    value.set("keys", std::move(keys));
    value.set("threshold", publisher.threshold);
    publishers.set(name, std::move(value));
  }
  Json document;
  document.set("format", kFormat);
  document.set("publishers", std::move(publishers));
  return to_text(document, JsonStyle::kPretty);
}

}  // namespace palyra::skills
