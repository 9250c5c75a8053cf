// SPDX-License-Identifier: Apache-2.0
#pragma once
// Ways of doing the same thing, measured in turn: each round calls every one of them for a while, so that whatever
// disturbs the machine disturbs all alike. What is compared is compared within a round.

#include "report.h"

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace palyra::bench {

double median(std::vector<double> values);
double percentile(std::vector<double> values, double percent);

class Rounds {
 public:
  // The first way that is added for `what` is the one that others are compared with.
  void add(std::string what, std::string way, std::function<void()> call);
  void run(int rounds, std::chrono::milliseconds a_case);
  // Median: of the rounds' medians. p99: of all calls. `ratio` and `above_ns`: medians of what the rounds' medians
  // were to those of the way that is compared with.
  [[nodiscard]] std::vector<Row> rows() const;

 private:
  struct Case {
    std::string what;
    std::string way;
    std::function<void()> call;
    std::vector<double> calls_ns{};
    std::vector<double> rounds_ns{};
  };
  static void run(Case& each, std::chrono::milliseconds a_case);
  [[nodiscard]] const Case& base_of(const Case& each) const;
  [[nodiscard]] Row row_of(const Case& each) const;

  std::vector<Case> cases_;
};

}  // namespace palyra::bench
