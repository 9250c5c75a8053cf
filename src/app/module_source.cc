// SPDX-License-Identifier: Apache-2.0
#include "promotion_steps.h"

#include <palyra/app/module_source.h>
#include <palyra/app/run_limits.h>
#include <palyra/app/skill_settings.h>
#include <palyra/app/verify_artifact.h>
#include <palyra/app/version_info.h>
#include <palyra/base/check.h>
#include <palyra/base/utf8.h>

#include <algorithm>

namespace palyra::app {
namespace {

using state::InstalledVersion;
using state::VersionStatus;

constexpr std::string_view kAssetPrefix = "assets/";
constexpr std::string_view kWasmMagic{"\0asm", 4};
constexpr std::int64_t kProtocolMajor = 1;

// The tool is among what the stored artifact declares, as far as verification lets its manifest be read.
bool declares(const Services& services, const state::StateStore& store, const InstalledVersion& version,
              const std::string& tool_id) {
  const auto file = store.load_object(version.artifact.sha256);
  const auto trust = store.trust();
  if (!file || !trust) return false;
  const skills::Verification verification = verify_artifact(services, file->view(), *trust, look_only());
  return verification.manifest && verification.manifest->find_tool(tool_id) != nullptr;
}

// A version that would offer the tool if it were active: its row says so once it was, its artifact before.
bool offers(const Services& services, const state::StateStore& store, const InstalledVersion& version,
            const std::string& tool_id) {
  if (version.status == VersionStatus::kRemoved || version.status == VersionStatus::kActive) return false;
  if (std::ranges::find(version.tools, tool_id) != version.tools.end()) return true;
  const bool of_publisher = version.artifact.proof == state::NameProof::kProven &&
                            skills::is_of_publisher(tool_id, version.artifact.publisher);
  return of_publisher && declares(services, store, version, tool_id);
}

// find_active has found nothing: says whether that is because of a decision.
Error not_runnable(const Services& services, const state::StateStore& store, const std::string& tool_id,
                   Error not_found) {
  const auto versions = store.versions();
  if (!versions) return not_found;
  const auto found =
      std::ranges::find_if(*versions, [&](const auto& version) { return offers(services, store, version, tool_id); });
  if (found == versions->end()) return not_found;
  const std::string skill = printable(found->artifact.skill_id + "@" + found->artifact.version);
  Error error(kRunDisabled, fmt::format("'{}' is of {}, which is {} and does not run{}{}", printable(tool_id), skill,
                                        state::to_text(found->status), found->status_reason.empty() ? "" : ": ",
                                        printable(found->status_reason)));
  return std::move(error).with_next(fmt::format("palyra skills show {}", skill)).with_next(way_back(*found));
}

// The assets of an artifact where it was read to.
class ArtifactAssets final : public host::AssetSource {
 public:
  explicit ArtifactAssets(const skills::Artifact& artifact) : artifact_(artifact) {}
  [[nodiscard]] std::optional<BytesView> find(std::string_view asset) const override {
    const skills::ArtifactEntry* entry = artifact_.find(std::string(kAssetPrefix) + std::string(asset));
    if (entry == nullptr) return std::nullopt;
    return entry->bytes;
  }
  [[nodiscard]] std::vector<std::string> names() const override {
    std::vector<std::string> names;
    for (const skills::ArtifactEntry& entry : artifact_.entries()) {
      if (entry.name.starts_with(kAssetPrefix)) names.emplace_back(entry.name.substr(kAssetPrefix.size()));
    }
    return names;
  }

