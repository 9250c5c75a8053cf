// SPDX-License-Identifier: Apache-2.0
#include "present.h"

#include <fmt/format.h>

namespace palyra::cli {

Json examples_json(const app::ExampleReport& report) {
  Json::Array array;
  for (const app::ExampleResult& result : report.results) {
    Json json(Json::Object{{"tool", result.tool_id}, {"name", result.name}, {"status", app::to_text(result.status)}});
    if (!result.reason.empty()) json.set("reason", result.reason);
    if (result.status == app::ExampleStatus::kFail) {
      json.set("expected", result.expected);
      json.set("got", result.got);
    }
    array.push_back(std::move(json));
  }
  return array;
}

std::string examples_text(const app::ExampleReport& report) {
  std::vector<std::string> lines;
  for (const app::ExampleResult& result : report.results) {
    const std::string reason = result.reason.empty() ? "" : ": " + shown(result.reason);
    lines.push_back(
        fmt::format("{}  {}  {}{}", app::to_text(result.status), shown(result.tool_id), shown(result.name), reason));
    if (result.status != app::ExampleStatus::kFail) continue;
    lines.push_back("  expected  " + shown(result.expected));
    lines.push_back("  got       " + shown(result.got));
  }
  return list_text("examples", lines);
}

}  // namespace palyra::cli
