// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where the module of a run comes from: an installed skill that somebody promoted, or a file given for development.

#include <palyra/app/run_error.h>
#include <palyra/app/services.h>
#include <palyra/host/call_state.h>
#include <palyra/skills/skill_manifest.h>
#include <palyra/state/sealed_bytes.h>

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

  [[nodiscard]] std::optional<BytesView> find_entry(std::string_view name) const;
  [[nodiscard]] std::optional<BytesView> find(std::string_view asset) const override;
  // As a manifest is parsed with.
  [[nodiscard]] std::vector<skills::ArtifactEntry> entries() const;

 private:
  struct Object {
    state::StoredEntry entry;
    state::SealedBytes bytes;
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

using ModuleSelector = std::variant<InstalledTool, InlineModule>;

// Everything a run needs to know about what it runs. Movable; its views stay good.
struct ModuleSource {
  std::string tool_id;
  BytesView wasm;
  std::string entry;
  runtime::EntryKind entry_kind = runtime::EntryKind::kCore;
  std::optional<skills::SkillTool> tool;  // of an installed skill
  skills::AskedLimits limits;
  std::vector<host::ConfigValue> config;
  capability::CapabilityGrantSet grants;
  std::unique_ptr<const SkillObjects> objects;  // of an installed skill: what `wasm` points into
  Bytes inline_bytes;                           // likewise of an inline module
};

// Only an active version is ever found. Errors: state::kToolNotFound, kRunDisabled (there is such a skill, but it may
// not run), kRunIncompatibleHost; those of SkillObjects::load and runtime::parse_wat; state errors.
Result<ModuleSource> resolve_module_source(const Services& services, ModuleSelector selector);

// What a run may do: asked by the manifest and approved by the operator.
capability::CapabilityGrantSet capability_grants_from_manifest(const skills::SkillManifest& manifest,
                                                               const capability::CapabilityGrantSet& approved);

// Whether this host is one that the skill is meant for. Errors: kRunIncompatibleHost.
Result<> check_host_compatibility(const skills::SkillManifest& manifest);

}  // namespace palyra::app
