// SPDX-License-Identifier: Apache-2.0
#include "app_fixture.h"

#include <palyra/app/program_arguments.h>
#include <palyra/base/json.h>
#include <palyra/skills/admission.h>

#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <optional>

namespace palyra::app {
namespace {

using testing::FailsWith;
using testing::IsOk;
using Kind = WasmPluginRunErrorKind;

class ExecuteModuleTest : public AppTest {};

TEST_F(ExecuteModuleTest, AnOlderModuleAnswersWithWhateverItReturns) {
  const Execution execution = call_inline(R"((module (func (export "run") (result i32) i32.const 41)))");
  ASSERT_FALSE(execution.error);
  EXPECT_EQ(execution.output.form, OutputForm::kJson);
  EXPECT_EQ(as_text(execution.output.bytes), R"({"exit_code":41})");
}

TEST_F(ExecuteModuleTest, AModuleOfThisAbiFailsUnlessItReturnsZero) {
  const Execution execution = call_inline(R"((module
    (import "palyra:skill/call@1.0.0" "error-write" (func $error (param i32 i32) (result i32)))
    (memory (export "memory") 1) (data (i32.const 0) "no such city")
    (func (export "run") (result i32) (drop (call $error (i32.const 0) (i32.const 12))) (i32.const 1))))");
  ASSERT_TRUE(execution.error);
  EXPECT_EQ(execution.error->kind, Kind::kToolFailed);
  EXPECT_EQ(execution.error->error.message(), "no such city");
}

TEST_F(ExecuteModuleTest, ACommandProgramIsCalledThroughItsStart) {
  const Execution execution = call_inline(R"((module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1) (data (i32.const 0) "\08\00\00\00\02\00\00\00hi")
    (func (export "_start") (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16))))))");
  ASSERT_FALSE(execution.error) << execution.error->error.describe();
  EXPECT_EQ(as_text(execution.output.bytes), "hi");
}

TEST_F(ExecuteModuleTest, ATrapIsARuntimeFailureWithItsFrames) {
  const Execution execution = call_inline(R"((module (func $boom unreachable)
    (func (export "run") (result i32) call $boom i32.const 0)))");
  ASSERT_TRUE(execution.error);
  EXPECT_EQ(execution.error->kind, Kind::kRuntimeFailure);
  ASSERT_FALSE(execution.error->error.context().empty());
  EXPECT_EQ(execution.error->error.context().front(), "in function 0 boom");
}

TEST_F(ExecuteModuleTest, OutputThatWasCutOffIsNoResult) {
  config_.ceilings.output_bytes = 4;
  const Execution execution = call_inline(R"((module
    (import "palyra:skill/call@1.0.0" "output-write" (func $write (param i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "run") (result i32) (drop (call $write (i32.const 0) (i32.const 5))) (i32.const 0))))");
  ASSERT_TRUE(execution.error);
  EXPECT_TRUE(execution.error->error.is(kRunOutputTooLarge));
}

