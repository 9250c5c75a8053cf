// SPDX-License-Identifier: Apache-2.0
#include "module_report.h"

#include "engine_handles.h"

#include <palyra/base/json.h>
#include <palyra/runtime/module_description.h>

#include <algorithm>
#include <utility>

namespace palyra::runtime {
namespace {

using capability::Extent;
using capability::ExternKind;
using capability::ModuleFacts;

constexpr JsonLimits kReportLimits{.max_bytes = std::size_t{1} << 30, .max_depth = 8};
constexpr std::size_t kMaxProducers = 64;
constexpr std::size_t kMaxProducerBytes = 256;  // of each of the three texts

// Reads members of one object; after the first that is missing or of another type it is not good, and answers defaults.
class ReportReader {
 public:
  [[nodiscard]] bool good() const { return good_; }

  const Json& member(const Json& object, std::string_view key) {
    static const Json null_value;
    const Json* found = object.find(key);
    if (found != nullptr) return *found;
    good_ = false;
    return null_value;
  }
  std::string text(const Json& object, std::string_view key) {
    const std::string* found = member(object, key).as_string();
    return found == nullptr ? refuse(std::string()) : *found;
  }
  // Types of memories and tables are objects, which say what Extent says.
  std::string type_text(const Json& object) {
    const Json& type = member(object, "type");
    return type.as_string() == nullptr ? std::string() : *type.as_string();
  }
  std::uint64_t number(const Json& value) {
    if (const std::uint64_t* large = value.as_uint()) return *large;
    if (value.as_int() == nullptr || *value.as_int() < 0) return refuse(std::uint64_t{0});
    return static_cast<std::uint64_t>(*value.as_int());
  }
  std::uint64_t number(const Json& object, std::string_view key) { return number(member(object, key)); }
  const Json::Array& list(const Json& object, std::string_view key) {
    static const Json::Array empty_list;
    const Json::Array* found = member(object, key).as_array();
    if (found != nullptr) return *found;
    good_ = false;
    return empty_list;
  }
  std::string producer_text(const Json& object, std::string_view key) {
    std::string found = text(object, key);
    return found.size() <= kMaxProducerBytes ? found : refuse(std::string());
  }
  std::vector<capability::Producer> producers(const Json::Array& objects) {
    std::vector<capability::Producer> all;
    if (objects.size() > kMaxProducers) return refuse(all);
    all.reserve(objects.size());
    for (const Json& each : objects) {
      all.push_back({.field = producer_text(each, "field"),
                     .name = producer_text(each, "name"),
                     .version = producer_text(each, "version")});
    }
    return all;
  }
  ExternKind extern_kind(const Json& object) {
    const std::string kind = text(object, "kind");
    if (kind == "func") return ExternKind::kFunction;
    if (kind == "table") return ExternKind::kTable;
    if (kind == "memory") return ExternKind::kMemory;
    return kind == "global" ? ExternKind::kGlobal : refuse(ExternKind::kGlobal);  // tags are switched off
  }
  std::vector<Extent> extents(const Json::Array& objects) {
    std::vector<Extent> all;
    all.reserve(objects.size());
    for (const Json& each : objects) {
      const Json& maximum = member(each, "max");
      all.push_back({.minimum = number(each, "min"),
                     .maximum = maximum.is_null() ? std::nullopt : std::optional(number(maximum))});
    }
    return all;
  }

 private:
  template <class T>
  T refuse(T instead) {
    good_ = false;
    return instead;
  }
  bool good_ = true;
};

ModuleFacts read_facts(ReportReader& reader, const Json& report) {
  ModuleFacts module;
  for (const Json& each : reader.list(report, "imports")) {
    module.imports.push_back({.module = reader.text(each, "module"),
                              .name = reader.text(each, "name"),
                              .kind = reader.extern_kind(each),
                              .type = reader.type_text(each)});
  }
  for (const Json& each : reader.list(report, "exports")) {
    module.exports.push_back(
        {.name = reader.text(each, "name"), .kind = reader.extern_kind(each), .type = reader.type_text(each)});
  }
  module.memories = reader.extents(reader.list(report, "memories"));
  module.tables = reader.extents(reader.list(report, "tables"));
  module.has_start_function = !reader.member(report, "start").is_null();
  module.functions_imported = reader.number(report, "functions_imported");
  module.functions_defined = reader.number(report, "functions_defined");
  module.locals_max = reader.number(report, "locals_max");
  module.data_segments = reader.number(report, "data_segments");
  module.element_segments = reader.number(report, "element_segments");
  module.custom_bytes = reader.number(report, "custom_bytes");
  module.code_bytes = reader.number(report, "code_bytes");
  module.producers = reader.producers(reader.list(report, "producers"));
  return module;
}

Error refusal_of(const std::string& reason, const std::string& why, const Json* feature) {
  if (reason == "over_cap") return fail(kModuleOverCap, "{}", why).error();
  if (reason == "feature_disabled") {
    const std::string* name = feature == nullptr ? nullptr : feature->as_string();
    return fail(kFeatureDisabled, "the module uses {}, which is switched off: {}",
                name == nullptr ? "a proposal" : printable(*name, kMaxMessageBytes), why)
        .error();
  }
  if (reason == "component") return fail(kComponent, "a component, not a core module: {}", why).error();
  if (reason == "internal") return fail(kInvalidModule, "the parser failed on this module: {}", why).error();
  return fail(kInvalidModule, "not a valid module: {}", why).error();
}

}  // namespace

std::optional<ModuleFacts> parse_module_facts(BytesView json) {
  const auto report = parse_json(json, kReportLimits);
  if (!report) return std::nullopt;
  ReportReader reader;
  ModuleFacts facts = read_facts(reader, *report);
  if (!reader.good()) return std::nullopt;
  return facts;
}

std::optional<Error> parse_module_refusal(BytesView json) {
  const auto report = parse_json(json, kReportLimits);
  if (!report) return std::nullopt;
  ReportReader reader;
  const std::string reason = reader.text(*report, "reason");
  const std::string why = printable(reader.text(*report, "text"), kMaxMessageBytes);
  if (!reader.good()) return std::nullopt;
  return refusal_of(reason, why, report->find("feature"));
}

}  // namespace palyra::runtime
