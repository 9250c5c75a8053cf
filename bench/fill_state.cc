// SPDX-License-Identifier: Apache-2.0
// Fills a state directory with real, signed versions, as installing and promoting them one after the other would, in
// one process. many_versions.py measures the program on what it makes.
//
// usage: palyra_fill_state ROOT COUNT MODULE.wat
// Skills have up to ten versions, each promoted after the one before it. Ten skills stay active; every other one is
// stopped.
#include "installer.h"
#include "must.h"

#include <palyra/base/file.h>
#include <palyra/runtime/limits.h>
#include <palyra/runtime/module_description.h>

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace palyra::bench {
namespace {

constexpr int kVersionsOfSkill = 10;
constexpr int kActiveSkills = 10;

Skill skill_of(int number, int version, const Bytes& wasm) {
  return {.name = fmt::format("skill-{}", number),
          .tools = {{.name = "echo", .wasm = wasm, .entry = "echo"}},
          .version = fmt::format("1.{}.0", version),
          .capabilities = "http_egress_allowlist = [\"api.example.com\"]\n"};
}

void fill(Installer& installer, int count, const Bytes& wasm) {
  for (int number = 0; count > 0; ++number) {
    const int versions = std::clamp(count / kActiveSkills, 1, kVersionsOfSkill);
    crypto::Sha256Digest last{};
    for (int version = 0; version < versions; ++version, --count) {
      last = installer.install(skill_of(number, version, wasm));
    }
    if (number >= kActiveSkills) installer.stop(last);
    if (number % 100 == 99) fmt::print(stderr, "{} skills\n", number + 1);
  }
}

}  // namespace
}  // namespace palyra::bench

int main(int count, char** arguments) {
  using namespace palyra;  // NOLINT(google-build-using-namespace): one small program
  if (count != 4) {
    fmt::print(stderr, "usage: palyra_fill_state ROOT COUNT MODULE.wat\n");
    return 2;
  }
  const Bytes text = bench::must(read_file(arguments[3], runtime::kMaxWatBytes));
  bench::Installer installer(arguments[1]);
  bench::fill(installer, std::atoi(arguments[2]), bench::must(runtime::parse_wat(as_text(text))));
  return 0;
}
