// SPDX-License-Identifier: Apache-2.0
#include "epoch_ticker.h"

#include <ctime>
#include <pthread.h>
#include <sched.h>

namespace palyra::runtime {

using std::chrono::steady_clock;

EpochTicker::EpochTicker(wasm_engine_t& engine)
    : engine_(engine), origin_(steady_clock::now().time_since_epoch().count()) {}

EpochTicker::Running::Running(EpochTicker& ticker) : ticker_(ticker) {
  // Sequentially consistent against park(): either this sees parked_, or park() sees the increment.
  ticker_.running_.fetch_add(1);
  if (ticker_.parked_.load()) ticker_.unpark();
}

std::uint64_t EpochTicker::tick_at(SteadyTime at) const {
  const auto since = at - origin();
  if (since <= SteadyTime::duration::zero()) return 0;
  return static_cast<std::uint64_t>((since + kTick - SteadyTime::duration(1)) / kTick);
}

void EpochTicker::loop(const std::stop_token& stop) {
  // A real-time thread is late by less under load; a system that refuses it loses only that.
  sched_param priority{};
  priority.sched_priority = 1;
  (void)pthread_setschedparam(pthread_self(), SCHED_FIFO, &priority);
  (void)pthread_setname_np(pthread_self(), "palyra-ticker");
  while (!stop.stop_requested()) {
    if (running_.load() == 0) park(stop);
    publish_due_ticks();
    sleep_until_next_tick();
  }
}

void EpochTicker::park(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  parked_.store(true);
  if (running_.load() != 0) {
    parked_.store(false);
    return;
  }
  wake_.wait(lock, stop, [this] { return !parked_.load(); });
}

void EpochTicker::unpark() {
  const std::scoped_lock lock(mutex_);
  if (!parked_.load()) return;
  const auto ticked = static_cast<SteadyTime::rep>(published()) * kTick;
  origin_.store((steady_clock::now() - ticked).time_since_epoch().count());
  parked_.store(false);
  wake_.notify_one();
  if (!thread_.joinable()) thread_ = std::jthread([this](const std::stop_token& stop) { loop(stop); });
}

void EpochTicker::publish_due_ticks() {
  const auto due = static_cast<std::uint64_t>((steady_clock::now() - origin()) / kTick);
  while (published() < due) {
    // In this order: whoever reads the count before arming never arms too near a deadline.
    wasmtime_engine_increment_epoch(&engine_);
    published_.fetch_add(1, std::memory_order_release);
  }
}

void EpochTicker::sleep_until_next_tick() const {
  const auto next = (origin() + static_cast<SteadyTime::rep>(published() + 1) * kTick).time_since_epoch();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(next);
  const timespec at{.tv_sec = seconds.count(), .tv_nsec = (next - seconds).count()};
  (void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr);
}

}  // namespace palyra::runtime
