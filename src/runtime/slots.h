// SPDX-License-Identifier: Apache-2.0
#pragma once
// How many instances of one engine may live at one time; who comes later waits.

#include <palyra/base/cancellation.h>
#include <palyra/base/deadline.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace palyra::runtime {

// Taking a free one costs no lock. Not std::counting_semaphore: its waits end milliseconds after their deadline.
class Slots {
 public:
  explicit Slots(std::uint32_t count) : free_(count) {}
  // False: none was free before the deadline, or before `cancel` was requested.
  bool take(const Deadline& deadline, const Cancellation& cancel);
  void give_back();

 private:
  bool try_take();
  bool wait_for_one(const Deadline& deadline, const Cancellation& cancel);

  std::atomic<std::uint32_t> free_;
  std::atomic<std::uint32_t> waiting_{0};
  std::mutex mutex_;
  std::condition_variable given_back_;
};

// One of them, as long as this lives. `slots` may be null: then there is always one.
class [[nodiscard]] Slot {
 public:
  Slot(Slots* slots, const Deadline& deadline, const Cancellation& cancel)
      : slots_(slots), taken_(slots == nullptr || slots->take(deadline, cancel)) {}
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;
  ~Slot() {
    if (slots_ != nullptr && taken_) slots_->give_back();
  }
  [[nodiscard]] bool is_taken() const { return taken_; }

 private:
  Slots* slots_;
  bool taken_;
};

}  // namespace palyra::runtime
