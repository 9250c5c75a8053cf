// SPDX-License-Identifier: Apache-2.0
#include "present.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <span>

namespace palyra::cli {
namespace {

double milliseconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

std::string_view kind_text(capability::ExternKind kind) {
  constexpr std::array<std::string_view, 4> kNames{"function", "table", "memory", "global"};
  return kNames.at(static_cast<std::size_t>(kind));
}

Json limits_json(std::span<const capability::Extent> all) {
  Json::Array array;
  for (const capability::Extent& limits : all) {
    Json json;
    json.set("minimum", limits.minimum);
    if (limits.maximum) json.set("maximum", *limits.maximum);
    array.push_back(std::move(json));
  }
  return array;
}

// The types come from a worker that has read a stranger's bytes: they are escaped like names.
std::string type_suffix(const std::string& type) { return type.empty() ? "" : " " + shown(type); }

std::string maximum_text(const capability::Extent& extent) {
  return extent.maximum ? fmt::format(", at most {}", *extent.maximum) : "";
}

}  // namespace

Json module_json(const capability::ModuleFacts& module) {
  Json::Array imports;
  for (const capability::ModuleImport& import : module.imports) {
    Json json(Json::Object{{"module", import.module}, {"name", import.name}, {"kind", kind_text(import.kind)}});
    if (!import.type.empty()) json.set("type", import.type);
    imports.push_back(std::move(json));
  }
  Json::Array exports;
  for (const capability::ModuleExport& each : module.exports) {
    Json json(Json::Object{{"name", each.name}, {"kind", kind_text(each.kind)}});
    if (!each.type.empty()) json.set("type", each.type);
    exports.push_back(std::move(json));
  }
  return Json::Object{{"imports", std::move(imports)},
                      {"exports", std::move(exports)},
                      {"memories_pages", limits_json(module.memories)},
                      {"tables_elements", limits_json(module.tables)},
                      {"has_start_function", module.has_start_function},
                      {"functions_imported", module.functions_imported},
                      {"functions_defined", module.functions_defined},
                      {"locals_max", module.locals_max},
                      {"code_bytes", module.code_bytes},
                      {"data_segments", module.data_segments},
                      {"element_segments", module.element_segments},
                      {"custom_bytes", module.custom_bytes}};
}

std::vector<std::string> module_lines(const capability::ModuleFacts& module) {
  std::vector<std::string> lines;
  lines.reserve(module.imports.size() + module.exports.size());
  for (const capability::ModuleImport& import : module.imports) {
    lines.push_back(fmt::format("import {} {}.{}{}", kind_text(import.kind), shown(import.module), shown(import.name),
                                type_suffix(import.type)));
  }
  for (const capability::ModuleExport& each : module.exports) {
    lines.push_back(fmt::format("export {} {}{}", kind_text(each.kind), shown(each.name), type_suffix(each.type)));
  }
  for (const capability::Extent& memory : module.memories) {
    lines.push_back(fmt::format("memory of {} pages of 64 KiB{}", memory.minimum, maximum_text(memory)));
  }
  for (const capability::Extent& table : module.tables) {
    lines.push_back(fmt::format("table of {} elements{}", table.minimum, maximum_text(table)));
  }
  if (module.has_start_function) lines.emplace_back("has a start function");
  return lines;
}

std::string trouble_text(const capability::RunRecord& record) {
  std::string text;
  for (const capability::Denial& denial : record.denials) {
    text += fmt::format("denied: {}\n", shown(to_text(denial)));
    for (const std::string& next : denial.next) text += fmt::format("  next: {}\n", shown(next));
  }
  for (const std::string& failure : record.failures) text += fmt::format("failed: {}\n", shown(failure));
  return text;
}

std::string record_text(const capability::RunRecord& record) {
  std::string text;
  for (const capability::LogLine& line : record.log) {
    text += fmt::format("{}: {}\n", to_text(line.level), shown(line.text));
  }
  if (record.log_lines_dropped != 0) text += fmt::format("{} more log lines were dropped\n", record.log_lines_dropped);
  std::uint64_t calls = 0;
  for (const capability::HostCallCount& call : record.host_calls) calls += call.calls;
  text += fmt::format("{:.3f} ms, {} fuel, {} bytes of memory at most, {} host calls, {} bytes in, {} bytes out\n",
                      milliseconds(record.duration), record.fuel_used, record.peak_memory_bytes, calls, record.bytes_in,
                      record.bytes_out);
  text += list_text("grants held", record.grants_held.list());
  text += list_text("grants used", record.grants_used);
  text += trouble_text(record);
  return text;
}

}  // namespace palyra::cli
