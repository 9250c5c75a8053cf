// SPDX-License-Identifier: Apache-2.0
// How exactly calls end that ask for ten milliseconds, on a machine that has more to do than it can: a guest that spins
// for each core, and others that wait in a host call or for a slot of the pool, as many as make 64. Beside them a
// thread that sleeps the same ten milliseconds, which is what this machine can do now, and calls that must not be
// harmed.
#include "benches.h"
#include "guests.h"
#include "must.h"
#include "rounds.h"

#include <palyra/host/call_state.h>
#include <palyra/host/host_functions.h>
#include <palyra/runtime/runtime.h>

#include <algorithm>
#include <atomic>
#include <ctime>
#include <functional>
#include <mutex>
#include <random>
#include <thread>

namespace palyra::bench {
namespace {

using runtime::LinkedModule;
using runtime::Run;
using std::chrono::steady_clock;

constexpr std::chrono::milliseconds kAsked{10};
constexpr std::chrono::hours kAmple{1};
constexpr int kAllCalls = 64;
constexpr std::uint64_t kShortCalls = 100'000;
constexpr std::chrono::seconds kAtLeast{20};

// A runtime with so many slots, and modules linked in it.
class Pool {
 public:
  explicit Pool(std::uint32_t slots)
      : runtime_(must(runtime::WasmRuntime::create(runtime::PoolOptions{.slots = slots}))) {}

  [[nodiscard]] std::shared_ptr<const LinkedModule> link(std::string_view wat) const {
    const runtime::InProcessCompiler compiler(*runtime_, runtime::CompileInThisProcess());
    return must(runtime_->link(must(compiler.compile(must(runtime::parse_wat(wat)))), host::host_functions()));
  }

  Run call(const LinkedModule& module, std::chrono::milliseconds limit, const std::atomic<bool>* cancel = nullptr) {
    host::CallState state(
        host::CallSetup{.tool_id = "bench.tool", .run_id = "1", .grants = grants_, .clock = clock_, .random = random_});
    return must(runtime_->invoke({.module = module,
                                  .entry = "run",
                                  .limits = {.fuel_budget = UINT64_MAX / 2, .wall_clock_timeout = limit},
                                  .host_state = &state,
                                  .cancel = cancel}));
  }

 private:
  std::unique_ptr<runtime::WasmRuntime> runtime_;
  SystemClock clock_;
  host::SystemRandom random_;
  capability::CapabilityGrantSet grants_;
};

// What ended when it should have ended, and by how much later it did.
class Lateness {
 public:
  explicit Lateness(const char* what) : what_(what) {}

  void note(steady_clock::duration late, bool as_it_should) {
    const std::scoped_lock lock(mutex_);
    late_us_.push_back(std::chrono::duration<double, std::micro>(late).count());
    if (!as_it_should) ++wrong_;
  }
  [[nodiscard]] double at(double percent) const { return percentile(late_us_, percent); }

  [[nodiscard]] Row row(const Lateness& control) const {
    const auto early = std::ranges::count_if(late_us_, [](double late) { return late < 0; });
    return {{"who", what_},
            {"ended", late_us_.size()},
            {"p50_us", whole(at(50))},
            {"p99_us", whole(at(99))},
            {"worst_us", whole(at(100))},
            {"p50_above_control_us", whole(at(50) - control.at(50))},
            {"p99_above_control_us", whole(at(99) - control.at(99))},
            {"early", early},
            {"otherwise", wrong_}};
  }

 private:
  const char* what_;
  mutable std::mutex mutex_;
  std::vector<double> late_us_;
  std::uint64_t wrong_ = 0;
};

// Asks for ten milliseconds again and again, each time at another moment between two ticks: a call that began when the
// one before it was ended would always begin right after a tick.
void call_on(const std::stop_token& stop, Pool& pool, const LinkedModule& module, Lateness& lateness) {
  std::minstd_rand random(std::random_device{}());
  while (!stop.stop_requested()) {
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 2'000));
    const auto due = steady_clock::now() + kAsked;
    const Run run = pool.call(module, kAsked);
    lateness.note(steady_clock::now() - due, std::holds_alternative<runtime::TimedOut>(run.outcome));
  }
}

void sleep_on(const std::stop_token& stop, Lateness& lateness) {
  while (!stop.stop_requested()) {
    const auto due = steady_clock::now() + kAsked;
    const auto since = due.time_since_epoch();
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since);
    const timespec at{.tv_sec = seconds.count(), .tv_nsec = (since - seconds).count()};
    const bool slept = ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr) == 0;
    lateness.note(steady_clock::now() - due, slept);
  }
}

// How many of the short calls did not return.
std::uint64_t call_shortly(Pool& pool, const LinkedModule& module) {
  std::uint64_t harmed = 0;
  for (std::uint64_t i = 0; i < kShortCalls; ++i) {
    const Run run = pool.call(module, kAmple);
    if (!std::holds_alternative<runtime::Returned>(run.outcome)) ++harmed;
  }
  return harmed;
}

}  // namespace

void bench_deadlines(Report& report) {
  const auto cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  const int waiting = (kAllCalls - cores) / 2;
  Pool pool(runtime::PoolOptions().slots);
  Pool full(1);  // of which one call holds the only slot
  const auto spin = pool.link(guests::kSpin);
  const auto wait = pool.link(guests::kWait);
  const auto empty = pool.link(guests::kEmpty);
  const auto holder = full.link(guests::kWait);
  Lateness spinning("spins");
  Lateness in_host_call("waits in a host call");
  Lateness for_slot("waits for a slot");
  Lateness control("control: sleeps");
  std::atomic<bool> ended{false};
  std::uint64_t harmed = 0;
  {
    const std::jthread held([&] { full.call(*holder, kAmple, &ended); });
    std::this_thread::sleep_for(kAsked);
    std::vector<std::jthread> threads;
    threads.emplace_back([&](const std::stop_token& stop) { sleep_on(stop, control); });
    const auto start = [&threads](int count, Pool& in, const LinkedModule& module, Lateness& lateness) {
      for (int i = 0; i < count; ++i) {
        threads.emplace_back([&](const std::stop_token& stop) { call_on(stop, in, module, lateness); });
      }
    };
    start(cores, pool, *spin, spinning);
    start(waiting, pool, *wait, in_host_call);
    start(kAllCalls - cores - waiting, full, *holder, for_slot);
    const auto end = steady_clock::now() + kAtLeast;
    harmed = call_shortly(pool, *empty);
    std::this_thread::sleep_until(end);
    for (std::jthread& thread : threads) thread.request_stop();
    threads.clear();
    ended.store(true);
  }
  std::vector<Row> rows;
  for (const Lateness* each : {&control, &spinning, &in_host_call, &for_slot}) rows.push_back(each->row(control));
  report.add("deadlines", "how late calls end that asked for 10 ms", rows);
  report.add("beside", "short calls beside them", {{{"calls", kShortCalls}, {"harmed", harmed}}});
}

}  // namespace palyra::bench
