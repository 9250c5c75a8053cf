// SPDX-License-Identifier: Apache-2.0
#include "engine_handles.h"

#include <palyra/base/check.h>
#include <palyra/base/json.h>
#include <palyra/runtime/limits.h>
#include <palyra/runtime/module_description.h>

#include <algorithm>
#include <utility>

namespace palyra::runtime {
namespace {

// docs/formats/skill-artifact.md, "Module admission": far above the largest real module.
constexpr palyra_rust_module_caps_t kCaps{.functions = 50'000,
                                          .locals_per_function = 10'000,
                                          .imports = 10'000,
                                          .exports = 1'024,
                                          .data_segments = 100'000,
                                          .element_segments = 10'000,
                                          .tables = 4,
                                          .custom_bytes = std::uint64_t{4} << 20};

// The report is our own archive's: it is strict JSON and has these members.
constexpr JsonLimits kReportLimits{.max_bytes = std::size_t{1} << 30, .max_depth = 8};

const Json& member(const Json& object, std::string_view key) {
  const Json* found = object.find(key);
  PALYRA_CHECK(found != nullptr);
  return *found;
}

std::string text(const Json& object, std::string_view key) {
  const std::string* found = member(object, key).as_string();
  return found == nullptr ? std::string() : *found;  // types of memories and tables are objects
}

std::uint64_t number(const Json& value) {
  if (const std::uint64_t* large = value.as_uint()) return *large;
  PALYRA_CHECK(value.as_int() != nullptr && *value.as_int() >= 0);
  return static_cast<std::uint64_t>(*value.as_int());
}

const Json::Array& list(const Json& object, std::string_view key) {
  const Json::Array* found = member(object, key).as_array();
  PALYRA_CHECK(found != nullptr);
  return *found;
}

ExternKind extern_kind(const Json& object) {
  const std::string kind = text(object, "kind");
  if (kind == "func") return ExternKind::kFunction;
  if (kind == "table") return ExternKind::kTable;
  if (kind == "memory") return ExternKind::kMemory;
  PALYRA_CHECK(kind == "global");  // tags belong to a proposal that is off
  return ExternKind::kGlobal;
}

std::vector<Extent> extents(const Json::Array& objects) {
  std::vector<Extent> all;
  all.reserve(objects.size());
  for (const Json& each : objects) {
    const Json& maximum = member(each, "max");
    all.push_back({.minimum = number(member(each, "min")),
                   .maximum = maximum.is_null() ? std::nullopt : std::optional(number(maximum))});
  }
  return all;
}

ModuleDescription description_of(const Json& report) {
  ModuleDescription module;
  for (const Json& each : list(report, "imports")) {
    module.imports.push_back({.module = text(each, "module"),
                              .name = text(each, "name"),
                              .kind = extern_kind(each),
                              .type = text(each, "type")});
  }
  for (const Json& each : list(report, "exports")) {
    module.exports.push_back({.name = text(each, "name"), .kind = extern_kind(each), .type = text(each, "type")});
  }
  module.memories = extents(list(report, "memories"));
  module.tables = extents(list(report, "tables"));
  module.has_start_function = !member(report, "start").is_null();
  return module;
}

std::unexpected<Error> refusal(const Json& report) {
  const std::string reason = text(report, "reason");
  const std::string why = printable(text(report, "text"), kMaxMessageBytes);
  if (reason == "over_cap") return fail(kModuleOverCap, "{}", why);
  if (reason == "feature_disabled") {
    const Json* feature = report.find("feature");
    const std::string* name = feature == nullptr ? nullptr : feature->as_string();
    return fail(kFeatureDisabled, "the module uses {}, which is switched off: {}",
                name == nullptr ? "a proposal" : *name, why);
  }
  if (reason == "component") return fail(kInvalidModule, "a component, not a core module: {}", why);
  return fail(kInvalidModule, "not a valid module: {}", why);
}

}  // namespace

const ModuleExport* ModuleDescription::find_export(std::string_view name) const {
  const auto found = std::ranges::find(exports, name, &ModuleExport::name);
  return found == exports.end() ? nullptr : &*found;
}

Result<ModuleDescription> describe_module(BytesView wasm) {
  palyra_rust_bytes_t bytes{};
  const std::int32_t status = palyra_rust_module_describe(wasm.data(), wasm.size(), &kCaps, &bytes);
  const auto report = parse_json({bytes.data, bytes.size}, kReportLimits);
  palyra_rust_bytes_free(&bytes);
  PALYRA_CHECK(report.has_value());
  switch (status) {
    case PALYRA_RUST_OK:
      return description_of(*report);
    case PALYRA_RUST_REFUSED:
      return refusal(*report);
    default:
      return fail(kInvalidModule, "the parser failed on this module: {}", printable(text(*report, "text")));
  }
}

Result<Bytes> parse_wat(std::string_view wat) {
  if (wat.size() > kMaxWatBytes) {
    return fail(kWatTooLarge, "a text module of {} bytes, limit {}", wat.size(), kMaxWatBytes);
  }
  wasm_byte_vec_t binary{};
  if (const WasmError error(wasmtime_wat2wasm(wat.data(), wat.size(), &binary)); error) {
    return fail(kInvalidWat, "{}", message_of(*error));
  }
  const BytesView view = as_bytes(as_view(binary));
  Bytes wasm(view.begin(), view.end());
  wasm_byte_vec_delete(&binary);
  return wasm;
}

}  // namespace palyra::runtime
