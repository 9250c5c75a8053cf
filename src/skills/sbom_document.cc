// SPDX-License-Identifier: Apache-2.0
#include "sbom_document.h"

#include <algorithm>

namespace palyra::skills {
namespace {

constexpr JsonLimits kLimits{.max_bytes = std::size_t{4} << 20U, .max_depth = 32};

ErrorCode own_code(const Error& error, const DocumentCodes& codes) {
  if (error.is(kJsonTooLarge)) return codes.size;
  if (error.is(kJsonTooDeep)) return codes.depth;
  if (error.is(kJsonDuplicateKey)) return codes.duplicate_key;
  return codes.not_json;
}

}  // namespace

Result<Json> read_document(std::span<const ArtifactEntry> entries, std::string_view name, const DocumentCodes& codes) {
  const ArtifactEntry* entry = find_entry(entries, name);
  if (entry == nullptr) return fail(codes.missing, "{} is not there", name);
  auto document = parse_json(entry->bytes, kLimits);
  if (!document) return fail(own_code(document.error(), codes), "{}: {}", name, document.error().message());
  if (document->as_object() == nullptr) {
    return fail(codes.not_object, "{} is of type {}, not an object", name, document->type_name());
  }
  return document;
}

const ArtifactEntry* find_entry(std::span<const ArtifactEntry> entries, std::string_view name) {
  const auto at = std::ranges::find(entries, name, &ArtifactEntry::name);
  return at == entries.end() ? nullptr : &*at;
}

bool names_digest(const Json* hex, const ArtifactEntry& entry) {
  if (hex == nullptr || hex->as_string() == nullptr) return false;
  const auto digest = crypto::parse_sha256(*hex->as_string());
  return digest.has_value() && *digest == entry.sha256;
}

const ArtifactEntry* find_unnamed_module(std::span<const ArtifactEntry> entries, const std::set<std::string>& named) {
  const auto at = std::ranges::find_if(entries, [&named](const ArtifactEntry& entry) {
    return entry.name.starts_with(kModuleFolder) && !named.contains(entry.name);
  });
  return at == entries.end() ? nullptr : &*at;
}

std::string_view text_member(const Json& object, std::string_view key) {
  const Json* member = object.find(key);
  const std::string* text = member == nullptr ? nullptr : member->as_string();
  return text == nullptr ? std::string_view() : std::string_view(*text);
}

}  // namespace palyra::skills
