// SPDX-License-Identifier: Apache-2.0
// Calls whose memories come from a pool are calls like any other, and know nothing of those before them.
#include "guest_fixture.h"

#include <atomic>
#include <thread>
#include <vector>

namespace palyra::runtime {
namespace {

using std::chrono::milliseconds;
using testing::IsOk;

class PoolTest : public ::testing::Test {
 protected:
  static std::unique_ptr<WasmRuntime> pooled(const PoolOptions& options = {.slots = 4}) {
    auto made = WasmRuntime::create(options);
    EXPECT_THAT(made, IsOk());
    return made ? *std::move(made) : nullptr;
  }
  static Result<std::shared_ptr<const LinkedModule>> link(const WasmRuntime& runtime, std::string_view wat) {
    const Bytes wasm = PALYRA_TRY(parse_wat(wat));
    return runtime.link(PALYRA_TRY(InProcessCompiler(runtime, CompileInThisProcess{}).compile(wasm)), {});
  }
  static RunResult run(const WasmRuntime& runtime, const LinkedModule& module, std::string_view entry = "run",
                       const RunLimits& limits = {.fuel_budget = kUnlimitedFuel, .wall_clock_timeout = kAmple}) {
    return runtime.invoke({.module = module, .entry = entry, .limits = limits});
  }
};

TEST_F(PoolTest, EveryLimitHoldsInThePool) {
  const auto runtime = pooled();
  ASSERT_TRUE(runtime->pool_facts().pooled) << runtime->pool_facts().why_not;
  const auto guest = link(*runtime, R"((module (memory 1) (table 1 funcref)
      (func (export "run") (result i32) (i32.const 42))
      (func (export "spin") (result i32) (loop $l (br $l)) (unreachable))
      (func (export "grow") (result i32) (memory.grow (i32.const 100)))
      (func (export "outside") (result i32) (i32.load (i32.const 65536)))))");
  ASSERT_THAT(guest, IsOk());
  EXPECT_EQ(returned(run(*runtime, **guest)), 42);
  outcome_as<TimedOut>(
      run(*runtime, **guest, "spin", {.fuel_budget = kUnlimitedFuel, .wall_clock_timeout = milliseconds(5)}));
  const auto spent =
      outcome_as<Exhausted>(run(*runtime, **guest, "spin", {.fuel_budget = 1'000, .wall_clock_timeout = kAmple}));
  EXPECT_EQ(spent.which, Resource::kFuel);
  EXPECT_EQ(returned(run(*runtime, **guest, "grow", {.max_memory_bytes = 65'536, .wall_clock_timeout = kAmple})), -1);
  EXPECT_EQ(outcome_as<Trapped>(run(*runtime, **guest, "outside")).code, "memory_out_of_bounds");
}

// Writes into each page of its memory, globals and table; says first whether any was written before.
constexpr std::string_view kLeavesTraces = R"((module (memory 40) (global $g (mut i32) (i32.const 0))
    (table $t 8 funcref) (elem declare func $f) (func $f)
    (func (export "run") (result i32) (local $p i32) (local $dirty i32)
      (local.set $dirty (i32.or (global.get $g) (i32.eqz (ref.is_null (table.get $t (i32.const 3))))))
      (loop $pages
        (local.set $dirty (i32.or (local.get $dirty) (i32.load (local.get $p))))
        (local.set $dirty (i32.or (local.get $dirty) (i32.load (i32.add (local.get $p) (i32.const 2048)))))
        (i32.store (local.get $p) (i32.const 0x5EC3E7))
        (i32.store (i32.add (local.get $p) (i32.const 2048)) (i32.const 0x5EC3E7))
        (br_if $pages (i32.lt_u (local.tee $p (i32.add (local.get $p) (i32.const 4096))) (i32.const 2621440))))
      (global.set $g (i32.const 1))
      (table.set $t (i32.const 3) (ref.func $f))
      (local.get $dirty))))";

TEST_F(PoolTest, NothingOfACallIsLeftForTheNext) {
  const auto runtime = pooled();
  ASSERT_TRUE(runtime->pool_facts().pooled);
  const auto guest = link(*runtime, kLeavesTraces);
  ASSERT_THAT(guest, IsOk());
  for (std::size_t i = 0; i < testing::scaled(10'000); ++i) ASSERT_EQ(returned(run(*runtime, **guest)), 0) << i;
}

TEST_F(PoolTest, AModuleThatNeedsMoreThanASlotHasRunsOutsideThePool) {
  const auto runtime = pooled({.slots = 2, .max_memory_bytes = std::uint64_t{1} << 20, .max_table_elements = 100});
  ASSERT_TRUE(runtime->pool_facts().pooled);
  for (const std::string_view what : {"(memory 32)", "(table 1000 funcref)"}) {
    const auto guest =
        link(*runtime, fmt::format("(module {} (func (export \"run\") (result i32) (i32.const 7)))", what));
    ASSERT_THAT(guest, IsOk()) << what;
    EXPECT_EQ(returned(run(*runtime, **guest)), 7) << what;
  }
}

TEST_F(PoolTest, WhoComesWhenEverySlotIsTakenWaitsUntilOneIsFreeOrItsTimeIsOver) {
  const auto runtime = pooled({.slots = 1});
  const auto spins = link(*runtime, R"((module (memory 1)
      (func (export "run") (result i32) (loop $l (br $l)) (unreachable))
      (func (export "quick") (result i32) (i32.const 3))))");
  ASSERT_THAT(spins, IsOk());
  std::atomic<bool> stop{false};
  std::jthread busy([&] {
    outcome_as<Cancelled>(runtime->invoke({.module = **spins,
                                           .entry = "run",
                                           .limits = {.fuel_budget = kUnlimitedFuel, .wall_clock_timeout = kAmple},
                                           .cancel = &stop}));
  });
  std::this_thread::sleep_for(milliseconds(50));  // the other has the slot by now, or the next line proves nothing
  outcome_as<TimedOut>(run(*runtime, **spins, "quick", {.wall_clock_timeout = milliseconds(20)}));
  std::atomic<bool> gone{false};
  std::jthread leaves([&] { gone = true; });
  outcome_as<Cancelled>(runtime->invoke(
      {.module = **spins, .entry = "quick", .limits = {.wall_clock_timeout = kAmple}, .cancel = &gone}));
  stop = true;
  EXPECT_EQ(returned(run(*runtime, **spins, "quick")), 3);
}

TEST_F(PoolTest, WhereThereIsNoRoomForAPoolCallsRunWithoutOneAndItSaysWhy) {
  const auto runtime = pooled({.slots = 100'000});  // 400 TiB of addresses
  EXPECT_FALSE(runtime->pool_facts().pooled);
  EXPECT_FALSE(runtime->pool_facts().why_not.empty());
  const auto guest = link(*runtime, R"((module (func (export "run") (result i32) (i32.const 1))))");
  ASSERT_THAT(guest, IsOk());
  EXPECT_EQ(returned(run(*runtime, **guest)), 1);
}

TEST_F(PoolTest, CodeOfAnEngineWithoutAPoolRunsInThePool) {
  const auto runtime = pooled();
  const auto plain = WasmRuntime::create();
  ASSERT_THAT(plain, IsOk());
  EXPECT_EQ(runtime->compatibility(), (*plain)->compatibility());
}

// ---- When pages may be kept

constexpr const char* kNoSwap = "Filename\tType\tSize\tUsed\tPriority\n";
constexpr const char* kSwap = "Filename\tType\tSize\tUsed\tPriority\n/swapfile file 1048572 0 -2\n";

TEST(KeptPagesTest, AreFewWhereNothingCanBeSwappedOut) {
  EXPECT_EQ(kept_pages({.swaps = kNoSwap, .cgroup_limit = "", .scan_available = true}), KeptPages::kFew);
  EXPECT_EQ(kept_pages({.swaps = kSwap, .cgroup_limit = "0\n", .scan_available = true}), KeptPages::kFew);
}

TEST(KeptPagesTest, AreNoneWhereOneCouldBeOrNobodyKnows) {
  EXPECT_EQ(kept_pages({.swaps = kSwap, .cgroup_limit = "", .scan_available = true}), KeptPages::kNone);
  EXPECT_EQ(kept_pages({.swaps = kSwap, .cgroup_limit = "max\n", .scan_available = true}), KeptPages::kNone);
  EXPECT_EQ(kept_pages({.swaps = "", .cgroup_limit = "", .scan_available = true}), KeptPages::kNone);
  EXPECT_EQ(kept_pages({.swaps = kNoSwap, .cgroup_limit = "0\n", .scan_available = false}), KeptPages::kNone);
}

// Some may have come, taken a page, and gone before anybody looked.
TEST(KeptPagesTest, AreNoneAfterAChangeOfSwapUnlessACgroupForbidsIt) {
  EXPECT_EQ(kept_pages_after_change({.swaps = kNoSwap, .cgroup_limit = "", .scan_available = true}), KeptPages::kNone);
  EXPECT_EQ(kept_pages_after_change({.swaps = kNoSwap, .cgroup_limit = "0\n", .scan_available = true}),
            KeptPages::kFew);
  EXPECT_EQ(kept_pages_after_change({.swaps = kNoSwap, .cgroup_limit = "0\n", .scan_available = false}),
            KeptPages::kNone);
}

}  // namespace
}  // namespace palyra::runtime
