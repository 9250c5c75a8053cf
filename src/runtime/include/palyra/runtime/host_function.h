// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a guest may import, and what a host function sees while it runs.
//
// A host function is a row of the ABI table and a body. The runtime does for every call what must never be forgotten:
// it charges the row's fuel, checks every range of the row against the guest's memory, and counts the call. Only then
// does the body run, on the thread of the run. A body is noexcept, never calls the guest, keeps no span after it
// returns, and does not wait past deadline().

#include <palyra/base/bytes.h>
#include <palyra/base/deadline.h>
#include <palyra/base/error.h>
#include <palyra/capability/abi_table.h>
#include <palyra/runtime/outcome.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace palyra::runtime {

// The whole linear memory of the guest as it is now; empty when it exports none. Valid until the body returns.
class GuestMemory {
 public:
  explicit GuestMemory(std::span<std::uint8_t> bytes) : bytes_(bytes) {}

  // nullopt when the range leaves memory; an empty one must still lie within. The one bounds check there is.
  [[nodiscard]] std::optional<std::span<std::uint8_t>> slice(std::uint32_t offset, std::uint64_t length) const {
    if (offset > bytes_.size() || length > bytes_.size() - offset) return std::nullopt;
    return bytes_.subspan(offset, static_cast<std::size_t>(length));
  }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }

 private:
  std::span<std::uint8_t> bytes_;
};

// What a body answers: a value of the row's result type, nothing when the row has none, or a stop, which ends the run
// and is made by HostCall.
class HostReturn {
 public:
  static HostReturn i32(std::int32_t value) { return {Kind::kI32, value}; }
  static HostReturn i64(std::int64_t value) { return {Kind::kI64, value}; }
  static HostReturn nothing() { return {Kind::kNothing, 0}; }

 private:
  friend class HostCall;
  friend class CallDispatcher;
  enum class Kind : std::uint8_t { kI32, kI64, kNothing, kStop };
  HostReturn(Kind kind, std::int64_t value) : kind_(kind), value_(value) {}
  Kind kind_;
  std::int64_t value_;
};

class CallContext;  // the runtime's side of one run

class HostCall {
 public:
  // Argument n, of the type that the row gives it; u32 is an i32 read as unsigned, as pointers, lengths and handles
  // are.
  [[nodiscard]] std::int32_t i32(std::size_t n) const { return static_cast<std::int32_t>(arguments_[n]); }
  [[nodiscard]] std::uint32_t u32(std::size_t n) const { return static_cast<std::uint32_t>(arguments_[n]); }
  [[nodiscard]] std::int64_t i64(std::size_t n) const { return arguments_[n]; }

  // Range k of the row, within memory already. Writing is for ranges of direction kOut only.
  [[nodiscard]] std::span<std::uint8_t> range(std::size_t k) const { return ranges_[k]; }
  [[nodiscard]] const GuestMemory& memory() const { return memory_; }

  // Invocation::host_state, which must be a T.
  template <class T>
  [[nodiscard]] T& state() const {
    return *static_cast<T*>(state_);
  }
  [[nodiscard]] const Deadline& deadline() const;
  // The caller has gone; the guest is stopped soon.
  [[nodiscard]] bool cancelled() const;

  // Takes one unit of fuel a byte; call it before moving them. False: not enough is left, then `return out_of_fuel()`.
  [[nodiscard]] bool charge(std::uint64_t bytes);

  // Stops: `return call.deny("...")`.
  HostReturn out_of_fuel();
  HostReturn out_of_bounds();                 // Trapped{"guest_out_of_bounds"}
  HostReturn deny(std::string_view message);  // Denied; the message is made printable
  HostReturn exit(std::uint32_t code);        // Exited
  HostReturn time_out();                      // TimedOut: a wait has reached the deadline
  HostReturn cancel();                        // Cancelled: a wait has seen cancelled()
  HostReturn fail(Error error);  // the run could not go on for a reason of ours: invoke() returns this error

  // At most this many ranges in a row, and parameters.
  static constexpr std::size_t kMaxRanges = 4;
  static constexpr std::size_t kMaxParameters = 12;

 private:
  friend class CallDispatcher;
  HostCall(CallContext& context, std::span<std::uint8_t> memory, void* state)
      : context_(context), memory_(memory), state_(state) {}
  HostReturn stop(Result<Outcome> why);

  CallContext& context_;
  GuestMemory memory_;
  void* state_;
  std::int64_t arguments_[kMaxParameters]{};
  std::span<std::uint8_t> ranges_[kMaxRanges];
};

struct HostFunction {
  const capability::AbiFunction* abi;  // a row of capability::abi_table(), or of a test
  HostReturn (*body)(HostCall&) noexcept;
};

}  // namespace palyra::runtime
