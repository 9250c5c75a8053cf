// SPDX-License-Identifier: Apache-2.0
// poll_oneoff: waits for clocks; streams and files are always ready. docs/guest-abi.md 6.

#include "bodies.h"
#include "wasi_clock.h"
#include "wasi_memory.h"

#include <algorithm>
#include <optional>
#include <thread>
#include <vector>

namespace palyra::host {
namespace {

using runtime::HostCall;
using runtime::HostReturn;
using std::chrono::nanoseconds;

constexpr std::size_t kSubscriptionBytes = 48;
constexpr std::size_t kEventBytes = 32;
constexpr std::uint32_t kMaxSubscriptions = 1'024;

constexpr std::uint8_t kTypeClock = 0;
constexpr std::uint8_t kTypeRead = 1;
constexpr std::uint8_t kTypeWrite = 2;
constexpr std::uint16_t kClockIsAbsolute = 1;

// How soon a waiting call sees that it was cancelled.
constexpr std::chrono::milliseconds kCancelCheck{5};

struct Subscription {
  std::uint64_t user_data = 0;
  std::uint8_t type = 0;
  Errno error = Errno::kSuccess;  // what is wrong with it: reported at once
  std::uint64_t wait = 0;         // of a clock: nanoseconds from now until it is ready
  std::uint64_t bytes = 0;        // of a stream: how many can be read
};

void read_clock(const CallState& state, std::span<const std::uint8_t> bytes, Subscription& subscription) {
  const auto clock = load<std::uint32_t>(bytes, 16);
  const auto timeout = load<std::uint64_t>(bytes, 24);
  const auto flags = load<std::uint16_t>(bytes, 40);
  if (!is_wasi_clock(clock)) {
    subscription.error = clock_error(clock);
    return;
  }
  const std::uint64_t now = wasi_now(state, static_cast<WasiClock>(clock));
  const bool is_absolute = (flags & kClockIsAbsolute) != 0;
  subscription.wait = is_absolute ? timeout - std::min(timeout, now) : timeout;
}

// Files are always ready, in both directions.
void read_descriptor(CallState& state, std::span<const std::uint8_t> bytes, Subscription& subscription) {
  const auto number = load<std::uint32_t>(bytes, 16);
  if (state.descriptors().find_as<WasiFile>(number) != nullptr) return;
  const WasiStream* const descriptor = state.descriptors().find_as<WasiStream>(number);
  const bool is_readable = descriptor != nullptr && descriptor->stream == Stream::kInput;
  if (descriptor == nullptr || is_readable != (subscription.type == kTypeRead)) subscription.error = Errno::kBadf;
  if (is_readable) subscription.bytes = state.streams().input_left();
}

Subscription read_subscription(CallState& state, std::span<const std::uint8_t> bytes) {
  Subscription subscription{.user_data = load<std::uint64_t>(bytes, 0), .type = bytes[8]};
  if (subscription.type == kTypeClock) {
    read_clock(state, bytes, subscription);
  } else if (subscription.type == kTypeRead || subscription.type == kTypeWrite) {
    read_descriptor(state, bytes, subscription);
  } else {
    subscription.error = Errno::kInval;
  }
  return subscription;
}

void write_event(std::span<std::uint8_t> event, const Subscription& subscription) {
  std::ranges::fill(event, std::uint8_t{0});
  store(event, 0, subscription.user_data);
  store(event, 8, static_cast<std::uint16_t>(subscription.error));
  store(event, 10, subscription.type);
  store(event, 16, subscription.bytes);
}

// Nothing once `wait` has passed, or how the run ends before: by its deadline or because the caller has gone.
std::optional<HostReturn> wait_for(HostCall& call, std::uint64_t wait) {
  const SteadyTime start = SystemClock().steady();
  const auto until_deadline = std::max(nanoseconds(0), nanoseconds(call.deadline().at() - start));
  const bool ends_before = wait < static_cast<std::uint64_t>(until_deadline.count());
  const SteadyTime end = ends_before ? start + nanoseconds(static_cast<std::int64_t>(wait)) : call.deadline().at();
  for (SteadyTime now = start; now < end; now = SystemClock().steady()) {
    if (call.cancelled()) return call.cancel();
    std::this_thread::sleep_until(std::min(end, now + kCancelCheck));
  }
  if (ends_before) return std::nullopt;
  return call.time_out();
}

}  // namespace

runtime::HostReturn poll_oneoff(runtime::HostCall& call) noexcept {
  const std::uint32_t count = call.u32(2);
  const auto in = call.memory().slice(call.u32(0), std::uint64_t{count} * kSubscriptionBytes);
  const auto out = call.memory().slice(call.u32(1), std::uint64_t{count} * kEventBytes);
  if (!in || !out) return call.out_of_bounds();
  if (count == 0 || count > kMaxSubscriptions) return answer(Errno::kInval);
  if (!call.charge(in->size() + out->size())) return call.out_of_fuel();

  std::vector<Subscription> subscriptions;
  for (std::size_t at = 0; at < in->size(); at += kSubscriptionBytes) {
    subscriptions.push_back(read_subscription(state_of(call), in->subspan(at, kSubscriptionBytes)));
  }
  const std::uint64_t wait = std::ranges::min(subscriptions, {}, &Subscription::wait).wait;
  if (wait > 0) {
    if (const auto end = wait_for(call, wait)) return *end;
  }
  std::uint32_t events = 0;
  for (const Subscription& subscription : subscriptions) {
    if (subscription.wait > wait) continue;
    write_event(out->subspan(events * kEventBytes, kEventBytes), subscription);
    ++events;
  }
  store(call.range(0), 0, events);
  return answer(Errno::kSuccess);
}

}  // namespace palyra::host
