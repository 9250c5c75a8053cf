// SPDX-License-Identifier: Apache-2.0
#pragma once
// What was measured, once as tables for people and once as JSON for programs, from the same rows.

#include <palyra/base/json.h>

#include <cstdint>
#include <string>
#include <vector>

namespace palyra::bench {

// The members are the columns, in their order; all rows of a table have the same.
using Row = Json::Object;

// So many decimals and no more.
double rounded(double value, int decimals);
std::int64_t whole(double value);

class Report {
 public:
  // A table, printed at once. Also under `key` in the JSON.
  void add(const std::string& key, const std::string& title, const std::vector<Row>& rows);
  // The machine and all tables.
  [[nodiscard]] std::string json() const;

 private:
  Json::Object tables_;
};

}  // namespace palyra::bench
