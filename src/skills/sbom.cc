// SPDX-License-Identifier: Apache-2.0
#include "sbom_document.h"

#include <palyra/base/utf8.h>
#include <palyra/skills/sbom.h>

#include <fmt/format.h>

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

// What other components are referred to by.
std::string reference_to(const ArtifactEntry& entry) { return "entry:" + entry.name; }

Json producer_property(const capability::Producer& producer) {
  const std::string value = producer.version.empty() ? producer.name : producer.name + " " + producer.version;
  return Json::Object{{"name", "palyra:producers:" + producer.field}, {"value", value}};
}

Json file_component(const ArtifactEntry& entry, const BuildFacts& facts) {
  Json::Object component = {{"type", "file"}};
  if (entry.name.starts_with(kModuleFolder)) component.emplace_back("mime-type", "application/wasm");
  component.emplace_back("bom-ref", reference_to(entry));
  component.emplace_back("name", entry.name);
  component.emplace_back("hashes",
                         Json::Array{Json::Object{{"alg", "SHA-256"}, {"content", crypto::to_hex(entry.sha256)}}});
  const auto producers = facts.producers.find(entry.name);
  if (producers != facts.producers.end() && !producers->second.empty()) {
    Json::Array properties;
    for (const capability::Producer& producer : producers->second) properties.push_back(producer_property(producer));
    component.emplace_back("properties", std::move(properties));
  }
  return component;
}

// Its characters, and those of a version, are none that a package URL escapes.
std::string package_url(const SkillIdentity& identity) {
  return fmt::format("pkg:generic/{}/{}@{}", identity.publisher, identity.skill_id, identity.version.to_text());
}

Json skill_component(const BuildFacts& facts) {
  Json::Object component = {{"type", "application"},
                            {"bom-ref", package_url(facts.identity)},
                            {"publisher", facts.identity.publisher},
                            {"name", facts.identity.skill_id},
                            {"version", facts.identity.version.to_text()},
                            {"description", facts.name}};
  if (facts.license) component.emplace_back("licenses", Json::Array{Json::Object{{"expression", *facts.license}}});
  component.emplace_back("purl", package_url(facts.identity));
  return component;
}

Json metadata(const BuildFacts& facts) {
  Json::Object metadata;
  if (has_calendar_date(facts.created)) metadata.emplace_back("timestamp", palyra::to_text(facts.created));
  const Json palyra = Json::Object{{"type", "application"}, {"name", "palyra"}, {"version", facts.palyra_version}};
  metadata.emplace_back("tools", Json::Object{{"components", Json::Array{palyra}}});
  metadata.emplace_back("component", skill_component(facts));
  return metadata;
}

// RFC 9562, version 8: 122 bits of the digest.
std::string serial_number(std::string_view rest) {
  crypto::Sha256Digest digest = crypto::sha256(as_bytes(rest));
  digest.bytes[6] = static_cast<std::uint8_t>((digest.bytes[6] & 0x0fU) | 0x80U);
  digest.bytes[8] = static_cast<std::uint8_t>((digest.bytes[8] & 0x3fU) | 0x80U);
  const std::string hex = crypto::to_hex(digest);
  return fmt::format("urn:uuid:{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4),
                     hex.substr(16, 4), hex.substr(20, 12));
}

// What both formats ask; gives what is left to ask.
Result<ComponentCheck> check_components(std::span<const ArtifactEntry> entries) {
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
  return components;
}

}  // namespace

Result<> check_sbom(std::span<const ArtifactEntry> entries) {
  const ComponentCheck components = PALYRA_TRY(check_components(entries));
  return components.check_modules();
}

Result<> check_legacy_sbom(std::span<const ArtifactEntry> entries) {
  static_cast<void>(PALYRA_TRY(check_components(entries)));
  return {};
}

std::string make_sbom(const BuildFacts& facts, std::span<const ArtifactEntry> entries) {
  Json::Array components;
  Json::Array references;
  for (const ArtifactEntry& entry : entries) {
    if (entry.name == kSbomEntry || entry.name == kProvenanceEntry || entry.name == kSignatureEntry) continue;
    components.push_back(file_component(entry, facts));
    references.emplace_back(reference_to(entry));
  }
  const Json::Object rest = {{"version", 1},
                             {"metadata", metadata(facts)},
                             {"components", std::move(components)},
                             {"dependencies", Json::Array{Json::Object{{"ref", package_url(facts.identity)},
                                                                       {"dependsOn", std::move(references)}}}}};
  Json::Object document = {{"bomFormat", "CycloneDX"},
                           {"specVersion", kWrittenSpecVersion},
                           {"serialNumber", serial_number(palyra::to_text(rest))}};
  document.insert(document.end(), rest.begin(), rest.end());
  return palyra::to_text(document, JsonStyle::kPretty);
}

}  // namespace palyra::skills
