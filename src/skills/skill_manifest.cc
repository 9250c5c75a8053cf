// SPDX-License-Identifier: Apache-2.0
#include "manifest_sections.h"

#include <palyra/base/toml.h>
#include <palyra/base/utf8.h>
#include <palyra/skills/skill_manifest.h>

#include <algorithm>
#include <limits>

namespace palyra::skills {
namespace {

constexpr TomlLimits kTomlLimits{
    .max_bytes = kMaxManifestBytes, .max_depth = 32, .max_array_length = 1'024, .max_string_bytes = 4'096};
constexpr std::int64_t kHighest = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kDefaultVersion = 2;  // that of manifests older than the key
constexpr IntegerRange kVersions{1, 3};

// The manifest's own code for what is wrong with the TOML.
ErrorCode manifest_code(const Error& error) {
  if (error.is(kTomlTooLarge)) return kManifestSize;
  if (error.is(kTomlTooDeep)) return kManifestDepth;
  if (error.is(kTomlNotUtf8)) return kManifestNotUtf8;
  if (error.is(kTomlDate)) return kManifestDate;
  if (error.is(kTomlNumber)) return kManifestFloat;
  if (error.is(kTomlDuplicateKey)) return kManifestDuplicateKey;
  return kManifestNotToml;
}

Result<Json> read_toml(BytesView toml) {
  auto document = parse_toml(toml, kTomlLimits);
  if (!document) return fail(manifest_code(document.error()), "{}", document.error().message());
  return document;
}

Result<ManifestVersion> read_version(const Json::Object& document) {
  TableReader top(document, "", ManifestVersion::k3);
  return static_cast<ManifestVersion>(PALYRA_TRY(top.integer("manifest_version", kVersions)).value_or(kDefaultVersion));
}

Result<AskedLimits> read_limits(TableReader& capabilities) {
  AskedLimits limits;
  auto table = PALYRA_TRY(capabilities.table("quotas"));
  if (!table) return limits;
  limits.wall_clock_timeout_ms = PALYRA_TRY(table->integer("wall_clock_timeout_ms", {1, kHighest}));
  limits.fuel_budget = PALYRA_TRY(table->integer("fuel_budget", {1, kHighest}));
  limits.max_memory_bytes = PALYRA_TRY(table->integer("max_memory_bytes", {kMinMemoryBytes, kHighest}));
  PALYRA_TRY(table->finish());
  return limits;
}

// The table may be absent in version 3 only.
Result<> read_asks(TableReader& top, SkillManifest& manifest) {
  auto capabilities = PALYRA_TRY(top.table("capabilities"));
  if (!capabilities) {
    if (top.is_version_3()) return {};
    return missing_key("capabilities");
  }
  PALYRA_TRY(read_capabilities(*capabilities, manifest));
  manifest.limits = PALYRA_TRY(read_limits(*capabilities));
  return capabilities->finish();
}

// In versions 1 and 2 a tool names no module: there is just one, or the operator's table has said which.
Result<> check_modules(const SkillManifest& manifest) {
  const auto homeless = std::ranges::find_if(manifest.tools, [](const SkillTool& tool) { return tool.module.empty(); });
  if (homeless == manifest.tools.end()) return {};
  return fail(kManifestToolModule,
              "the artifact does not hold just one module, and operator.plugin.default_module_path does not say which "
              "{} is in",
              homeless->id);
}

// Why a tool cannot be read-only when its skill asks for this; empty when it can.
std::string_view changes_something(const capability::Capability& asked) {
  using capability::HttpMethod;
  if (const auto* rule = std::get_if<capability::HttpRule>(&asked)) {
    const auto reads = [](HttpMethod method) { return method == HttpMethod::kGet || method == HttpMethod::kHead; };
    return std::ranges::all_of(rule->methods, reads) ? "" : "HTTP methods other than GET and HEAD";
  }
  if (const auto* root = std::get_if<capability::FilesystemRoot>(&asked)) {
    return root->access == capability::FilesystemAccess::kReadWrite ? "a root to write to" : "";
  }
  if (const auto* channel = std::get_if<capability::ChannelUse>(&asked)) {
    return channel->direction == capability::ChannelDirection::kReceive ? "" : "a channel to send to";
  }
  return std::holds_alternative<capability::StoragePrefix>(asked) ? "storage" : "";
}

Result<> check_read_only_hints(const SkillManifest& manifest) {
  const auto claimed =
      std::ranges::find_if(manifest.tools, [](const SkillTool& t) { return t.hints.read_only == true; });
  if (claimed == manifest.tools.end()) return {};
  for (const capability::Capability& asked : manifest.capabilities.to_list()) {
    if (const std::string_view what = changes_something(asked); !what.empty()) {
      return fail(kManifestHints, "the tool {} says read_only, but the skill asks for {}: \"{}\"", claimed->id, what,
                  canonical_text(asked));
    }
  }
  return {};
}

}  // namespace

const SkillTool* SkillManifest::find_tool(std::string_view id) const {
  const auto at = std::ranges::find(tools, id, &SkillTool::id);
  return at == tools.end() ? nullptr : &*at;
}

Result<SkillManifest> parse_skill_manifest(BytesView toml, const ManifestContext& context) {
  const Json document = PALYRA_TRY(read_toml(toml));
  SkillManifest manifest;
  manifest.manifest_version = PALYRA_TRY(read_version(*document.as_object()));
  if (context.format == ArtifactFormat::kFormat1 && manifest.manifest_version == ManifestVersion::k3) {
    return fail(kManifestIntegerRange, "\"manifest_version\" is 3, not 1 or 2 as in an artifact of format 1");
  }
  TableReader top(*document.as_object(), "", manifest.manifest_version);
  top.take("manifest_version");
  manifest.identity = PALYRA_TRY(read_identity(top, context.signed_identity));
  PALYRA_TRY(read_labels(top, manifest));
  manifest.tools = PALYRA_TRY(read_tools(top, manifest.identity.publisher, context));
  PALYRA_TRY(read_asks(top, manifest));
  manifest.compatibility = PALYRA_TRY(read_compatibility(top));
  PALYRA_TRY(check_integrity(top, context));
  if (top.is_version_3()) manifest.config = PALYRA_TRY(read_config(top));
  if (manifest.manifest_version == ManifestVersion::k1) {
    manifest.warnings.push_back(
        {"legacy_manifest_version", "the manifest is of version 1, which is read but no longer written"});
  } else {
    PALYRA_TRY(read_operator(top, context.entries, manifest));
  }
  PALYRA_TRY(check_builder(top));
  PALYRA_TRY(top.finish());
  PALYRA_TRY(check_modules(manifest));
  PALYRA_TRY(check_read_only_hints(manifest));
  return manifest;
}

std::optional<SkillIdentity> parse_skill_identity(std::string_view publisher, std::string_view skill_id,
                                                  std::string_view version) {
  auto parsed = Version::parse(version);
  if (!is_publisher_name(publisher) || !is_skill_id(skill_id) || !parsed) return std::nullopt;
  return SkillIdentity{std::string(publisher), std::string(skill_id), *std::move(parsed)};
}

}  // namespace palyra::skills
