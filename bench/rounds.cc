// SPDX-License-Identifier: Apache-2.0
#include "rounds.h"

#include <palyra/base/check.h>

#include <algorithm>
#include <utility>

namespace palyra::bench {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t kFewestCalls = 10;
constexpr std::size_t kMostCalls = 2'000;

double ns_since(steady_clock::time_point begun) {
  return std::chrono::duration<double, std::nano>(steady_clock::now() - begun).count();
}

}  // namespace

double median(std::vector<double> values) { return percentile(std::move(values), 50); }

double percentile(std::vector<double> values, double percent) {
  PALYRA_CHECK(!values.empty());
  const auto at = static_cast<std::size_t>(static_cast<double>(values.size() - 1) * percent / 100);
  std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(at));
  return values[at];
}

void Rounds::add(std::string what, std::string way, std::function<void()> call) {
  cases_.push_back({.what = std::move(what), .way = std::move(way), .call = std::move(call)});
}

void Rounds::run(int rounds, std::chrono::milliseconds a_case) {
  for (const Case& each : cases_) each.call();  // whatever is made at a first call
  for (int round = 0; round < rounds; ++round) {
    for (Case& each : cases_) run(each, a_case);
  }
}

void Rounds::run(Case& each, std::chrono::milliseconds a_case) {
  std::vector<double> calls;
  const auto end = steady_clock::now() + a_case;
  while (calls.size() < kFewestCalls || (calls.size() < kMostCalls && steady_clock::now() < end)) {
    const auto begun = steady_clock::now();
    each.call();
    calls.push_back(ns_since(begun));
  }
  each.calls_ns.insert(each.calls_ns.end(), calls.begin(), calls.end());
  each.rounds_ns.push_back(median(std::move(calls)));
}

const Rounds::Case& Rounds::base_of(const Case& each) const {
  return *std::ranges::find(cases_, each.what, &Case::what);
}

Row Rounds::row_of(const Case& each) const {
  const Case& base = base_of(each);
  std::vector<double> ratios;
  std::vector<double> above;
  for (std::size_t i = 0; i < each.rounds_ns.size(); ++i) {
    ratios.push_back(each.rounds_ns[i] / base.rounds_ns[i]);
    above.push_back(each.rounds_ns[i] - base.rounds_ns[i]);
  }
  const bool compared = &base != &each;
  return {{"what", each.what},
          {"way", each.way},
          {"median_us", rounded(median(each.rounds_ns) / 1'000, 2)},
          {"p99_us", rounded(percentile(each.calls_ns, 99) / 1'000, 2)},
          {"ratio", compared ? Json(rounded(median(std::move(ratios)), 2)) : Json()},
          {"above_ns", compared ? Json(whole(median(std::move(above)))) : Json()}};
}

std::vector<Row> Rounds::rows() const {
  std::vector<Row> rows;
  for (const Case& each : cases_) rows.push_back(row_of(each));
  return rows;
}

}  // namespace palyra::bench
