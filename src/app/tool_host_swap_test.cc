// SPDX-License-Identifier: Apache-2.0
// A machine begins to swap under a program that calls tools: its callers notice nothing.
#include "app_fixture.h"

#include <palyra/app/tool_host.h>
#include <palyra/base/sanitized.h>
#include <palyra/runtime/swap_file.h>

#include <atomic>
#include <future>

namespace palyra::app {
namespace {

constexpr std::string_view kTool = "acme.demo.echo";

// Echoes short arguments; with longer ones it says progress once, and computes for ever.
constexpr const char* kEchoesOrStays = R"((module
    (import "palyra:skill/call@1.0.0" "input-length" (func $length (result i32)))
    (import "palyra:skill/call@1.0.0" "input-read" (func $read (param i32 i32 i32) (result i32)))
    (import "palyra:skill/call@1.0.0" "output-write" (func $write (param i32 i32) (result i32)))
    (import "palyra:skill/call@1.0.0" "progress" (func $progress (param i64 i64 i32 i32) (result i32)))
    (memory (export "memory") 2)
    (func (export "run") (result i32)
      (if (i32.gt_u (call $length) (i32.const 16)) (then
        (drop (call $progress (i64.const 1) (i64.const 2) (i32.const 0) (i32.const 0)))
        (loop (br 0))))
      (drop (call $read (i32.const 0) (call $length) (i32.const 0)))
      (call $write (i32.const 0) (call $length)))))";

class NoteOfBegin final : public host::ProgressSink {
 public:
  void progress(const host::Progress& /*progress*/) override { begun_.set_value(); }
  void wait() { begun_.get_future().wait(); }

 private:
  std::promise<void> begun_;
};

class ToolHostSwapTest : public AppTest {
 protected:
  static Execution call(ToolHost::Tool& tool, std::string_view arguments) {
    return tool.call({.arguments = as_bytes(arguments), .limits = kLimits});
  }
  static std::string output_of(const Execution& execution) {
    return execution.error ? execution.error->error.describe() : std::string(as_text(execution.output.bytes));
  }
  [[nodiscard]] runtime::PoolFacts pool_facts() { return engine_.runtime().value()->pool_facts(); }
  [[nodiscard]] bool soon_without_a_pool() {
    for (int i = 0; i < 10'000 && pool_facts().pooled; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return !pool_facts().pooled;
  }

  static constexpr AskedByCaller kLimits{.fuel_budget = std::uint64_t{100'000'000'000},
                                         .wall_clock_timeout_ms = 60'000};
  LazyEngine engine_{{.pool = runtime::PoolOptions{.slots = 1}}};
  Services pooled_{.clock = clock_,
                   .config = config_,
                   .schemas = schemas_,
                   .state = state_,
                   .runs = runs_,
                   .watch = watch_,
                   .engine = engine_,
                   .random = random_,
                   .activities = activities_};
  ToolHost host_{pooled_};
};

TEST_F(ToolHostSwapTest, AToolGoesOnWorkingOutsideThePoolWhenTheMachineBeginsToSwap) {
  // It sees how the engine wipes kept pages, and not the lock that comes after it.
  if (kThreadSanitized) GTEST_SKIP() << "the thread sanitizer runs without a pool";
  if (pool_facts().kept != runtime::KeptPages::kFew) GTEST_SKIP() << "no page may be kept on this machine";
  trust();
  install_and_promote({.wat = kEchoesOrStays});
  ToolHost::Tool tool = host_.tool(std::string(kTool));
  ASSERT_EQ(output_of(call(tool, R"({"n":1})")), R"({"n":1})");

  std::atomic<bool> leave{false};
  NoteOfBegin begun;
  auto stays = std::async(std::launch::async, [&] {
    ToolHost::Tool other = host_.tool(std::string(kTool));
    return other.call(
        {.arguments = as_bytes(R"({"n":1000000000000})"), .limits = kLimits, .cancel = &leave, .progress = &begun});
  });
  begun.wait();
  const runtime::SwapFile swap;
  EXPECT_TRUE(!swap.why_not().empty() || soon_without_a_pool());
  if (swap.why_not().empty()) {  // while the only slot of the pool is taken
    EXPECT_EQ(output_of(call(tool, R"({"n":2})")), R"({"n":2})");
  }
  leave = true;
  const Execution left = stays.get();
  ASSERT_TRUE(left.error);
  EXPECT_EQ(left.error->error.code().id, "run.cancelled");
  EXPECT_EQ(output_of(call(tool, R"({"n":3})")), R"({"n":3})");
  if (!swap.why_not().empty()) GTEST_SKIP() << swap.why_not();
}

}  // namespace
}  // namespace palyra::app
