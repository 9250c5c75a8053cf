// SPDX-License-Identifier: Apache-2.0
#pragma once
// `skill.toml`: what a skill is, offers and asks for. Read strictly: what this version does not know, it refuses.
// Versions 1, 2 and 3 of the document become one model.
// Source: docs/formats/skill-manifest.md.

#include <palyra/base/bytes.h>
#include <palyra/base/error.h>
#include <palyra/capability/grant_set.h>
#include <palyra/skills/artifact.h>
#include <palyra/skills/manifest_codes.h>
#include <palyra/skills/schema_compiler.h>
#include <palyra/skills/skill_names.h>

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace palyra::skills {

inline constexpr std::size_t kMaxManifestBytes = 65'536;
inline constexpr std::size_t kMaxTools = 64;
inline constexpr std::size_t kMaxExamples = 16;  // of one tool
// Of the assets that one tool's examples name as their output, together, one named twice counted twice.
inline constexpr std::size_t kMaxExampleAssetBytes = std::size_t{1} << 20;
inline constexpr std::int64_t kMinMemoryBytes = 65'536;  // one Wasm page

enum class ManifestVersion : std::uint8_t { k1 = 1, k2 = 2, k3 = 3 };

enum class ToolAbi : std::uint8_t {
  kCore,  // exports `() -> i32`
  kWasi,  // exports `_start`
};

// How the arguments reach a program that was not written for Palyra.
struct WasiMapping {
  std::vector<std::string> args;        // after the tool id; "{field}" is replaced by that argument
  std::string standard_input = "json";  // "json", "none" or "{field}"
};

// What MCP calls annotations. Absent: the publisher says nothing.
struct ToolHints {
  std::optional<bool> read_only;
  std::optional<bool> idempotent;
  std::optional<bool> destructive;
};

// A recorded answer that stands in for the network while an example runs.
struct RecordedReply {
  capability::HttpMethod method = capability::HttpMethod::kGet;
  std::string url;
  std::int64_t status = 200;  // 200 to 599
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

// A golden call. Neither output nor error: it must succeed.
struct ToolExample {
  std::string name;
  std::string input;                  // JSON text of one object
  std::optional<std::string> output;  // JSON text, compared by value
  std::optional<std::string> error;   // compared exactly
  std::vector<RecordedReply> http;
};

struct SkillTool {
  std::string id;
  std::string name;
  std::string description;
  std::string input_schema;                  // JSON text on one line; compiles; root type object
  std::optional<std::string> output_schema;  // the same; absent: the tool answers with text or bytes
  std::string module;                        // an entry of the artifact
  std::string export_name;                   // "run" unless the manifest says otherwise, "_start" with kWasi
  ToolAbi abi = ToolAbi::kCore;
  std::optional<WasiMapping> wasi;  // only with kWasi
  bool default_sensitive = false;
  bool requires_approval = false;  // a call waits for a person
  ToolHints hints;
  std::vector<ToolExample> examples;
};

// What the manifest asks instead of the host's defaults; the operator's ceilings still bound it.
struct AskedLimits {
  std::optional<std::int64_t> wall_clock_timeout_ms;
  std::optional<std::int64_t> fuel_budget;
  std::optional<std::int64_t> max_memory_bytes;
};

// Hosts that the skill is meant for. Judged against this host at install, promotion and run, not when parsed.
struct SkillCompatibility {
  std::int64_t required_protocol_major = 1;
  Version min_palyra_version;
  std::optional<Version> max_palyra_version;  // not below the minimum
};

enum class ConfigType : std::uint8_t { kString, kInteger, kNumber, kBoolean, kStringList };
std::string_view to_text(ConfigType type);  // "string", "integer", "number", "boolean", "string_list"
bool has_type(const Json& value, ConfigType type);

// A setting that the operator gives and the guest reads.
struct ConfigProperty {
  std::string key;
  ConfigType type = ConfigType::kString;
  std::optional<std::string> default_value;  // JSON text of the type, one of enum_values if there are any
  std::vector<std::string> enum_values;      // only for strings; empty: any
  std::optional<std::string> title;
  std::optional<std::string> description;
  bool required = false;
  bool redacted = false;  // version 2: its value is not to be shown
};

// For catalogues. Nothing depends on it.
struct OperatorNotes {
  std::optional<std::string> display_name;
  std::optional<std::string> summary;
  std::optional<std::string> description;
  std::vector<std::string> categories;
  std::vector<std::string> tags;
  std::optional<std::string> docs_url;
};

// Named as the switches of `capabilities.wildcard_opt_in` are.
enum class OlderCapability : std::uint8_t { kFilesystem, kHttpEgress, kSecrets, kDevice, kNode };
std::string_view to_text(OlderCapability older);  // "filesystem", "http_egress", "secrets", "device", "node"

// What versions 1 and 2 may ask for and no grant gives: devices, nodes, and every wildcard.
struct UngrantableAsk {
  OlderCapability capability = OlderCapability::kDevice;
  std::string text;  // "camera", "*.example.com", "global/*"
  [[nodiscard]] bool is_wildcard() const { return text.find('*') != std::string::npos; }
  friend bool operator==(const UngrantableAsk&, const UngrantableAsk&) = default;
};

// Nothing is wrong, but the publisher could do better. Only of versions 1 and 2.
struct ManifestWarning {
  std::string_view id;   // "legacy_manifest_version", ...: the documentation lists all five
  std::string sentence;  // printable
};

struct SkillManifest {
  ManifestVersion manifest_version = ManifestVersion::k3;
  SkillIdentity identity;
  std::string name;
  std::optional<std::string> description;
  std::optional<std::string> license;  // SPDX expression
  std::optional<std::string> homepage;
  std::optional<std::string> repository;
  std::vector<SkillTool> tools;                 // 1 to kMaxTools, ids distinct
  capability::CapabilityGrantSet capabilities;  // requested, and such as a grant can give
  std::vector<UngrantableAsk> ungrantable;
  std::set<OlderCapability> wildcard_opt_in;  // switched on, whether a wildcard is there or not
  AskedLimits limits;
  std::optional<SkillCompatibility> compatibility;
  std::vector<ConfigProperty> config;  // by key
  OperatorNotes operator_notes;
  std::vector<ManifestWarning> warnings;

  [[nodiscard]] const SkillTool* find_tool(std::string_view id) const;
};

// What a manifest is judged with.
struct ManifestContext {
  std::span<const ArtifactEntry> entries;  // for the modules and assets it names; digests only for `integrity`
  const SchemaCompiler& schemas;
  std::optional<SkillIdentity> signed_identity = std::nullopt;  // what the signature says; nullopt while there is none
  // In format 1 the version is 1 or 2, and `integrity` lists every entry but skill.toml and signature.json.
  ArtifactFormat format = ArtifactFormat::kFormat2;
};

// Order of checks: TOML and its limits; version, publisher, skill id and version, then that they are those signed; the
// other keys at the top; tools; capabilities; limits; compatibility; integrity; configuration; operator and builder;
// then rules that join sections. Inside a table: each known key in the order of the documentation, then unknown keys.
// The publisher, the skill id and the version obey the grammar of version 3 in every version: so they are signed.
Result<SkillManifest> parse_skill_manifest(BytesView toml, const ManifestContext& context);

// As the signature_shape stage left them; nullopt when a text breaks its grammar.
std::optional<SkillIdentity> parse_skill_identity(std::string_view publisher, std::string_view skill_id,
                                                  std::string_view version);

}  // namespace palyra::skills
