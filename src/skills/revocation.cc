// SPDX-License-Identifier: Apache-2.0
#include "palyra/skills/revocation.h"

#include "big_endian.h"
#include "canonical_json.h"

#include <palyra/base/base64.h>
#include <palyra/base/utf8.h>

#include <algorithm>
#include <map>

namespace palyra::skills {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kFormat = "palyra/revocation/1";
constexpr std::string_view kContext = "palyra/revocation/1\0"sv;
constexpr std::uint32_t kFieldCount = 5;
constexpr std::array<std::string_view, 7> kKeys{"format",  "issuer",  "list_version", "created",
                                                "expires", "entries", "signatures"};
constexpr std::array<std::string_view, 1> kKeyEntryKeys{"key"};
constexpr std::array<std::string_view, 1> kContentEntryKeys{"content_root"};
constexpr std::array<std::string_view, 3> kVersionsEntryKeys{"skill_id", "from", "to"};

enum Kind : std::uint8_t { kKey = 1, kContent = 2, kVersions = 3 };  // as encoded

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};

// `values` is the one reason that signature.json has not.
template <class... Args>
std::unexpected<Error> refuse(fmt::format_string<Args...> format, Args&&... args) {
  return fail(kRevocationShape, "values: {}", fmt::format(format, std::forward<Args>(args)...));
}

std::string bound_text(const std::optional<Version>& bound) { return bound ? bound->to_text() : std::string(); }

Result<std::optional<Version>> parse_bound(std::string_view text) {
  if (text.empty()) return std::nullopt;
  auto version = Version::parse(text);
  if (!version) return fail(kShapeVersion, "'{}' is no version", printable(text));
  return version;
}

Result<> check_bounds(const RevokedVersions& versions) {
  if (versions.lowest && versions.highest && *versions.highest < *versions.lowest) {
    return refuse("of '{}' versions {} to {} are none", versions.skill_id, versions.lowest->to_text(),
                  versions.highest->to_text());
  }
  return {};
}

Result<RevocationEntry> take_entry(const Json& object) {
  if (object.find("key") != nullptr) {
    PALYRA_TRY(check_keys(object, kKeyEntryKeys));
    return RevokedKey{PALYRA_TRY(to_public_key(*object.find("key")))};
  }
  if (object.find("content_root") != nullptr) {
    PALYRA_TRY(check_keys(object, kContentEntryKeys));
    return RevokedContent{PALYRA_TRY(take_digest(object, "content_root"))};
  }
  PALYRA_TRY(check_keys(object, kVersionsEntryKeys));
  RevokedVersions versions{.skill_id = PALYRA_TRY(take_skill_id(object, "skill_id")),
                           .lowest = PALYRA_TRY(parse_bound(PALYRA_TRY(take_string(object, "from")))),
                           .highest = PALYRA_TRY(parse_bound(PALYRA_TRY(take_string(object, "to"))))};
  PALYRA_TRY(check_bounds(versions));
  return versions;
}

Result<std::vector<RevocationEntry>> take_entries(const Json& object) {
  const Json::Array* array = PALYRA_TRY(take_array(object, "entries"));
  if (array->size() > kMaxRevocationEntries) {
    return refuse("{} entries, limit {}", array->size(), kMaxRevocationEntries);
  }
  std::vector<RevocationEntry> entries;
  entries.reserve(array->size());
  Bytes before;
  for (const Json& value : *array) {
    entries.push_back(PALYRA_TRY(take_entry(value)));
    Bytes encoding = revocation_entry_bytes(entries.back());
    if (encoding <= before) return refuse("the entries are not sorted by their encoding and distinct");
    before = std::move(encoding);
  }
  return entries;
}

Result<RevocationList> take_list(const Json& object) {
  RevocationList list{.issuer = PALYRA_TRY(take_publisher(object, "issuer")),
                      .list_version = static_cast<std::uint64_t>(PALYRA_TRY(take_integer(object, "list_version"))),
                      .created = {PALYRA_TRY(take_integer(object, "created"))},
                      .expires = {PALYRA_TRY(take_integer(object, "expires"))},
                      .entries = {}};
  if (list.issuer == kOperatorIssuer) return refuse("the operator's own list is never signed");
  if (list.list_version == 0) return refuse("'list_version' is 0; the first is 1");
  if (list.expires <= list.created) {
    return refuse("expires {} does not lie after created {}", list.expires.seconds, list.created.seconds);
  }
  list.entries = PALYRA_TRY(take_entries(object));
  return list;
}

Result<RevocationDocument> read(BytesView json) {
  const Json object =
      PALYRA_TRY(parse_canonical(json, {.format = kFormat, .max_bytes = kMaxRevocationDocumentBytes, .keys = kKeys}));
  RevocationDocument document{.list = PALYRA_TRY(take_list(object)),
                              .signatures = PALYRA_TRY(take_signatures(object, kMaxSignatures))};
  PALYRA_TRY(check_canonical(json, format_revocation_document(document)));
  return document;
}

template <class T>
Result<T> in_shape(Result<T> result) {
  if (result || result.error().is(kRevocationShape)) return result;
  return std::unexpected(as_shape_of(kRevocationShape, result.error()));
}

std::string format_entry(const RevocationEntry& entry) {
  return std::visit(
      Overloaded{[](const RevokedKey& revoked) {
                   return fmt::format(R"(    {{ "key": "{}" }})", to_base64(revoked.key.bytes()));
                 },
                 [](const RevokedContent& revoked) {
                   return fmt::format(R"(    {{ "content_root": "{}" }})", crypto::to_hex(revoked.content_root));
                 },
                 [](const RevokedVersions& revoked) {
                   return fmt::format(R"(    {{ "skill_id": "{}", "from": "{}", "to": "{}" }})", revoked.skill_id,
                                      bound_text(revoked.lowest), bound_text(revoked.highest));
                 }},
      entry);
}

