// SPDX-License-Identifier: Apache-2.0
// The sections that version 2 brought: notes for catalogues, and how a generator made the skill. Nothing in them
// relaxes a check. Of version 2 they also say where the tools are and what can be set; the rest is looked at and
// dropped.
#include "manifest_sections.h"

#include <palyra/base/utf8.h>
#include <palyra/capability/capability_names.h>

#include <algorithm>
#include <array>
#include <set>

namespace palyra::skills {
namespace {

constexpr std::array<std::string_view, 12> kContractKinds = {
    "memory_provider",     "context_engine",          "routing_strategy",       "run_lifecycle_hook",
    "compaction_provider", "diagnostics_provider",    "policy_signal_provider", "channel_binding_provider",
    "delivery_adapter",    "scheduler_task_provider", "model_auth_provider",    "connector_adapter"};

Result<std::vector<std::string>> read_words(TableReader& table, std::string_view key) {
  auto words = PALYRA_TRY(table.texts(key));
  for (const std::string& word : words) {
    if (!capability::is_name(word) || word.find(':') != std::string::npos) {
      return fail(kManifestSyntax, "\"{}\" holds \"{}\", not 1-128 of a-z, 0-9, ., _ and -", table.name(key),
                  printable(word));
    }
  }
  return words;
}

Result<> check_contracts(TableReader& plugin) {
  std::set<std::string> kinds;
  for (TableReader& contract : PALYRA_TRY(plugin.tables("contracts"))) {
    const std::string kind = PALYRA_TRY(contract.required_text("kind"));
    PALYRA_TRY(check_choice(contract.name("kind"), kind, kContractKinds));
    if (!kinds.insert(kind).second) {
      return fail(kManifestDuplicate, "\"{}\" is \"{}\", which another contract has", contract.name("kind"), kind);
    }
    PALYRA_TRY(contract.integer("version", {1, 1}));
    PALYRA_TRY(contract.finish());
  }
  return {};
}

// Version 2 has no other place for it.
Result<> set_module(const std::string& module, std::span<const ArtifactEntry> entries, std::vector<SkillTool>& tools) {
  if (find_entry(entries, module) == nullptr) {
    return fail(kManifestToolModule, "operator.plugin.default_module_path names {}, which is not in the artifact",
                module);
  }
  for (SkillTool& tool : tools) tool.module = module;
  return {};
}

Result<> set_export(const std::string& name, std::vector<SkillTool>& tools) {
  if (std::ranges::any_of(name, [](char c) { return c >= 'A' && c <= 'Z'; })) {
    return fail(kManifestSyntax, "operator.plugin.default_entrypoint is \"{}\", not a-z, 0-9, _ and -", name);
  }
  for (SkillTool& tool : tools) tool.export_name = name;
  return {};
}

Result<> read_plugin(TableReader& plugin, std::span<const ArtifactEntry> entries, std::vector<SkillTool>& tools) {
  const auto tool_id = PALYRA_TRY(plugin.text("default_tool_id"));
  if (tool_id && std::ranges::find(tools, *tool_id, &SkillTool::id) == tools.end()) {
    return fail(kManifestSyntax, "\"{}\" is \"{}\", which is no tool of this skill", plugin.name("default_tool_id"),
                printable(*tool_id));
  }
  const auto module = PALYRA_TRY(plugin.text("default_module_path"));
  if (module) PALYRA_TRY(check_module_path(plugin.name("default_module_path"), *module, plugin.version()));
  if (module && !plugin.is_version_3()) PALYRA_TRY(set_module(*module, entries, tools));
  const auto entrypoint = PALYRA_TRY(plugin.text("default_entrypoint"));
  if (entrypoint) PALYRA_TRY(check_export_name(plugin.name("default_entrypoint"), *entrypoint));
  if (entrypoint && !plugin.is_version_3()) PALYRA_TRY(set_export(*entrypoint, tools));
  PALYRA_TRY(check_contracts(plugin));
  return plugin.finish();
}

Result<> check_checklist(TableReader& builder) {
  auto checklist = PALYRA_TRY(builder.table("checklist"));
  if (!checklist) return missing_key(builder.name("checklist"));
  for (const std::string_view key : {"capability_declaration_path", "provenance_path", "test_harness_path"}) {
    const std::string path = PALYRA_TRY(checklist->required_text(key));
    if (!capability::is_portable_name(path)) {
      return fail(kManifestPath, "\"{}\" is \"{}\", not a relative name", checklist->name(key), printable(path));
    }
  }
  PALYRA_TRY(checklist->text("review_notes"));
  return checklist->finish();
}

Result<OperatorNotes> read_notes(TableReader& table) {
  OperatorNotes notes;
  notes.display_name = PALYRA_TRY(table.display("display_name", kNameText));
  notes.summary = PALYRA_TRY(table.display("summary", kDescriptionText));
  notes.description = PALYRA_TRY(table.display("description", kDescriptionText));
  notes.categories = PALYRA_TRY(read_words(table, "categories"));
  notes.tags = PALYRA_TRY(read_words(table, "tags"));
  notes.docs_url = PALYRA_TRY(table.text("docs_url"));
  if (notes.docs_url) PALYRA_TRY(check_https_url(table.name("docs_url"), *notes.docs_url));
  if (notes.docs_url && notes.docs_url->find('#') != std::string::npos) {
    return fail(kManifestUrl, "\"{}\" has a fragment", table.name("docs_url"));
  }
  return notes;
}

void warn_of_missing_notes(const std::optional<TableReader>& table, std::vector<ManifestWarning>& warnings) {
  if (!table || table->members().empty()) {
    warnings.push_back({"missing_operator_metadata", "the manifest has no notes for operators"});
    return;
  }
  const bool named =
      std::ranges::find(table->members(), "display_name", &Json::Member::first) != table->members().end();
  if (!named) warnings.push_back({"missing_operator_display_name", "operator.display_name is missing"});
}

}  // namespace

Result<> read_operator(TableReader& top, std::span<const ArtifactEntry> entries, SkillManifest& manifest) {
  auto table = PALYRA_TRY(top.table("operator"));
  if (!top.is_version_3()) warn_of_missing_notes(table, manifest.warnings);
  if (!table) return {};
  manifest.operator_notes = PALYRA_TRY(read_notes(*table));
  if (auto plugin = PALYRA_TRY(table->table("plugin"))) PALYRA_TRY(read_plugin(*plugin, entries, manifest.tools));
  if (!top.is_version_3()) PALYRA_TRY(read_operator_config(*table, manifest));
  return table->finish();
}

Result<> check_builder(TableReader& top) {
  auto table = PALYRA_TRY(top.table("builder"));
  if (!table) return {};
  const auto experimental = PALYRA_TRY(table->boolean("experimental"));
  if (experimental != true) return fail(kManifestChoice, "\"{}\" is not true", table->name("experimental"));
  for (const std::string_view key : {"source_kind", "source_ref", "rollout_flag"}) {
    PALYRA_TRY(table->required_display(key, kLabelText));
  }
  PALYRA_TRY(table->text("review_status"));
  PALYRA_TRY(check_checklist(*table));
  return table->finish();
}

}  // namespace palyra::skills
