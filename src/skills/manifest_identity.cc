// SPDX-License-Identifier: Apache-2.0
#include "manifest_license.h"
#include "manifest_sections.h"

#include <palyra/base/utf8.h>

#include <algorithm>
#include <limits>

namespace palyra::skills {
namespace {

constexpr std::size_t kMaxUrlBytes = 2'048;

bool is_visible_ascii(char c) { return c > ' ' && c < '\x7F'; }

// Host and port of a URL. No user, so that "https://example.com@evil.example" is refused.
bool is_authority(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           c == ':';
  });
}

Result<Version> read_version(TableReader& table, std::string_view key) {
  const std::string text = PALYRA_TRY(table.required_text(key));
  auto version = Version::parse(text);
  if (!version || (!table.is_version_3() && !version->pre_release.empty())) {
    return fail(kManifestVersion, "\"{}\" is \"{}\", not MAJOR.MINOR.PATCH{}", table.name(key), printable(text),
                table.is_version_3() ? " with an optional pre-release" : "");
  }
  return *std::move(version);
}

// The key that is there, or its alias, which version 3 has not; both say one thing, so only one may stand there.
Result<std::string_view> choose_key(TableReader& table, std::string_view key, std::string_view alias) {
  if (table.is_version_3() || table.take(alias) == nullptr) return key;
  if (table.take(key) == nullptr) return alias;
  return fail(kManifestDuplicateKey, "\"{}\" and \"{}\" are one key", table.name(key), table.name(alias));
}

Result<> check_signed(const SkillIdentity& found, const SkillIdentity& proven) {
  if (found.publisher != proven.publisher) {
    return fail(kManifestPublisherMismatch, "publisher is \"{}\", but \"{}\" was signed", found.publisher,
                proven.publisher);
  }
  if (found.skill_id != proven.skill_id) {
    return fail(kManifestSkillIdMismatch, "skill_id is \"{}\", but \"{}\" was signed", found.skill_id, proven.skill_id);
  }
  if (found.version != proven.version) {
    return fail(kManifestVersionMismatch, "version is \"{}\", but \"{}\" was signed", found.version.to_text(),
                proven.version.to_text());
  }
  return {};
}

}  // namespace

Result<SkillIdentity> read_identity(TableReader& top, const std::optional<SkillIdentity>& signed_identity) {
  SkillIdentity identity;
  identity.publisher = PALYRA_TRY(top.required_text("publisher"));
  if (!is_publisher_name(identity.publisher)) {
    return fail(kManifestPublisher, "publisher is \"{}\", not 3-39 of a-z, 0-9 and single inner hyphens",
                printable(identity.publisher));
  }
  identity.skill_id = PALYRA_TRY(top.required_text("skill_id"));
  if (!is_skill_id(identity.skill_id)) {
    return fail(kManifestSkillId, "skill_id is \"{}\", not dotted segments of a-z, 0-9, _ and -, at most 128 bytes",
                printable(identity.skill_id));
  }
  identity.version = PALYRA_TRY(read_version(top, "version"));
  if (signed_identity) PALYRA_TRY(check_signed(identity, *signed_identity));
  if (top.is_version_3() && !is_of_publisher(identity.skill_id, identity.publisher)) {
    return fail(kManifestSkillIdPrefix, "skill_id \"{}\" does not begin with \"{}.\"", identity.skill_id,
                identity.publisher);
  }
  return identity;
}

Result<> check_https_url(std::string_view name, std::string_view text) {
  constexpr std::string_view kScheme = "https://";
  const bool https =
      text.starts_with(kScheme) && text.size() <= kMaxUrlBytes && std::ranges::all_of(text, is_visible_ascii);
  const std::string_view rest = https ? text.substr(kScheme.size()) : std::string_view();
  if (!is_authority(rest.substr(0, rest.find_first_of("/?#")))) {
    return fail(kManifestUrl, "\"{}\" is \"{}\", not an https URL of at most {} visible ASCII characters", name,
                printable(text), kMaxUrlBytes);
  }
  return {};
}

Result<> read_labels(TableReader& top, SkillManifest& manifest) {
  manifest.name = PALYRA_TRY(top.required_display("name", kNameText));
  if (!top.is_version_3()) return {};
  manifest.description = PALYRA_TRY(top.display("description", kDescriptionText));
  manifest.license = PALYRA_TRY(top.text("license"));
  if (manifest.license && (manifest.license->size() > kMaxLicenseBytes || !is_license_expression(*manifest.license))) {
    return fail(kManifestLicense, "license is \"{}\", not an SPDX expression of at most {} bytes",
                printable(*manifest.license), kMaxLicenseBytes);
  }
  manifest.homepage = PALYRA_TRY(top.text("homepage"));
  if (manifest.homepage) PALYRA_TRY(check_https_url("homepage", *manifest.homepage));
  manifest.repository = PALYRA_TRY(top.text("repository"));
  if (manifest.repository) PALYRA_TRY(check_https_url("repository", *manifest.repository));
  return {};
}

Result<std::optional<SkillCompatibility>> read_compatibility(TableReader& top) {
  auto table = PALYRA_TRY(top.table("compat"));
  if (!table) {
    if (top.is_version_3()) return std::nullopt;
    return missing_key("compat");
  }
  SkillCompatibility compatibility;
  const std::string_view major_key = PALYRA_TRY(choose_key(*table, "required_protocol_major", "min_protocol_major"));
  const auto major =
      PALYRA_TRY(table->integer(major_key, {top.is_version_3() ? 1 : 0, std::numeric_limits<std::int32_t>::max()}));
  if (!major) return missing_key(table->name(major_key));
  compatibility.required_protocol_major = *major;
  compatibility.min_palyra_version =
      PALYRA_TRY(read_version(*table, PALYRA_TRY(choose_key(*table, "min_palyra_version", "min_runtime_version"))));
  if (table->take("max_palyra_version") != nullptr) {
    compatibility.max_palyra_version = PALYRA_TRY(read_version(*table, "max_palyra_version"));
  }
  PALYRA_TRY(table->finish());
  if (compatibility.max_palyra_version && *compatibility.max_palyra_version < compatibility.min_palyra_version) {
    return fail(kManifestCompatRange, "compat.max_palyra_version {} is below compat.min_palyra_version {}",
                compatibility.max_palyra_version->to_text(), compatibility.min_palyra_version.to_text());
  }
  return compatibility;
}

}  // namespace palyra::skills
