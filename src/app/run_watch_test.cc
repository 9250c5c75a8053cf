// SPDX-License-Identifier: Apache-2.0
// Calls in flight when somebody decides that their skill must not run.
#include "app_fixture.h"
#include "busy_writer.h"

#include <palyra/app/backup_state.h>
#include <palyra/app/recover_state.h>
#include <palyra/app/stop_skill.h>

#include <thread>

namespace palyra::app {
namespace {

using testing::FailsWith;
using testing::IsOk;

constexpr std::chrono::seconds kLimit{5};

// A call that runs, of a version that was just found to be runnable.
class Running {
 public:
  Running(const RunWatch& watch, const crypto::Sha256Digest& content_root)
      : version_(watch.watch(content_root, SystemClock().steady())), call_(watch, *version_) {}
  Running(const RunWatch& watch, const state::InstalledVersion& version) : Running(watch, version.content_root()) {}
  [[nodiscard]] const std::atomic<bool>& stops() const { return version_->stop_flag(); }
  [[nodiscard]] std::optional<Error> stopped() const { return version_->stopped(); }

 private:
  std::shared_ptr<WatchedVersion> version_;
  RunWatch::Call call_;
};

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
    return run_tool(services, InstalledTool{.id = "acme.demo.echo"},
                    {.arguments = as_bytes("{}"),
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
  const Running first(watch_, superseded);
  const Running second(watch_, disabled);
  const Running last(watch_, removed);
  ASSERT_THAT(disable_skill(services_, "acme.demo@1.2.0"), IsOk());
  ASSERT_THAT(remove_skill(services_, "acme.demo@1.1.0"), IsOk());
  // Looked at in the order in which they were resolved.
  ASSERT_TRUE(wait_for(last.stops()));
  EXPECT_TRUE(last.stopped()->is(kRunStopped));
  EXPECT_FALSE(first.stops() || first.stopped());
  EXPECT_FALSE(second.stops() || second.stopped());
}

TEST_F(RunWatchTest, RevocationStopsIt) {
  trust();
  const state::InstalledVersion version = promoted({});
  const Running call(watch_, version);
  auto store = state::StateStore::open(state_);
  ASSERT_THAT(store, IsOk());
  const skills::RevocationEntry entries[] = {skills::RevokedContent{version.content_root()}};
  ASSERT_THAT(store->revoke(entries), IsOk());
  EXPECT_TRUE(wait_for(call.stops()));
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
  const Running call(watch, crypto::sha256(as_bytes("content")));
  clock.jumped.store(true);
  ASSERT_TRUE(wait_for(call.stops()));
  EXPECT_THAT(call.stopped()->message(), ::testing::HasSubstr("nobody could say"));
}

TEST_F(RunWatchTest, ABusyDatabaseDelaysNoStop) {
  trust();
  const state::InstalledVersion version = promoted({});
  JumpingClock clock;
  const state::StateOptions options{.root = state_.root, .actor = "test", .clock = &clock};
  const RunWatch watch(options);
  BusyWriter writer(state_.root + "/trust.db");
  const Running call(watch, version);
  clock.jumped.store(true);
  const SteadyTime unanswered = clock_.steady();
  ASSERT_TRUE(wait_for(call.stops()));
  EXPECT_LT(clock_.steady() - unanswered, kLimit);
  EXPECT_THAT(call.stopped()->message(), ::testing::HasSubstr("nobody could say"));
  writer.release();
}

TEST_F(RunWatchTest, AStateThatWasReplacedIsAskedAnew) {
  trust();
  const state::InstalledVersion removed = promoted({.version = "1.0.0"});
  const state::InstalledVersion active = promoted({.version = "1.1.0"});
  const std::string backup = dir_.file("backup.db");
  ASSERT_THAT(backup_state(services_, backup), IsOk());
  const Running first(watch_, removed);
  const Running second(watch_, active);
  ASSERT_THAT(remove_skill(services_, "acme.demo@1.0.0"), IsOk());
  ASSERT_TRUE(wait_for(first.stops()));  // so the state of before is open
  ASSERT_THAT(recover_state(services_, backup, ConsentForm::kTyped), IsOk());
  ASSERT_TRUE(wait_for(second.stops()));
  EXPECT_THAT(second.stopped()->message(), ::testing::HasSubstr("quarantined"));
}

// A short call after the other says nothing about whether the state answers.
TEST_F(RunWatchTest, CallsThatComeAndGoDoNotHideThatNobodyCanAnswer) {
  JumpingClock clock;
  const state::StateOptions nowhere{.root = dir_.file("nowhere"), .actor = "test", .clock = &clock};
  const RunWatch watch(nowhere);
  const auto version = watch.watch(crypto::sha256(as_bytes("content")), clock_.steady());
  const RunWatch::Call first(watch, *version);
  clock.jumped.store(true);
  const SteadyTime end = clock_.steady() + 4 * kLimit;
  while (!version->stop_flag() && clock_.steady() < end) const RunWatch::Call another(watch, *version);
  EXPECT_TRUE(version->stop_flag());
}

TEST_F(RunWatchTest, AnAnswerEndsTheDoubt) {
  JumpingClock clock;
  clock.jumped.store(true);
  const state::StateOptions nowhere{.root = dir_.file("nowhere"), .actor = "test", .clock = &clock};
  const RunWatch watch(nowhere);
  const auto version = watch.watch(crypto::sha256(as_bytes("content")), clock_.steady() - kMostDoubt);
  version->found_runnable(clock.steady());
  const RunWatch::Call call(watch, *version);
  std::this_thread::sleep_for(4 * kWatchInterval);  // two looks and more
  EXPECT_FALSE(version->stop_flag());
}

TEST_F(RunWatchTest, ADirectoryThatWasPutInThePlaceOfTheStateIsAsked) {
  trust();
  const state::InstalledVersion version = promoted({});
  const std::string other = dir_.file("other");
  std::filesystem::copy(state_.root, other, std::filesystem::copy_options::recursive);
  const Running call(watch_, version);
  std::this_thread::sleep_for(3 * kWatchInterval);  // it has asked, and found nothing wrong
  ASSERT_FALSE(call.stops());
  std::filesystem::rename(state_.root, dir_.file("away"));
  std::filesystem::rename(other, state_.root);
  ASSERT_THAT(quarantine_skill(services_, "acme.demo"), IsOk());
  EXPECT_TRUE(wait_for(call.stops()));
  EXPECT_THAT(call.stopped()->message(), ::testing::HasSubstr("quarantined"));
}

TEST_F(RunWatchTest, ACallThatEndedIsForgotten) {
  trust();
  const state::InstalledVersion version = promoted({});
  {
    const Running ended(watch_, version);
  }
  EXPECT_FALSE(call("{}").error);
}

}  // namespace
}  // namespace palyra::app
