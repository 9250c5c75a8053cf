// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where the module of a run comes from: an installed skill that somebody promoted, or a file given for development.

#include <palyra/app/development_skill.h>
#include <palyra/app/run_error.h>
#include <palyra/app/services.h>
#include <palyra/crypto/hashed_bytes.h>
#include <palyra/host/call_state.h>
#include <palyra/skills/skill_manifest.h>
#include <palyra/state/skill_storage.h>

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace palyra::app {

// The entries of an installed version, each hashed against its row as it was loaded, and sealed.
class SkillObjects final : public host::AssetSource {
 public:
  // Also hashes the artifact they came from. Errors: those of state::StateStore::load_object.
  static Result<SkillObjects> load(const state::StateStore& store, const state::InstalledVersion& version);

  [[nodiscard]] std::optional<crypto::HashedView> find_entry(std::string_view name) const;
  [[nodiscard]] std::optional<BytesView> find(std::string_view asset) const override;
  [[nodiscard]] std::vector<std::string> names() const override;
  [[nodiscard]] std::size_t bytes() const;  // of all of them
  // As a manifest is parsed with.
  [[nodiscard]] std::vector<skills::ArtifactEntry> entries() const;

 private:
  struct Object {
    state::StoredEntry entry;
    crypto::HashedBytes bytes;
  };
  explicit SkillObjects(std::vector<Object> objects) : objects_(std::move(objects)) {}
  std::vector<Object> objects_;
};

struct InstalledTool {
  std::string id;
};

// Unsigned bytes that the operator names himself, with no grants.
struct InlineModule {
  Bytes bytes;                             // binary or, when it does not begin with "\0asm", text
  std::string name;                        // for messages and as tool id
  std::optional<std::string> export_name;  // "run", or "_start" for a module that has only that
};

// A tool of a skill that is being written.
struct DevelopmentTool {
  const DevelopmentSkill* skill = nullptr;  // outlives the run
  std::string id;
  DevelopmentGrants grants;  // of its developer, for this call
};

using ModuleSelector = std::variant<InstalledTool, InlineModule, DevelopmentTool>;

// Everything a run needs to know about what it runs. Movable; its views stay good.
struct ModuleSource {
  std::string tool_id;
  std::optional<state::RunSkill> skill{};  // the installed version it is of, for the runs log
  crypto::HashedView wasm;
  std::string entry;
  runtime::EntryKind entry_kind = runtime::EntryKind::kCore;
  std::optional<skills::SkillTool> tool;  // of an installed skill
  skills::AskedLimits limits;
  std::optional<state::StorageOwner> owner{};  // whose values and files it works on; none: values of this call alone
  std::vector<state::MappedRoot> roots{};      // where the operator says that granted filesystem roots are
  std::vector<host::ConfigValue> config;
  capability::CapabilityGrantSet asked{};               // by the manifest
  capability::CapabilityGrantSet grants;                // of these
  std::vector<capability::AddressBinding> addresses{};  // where the operator says that granted origins are
  std::unique_ptr<const host::AssetSource> assets;      // of a skill; an installed one's hold what `wasm` points into
  Bytes inline_bytes;                                   // what it points into for an inline module
  std::size_t kept_bytes = 0;                           // of `assets` of an installed skill, all entries together
};

// Of what is installed only an active version is ever found. Errors: state::kToolNotFound, kRunDisabled (there is such
// a skill, but it may not run), kRunIncompatibleHost, kRunSettingMissing; those of SkillObjects::load,
// runtime::parse_wat, skills::ModuleInspector::describe and, of an inline module, skills::admit_module and admit_tool;
// state errors.
Result<ModuleSource> resolve_module_source(const Services& services, ModuleSelector selector);

// The two steps of it for an installed tool, from a store that is open. Errors: state::kToolNotFound, kRunDisabled and
// state errors; the others.
Result<state::InstalledVersion> find_installed_tool(const Services& services, const state::StateStore& store,
                                                    const std::string& tool_id);
Result<ModuleSource> resolve_installed_tool(const Services& services, const state::StateStore& store,
                                            const state::InstalledVersion& version, const std::string& tool_id);

// Whose values and files a version with these grants works on; nobody when it may keep nothing. Depends on the trust.
Result<std::optional<state::StorageOwner>> owner_of_values(const state::StateStore& store,
                                                           const state::KeptArtifact& artifact,
                                                           const capability::CapabilityGrantSet& grants);

// A tool of a skill that is not installed, with the defaults of its settings and no grants. `tool` is one of the
// manifest's, which was parsed with this artifact; the artifact outlives the result. Errors: kRunSettingMissing.
Result<ModuleSource> source_of_artifact(const skills::Artifact& artifact, const skills::SkillManifest& manifest,
                                        const skills::SkillTool& tool);

// Of an installed version, from its objects. Errors: state::kStoreDamaged, those of skills::parse_skill_manifest.
Result<skills::SkillManifest> read_manifest(const Services& services, const SkillObjects& objects);

// What a run may do: asked by the manifest and approved by the operator.
capability::CapabilityGrantSet capability_grants_from_manifest(const skills::SkillManifest& manifest,
                                                               const capability::CapabilityGrantSet& approved);

// Whether this host is one that the skill is meant for. Errors: kRunIncompatibleHost.
Result<> check_host_compatibility(const skills::SkillManifest& manifest);

}  // namespace palyra::app