TEST_F(ExecuteModuleTest, TheCallersLimitsHoldAndTheCeilingsHoldThem) {
  constexpr const char* kForever = R"((module (func (export "run") (result i32) (loop (br 0)) i32.const 0)))";
  const Execution fuel = call_inline(kForever, "{}", {.fuel_budget = 1000, .wall_clock_timeout_ms = {}});
  ASSERT_TRUE(fuel.error);
  EXPECT_TRUE(fuel.error->error.is(kRunFuelExhausted));
  EXPECT_LE(fuel.record.fuel_used, 1000U);

  config_.ceilings.wall_clock_timeout_ms = 20;
  const Execution time =
      call_inline(kForever, "{}", {.fuel_budget = 50'000'000'000, .wall_clock_timeout_ms = 3'600'000});
  ASSERT_TRUE(time.error);
  EXPECT_EQ(time.error->kind, Kind::kTimedOut);  // while it was compiled or while it ran
}

TEST_F(ExecuteModuleTest, ACancelledCallSaysSo) {
  std::atomic<bool> cancel{true};
  const Execution execution = run_tool(services_,
                                       InlineModule{.bytes = to_bytes(R"((module (func (export "run") (result i32)
                             (loop (br 0)) i32.const 0)))"),
                                                    .name = "loop",
                                                    .export_name = {}},
                                       {.arguments = as_bytes("{}"),
                                        .limits = {.fuel_budget = 50'000'000'000, .wall_clock_timeout_ms = {}},
                                        .started = clock_.steady(),
                                        .cancel = &cancel});
  ASSERT_TRUE(execution.error);
  EXPECT_EQ(execution.error->kind, Kind::kCancelled);
}

TEST_F(ExecuteModuleTest, ArgumentsAreOneJsonObject) {
  constexpr const char* kModule = R"((module (func (export "run") (result i32) i32.const 0)))";
  for (const char* arguments : {"[]", "1", "\"text\"", "null"}) {
    const Execution execution = call_inline(kModule, arguments);
    ASSERT_TRUE(execution.error) << arguments;
    EXPECT_TRUE(execution.error->error.is(kRunArguments)) << arguments;
  }
  EXPECT_FALSE(call_inline(kModule, " \n{}").error);
}

TEST_F(ExecuteModuleTest, LimitsAreAskedByTheCallerElseTheManifestElseTheDefault) {
  const skills::AskedLimits manifest{.wall_clock_timeout_ms = 5'000, .fuel_budget = 77, .max_memory_bytes = 131'072};
  const auto asked = effective_limits(config_, manifest, {});
  EXPECT_EQ(asked.fuel_budget, 77U);
  EXPECT_EQ(asked.wall_clock_timeout.count(), 5'000);
  EXPECT_EQ(asked.max_memory_bytes, 131'072U);
  const auto by_caller = effective_limits(config_, manifest, {.fuel_budget = 88, .wall_clock_timeout_ms = 9});
  EXPECT_EQ(by_caller.fuel_budget, 88U);
  EXPECT_EQ(by_caller.wall_clock_timeout.count(), 9);
  const auto defaults = effective_limits(config_, {}, {});
  EXPECT_EQ(defaults.fuel_budget, 10'000'000U);
  EXPECT_EQ(defaults.max_memory_bytes, 67'108'864U);
  EXPECT_EQ(defaults.max_table_elements, 100'000U);
  EXPECT_EQ(defaults.max_instances, 256U);
  const auto ceiling =
      effective_limits(config_, {}, {.fuel_budget = std::int64_t{1} << 50, .wall_clock_timeout_ms = 1 << 30});
  EXPECT_EQ(ceiling.fuel_budget, 100'000'000'000U);
  EXPECT_EQ(ceiling.wall_clock_timeout.count(), 120'000);
}

class NoRandom final : public host::RandomSource {
 public:
  [[nodiscard]] bool fill(std::span<std::uint8_t> /*bytes*/) override { return false; }
};

TEST_F(ExecuteModuleTest, NothingRunsWithoutARunId) {
  NoRandom random;
  const Services services{.clock = clock_,
                          .config = config_,
                          .schemas = schemas_,
                          .state = state_,
                          .runs = runs_,
                          .watch = watch_,
                          .engine = shared_engine(),
                          .random = random,
                          .activities = activities_};
  const Execution execution =
      run_tool(services,
               InlineModule{.bytes = to_bytes(R"((module (func (export "run") (result i32) i32.const 0)))"),
                            .name = "x",
                            .export_name = {}},
               {.arguments = as_bytes("{}"), .limits = {}, .started = clock_.steady()});
  ASSERT_TRUE(execution.error);
  EXPECT_TRUE(execution.error->error.is(kRunNoRandomness));
  EXPECT_EQ(execution.error->exit_kind(), ErrorKind::kUnavailable);
  EXPECT_FALSE(activities_.compiled());
}

ModuleSource mapped(std::vector<std::string> args, std::string standard_input) {
  ModuleSource source;
  source.tool.emplace();
  source.tool->wasi = skills::WasiMapping{.args = std::move(args), .standard_input = std::move(standard_input)};
  return source;
}

TEST_F(ExecuteModuleTest, MapsArgumentsToTheCommandLineOfAProgram) {
  const Bytes arguments = to_bytes(R"({"path":"a b","n":3,"deep":{"x":[1]},"nul":"\u0000"})");
  const auto mapping = map_program_arguments(mapped({"--in", "{path}", "n={n}", "{deep}", "{}"}, "{path}"), arguments);
  ASSERT_THAT(mapping, IsOk());
  EXPECT_THAT(mapping->arguments, ::testing::ElementsAre("--in", "a b", "n=3", R"({"x":[1]})", "{}"));
  EXPECT_EQ(as_text(mapping->standard_input), "a b");
  EXPECT_TRUE(map_program_arguments(mapped({}, "none"), arguments)->standard_input.empty());
  EXPECT_EQ(as_text(map_program_arguments(mapped({}, "json"), arguments)->standard_input), as_text(arguments));
  EXPECT_THAT(map_program_arguments(mapped({"{missing}"}, "none"), arguments), FailsWith(kRunArguments));
  EXPECT_THAT(map_program_arguments(mapped({"{nul}"}, "none"), arguments), FailsWith(kRunArguments));
}

// What a caller is told, for each word of tests/corpora/wat/README.md, "Outcomes"; nullopt: a result.
std::optional<Kind> kind_of_word(std::string_view word) {
  if (word.starts_with("returns ")) return std::nullopt;
  if (word == "trapped:stack_overflow") return Kind::kQuotaExceeded;
  if (word.starts_with("trapped:")) return Kind::kRuntimeFailure;
  if (word == "fuel_exhausted" || word == "memory_limit") return Kind::kQuotaExceeded;
  if (word == "deadline") return Kind::kTimedOut;
  if (word == "capability_denied") return Kind::kCapabilityDenied;
  // refused_at_admission, compile_limit
  return Kind::kInvalidInput;
}

// Refused before anything was compiled: by admission, or as text that no module can be made from.
bool was_not_admitted(const Execution& execution) {
  if (!execution.error) return false;
  const Error& error = execution.error->error;
  return error.code().id.starts_with("admission.") || error.is(runtime::kInvalidWat);
}

bool allows(const Json& words, std::optional<Kind> kind) {
  if (words.as_string() != nullptr) return kind_of_word(*words.as_string()) == kind;
  return std::ranges::any_of(*words.as_array(), [&](const Json& each) { return allows(each, kind); });
}

bool ends_rightly(const Json& zoo_case, const Execution& execution) {
  // What a tool returns is its own verdict.
  const bool returned = !execution.error || execution.error->kind == Kind::kToolFailed;
  const std::optional<Kind> kind = returned ? std::nullopt : std::optional(execution.error->kind);
  const Json& expect = *zoo_case.find("expect");
  const bool to_be_refused = *expect.as_string() == "refused_at_admission";
  if (to_be_refused == was_not_admitted(execution) && allows(expect, kind)) return true;
  const Json* also = zoo_case.find("also");
  return also != nullptr && allows(*also, kind);
}

// Modules of the zoo whose end is another than the index says, for a reason of docs/guest-abi.md 8 or of the engine's
// prices; the zoo's own test has the same list.
bool is_known_difference(std::string_view file) {
  return file == "grow-ignored.wat" || file == "table-grow-at-once.wat";
}

TEST_F(ExecuteModuleTest, EveryModuleOfTheZooIsReportedAsTheKindOfItsOutcome) {
  const Json index = *parse_json(testing::must_read(palyra::testing::test_file("corpora/wat/index.json")),
                                 {.max_bytes = 1 << 20, .max_depth = 8});
  config_.ceilings.output_bytes = *index.find("assumes")->find("output_bytes")->as_int();
  std::size_t checked = 0;
  std::map<std::string_view, std::size_t> not_admitted;
  for (const Json& zoo_case : *index.find("cases")->as_array()) {
    const std::string& file = *zoo_case.find("file")->as_string();
    const Bytes text = testing::must_read(palyra::testing::test_file("corpora/wat/") + file);
    const Execution execution = call_inline(as_text(text));
    const bool missing_interface = execution.error && execution.error->error.is(skills::kAdmissionUnknownImport) &&
                                   zoo_case.find("needs") != nullptr;
    if (missing_interface || is_known_difference(file)) continue;
    EXPECT_TRUE(ends_rightly(zoo_case, execution))
        << file << ", expected " << *zoo_case.find("expect")->as_string() << ": "
        << (execution.error ? to_text(execution.error->kind) : "a result")
        << (execution.error ? ", " + execution.error->error.describe() : "");
    if (was_not_admitted(execution)) ++not_admitted[execution.error->error.code().id];
    ++checked;
  }
  EXPECT_GT(checked, 200U);
  for (const auto& [code, count] : not_admitted) fmt::print("{:>4} {}\n", count, code);
}

}  // namespace
}  // namespace palyra::app
