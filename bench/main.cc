// SPDX-License-Identifier: Apache-2.0
// palyra_bench: what calls, first calls, deadlines and hostile compiles cost. Nothing here judges a time.
//
// usage: palyra_bench calls|first|deadlines|compiles [--json FILE]
#include "benches.h"
#include "must.h"

#include <palyra/base/file.h>

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace palyra::bench {
namespace {

struct Verb {
  std::string_view name;
  void (*run)(Report&);
};
constexpr Verb kVerbs[] = {
    {"calls", bench_calls}, {"first", bench_first}, {"deadlines", bench_deadlines}, {"compiles", bench_compiles}};

int run(const std::vector<std::string>& words) {
  const auto verb = std::ranges::find(kVerbs, words.empty() ? "" : words[0], &Verb::name);
  const bool to_file = words.size() == 3 && words[1] == "--json";
  if (verb == std::end(kVerbs) || (words.size() != 1 && !to_file)) {
    fmt::print(stderr, "usage: palyra_bench calls|first|deadlines|compiles [--json FILE]\n");
    return 2;
  }
  Report report;
  verb->run(report);
  if (to_file) must(write_file_atomic(words[2], as_bytes(report.json()), 0644, Overwrite::kYes));
  return 0;
}

}  // namespace
}  // namespace palyra::bench

int main(int count, char** arguments) {
  const std::vector<std::string> words(arguments + 1, arguments + count);
  if (words.size() == 4 && words[0] == "resident") {
    palyra::bench::print_resident(words[1], words[2], words[3]);
    return 0;
  }
  return palyra::bench::run(words);
}
