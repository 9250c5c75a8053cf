// SPDX-License-Identifier: Apache-2.0
// Calls in flight when somebody decides that their skill must not run.
#include "app_fixture.h"

#include <palyra/app/backup_state.h>
#include <palyra/app/recover_state.h>
#include <palyra/app/stop_skill.h>

#include <csignal>
#include <fcntl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

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

// Another process holds the locks of a writer that does not end, from here until `release`.
class BusyWriter {
 public:
  explicit BusyWriter(const std::string& database) {
    int locked[2] = {-1, -1};
    EXPECT_EQ(::pipe(locked), 0);
    pid_ = ::fork();
    if (pid_ == 0) hold(database.c_str(), locked[1]);
    char said = 0;
    EXPECT_EQ(::read(locked[0], &said, 1), 1);
    EXPECT_EQ(said, 'y');
    ::close(locked[0]);
    ::close(locked[1]);
  }
  BusyWriter(const BusyWriter&) = delete;
  BusyWriter& operator=(const BusyWriter&) = delete;
  ~BusyWriter() { release(); }

  void release() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

 private:
  [[noreturn]] static void hold(const char* database, int told) {
    struct flock lock{};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    lock.l_start = 0x4000'0000;  // the lock bytes of SQLite's file format
    lock.l_len = 512;
    const int file = ::open(database, O_RDWR | O_CLOEXEC);
    const char said = ::fcntl(file, F_SETLK, &lock) == 0 ? 'y' : 'n';
    if (::write(told, &said, 1) != 1) ::_exit(1);
    for (;;) ::pause();
  }

  pid_t pid_ = 0;
};

TEST_F(RunWatchTest, ABusyDatabaseDelaysNoStop) {
  trust();
  const state::InstalledVersion version = promoted({});
  JumpingClock clock;
  const state::StateOptions options{.root = state_.root, .actor = "test", .clock = &clock};
  const RunWatch watch(options);
  BusyWriter writer(state_.root + "/trust.db");
  std::atomic<bool> stops{false};
  const RunWatch::Call call = watch.watch(version.content_root(), stops);
  clock.jumped.store(true);
  const SteadyTime unanswered = clock_.steady();
  ASSERT_TRUE(wait_for(stops));
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
  std::atomic<bool> removed_stops{false};
  std::atomic<bool> stops{false};
  const RunWatch::Call first = watch_.watch(removed.content_root(), removed_stops);
  const RunWatch::Call second = watch_.watch(active.content_root(), stops);
  ASSERT_THAT(remove_skill(services_, "acme.demo@1.0.0"), IsOk());
  ASSERT_TRUE(wait_for(removed_stops));  // so the state of before is open
  ASSERT_THAT(recover_state(services_, backup, ConsentForm::kTyped), IsOk());
  ASSERT_TRUE(wait_for(stops));
  EXPECT_THAT(second.stopped()->message(), ::testing::HasSubstr("quarantined"));
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
