// SPDX-License-Identifier: Apache-2.0
#include "manifest_sections.h"

#include <palyra/base/utf8.h>
#include <palyra/capability/capability_names.h>

#include <algorithm>
#include <array>

namespace palyra::skills {
namespace {

constexpr std::size_t kMaxExportBytes = 128;
constexpr const char* kDefaultExport = "run";

// The words that may stand for one argument of the call: "{field}".
bool is_field_reference(std::string_view text) {
  return text.size() > 2 && text.starts_with('{') && text.ends_with('}') &&
         text.substr(1, text.size() - 2).find_first_of("{}") == std::string_view::npos;
}

Result<std::optional<WasiMapping>> read_wasi(TableReader& tool) {
  auto table = PALYRA_TRY(tool.table("wasi"));
  if (!table) return std::nullopt;
  WasiMapping mapping;
  mapping.args = PALYRA_TRY(table->texts("args"));
  for (const std::string& arg : mapping.args) {
    if (arg.find('\0') != std::string::npos) {
      return fail(kManifestWasi, "\"{}\" holds a NUL, which no program's argument can", table->name("args"));
    }
  }
  if (auto input = PALYRA_TRY(table->text("stdin"))) mapping.standard_input = *std::move(input);
  const std::string& input = mapping.standard_input;
  if (input != "json" && input != "none" && !is_field_reference(input)) {
    return fail(kManifestWasi, R"("{}" is "{}", not "json", "none" or "{{field}}")", table->name("stdin"),
                printable(input));
  }
  PALYRA_TRY(table->finish());
  return mapping;
}

Result<std::string> read_module(TableReader& tool, std::span<const ArtifactEntry> entries) {
  if (const auto named = tool.is_version_3() ? PALYRA_TRY(tool.text("module")) : std::nullopt) {
    PALYRA_TRY(check_module_path(tool.name("module"), *named, tool.version()));
    if (find_entry(entries, *named) == nullptr) {
      return fail(kManifestToolModule, "\"{}\" names {}, which is not in the artifact", tool.name("module"), *named);
    }
    return *named;
  }
  std::vector<std::string> modules;
  for (const ArtifactEntry& entry : entries) {
    if (entry.name.starts_with("modules/")) modules.push_back(entry.name);
  }
  if (modules.size() != 1) {
    if (!tool.is_version_3()) return "";
    return fail(kManifestToolModule, "\"{}\" is missing and the artifact holds {} modules", tool.name("module"),
                modules.size());
  }
  return modules.front();
}

// module, export, abi, wasi
Result<> read_entry(TableReader& table, const ManifestContext& context, SkillTool& tool) {
  tool.module = PALYRA_TRY(read_module(table, context.entries));
  tool.export_name = kDefaultExport;
  if (!table.is_version_3()) return {};
  auto export_name = PALYRA_TRY(table.text("export"));
  if (export_name) PALYRA_TRY(check_export_name(table.name("export"), *export_name));
  if (const auto abi = PALYRA_TRY(table.text("abi"))) {
    constexpr std::array<std::string_view, 2> kAbis = {"core", "wasi"};
    PALYRA_TRY(check_choice(table.name("abi"), *abi, kAbis));
    tool.abi = *abi == "wasi" ? ToolAbi::kWasi : ToolAbi::kCore;
  }
  const bool wasi = tool.abi == ToolAbi::kWasi;
  if (wasi && export_name && *export_name != "_start") {
    return fail(kManifestWasi, "\"{}\" is \"{}\", but abi \"wasi\" runs \"_start\"", table.name("export"),
                *export_name);
  }
  tool.export_name = export_name.value_or(wasi ? "_start" : kDefaultExport);
  tool.wasi = PALYRA_TRY(read_wasi(table));
  if (tool.wasi && !wasi) return fail(kManifestWasi, "\"{}\" needs abi \"wasi\"", table.name("wasi"));
  return {};
}

// risk, hints
Result<> read_conduct(TableReader& table, SkillTool& tool) {
  if (auto risk = PALYRA_TRY(table.table("risk"))) {
    tool.default_sensitive = PALYRA_TRY(risk->boolean("default_sensitive")).value_or(false);
    tool.requires_approval = PALYRA_TRY(risk->boolean("requires_approval")).value_or(false);
    PALYRA_TRY(risk->finish());
  }
  if (!table.is_version_3()) return {};
  if (auto hints = PALYRA_TRY(table.table("hints"))) {
    tool.hints.read_only = PALYRA_TRY(hints->boolean("read_only"));
    tool.hints.idempotent = PALYRA_TRY(hints->boolean("idempotent"));
    tool.hints.destructive = PALYRA_TRY(hints->boolean("destructive"));
    PALYRA_TRY(hints->finish());
    if (tool.hints.read_only == true && tool.hints.destructive == true) {
      return fail(kManifestHints, "\"{}\" says both read_only and destructive", table.name("hints"));
    }
  }
  return {};
}

Result<std::string> read_tool_id(TableReader& table, std::string_view publisher) {
  std::string id = PALYRA_TRY(table.required_text("id"));
  if (!is_tool_id(id)) {
    return fail(kManifestSyntax, "\"{}\" is \"{}\", not dotted segments of a-z, 0-9, _ and -, at most 128 bytes",
                table.name("id"), printable(id));
  }
  if (!is_of_publisher(id, publisher)) {
    return fail(kManifestToolIdPrefix, "\"{}\" is \"{}\", which does not begin with \"{}.\"", table.name("id"), id,
                publisher);
  }
  return id;
}

Result<SkillTool> read_tool(TableReader& table, std::string_view publisher, const ManifestContext& context) {
  SkillTool tool;
  tool.id = PALYRA_TRY(read_tool_id(table, publisher));
  tool.name = PALYRA_TRY(table.required_display("name", kToolNameText));
  tool.description = PALYRA_TRY(table.required_display("description", kToolDescriptionText));
  auto input_schema = PALYRA_TRY(read_schema(table, "input_schema", context));
  if (!input_schema) return missing_key(table.name("input_schema"));
  tool.input_schema = *std::move(input_schema);
  tool.output_schema = PALYRA_TRY(read_schema(table, "output_schema", context));
  if (!tool.output_schema && !table.is_version_3()) return missing_key(table.name("output_schema"));
  PALYRA_TRY(read_entry(table, context, tool));
  PALYRA_TRY(read_conduct(table, tool));
  if (table.is_version_3()) tool.examples = PALYRA_TRY(read_examples(table, context));
  PALYRA_TRY(table.finish());
  return tool;
}

}  // namespace

Result<> check_export_name(std::string_view name, std::string_view text) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  if (text.empty() || text.size() > kMaxExportBytes || !std::ranges::all_of(text, allowed)) {
    return fail(kManifestSyntax, "\"{}\" is \"{}\", not 1-{} of A-Z, a-z, 0-9, _ and -", name, printable(text),
                kMaxExportBytes);
  }
  return {};
}

