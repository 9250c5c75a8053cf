// SPDX-License-Identifier: Apache-2.0
#include "guest_fixture.h"

#include <string>

namespace palyra::runtime {
namespace {

using testing::FailsWith;
using ::testing::HasSubstr;
using testing::IsOk;
using ::testing::SizeIs;

class RuntimeTest : public GuestTest {
 protected:
  static Trapped trapped(std::string_view wat) { return outcome_as<Trapped>(run(wat)); }
};

TEST_F(RuntimeTest, ReturnsWhatTheEntryReturns) {
  EXPECT_EQ(returned(run(R"((module (func (export "run") (result i32) (i32.const -5))))")), -5);
}

TEST_F(RuntimeTest, CallsInitializeOnceBeforeACoreEntry) {
  constexpr std::string_view kCounts = R"((module (global $n (mut i32) (i32.const 0))
      (func (export "_initialize") (global.set $n (i32.add (global.get $n) (i32.const 1))))
      (func (export "run") (result i32) (global.get $n))
      (func (export "_start") (if (global.get $n) (then (unreachable))))))";
  EXPECT_EQ(returned(run(kCounts)), 1);
  EXPECT_EQ(returned(run(kCounts, {.wall_clock_timeout = kAmple}, "_start", EntryKind::kWasi)), 0);
}

TEST_F(RuntimeTest, LeavesAnInitializeOfAnotherTypeAlone) {
  EXPECT_EQ(returned(run(R"((module (func (export "_initialize") (result i32) (unreachable))
      (func (export "run") (result i32) (i32.const 1))))")),
            1);
}

TEST_F(RuntimeTest, RefusesAnEntryThatIsNotThere) {
  EXPECT_THAT(run(R"((module (func (export "other") (result i32) (i32.const 1))))"), FailsWith(kNoEntry));
  EXPECT_THAT(run(R"((module (memory (export "run") 1)))"), FailsWith(kNoEntry));
}

TEST_F(RuntimeTest, RefusesAnEntryOfAnotherType) {
  for (const std::string_view type :
       {"", "(param i32) (result i32)", "(result i64)", "(result f32)", "(result i32 i32)"}) {
    EXPECT_THAT(run(fmt::format(R"((module (func (export "run") {} (unreachable))))", type)), FailsWith(kEntryType))
        << type;
  }
  EXPECT_THAT(run(R"((module (func (export "_start") (result i32) (i32.const 1))))", {}, "_start", EntryKind::kWasi),
              FailsWith(kEntryType));
}

TEST_F(RuntimeTest, RefusesAnImportThatNobodyOffersAndNamesIt) {
  const auto linked =
      link(R"((module (import "env" "\1bsystem" (func)) (func (export "run") (result i32) (i32.const 1))))");
  ASSERT_THAT(linked, FailsWith(kUnknownImport));
  EXPECT_THAT(linked.error().message(), HasSubstr("env.\\u{1b}system"));
  for (const std::string_view import : {R"((memory 1))", R"((table 1 funcref))", R"((global i32))"}) {
    EXPECT_THAT(link(fmt::format(R"((module (import "a" "b" {})))", import)), FailsWith(kUnknownImport)) << import;
  }
}

TEST_F(RuntimeTest, NamesEveryTrap) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"unreachable", "(unreachable)"},
      {"integer_divide_by_zero", "(i32.div_s (i32.const 1) (i32.const 0))"},
      {"integer_overflow", "(i32.div_s (i32.const 0x80000000) (i32.const -1))"},
      {"bad_conversion_to_integer", "(i32.trunc_f32_s (f32.const nan))"},
      {"memory_out_of_bounds", "(i32.load (i32.const 65533))"},
      {"table_out_of_bounds", "(call_indirect (result i32) (i32.const 9))"},
      {"indirect_call_to_null", "(call_indirect (result i32) (i32.const 0))"},
      {"bad_signature", "(call_indirect (result i32) (i32.const 1))"},
  };
  for (const auto& [code, body] : cases) {
    const Trapped outcome = trapped(fmt::format(
        R"((module (memory 1) (table 2 funcref) (elem (i32.const 1) $f) (func $f) (func (export "run") (result i32) {})))",
        body));
    EXPECT_EQ(outcome.code, code);
    EXPECT_FALSE(outcome.message.empty());
    EXPECT_THAT(outcome.frames, SizeIs(1));
  }
}