 private:
  const skills::Artifact& artifact_;
};

runtime::EntryKind entry_kind(skills::ToolAbi abi) {
  return abi == skills::ToolAbi::kWasi ? runtime::EntryKind::kWasi : runtime::EntryKind::kCore;
}

Result<ModuleSource> resolve(const Services& services, const InstalledTool& selector) {
  const state::StateStore store = PALYRA_TRY(state::StateStore::open(services.state));
  const InstalledVersion version = PALYRA_TRY(find_installed_tool(services, store, selector.id));
  return resolve_installed_tool(services, store, version, selector.id);
}

// As a skill's only tool that asks for nothing would be judged.
Result<> admit_inline(const Services& services, const ModuleSource& source, const capability::ModuleFacts& facts) {
  PALYRA_TRY(skills::admit_module(facts, {}, admission_limits(services.config)));
  skills::SkillTool tool;
  tool.id = source.tool_id;
  tool.export_name = source.entry;
  tool.abi = source.entry_kind == runtime::EntryKind::kWasi ? skills::ToolAbi::kWasi : skills::ToolAbi::kCore;
  return skills::admit_tool(facts, tool);
}

Result<ModuleSource> resolve(const Services& services, InlineModule selector) {
  ModuleSource source;
  source.tool_id = selector.name;
  source.inline_bytes = as_text(selector.bytes).starts_with(kWasmMagic)
                            ? std::move(selector.bytes)
                            : PALYRA_TRY(runtime::parse_wat(as_text(selector.bytes)));
  source.wasm = crypto::HashedView(source.inline_bytes);
  const capability::ModuleFacts facts = PALYRA_TRY(services.engine.inspector().describe(source.wasm.bytes()));
  const bool command = facts.find_export("run") == nullptr && facts.find_export("_start") != nullptr;
  source.entry = selector.export_name.value_or(command ? "_start" : "run");
  if (source.entry == "_start") source.entry_kind = runtime::EntryKind::kWasi;
  PALYRA_TRY(admit_inline(services, source, facts));
  return source;
}

Error no_such_tool(const skills::SkillManifest& manifest, const std::string& tool_id) {
  Error error(state::kToolNotFound,
              fmt::format("{} has no tool '{}'", printable(manifest.identity.skill_id), printable(tool_id)));
  for (const skills::SkillTool& tool : manifest.tools) {
    error = std::move(error).with_next("it has " + printable(tool.id));
  }
  return error;
}

Result<ModuleSource> resolve(const Services& /*services*/, DevelopmentTool selector) {
  const skills::SkillManifest& manifest = selector.skill->manifest();
  PALYRA_TRY(check_host_compatibility(manifest));
  const skills::SkillTool* tool = manifest.find_tool(selector.id);
  if (tool == nullptr) return std::unexpected(no_such_tool(manifest, selector.id));
  ModuleSource source = PALYRA_TRY(source_of_artifact(*selector.skill->verification.artifact, manifest, *tool));
  source.grants = capability_grants_from_manifest(manifest, selector.grants.granted);
  source.roots = std::move(selector.grants.roots);
  source.addresses = std::move(selector.grants.addresses);
  return source;
}

}  // namespace

Result<SkillObjects> SkillObjects::load(const state::StateStore& store, const InstalledVersion& version) {
  PALYRA_TRY(store.check_object(version.artifact.sha256));
  std::vector<Object> objects;
  objects.reserve(version.entries.size());
  for (const state::StoredEntry& entry : version.entries) {
    objects.push_back({.entry = entry, .bytes = PALYRA_TRY(store.load_object(entry.sha256))});
  }
  return SkillObjects(std::move(objects));
}

std::optional<crypto::HashedView> SkillObjects::find_entry(std::string_view name) const {
  const auto found = std::ranges::find(objects_, name, [](const Object& object) { return object.entry.name; });
  if (found == objects_.end()) return std::nullopt;
  return found->bytes.hashed();
}

std::optional<BytesView> SkillObjects::find(std::string_view asset) const {
  const auto entry = find_entry(std::string(kAssetPrefix) + std::string(asset));
  return entry ? std::optional(entry->bytes()) : std::nullopt;
}

std::vector<std::string> SkillObjects::names() const {
  std::vector<std::string> names;
  for (const Object& object : objects_) {
    if (object.entry.name.starts_with(kAssetPrefix)) names.push_back(object.entry.name.substr(kAssetPrefix.size()));
  }
  return names;
}

std::size_t SkillObjects::bytes() const {
  std::size_t bytes = 0;
  for (const Object& object : objects_) bytes += object.bytes.view().size();
  return bytes;
}

std::vector<skills::ArtifactEntry> SkillObjects::entries() const {
  std::vector<skills::ArtifactEntry> entries;
  entries.reserve(objects_.size());
  for (const Object& object : objects_) {
    entries.push_back({.name = object.entry.name, .bytes = object.bytes.view(), .sha256 = object.entry.sha256});
  }
  return entries;
}

Result<skills::SkillManifest> read_manifest(const Services& services, const SkillObjects& objects) {
  const auto manifest = objects.find_entry(skills::kManifestEntry);
  if (!manifest) return fail(state::kStoreDamaged, "an installed version has no manifest");
  const auto entries = objects.entries();
  return PALYRA_TRY(skills::parse_skill_manifest(manifest->bytes(), {.entries = entries, .schemas = services.schemas}),
                    "while reading the manifest of an installed skill");
}

Result<std::optional<state::StorageOwner>> owner_of_values(const state::StateStore& store,
                                                           const state::KeptArtifact& artifact,
                                                           const capability::CapabilityGrantSet& grants) {
  const bool keeps = grants.count(capability::CapabilityClass::kStorage) != 0 ||
                     grants.count(capability::CapabilityClass::kFilesystem) != 0;
  if (!keeps) return std::nullopt;
  return state::storage_owner(PALYRA_TRY(store.trust()), artifact.publisher, artifact.skill_id);
}

Result<InstalledVersion> find_installed_tool(const Services& services, const state::StateStore& store,
                                             const std::string& tool_id) {
  auto version = store.find_active(tool_id);
  if (version || !version.error().is(state::kToolNotFound)) return version;
  return std::unexpected(not_runnable(services, store, tool_id, std::move(version).error()));
}

Result<ModuleSource> resolve_installed_tool(const Services& services, const state::StateStore& store,
                                            const InstalledVersion& version, const std::string& tool_id) {
  auto objects = std::make_unique<const SkillObjects>(PALYRA_TRY(SkillObjects::load(store, version)));
  const skills::SkillManifest manifest = PALYRA_TRY(read_manifest(services, *objects));
  PALYRA_TRY(check_host_compatibility(manifest));
  std::vector<host::ConfigValue> settings = PALYRA_TRY(effective_settings(manifest, version.settings));
  const skills::SkillTool* tool = manifest.find_tool(tool_id);
  const auto wasm = tool == nullptr ? std::nullopt : objects->find_entry(tool->module);
  if (!wasm) return fail(state::kStoreDamaged, "'{}' is not what its row says: no such tool or module", tool_id);
  capability::CapabilityGrantSet grants = capability_grants_from_manifest(manifest, version.grants);
  const std::size_t kept_bytes = objects->bytes();
  return ModuleSource{
      .tool_id = tool->id,
      .skill = state::RunSkill{.id = version.artifact.skill_id,
                               .version = version.artifact.version,
                               .content_root = version.content_root()},
      .wasm = *wasm,
      .entry = tool->export_name,
      .entry_kind = entry_kind(tool->abi),
      .tool = *tool,
      .limits = manifest.limits,
      .owner = PALYRA_TRY(owner_of_values(store, version.artifact, grants)),
      .roots = version.roots,
      .config = std::move(settings),
      .asked = manifest.capabilities,
      .grants = std::move(grants),
      .addresses = version.addresses,
      .assets = std::move(objects),
      .inline_bytes = {},
      .kept_bytes = kept_bytes,
  };
}

Result<ModuleSource> resolve_module_source(const Services& services, ModuleSelector selector) {
  return std::visit([&](auto& which) { return resolve(services, std::move(which)); }, selector);
}

Result<ModuleSource> source_of_artifact(const skills::Artifact& artifact, const skills::SkillManifest& manifest,
                                        const skills::SkillTool& tool) {
  std::vector<host::ConfigValue> settings = PALYRA_TRY(effective_settings(manifest, {}));
  return ModuleSource{
      .tool_id = tool.id,
      .wasm = crypto::HashedView(artifact.at(tool.module).bytes),
      .entry = tool.export_name,
      .entry_kind = entry_kind(tool.abi),
      .tool = tool,
      .limits = manifest.limits,
      .config = std::move(settings),
      .asked = manifest.capabilities,
      .grants = {},
      .assets = std::make_unique<const ArtifactAssets>(artifact),
      .inline_bytes = {},
  };
}

capability::CapabilityGrantSet capability_grants_from_manifest(const skills::SkillManifest& manifest,
                                                               const capability::CapabilityGrantSet& approved) {
  return manifest.capabilities.intersect(approved);
}

Result<> check_host_compatibility(const skills::SkillManifest& manifest) {
  if (!manifest.compatibility) return {};
  const skills::SkillCompatibility& wanted = *manifest.compatibility;
  const auto host = skills::Version::parse(palyra_version());
  PALYRA_CHECK(host.has_value());
  if (wanted.required_protocol_major != kProtocolMajor) {
    return fail(kRunIncompatibleHost, "the skill needs protocol {}, this Palyra speaks {}",
                wanted.required_protocol_major, kProtocolMajor);
  }
  if (*host < wanted.min_palyra_version) {
    return fail(kRunIncompatibleHost, "the skill needs Palyra {} or newer, this is {}",
                wanted.min_palyra_version.to_text(), palyra_version());
  }
  if (wanted.max_palyra_version && *wanted.max_palyra_version < *host) {
    return fail(kRunIncompatibleHost, "the skill is for Palyra up to {}, this is {}",
                wanted.max_palyra_version->to_text(), palyra_version());
  }
  return {};
}

}  // namespace palyra::app