// An empty list is `[]`.
std::string format_entries(std::span<const RevocationEntry> entries) {
  if (entries.empty()) return "[]";
  std::string text = "[\n";
  for (const RevocationEntry& entry : entries) {
    if (text.size() > 2) text += ",\n";
    text += format_entry(entry);
  }
  return text + "\n  ]";
}

Bytes encoded(Kind kind, BytesView value) {
  Bytes bytes{kind};
  append_big_endian(bytes, static_cast<std::uint32_t>(value.size()));
  append_bytes(bytes, value);
  return bytes;
}

// `skill id 0 lowest 0 highest`
Result<RevocationEntry> parse_versions(std::string_view value) {
  const std::size_t first = value.find('\0');
  const std::size_t second = first == std::string_view::npos ? first : value.find('\0', first + 1);
  if (second == std::string_view::npos) return refuse("an entry of versions has not three parts");
  RevokedVersions versions{.skill_id = std::string(value.substr(0, first)),
                           .lowest = PALYRA_TRY(parse_bound(value.substr(first + 1, second - first - 1))),
                           .highest = PALYRA_TRY(parse_bound(value.substr(second + 1)))};
  if (!is_skill_id(versions.skill_id)) return refuse("'{}' is no skill id", printable(versions.skill_id));
  PALYRA_TRY(check_bounds(versions));
  return versions;
}

Result<RevocationEntry> read_entry(BytesView bytes) {
  constexpr std::size_t kHeader = 1 + sizeof(std::uint32_t);
  if (bytes.size() < kHeader) return refuse("an entry has {} bytes", bytes.size());
  const BytesView value = bytes.subspan(kHeader);
  if (!std::ranges::equal(bytes, encoded(static_cast<Kind>(bytes.front()), value))) {
    return refuse("the length of an entry is not that of its value");
  }
  switch (bytes.front()) {
    case kKey:
      return RevokedKey{PALYRA_TRY(crypto::parse_public_key(value))};
    case kContent: {
      RevokedContent revoked;
      if (value.size() != revoked.content_root.bytes.size()) return refuse("a content root of {} bytes", value.size());
      std::ranges::copy(value, revoked.content_root.bytes.begin());
      return revoked;
    }
    case kVersions:
      return parse_versions(as_text(value));
    default:
      return refuse("kind {} of an entry", bytes.front());
  }
}

}  // namespace

Bytes revocation_entry_bytes(const RevocationEntry& entry) {
  return std::visit(
      Overloaded{[](const RevokedKey& revoked) { return encoded(kKey, revoked.key.bytes()); },
                 [](const RevokedContent& revoked) { return encoded(kContent, revoked.content_root.bytes); },
                 [](const RevokedVersions& revoked) {
                   std::string value = revoked.skill_id;
                   value += '\0' + bound_text(revoked.lowest) + '\0' + bound_text(revoked.highest);
                   return encoded(kVersions, as_bytes(value));
                 }},
      entry);
}

Result<RevocationEntry> parse_revocation_entry(BytesView bytes) { return in_shape(read_entry(bytes)); }

Bytes revocation_bytes(const RevocationList& list) {
  Bytes entries;
  append_big_endian(entries, static_cast<std::uint32_t>(list.entries.size()));
  for (const RevocationEntry& entry : list.entries) append_bytes(entries, revocation_entry_bytes(entry));
  Bytes bytes = to_bytes(kContext);
  append_big_endian(bytes, kFieldCount);
  append_field(bytes, 1, as_bytes(list.issuer));
  append_number(bytes, 2, list.list_version);
  append_number(bytes, 3, static_cast<std::uint64_t>(list.created.seconds));
  append_number(bytes, 4, static_cast<std::uint64_t>(list.expires.seconds));
  append_field(bytes, 5, entries);
  return bytes;
}

Result<RevocationDocument> parse_revocation_document(BytesView json) { return in_shape(read(json)); }

std::string format_revocation_document(const RevocationDocument& document) {
  const RevocationList& list = document.list;
  return fmt::format(R"({{
  "format": "{}",
  "issuer": "{}",
  "list_version": {},
  "created": {},
  "expires": {},
  "entries": {},
  "signatures": [
{}
  ]
}}
)",
                     kFormat, list.issuer, list.list_version, list.created.seconds, list.expires.seconds,
                     format_entries(list.entries), format_signatures(document.signatures));
}

std::vector<RevocationEntry> merged_entries(std::span<const RevocationEntry> a, std::span<const RevocationEntry> b) {
  std::map<Bytes, const RevocationEntry*> by_encoding;
  for (const RevocationEntry& entry : a) by_encoding.emplace(revocation_entry_bytes(entry), &entry);
  for (const RevocationEntry& entry : b) by_encoding.emplace(revocation_entry_bytes(entry), &entry);
  std::vector<RevocationEntry> entries;
  entries.reserve(by_encoding.size());
  for (const auto& [encoding, entry] : by_encoding) entries.push_back(*entry);
  return entries;
}

Result<RevocationDocument> sign_revocations(RevocationDocument document, std::span<const crypto::SigningKey> keys) {
  document.list.entries = merged_entries(document.list.entries, {});
  add_signatures(document.signatures, sign_message(revocation_bytes(document.list), keys));
  // The reader decides whether the values may stand, here as for everybody.
  return parse_revocation_document(as_bytes(format_revocation_document(document)));
}

}  // namespace palyra::skills
