// SPDX-License-Identifier: Apache-2.0
#pragma once
// The one thread that moves an engine's epoch, so that guests notice their deadlines.
//
// Tick n is published when n ticks have passed since the origin, never before, and a late thread catches up. A deadline
// is therefore a tick number on that absolute base: counting it from the epoch at the moment of arming would fire early
// by every tick that was still to be caught up. The thread is made for the first call, and parks while nothing runs;
// waking it moves the origin, which no running call can notice.

#include <palyra/base/clock.h>

#include <wasmtime.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stop_token>
#include <thread>

namespace palyra::runtime {

class EpochTicker {
 public:
  static constexpr std::chrono::nanoseconds kTick = std::chrono::milliseconds(1);

  explicit EpochTicker(wasm_engine_t& engine);  // which must outlive the ticker
  EpochTicker(const EpochTicker&) = delete;
  EpochTicker& operator=(const EpochTicker&) = delete;
  ~EpochTicker() = default;

  // The ticker ticks while one of these lives.
  class [[nodiscard]] Running {
   public:
    explicit Running(EpochTicker& ticker);
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running() { ticker_.running_.fetch_sub(1); }

   private:
    EpochTicker& ticker_;
  };

  // The first tick that is not published before `at`. Meaningful while a Running lives.
  [[nodiscard]] std::uint64_t tick_at(SteadyTime at) const;
  // Ticks published so far; the engine's epoch is this or one more.
  [[nodiscard]] std::uint64_t published() const { return published_.load(std::memory_order_acquire); }
  // How far to set an epoch deadline beyond the current epoch so that it is reached with `tick`, 0 when it has passed.
  [[nodiscard]] std::uint64_t ticks_until(std::uint64_t tick) const {
    const std::uint64_t now = published();
    return tick > now ? tick - now : 0;
  }

 private:
  void loop(const std::stop_token& stop);
  void park(const std::stop_token& stop);
  void unpark();
  void publish_due_ticks();
  void sleep_until_next_tick() const;
  [[nodiscard]] SteadyTime origin() const { return SteadyTime(SteadyTime::duration(origin_.load())); }

  wasm_engine_t& engine_;
  std::atomic<SteadyTime::rep> origin_;  // changes only while parked
  std::atomic<std::uint64_t> published_{0};
  std::atomic<std::uint32_t> running_{0};
  std::atomic<bool> parked_{true};  // written under mutex_
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace palyra::runtime
