// SPDX-License-Identifier: Apache-2.0
#include "present.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <span>

namespace palyra::cli {
namespace {

std::string_view level_text(capability::LogLevel level) {
  constexpr std::array<std::string_view, 5> kNames{"error", "warn", "info", "debug", "trace"};
  return kNames.at(static_cast<std::size_t>(level));
}

double milliseconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

std::string_view kind_text(runtime::ExternKind kind) {
  constexpr std::array<std::string_view, 4> kNames{"function", "table", "memory", "global"};
  return kNames.at(static_cast<std::size_t>(kind));
}

Json limits_json(std::span<const runtime::Extent> all) {
  Json::Array array;
  for (const runtime::Extent& limits : all) {
    Json json;
    json.set("minimum", limits.minimum);
    if (limits.maximum) json.set("maximum", *limits.maximum);
    array.push_back(std::move(json));
  }
  return array;
}

Json calls_json(const capability::RunRecord& record) {
  Json::Array calls;
  for (const capability::HostCallCount& call : record.host_calls) {
    calls.emplace_back(Json::Object{{"module", call.module}, {"name", call.name}, {"calls", call.calls}});
  }
  return calls;
}

}  // namespace

Json module_json(const runtime::ModuleDescription& module) {
  Json::Array imports;
  for (const runtime::ModuleImport& import : module.imports) {
    Json json(Json::Object{{"module", import.module}, {"name", import.name}, {"kind", kind_text(import.kind)}});
    if (!import.type.empty()) json.set("type", import.type);
    imports.push_back(std::move(json));
  }
  Json::Array exports;
  for (const runtime::ModuleExport& each : module.exports) {
    Json json(Json::Object{{"name", each.name}, {"kind", kind_text(each.kind)}});
    if (!each.type.empty()) json.set("type", each.type);
    exports.push_back(std::move(json));
  }
  return Json::Object{{"imports", std::move(imports)},
                      {"exports", std::move(exports)},
                      {"memories_pages", limits_json(module.memories)},
                      {"tables_elements", limits_json(module.tables)},
                      {"has_start_function", module.has_start_function}};
}

std::vector<std::string> module_lines(const runtime::ModuleDescription& module) {
  std::vector<std::string> lines;
  lines.reserve(module.imports.size() + module.exports.size());
  for (const runtime::ModuleImport& import : module.imports) {
    lines.push_back(fmt::format("import {} {}.{} {}", kind_text(import.kind), shown(import.module), shown(import.name),
                                import.type));
  }
  for (const runtime::ModuleExport& each : module.exports) {
    lines.push_back(fmt::format("export {} {} {}", kind_text(each.kind), shown(each.name), each.type));
  }
  for (const runtime::Extent& memory : module.memories) {
    lines.push_back(fmt::format("memory {} pages of 64 KiB{}", memory.minimum,
                                memory.maximum ? fmt::format(", at most {}", *memory.maximum) : ""));
  }
  if (module.has_start_function) lines.emplace_back("has a start function");
  return lines;
}

Json record_json(const capability::RunRecord& record) {
  Json json;
  json.set("duration_ms", milliseconds(record.duration));
  json.set("fuel_used", record.fuel_used);
  json.set("peak_memory_bytes", record.peak_memory_bytes);
  json.set("input_bytes", record.bytes_in);
  json.set("output_bytes", record.bytes_out);
  json.set("host_calls", calls_json(record));
  json.set("grants_held", strings_json(record.grants_held));
  json.set("grants_used", strings_json(record.grants_used));
  json.set("denials", strings_json(record.denials));
  Json::Array log;
  for (const capability::LogLine& line : record.log) {
    log.emplace_back(Json::Object{{"level", level_text(line.level)}, {"text", line.text}});
  }
  json.set("log", std::move(log));
  json.set("log_lines_dropped", record.log_lines_dropped);
  return json;
}

std::string record_text(const capability::RunRecord& record) {
  std::string text;
  for (const capability::LogLine& line : record.log) {
    text += fmt::format("{}: {}\n", level_text(line.level), shown(line.text));
  }
  if (record.log_lines_dropped != 0) text += fmt::format("{} more log lines were dropped\n", record.log_lines_dropped);
  std::uint64_t calls = 0;
  for (const capability::HostCallCount& call : record.host_calls) calls += call.calls;
  text += fmt::format("{:.3f} ms, {} fuel, {} bytes of memory at most, {} host calls, {} bytes in, {} bytes out\n",
                      milliseconds(record.duration), record.fuel_used, record.peak_memory_bytes, calls, record.bytes_in,
                      record.bytes_out);
  text += list_text("grants held", record.grants_held);
  text += list_text("grants used", record.grants_used);
  text += list_text("denied", record.denials);
  return text;
}

}  // namespace palyra::cli
