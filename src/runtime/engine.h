// SPDX-License-Identifier: Apache-2.0
#pragma once
// One engine and the thread that moves its epoch. Code that was loaded into it runs in it alone.

#include "engine_handles.h"
#include "epoch_ticker.h"
#include "slots.h"
#include "swap_watch.h"

#include <palyra/base/error.h>
#include <palyra/runtime/pool.h>

#include <cstdint>
#include <memory>
#include <optional>

namespace palyra::runtime {

class Engine {
 public:
  // With memories that are made for each call, or with a pool, which keeps pages if `watch` says when that has to end.
  // Errors: kEngineFailed.
  static Result<std::unique_ptr<Engine>> create();
  static Result<std::unique_ptr<Engine>> create_pooled(const PoolOptions& options, std::unique_ptr<SwapWatch> watch);

  // `slots` instances may live at one time; 0: as many as there is memory for.
  Engine(WasmEngine made, std::uint32_t slots, std::unique_ptr<SwapWatch> watch)
      : engine_(std::move(made)), ticker_(*engine_), watch_(std::move(watch)) {
    if (slots != 0) slots_.emplace(slots);
  }
  [[nodiscard]] wasm_engine_t& get() const { return *engine_; }
  [[nodiscard]] EpochTicker& ticker() const { return ticker_; }
  [[nodiscard]] Slots* slots() const { return slots_ ? &*slots_ : nullptr; }
  // No call may begin in it any more: pages of its pool may hold what former calls wrote. Never of one without a pool.
  [[nodiscard]] bool is_retired() const { return watch_ != nullptr && watch_->swap_came(); }

 private:
  WasmEngine engine_;
  mutable EpochTicker ticker_;  // ends before its engine
  mutable std::optional<Slots> slots_;
  const std::unique_ptr<SwapWatch> watch_;
};

}  // namespace palyra::runtime
