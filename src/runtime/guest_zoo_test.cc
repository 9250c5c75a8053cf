// SPDX-License-Identifier: Apache-2.0
// Hostile and odd modules that import nothing, straight into the runtime, without admission:
// tests/corpora/wat/README.md. Those with imports are judged where the imports are.
#include "guest_fixture.h"

#include <palyra/base/json.h>

#include <algorithm>
#include <string>

namespace palyra::runtime {
namespace {

using ::testing::Gt;

std::string outcome_text(const Outcome& outcome) {
  if (const auto* returned = std::get_if<Returned>(&outcome)) return fmt::format("returns {}", returned->value);
  if (const auto* trapped = std::get_if<Trapped>(&outcome)) return fmt::format("trapped:{}", trapped->code);
  if (std::holds_alternative<TimedOut>(outcome)) return "deadline";
  if (const auto* exhausted = std::get_if<Exhausted>(&outcome)) {
    if (exhausted->trap) return fmt::format("trapped:{}", exhausted->trap->code);
    if (exhausted->which == Resource::kFuel) return "fuel_exhausted";
    return exhausted->which == Resource::kStack ? "trapped:stack_overflow" : "memory_limit";
  }
  return "another outcome";
}

std::string error_text(const Error& error) {
  if (error.is(kUnknownImport)) return "refused_by_linker";
  if (error.is(kNoEntry) || error.is(kEntryType)) return "no_entry";
  return error.kind() == ErrorKind::kMalformed ? "refused_by_engine" : error.describe();
}

class GuestZooTest : public GuestTest {
 protected:
  // What became of the module, in the words of the index; the limits of its `assumes` are our defaults.
  static std::string fate(const std::string& wat, const RunLimits& limits) {
    const auto ran = run(wat, limits);
    return ran ? outcome_text(ran->outcome) : error_text(ran.error());
  }

  // Beyond the index: this engine takes one unit of fuel for each element that table.grow is asked for.
  static bool is_priced_otherwise(const Json& zoo_case, const std::string& fate) {
    return *zoo_case.find("file")->as_string() == "table-grow-at-once.wat" && fate == "fuel_exhausted";
  }

  static bool allows(const Json& zoo_case, std::string_view field, const std::string& fate) {
    if (*zoo_case.find(field)->as_string() == fate) return true;
    const Json* also = zoo_case.find("also");
    return also != nullptr &&
           std::ranges::any_of(*also->as_array(), [&](const Json& each) { return *each.as_string() == fate; });
  }

  static Json index() {
    const auto read = parse_json(testing::must_read(palyra::testing::test_file("corpora/wat/index.json")),
                                 {.max_bytes = std::size_t{1} << 20, .max_depth = 8});
    EXPECT_THAT(read, testing::IsOk());
    return read ? *read : Json();
  }
  static std::string text_of(const Json& zoo_case) {
    const Bytes bytes =
        testing::must_read(palyra::testing::test_file("corpora/wat/") + *zoo_case.find("file")->as_string());
    return std::string(as_text(bytes));
  }
};

TEST_F(GuestZooTest, EndsEachAsItsIndexSays) {
  const Json zoo = index();
  std::size_t judged = 0;
  for (const Json& each : *zoo.find("cases")->as_array()) {
    const std::string actual = fate(text_of(each), {.wall_clock_timeout = kAmple});
    if (actual == "refused_by_linker") continue;
    EXPECT_TRUE(allows(each, "engine", actual) || is_priced_otherwise(each, actual))
        << to_text(each) << "\n  ended as: " << actual;
    ++judged;
  }
  EXPECT_THAT(judged, Gt(100U));
}

TEST_F(GuestZooTest, EndsEachAtItsDeadlineWhenFuelIsPlenty) {
  const Json zoo = index();
  for (const Json& each : *zoo.find("cases")->as_array()) {
    if (each.find("without_fuel") == nullptr) continue;
    const std::string actual =
        fate(text_of(each), {.fuel_budget = kUnlimitedFuel, .wall_clock_timeout = std::chrono::milliseconds(60)});
    if (actual == "refused_by_linker") continue;
    EXPECT_TRUE(allows(each, "without_fuel", actual)) << to_text(each) << "\n  ended as: " << actual;
  }
}

}  // namespace
}  // namespace palyra::runtime
