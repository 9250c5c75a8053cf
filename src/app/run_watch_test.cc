// SPDX-License-Identifier: Apache-2.0
// Calls in flight when somebody decides that their skill must not run.
#include "app_fixture.h"

#include <palyra/app/stop_skill.h>

#include <thread>

namespace palyra::app {
namespace {

using testing::FailsWith;
using testing::IsOk;

constexpr std::chrono::seconds kLimit{5};

class RunWatchTest : public AppTest {
 protected:
  static constexpr const char* kEndless = R"((module (func (export "run") (result i32) (loop (br 0)) (i32.const 0))))";

  [[nodiscard]] state::InstalledVersion promoted(const Skill& skill) {
    install_and_promote(skill);
    return state::StateStore::open(state_)->find_active("acme.demo.echo").value();
  }

  static bool wait_for(const std::atomic<bool>& flag) {
    const SteadyTime end = SystemClock().steady() + 4 * kLimit;
    while (!flag.load() && SystemClock().steady() < end) std::this_thread::yield();
    return flag.load();
  }

  // Says so when the module is about to be compiled, which is after the skill was found to be active.
  class Begun final : public ActivitySink {
   public:
    void begin(std::string_view what) override {
      if (what.starts_with("compiling")) found.store(true);
    }
    void end() override {}
    std::atomic<bool> found{false};
  };

  [[nodiscard]] Execution call_for(std::chrono::seconds time, Begun& begun) const {
    const Services services{.clock = clock_,
                            .config = config_,
                            .schemas = schemas_,
                            .state = state_,
                            .runs = runs_,
                            .watch = watch_,
                            .engine = shared_engine(),
                            .random = random_,
                            .activities = begun};
    return run_tool(services, {.what = InstalledTool{.id = "acme.demo.echo"},
                               .arguments = to_bytes("{}"),
                               .limits = {.fuel_budget = std::int64_t{1} << 40,
                                          .wall_clock_timeout_ms = std::chrono::milliseconds(time).count()},
                               .started = clock_.steady()});
  }
};

TEST_F(RunWatchTest, ACallThatComputesForEverIsStoppedWhenItsSkillIsQuarantined) {
  trust();
  static_cast<void>(promoted({.wat = kEndless}));
  config_.ceilings.fuel_budget = std::int64_t{1} << 40;
  Begun begun;
  std::atomic<bool> ended{false};
  Execution execution;
  std::jthread caller([&] {
    execution = call_for(std::chrono::seconds(60), begun);
    ended.store(true);
  });
  ASSERT_TRUE(wait_for(begun.found));
  ASSERT_THAT(quarantine_skill(services_, "acme.demo"), IsOk());
  const SteadyTime decided = clock_.steady();
  ASSERT_TRUE(wait_for(ended));
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(clock_.steady() - decided);
  caller.join();
  ASSERT_TRUE(execution.error);
  EXPECT_TRUE(execution.error->error.is(kRunStopped)) << execution.error->error.describe();
  EXPECT_EQ(execution.error->kind, WasmPluginRunErrorKind::kCancelled);
  EXPECT_LT(took, kLimit);
  RecordProperty("stopped_after_ms", static_cast<int>(took.count()));
}

TEST_F(RunWatchTest, OnlyWhatMustStopIsStopped) {
  trust();
  const state::InstalledVersion superseded = promoted({.version = "1.0.0"});
  const state::InstalledVersion removed = promoted({.version = "1.1.0"});
  const state::InstalledVersion disabled = promoted({.version = "1.2.0"});
  std::atomic<bool> superseded_stops{false};
  std::atomic<bool> disabled_stops{false};
  std::atomic<bool> removed_stops{false};
  const RunWatch::Call first = watch_.watch(superseded.content_root(), superseded_stops);
  const RunWatch::Call second = watch_.watch(disabled.content_root(), disabled_stops);
  const RunWatch::Call last = watch_.watch(removed.content_root(), removed_stops);
  ASSERT_THAT(disable_skill(services_, "acme.demo@1.2.0"), IsOk());
  ASSERT_THAT(remove_skill(services_, "acme.demo@1.1.0"), IsOk());
  // Looked at in the order in which they began.
  ASSERT_TRUE(wait_for(removed_stops));
  EXPECT_TRUE(last.stopped()->is(kRunStopped));
  EXPECT_FALSE(superseded_stops || first.stopped());
  EXPECT_FALSE(disabled_stops || second.stopped());
}

TEST_F(RunWatchTest, RevocationStopsIt) {
  trust();
  const state::InstalledVersion version = promoted({});
  std::atomic<bool> stops{false};
  const RunWatch::Call call = watch_.watch(version.content_root(), stops);
  auto store = state::StateStore::open(state_);
  ASSERT_THAT(store, IsOk());
  const skills::RevocationEntry entries[] = {skills::RevokedContent{version.content_root()}};
  ASSERT_THAT(store->revoke(entries), IsOk());
  EXPECT_TRUE(wait_for(stops));
}

// Its time runs ahead once the test says so.
class JumpingClock final : public Clock {
 public:
  [[nodiscard]] std::chrono::milliseconds wall() const override { return SystemClock().wall(); }
  [[nodiscard]] SteadyTime steady() const override {
    return SystemClock().steady() + (jumped.load() ? kMostDoubt : std::chrono::milliseconds(0));
  }
  std::atomic<bool> jumped{false};
};

TEST_F(RunWatchTest, WhatNobodyCanAnswerForIsStopped) {
  JumpingClock clock;
  const state::StateOptions nowhere{.root = dir_.file("nowhere"), .actor = "test", .clock = &clock};
  const RunWatch watch(nowhere);
  std::atomic<bool> stops{false};
  const RunWatch::Call call = watch.watch(crypto::sha256(as_bytes("content")), stops);
  clock.jumped.store(true);
  ASSERT_TRUE(wait_for(stops));
  EXPECT_THAT(call.stopped()->message(), ::testing::HasSubstr("nobody could say"));
}

TEST_F(RunWatchTest, ACallThatEndedIsForgotten) {
  trust();
  const state::InstalledVersion version = promoted({});
  {
    std::atomic<bool> short_lived{false};
    const RunWatch::Call call = watch_.watch(version.content_root(), short_lived);
  }
  EXPECT_FALSE(call("{}").error);
}

}  // namespace
}  // namespace palyra::app
