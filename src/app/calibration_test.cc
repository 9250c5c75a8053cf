// SPDX-License-Identifier: Apache-2.0
// The caps of admission stop hostile modules and no others: real ones stay far below them.
#include "app_fixture.h"

#include <palyra/skills/admission.h>

#include <algorithm>
#include <string>

namespace palyra::app {
namespace {

// docs/formats/skill-artifact.md, "Module admission".
struct Cap {
  const char* what;
  std::uint64_t have;
  std::uint64_t cap;
};

std::vector<Cap> caps_of(const capability::ModuleFacts& facts) {
  return {{"functions", facts.functions_imported + facts.functions_defined, 50'000},
          {"locals of one function", facts.locals_max, 10'000},
          {"imports", facts.imports.size(), 10'000},
          {"exports", facts.exports.size(), 4'096},
          {"data segments", facts.data_segments, 100'000},
          {"element segments", facts.element_segments, 10'000},
          {"tables", facts.tables.size(), 4},
          {"bytes of custom sections", facts.custom_bytes, std::uint64_t{4} << 20}};
}

TEST(CalibrationTest, HonestModulesAreFarFromEveryCap) {
  for (const char* file : {"every_import.wasm", "report.wasm", "surroundings.wasm"}) {
    SCOPED_TRACE(file);
    const Bytes wasm = testing::must_read(palyra::testing::test_file("guests/wasi/") + std::string(file));
    const auto facts = shared_engine().inspector().describe(wasm);
    ASSERT_THAT(facts, testing::IsOk());
    EXPECT_THAT(skills::admit_module(*facts, {}, {}), testing::IsOk());
    EXPECT_GT(facts->functions_defined, 0U);
    for (const Cap& cap : caps_of(*facts)) EXPECT_LE(cap.have, cap.cap / 2) << cap.what;
  }
}

}  // namespace
}  // namespace palyra::app