TEST_F(RuntimeTest, TrapsInAStartFunctionAndInASegmentThatDoesNotFit) {
  EXPECT_EQ(
      trapped(R"((module (func $s (unreachable)) (start $s) (func (export "run") (result i32) (i32.const 1))))").code,
      "unreachable");
  EXPECT_EQ(
      trapped(R"((module (memory 1) (data (i32.const 65536) "x") (func (export "run") (result i32) (i32.const 1))))")
          .code,
      "memory_out_of_bounds");
}

TEST_F(RuntimeTest, GivesFramesInnermostFirstWithPrintableNames) {
  const Trapped outcome = trapped(R"((module
      (func $inner (@name "in\1b[31mner") (result i32) (unreachable))
      (func $outer (export "run") (result i32) (i32.add (call $inner) (i32.const 1)))))");
  ASSERT_THAT(outcome.frames, SizeIs(2));
  EXPECT_EQ(outcome.frames[0].function, "in\\u{1b}[31mner");
  EXPECT_EQ(outcome.frames[1].function, "outer");
  EXPECT_EQ(outcome.frames[1].function_index, 1U);
  EXPECT_TRUE(outcome.frames[0].module_offset.has_value());
}

TEST_F(RuntimeTest, KeepsTheInnermostFramesOfADeepStack) {
  EXPECT_THAT(trapped(R"((module (global $n (mut i32) (i32.const 0))
      (func $f (export "run") (result i32)
        (global.set $n (i32.add (global.get $n) (i32.const 1)))
        (if (i32.gt_u (global.get $n) (i32.const 500)) (then (unreachable)))
        (i32.add (call $f) (i32.const 1)))))")
                  .frames,
              SizeIs(kMaxFrames));
}

TEST_F(RuntimeTest, LeavesNothingOfACallToTheNext) {
  // Every call changes a global, memory beyond its data, grows memory and table, and sets a table element; the result
  // is what it found.
  const auto module =
      link(R"((module (global $g (mut i32) (i32.const 1)) (memory 1) (table $t 2 funcref) (data (i32.const 0) "\02")
      (func $f) (elem declare func $f)
      (func (export "run") (result i32) (local $found i32)
        (local.set $found (i32.add (i32.add (global.get $g) (i32.load8_u (i32.const 0))) (i32.load (i32.const 40000))))
        (local.set $found (i32.add (local.get $found) (i32.mul (i32.const 100) (memory.size))))
        (local.set $found (i32.add (local.get $found) (i32.mul (i32.const 1000) (table.size $t))))
        (local.set $found (i32.add (local.get $found)
            (i32.mul (i32.const 10000) (ref.is_null (table.get $t (i32.const 0))))))
        (global.set $g (i32.const 77)) (i32.store8 (i32.const 0) (i32.const 77)) (i32.store (i32.const 40000) (i32.const 77))
        (drop (memory.grow (i32.const 1))) (drop (table.grow $t (ref.null func) (i32.const 1)))
        (table.set $t (i32.const 0) (ref.func $f))
        (local.get $found))))");
  ASSERT_THAT(module, IsOk());
  const auto first = runtime().invoke({.module = **module, .entry = "run", .limits = {.wall_clock_timeout = kAmple}});
  ASSERT_EQ(returned(first), 12'103);
  for (std::size_t i = 0; i < testing::scaled(3'000); ++i) {
    const auto again = runtime().invoke({.module = **module, .entry = "run", .limits = {.wall_clock_timeout = kAmple}});
    ASSERT_EQ(returned(again), 12'103);
    ASSERT_EQ(again->record.fuel_used, first->record.fuel_used);
  }
}

TEST_F(RuntimeTest, KeepsALinkedModuleAliveByItself) {
  auto linked = link(R"((module (func (export "run") (result i32) (i32.const 8))))");
  ASSERT_THAT(linked, IsOk());
  const std::shared_ptr<const LinkedModule> module = *std::move(linked);
  EXPECT_EQ(returned(runtime().invoke({.module = *module, .entry = "run"})), 8);
}

}  // namespace
}  // namespace palyra::runtime
