// SPDX-License-Identifier: Apache-2.0
#include "sbom_document.h"

#include <palyra/base/utf8.h>
#include <palyra/skills/sbom.h>

#include <algorithm>
#include <array>
#include <utility>

namespace palyra::skills {
namespace {

constexpr DocumentCodes kCodes{kSbomMissing, kSbomSize, kSbomDepth, kSbomNotJson, kSbomDuplicateKey, kSbomNotObject};
constexpr std::array<std::string_view, 6> kSpecVersions = {"1.4", "1.5", "1.6", "1.7", "1.8", "1.9"};
constexpr std::string_view kWrittenSpecVersion = "1.6";

// Compares the components of one document with the entries.
class ComponentCheck {
 public:
  explicit ComponentCheck(std::span<const ArtifactEntry> entries) : entries_(entries) {}

  // `parent` may have components, which may have components. The depth of the document bounds the recursion.
  Result<> check_below(const Json& parent) {
    const Json* components = parent.find("components");
    if (components == nullptr) return {};
    if (components->as_array() == nullptr) {
      return fail(kSbomComponent, "\"components\" is of type {}, not an array", components->type_name());
    }
    for (const Json& component : *components->as_array()) {
      if (component.as_object() == nullptr) {
        return fail(kSbomComponent, "a component is of type {}, not an object", component.type_name());
      }
      PALYRA_TRY(check(component));
      PALYRA_TRY(check_below(component));
    }
    return {};
  }

  [[nodiscard]] Result<> check_modules() const {
    const ArtifactEntry* missing = find_unnamed_module(entries_, listed_);
    if (missing == nullptr) return {};
    return fail(kSbomModuleMissing, "the module {} is not listed", missing->name);
  }

 private:
  Result<> check(const Json& component) {
    if (text_member(component, "type") != "file") return {};
    const ArtifactEntry* entry = find_entry(entries_, text_member(component, "name"));
    if (entry == nullptr) return {};
    if (!listed_.insert(entry->name).second) return fail(kSbomDuplicate, "{} is listed twice", entry->name);
    const Json* hashes = component.find("hashes");
    const Json* digest = nullptr;
    std::size_t digests = 0;
    if (hashes != nullptr && hashes->as_array() != nullptr) {
      for (const Json& hash : *hashes->as_array()) {
        if (text_member(hash, "alg") != "SHA-256") continue;
        digest = hash.find("content");
        ++digests;
      }
    }
    if (digests != 1) return fail(kSbomHashCount, "{} has {} SHA-256 hashes, not 1", entry->name, digests);
    if (names_digest(digest, *entry)) return {};
    return fail(kSbomDigestMismatch, "{} has the SHA-256 {}, which the list does not say", entry->name,
                crypto::to_hex(entry->sha256));
  }

  std::span<const ArtifactEntry> entries_;
  std::set<std::string> listed_;
};

Json file_component(const ArtifactEntry& entry) {
  return Json::Object{
      {"type", "file"},
      {"name", entry.name},
      {"hashes", Json::Array{Json::Object{{"alg", "SHA-256"}, {"content", crypto::to_hex(entry.sha256)}}}}};
}

Json skill_component(const BuildFacts& facts) {
  Json::Object component = {{"type", "application"},
                            {"name", facts.identity.skill_id},
                            {"version", facts.identity.version.to_text()},
                            {"publisher", facts.identity.publisher},
                            {"description", facts.name}};
  if (facts.license) component.emplace_back("licenses", Json::Array{Json::Object{{"expression", *facts.license}}});
  return component;
}

}  // namespace

Result<> check_sbom(std::span<const ArtifactEntry> entries) {
  const Json document = PALYRA_TRY(read_document(entries, kSbomEntry, kCodes));
  if (const auto format = text_member(document, "bomFormat"); format != "CycloneDX") {
    return fail(kSbomFormat, "bomFormat is \"{}\", not \"CycloneDX\"", printable(format));
  }
  const std::string_view version = text_member(document, "specVersion");
  if (std::ranges::find(kSpecVersions, version) == kSpecVersions.end()) {
    return fail(kSbomSpecVersion, "specVersion is \"{}\", not 1.4 to 1.9", printable(version));
  }
  ComponentCheck components(entries);
  PALYRA_TRY(components.check_below(document));
  return components.check_modules();
}

std::string make_sbom(const BuildFacts& facts, std::span<const ArtifactEntry> entries) {
  Json::Array components;
  for (const ArtifactEntry& entry : entries) {
    if (entry.name == kSbomEntry || entry.name == kProvenanceEntry || entry.name == kSignatureEntry) continue;
    components.push_back(file_component(entry));
  }
  Json::Object metadata;
  if (has_calendar_date(facts.created)) metadata.emplace_back("timestamp", palyra::to_text(facts.created));
  metadata.emplace_back("component", skill_component(facts));
  const Json document = Json::Object{{"bomFormat", "CycloneDX"},
                                     {"specVersion", kWrittenSpecVersion},
                                     {"version", 1},
                                     {"metadata", std::move(metadata)},
                                     {"components", std::move(components)}};
  return palyra::to_text(document, JsonStyle::kPretty);
}

}  // namespace palyra::skills
