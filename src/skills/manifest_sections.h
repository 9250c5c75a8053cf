// SPDX-License-Identifier: Apache-2.0
#pragma once
// The sections of a manifest of version 3, one source file each. Each takes its keys from the table it is given and
// finishes the tables below it; the caller finishes the table itself.

#include "manifest_reader.h"
#include "sbom_document.h"

#include <palyra/skills/skill_manifest.h>

#include <optional>
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

// manifest_tools.cc: entrypoints.
Result<std::vector<SkillTool>> read_tools(TableReader& top, std::string_view publisher, const ManifestContext& context);
// kManifestSyntax unless `text` can be the name of an export.
Result<> check_export_name(std::string_view name, std::string_view text);
// kManifestPath unless `text` is `modules/<one segment>.wasm`.
Result<> check_module_path(std::string_view name, std::string_view text);

// manifest_schema.cc: a tool's schema, as JSON text on one line; nullopt when absent.
Result<std::optional<std::string>> read_schema(TableReader& tool, std::string_view key, const ManifestContext& context);
// An entry below `assets/` that ends in `.json`.
bool is_json_asset(std::string_view text);

// manifest_examples.cc: a tool's golden calls.
Result<std::vector<ToolExample>> read_examples(TableReader& tool, const ManifestContext& context);

// manifest_capabilities.cc: everything below `capabilities` but quotas.
Result<capability::CapabilityGrantSet> read_capabilities(TableReader& capabilities);
// manifest_http.cc: the rules of http_egress_allowlist and http.
Result<std::vector<capability::Capability>> read_http_rules(TableReader& capabilities);

// manifest_config.cc: config.properties.
Result<std::vector<ConfigProperty>> read_config(TableReader& top);

// manifest_operator.cc: operator, and builder, which is checked and not kept.
Result<OperatorNotes> read_operator(TableReader& top, std::span<const SkillTool> tools);
Result<> check_builder(TableReader& top);

}  // namespace palyra::skills
