// SPDX-License-Identifier: Apache-2.0
#include "report.h"

#include <palyra/app/version_info.h>
#include <palyra/runtime/runtime.h>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <thread>

namespace palyra::bench {
namespace {

std::string cell(const Json& value) {
  if (const auto* text = value.as_string()) return *text;
  return value.is_null() ? "" : to_text(value);
}

void print(const std::string& title, const std::vector<Row>& rows) {
  fmt::print("\n{}\n", title);
  if (rows.empty()) return;
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < rows.front().size(); ++i) {
    std::size_t width = rows.front()[i].first.size();
    for (const Row& row : rows) width = std::max(width, cell(row[i].second).size());
    widths.push_back(width);
  }
  const auto print_line = [&widths](std::size_t i, const std::string& text, bool left) {
    fmt::print("{}{}", left ? fmt::format("{:<{}}", text, widths[i]) : fmt::format("{:>{}}", text, widths[i]),
               i + 1 == widths.size() ? "\n" : "  ");
  };
  for (std::size_t i = 0; i < widths.size(); ++i) {
    print_line(i, rows.front()[i].first, rows.front()[i].second.as_string() != nullptr);
  }
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < widths.size(); ++i)
      print_line(i, cell(row[i].second), row[i].second.as_string() != nullptr);
  }
  static_cast<void>(std::fflush(stdout));
}

// The first line of /proc/cpuinfo that names the processor.
std::string processor() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

std::string kernel() {
  std::ifstream file("/proc/sys/kernel/osrelease");
  std::string release;
  std::getline(file, release);
  return release;
}

Json machine() {
  return Json::Object{{"processor", processor()},
                      {"cores", std::thread::hardware_concurrency()},
                      {"kernel", kernel()},
                      {"wasmtime", runtime::engine_facts().version},
                      {"palyra", fmt::format("{} {}", app::palyra_version(), app::palyra_commit())}};
}

}  // namespace

double rounded(double value, int decimals) {
  const double scale = std::pow(10, decimals);
  return std::round(value * scale) / scale;
}

std::int64_t whole(double value) { return std::llround(value); }

void Report::add(const std::string& key, const std::string& title, const std::vector<Row>& rows) {
  print(title, rows);
  Json::Array all;
  for (const Row& row : rows) all.emplace_back(row);
  tables_.emplace_back(key, std::move(all));
}

std::string Report::json() const {
  Json::Object all{{"machine", machine()}};
  all.insert(all.end(), tables_.begin(), tables_.end());
  return to_text(all, JsonStyle::kPretty);
}

}  // namespace palyra::bench