Result<> check_module_path(std::string_view name, std::string_view text, ManifestVersion version) {
  constexpr std::string_view kFolder = "modules/";
  constexpr std::string_view kExtension = ".wasm";
  const bool shaped = capability::is_portable_name(text) && text.starts_with(kFolder) && text.ends_with(kExtension) &&
                      text.size() > kFolder.size() + kExtension.size() &&
                      (version != ManifestVersion::k3 || text.rfind('/') == kFolder.size() - 1);
  if (!shaped) return fail(kManifestPath, "\"{}\" is \"{}\", not modules/<name>.wasm", name, printable(text));
  return {};
}

Result<std::vector<SkillTool>> read_tools(TableReader& top, std::string_view publisher,
                                          const ManifestContext& context) {
  auto entrypoints = PALYRA_TRY(top.table("entrypoints"));
  if (!entrypoints) return missing_key("entrypoints");
  if (std::ranges::find(entrypoints->members(), "tools", &Json::Member::first) == entrypoints->members().end()) {
    return missing_key("entrypoints.tools");
  }
  auto tables = PALYRA_TRY(entrypoints->tables("tools"));
  if (tables.empty() || tables.size() > kMaxTools) {
    return fail(kManifestCount, "\"entrypoints.tools\" has {} tools, not 1 to {}", tables.size(), kMaxTools);
  }
  std::vector<SkillTool> tools;
  for (TableReader& table : tables) {
    SkillTool tool = PALYRA_TRY(read_tool(table, publisher, context));
    if (std::ranges::find(tools, tool.id, &SkillTool::id) != tools.end()) {
      return fail(kManifestToolIdDuplicate, "\"{}\" is \"{}\", which another tool has", table.name("id"), tool.id);
    }
    tools.push_back(std::move(tool));
  }
  PALYRA_TRY(entrypoints->finish());
  return tools;
}

}  // namespace palyra::skills
