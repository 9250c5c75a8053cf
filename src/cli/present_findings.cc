// SPDX-License-Identifier: Apache-2.0
#include "present.h"
#include "report.h"

#include <fmt/format.h>

namespace palyra::cli {
namespace {

// Its own, or what is known about its code.
std::vector<std::string> next_of(const app::Finding& finding) {
  if (!finding.next.empty() || !finding.error) return finding.next;
  const Failure failure = failure_of(*finding.error);
  return {failure.error.next().begin(), failure.error.next().end()};
}

}  // namespace

Json findings_json(std::span<const app::Finding> findings) {
  Json::Array array;
  for (const app::Finding& finding : findings) {
    Json json(
        Json::Object{{"check", finding.check}, {"status", app::to_text(finding.status)}, {"message", finding.message}});
    if (finding.error) json.set("code", finding.error->code().id);
    const std::vector<std::string> next = next_of(finding);
    if (!next.empty()) json.set("next", strings_json(next));
    array.push_back(std::move(json));
  }
  return array;
}

std::string findings_text(std::span<const app::Finding> findings) {
  std::string text;
  for (const app::Finding& finding : findings) {
    const std::string code = finding.error ? fmt::format(" [{}]", finding.error->code().id) : "";
    text += fmt::format("  {:<7}  {:<13}  {}{}\n", app::to_text(finding.status), finding.check, shown(finding.message),
                        code);
    for (const std::string& next : next_of(finding)) text += fmt::format("{:26}next: {}\n", "", shown(next));
  }
  return text;
}

}  // namespace palyra::cli
