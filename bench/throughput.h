// SPDX-License-Identifier: Apache-2.0
#pragma once
// Calls in a fixed time, by one thread and by two, in interleaved rounds; with the CPU time that threads beside the
// callers took.

#include "report.h"

#include <array>
#include <functional>
#include <string>
#include <vector>

namespace palyra::bench {

class Throughput {
 public:
  using Call = std::function<void()>;
  // `make` gives each thread a call of its own; `settle` waits for what calls left to do.
  void add(std::string what, std::string way, std::function<Call()> make, std::function<void()> settle = [] {});
  void run();
  [[nodiscard]] std::vector<Row> rows() const;

 private:
  struct Sample {
    double calls_a_second;
    double callers_cpu_us;  // a call
    double others_cpu_us;   // a call
  };
  struct Case {
    std::string what;
    std::string way;
    std::function<Call()> make;
    std::function<void()> settle;
    std::array<std::vector<Sample>, 2> samples{};  // by one thread, by two
  };
  static Sample sample(const Case& each, std::size_t threads);
  static Row row_of(const Case& each);

  std::vector<Case> cases_;
};

}  // namespace palyra::bench
