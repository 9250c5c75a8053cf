// SPDX-License-Identifier: Apache-2.0
#pragma once
// The sections of a manifest, one source file each. Each takes its keys from the table it is given and
// finishes the tables below it; the caller finishes the table itself.

#include "manifest_reader.h"
#include "sbom_document.h"

#include <palyra/skills/skill_manifest.h>

#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace palyra::skills {

// manifest_identity.cc: publisher, skill id and version, judged against what was signed before anything else is read.
Result<SkillIdentity> read_identity(TableReader& top, const std::optional<SkillIdentity>& signed_identity);
// name, description, license, homepage, repository.
Result<> read_labels(TableReader& top, SkillManifest& manifest);
// `https://`, an authority without user, and visible ASCII; at most 2,048 bytes. kManifestUrl.
Result<> check_https_url(std::string_view name, std::string_view text);
Result<std::optional<SkillCompatibility>> read_compatibility(TableReader& top);

// manifest_tools.cc: entrypoints. Below version 3 a tool's module is empty unless there is just one.
Result<std::vector<SkillTool>> read_tools(TableReader& top, std::string_view publisher, const ManifestContext& context);
// kManifestSyntax unless `text` can be the name of an export.
Result<> check_export_name(std::string_view name, std::string_view text);
// kManifestPath unless `text` is `modules/<one segment>.wasm`; below version 3, at any depth.
Result<> check_module_path(std::string_view name, std::string_view text, ManifestVersion version);

// manifest_schema.cc: a tool's schema, as JSON text on one line; nullopt when absent. Only version 3 names an asset.
Result<std::optional<std::string>> read_schema(TableReader& tool, std::string_view key, const ManifestContext& context);
// An entry below `assets/` that ends in `.json`.
bool is_json_asset(std::string_view text);

// manifest_examples.cc: a tool's golden calls.
Result<std::vector<ToolExample>> read_examples(TableReader& tool, const ManifestContext& context);

// manifest_capabilities.cc: everything below `capabilities` but quotas, into `capabilities`, `ungrantable` and
// `wildcard_opt_in`.
Result<> read_capabilities(TableReader& capabilities, SkillManifest& manifest);

// manifest_older.cc: what only versions 1 and 2 have.
struct OlderAsks {
  std::set<OlderCapability> wildcard_opt_in;
  std::vector<UngrantableAsk> asks;
  // False unless the switch is on; then the wildcard is among the asks, and must not become a grant.
  bool take_wildcard(OlderCapability capability, std::string text);
};
// wildcard_opt_in, device_capabilities, node_capabilities.
Result<OlderAsks> read_older_asks(TableReader& capabilities);
// integrity, which is compared and not kept: the content root covers all of it. kManifestIntegrity.
Result<> check_integrity(TableReader& top, const ManifestContext& context);

// manifest_http.cc: the rules of http_egress_allowlist and http.
Result<std::vector<capability::Capability>> read_http_rules(TableReader& capabilities, OlderAsks& older);

// manifest_config.cc: config.properties (version 3) and operator.config (version 2, with its warnings).
Result<std::vector<ConfigProperty>> read_config(TableReader& top);
Result<> read_operator_config(TableReader& operator_table, SkillManifest& manifest);

// manifest_operator.cc: operator, of version 2 also what its plugin defaults say about the tools and its warnings.
Result<> read_operator(TableReader& top, std::span<const ArtifactEntry> entries, SkillManifest& manifest);
// builder, which is checked and not kept.
Result<> check_builder(TableReader& top);

}  // namespace palyra::skills
