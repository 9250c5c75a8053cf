// SPDX-License-Identifier: Apache-2.0
#pragma once
// Notices that this machine may swap from now on. Pages that a pool keeps are wiped as promised only until then.

#include <palyra/base/unique_fd.h>
#include <palyra/runtime/pool.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>

namespace palyra::runtime {

// One thread that waits for the kernel's word of swap that is added or removed. Where only a cgroup's limit keeps pages
// out of the swap that is there, it looks each second: nobody is told of a change of that.
class SwapWatch {
 public:
  // Null: no page may be kept now, or nobody would say when that ends. `file` tells of swap; not one of proc does not.
  static std::unique_ptr<SwapWatch> begin(const std::string& file = "/proc/swaps");
  SwapWatch(const SwapWatch&) = delete;
  SwapWatch& operator=(const SwapWatch&) = delete;
  ~SwapWatch();

  // Once it is true it stays so.
  [[nodiscard]] bool swap_came() const { return swap_came_.load(std::memory_order_acquire); }

 private:
  SwapWatch(UniqueFd swaps, UniqueFd stop, SwapFacts facts);
  bool start();
  void wait_for_swap();
  bool may_still_be_kept(bool told);

  UniqueFd swaps_;
  UniqueFd stop_;
  SwapFacts facts_;  // of the last look
  std::atomic<bool> swap_came_{false};
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace palyra::runtime
