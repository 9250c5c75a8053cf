// SPDX-License-Identifier: Apache-2.0
// One host, many threads: decisions, first calls and a long time.
#include "app_fixture.h"

#include <palyra/app/stop_skill.h>
#include <palyra/app/tool_host.h>
#include <palyra/base/sanitized.h>

#include <barrier>
#include <fstream>
#include <iterator>
#include <thread>

namespace palyra::app {
namespace {

using testing::IsOk;

constexpr std::string_view kTool = "acme.demo.echo";
constexpr std::size_t kThreads = 16;

class CountedActivities final : public ActivitySink {
 public:
  void begin(std::string_view what) override {
    if (what.starts_with("compiling")) ++compiled;
  }
  void end() override {}
  std::atomic<int> compiled{0};
};

class ToolHostThreadsTest : public AppTest {
 protected:
  // The last in the chain of services that threads share; the one of the fixture remembers what it is told.
  CountedActivities counted_;
  // The thread sanitizer sees how the engine wipes kept pages, and not the lock that comes after it.
  LazyEngine engine_{
      {.pool = kThreadSanitized ? std::nullopt : std::optional(runtime::PoolOptions{.slots = kThreads})}};
  Services shared_{.clock = clock_,
                   .config = config_,
                   .schemas = schemas_,
                   .state = state_,
                   .runs = runs_,
                   .watch = watch_,
                   .engine = engine_,
                   .random = random_,
                   .activities = counted_};
  ToolHost host_{shared_};

  static void in_threads(const auto& body) {
    std::barrier begin(kThreads);
    std::vector<std::jthread> threads;
    threads.reserve(kThreads);
    for (std::size_t i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] {
        begin.arrive_and_wait();
        body();
      });
    }
  }
  static Execution call(ToolHost::Tool& tool) {
    return tool.call(
        {.arguments = as_bytes("{}"), .limits = {.fuel_budget = std::nullopt, .wall_clock_timeout_ms = 120'000}});
  }
};

TEST_F(ToolHostThreadsTest, FirstCallsOfManyThreadsShareOneCompilation) {
  trust();
  install_and_promote({});
  std::atomic<int> good{0};
  in_threads([&] {
    ToolHost::Tool tool = host_.tool(std::string(kTool));
    if (!call(tool).error) ++good;
  });
  EXPECT_EQ(good, kThreads);
  EXPECT_EQ(counted_.compiled, 1);
}

TEST_F(ToolHostThreadsTest, NoCallThatBeginsAfterAQuarantineSucceeds) {
  trust();
  install_and_promote({});
  std::atomic<unsigned> phase{0};  // odd: it may not run
  std::atomic<bool> done{false};
  std::atomic<int> wrong{0};
  std::atomic<int> refused{0};
  std::jthread decides([&] {
    for (std::size_t i = 0; i < testing::scaled(100); ++i) {
      EXPECT_THAT(quarantine_skill(services_, "acme.demo"), IsOk());
      ++phase;
      const int before = refused;
      while (refused == before) std::this_thread::yield();  // somebody has met it
      ++phase;
      EXPECT_THAT(promote("acme.demo@1.0.0"), IsOk());
    }
    done = true;
  });
  in_threads([&] {
    ToolHost::Tool tool = host_.tool(std::string(kTool));
    while (!done) {
      std::this_thread::sleep_for(std::chrono::microseconds(200));  // leaves the deciding thread a core
      const unsigned begun = phase;
      const bool ran = !call(tool).error;
      if (begun % 2 == 0 || phase != begun) continue;  // it may run by now
      if (ran) ++wrong;
      ++refused;
    }
  });
  EXPECT_EQ(wrong, 0);
}

// KiB, descriptors, threads.
struct Costs {
  std::int64_t resident = 0;
  std::ptrdiff_t descriptors = 0;
  std::int64_t threads = 0;
};

std::int64_t status_value(std::string_view key) {
  std::ifstream file("/proc/self/status");
  const std::string status(std::istreambuf_iterator<char>(file), {});
  return std::strtoll(status.c_str() + status.find(key) + key.size(), nullptr, 10);
}

Costs costs() {
  const std::filesystem::directory_iterator open("/proc/self/fd");
  return {.resident = status_value("VmRSS:"),
          .descriptors = std::distance(begin(open), end(open)),
          .threads = status_value("Threads:")};
}

TEST_F(ToolHostThreadsTest, AMillionCallsLeaveNothingBehind) {
  trust();
  install_and_promote({});
  const auto calls = [&](std::size_t count) {
    std::atomic<std::size_t> left{count};
    std::atomic<std::size_t> failed{0};
    in_threads([&] {
      ToolHost::Tool tool = host_.tool(std::string(kTool));
      for (std::size_t mine = left.fetch_sub(1); mine != 0 && mine <= count; mine = left.fetch_sub(1)) {
        if (call(tool).error) ++failed;
      }
    });
    EXPECT_EQ(failed, 0);
    EXPECT_THAT(runs_.flush(), IsOk());
  };
  // Until the watch has looked and every buffer is as large as it gets, which depends on how threads are scheduled: a
  // leak would go on after any number of rounds.
  const SteadyTime begun = clock_.steady();
  Costs before = costs();
  Costs after = before;
  for (int rounds = 0; rounds < 8; ++rounds) {
    before = after;
    calls(testing::scaled(1'000'000));
    after = costs();
    const bool settled = after.resident < before.resident + before.resident / 100;
    if (settled && clock_.steady() - begun > 4 * kWatchInterval) break;
  }
  RecordProperty("resident_before_kib", std::to_string(before.resident));
  RecordProperty("resident_after_kib", std::to_string(after.resident));
  EXPECT_EQ(after.descriptors, before.descriptors);
  EXPECT_EQ(after.threads, before.threads);
  if (!kSanitized) {
    EXPECT_LT(after.resident, before.resident + before.resident / 100);
  }
}

}  // namespace
}  // namespace palyra::app
