// SPDX-License-Identifier: Apache-2.0
#pragma once
// The bodies of host functions, one set an import module, by name; host_functions.cc binds them to the ABI table.

#include <palyra/host/call_state.h>
#include <palyra/runtime/host_function.h>

#include <algorithm>
#include <limits>
#include <span>
#include <string_view>

namespace palyra::host {

struct NamedBody {
  std::string_view name;
  runtime::HostReturn (*body)(runtime::HostCall&) noexcept;
};

std::span<const NamedBody> call_bodies();
std::span<const NamedBody> asset_bodies();
std::span<const NamedBody> clock_bodies();
std::span<const NamedBody> random_bodies();
std::span<const NamedBody> http_bodies();
std::span<const NamedBody> secret_bodies();
std::span<const NamedBody> storage_bodies();
std::span<const NamedBody> channel_bodies();
std::span<const NamedBody> file_bodies();
std::span<const NamedBody> wasi_io_bodies();          // reading and writing of file descriptors
std::span<const NamedBody> wasi_descriptor_bodies();  // what they are
std::span<const NamedBody> wasi_system_bodies();      // arguments, time, random bytes, waiting, the end
std::span<const NamedBody> wasi_path_bodies();        // paths and sockets
std::span<const NamedBody> legacy_bodies();

inline CallState& state_of(runtime::HostCall& call) { return call.state<CallState>(); }

// The stop of a run whose guest wrote a secret to `sink`, of which `bytes` are the next; nullopt: they may go there.
// Only of what is kept, or what is refused would stand between the pieces of a secret; before anybody can see it.
inline std::optional<runtime::HostReturn> stop_leak(runtime::HostCall& call, Sink sink, BytesView bytes) {
  const auto denial = state_of(call).leaks().check(sink, bytes);
  if (!denial) return std::nullopt;
  state_of(call).record_denial(*denial);
  return call.deny(to_text(*denial));
}

// The answer when a port has failed: `unavailable`, and the cause for the operator alone, when another try may succeed;
// the end of the run when its time is over, or when the failure is damage or a bug.
inline runtime::HostReturn backend_failed(runtime::HostCall& call, Error error, runtime::HostReturn unavailable) {
  CallState& state = state_of(call);
  if (error.kind() != ErrorKind::kUnavailable) return call.fail(std::move(error));
  if (call.deadline().passed(state.setup().clock)) return call.time_out();
  state.record_failure(error.describe());
  return unavailable;
}

// Copies the start of `value` to range `to` of the row. The bytes copied, or nullopt: not enough fuel.
inline std::optional<std::int32_t> copy_out(runtime::HostCall& call, std::size_t to, BytesView value) {
  const std::span<std::uint8_t> range = call.range(to);
  constexpr std::size_t kMost = std::numeric_limits<std::int32_t>::max();
  const std::size_t bytes = std::min({range.size(), value.size(), kMost});
  if (!call.charge(bytes)) return std::nullopt;
  std::copy_n(value.begin(), bytes, range.begin());
  return static_cast<std::int32_t>(bytes);
}

// Answers the bytes copied.
inline runtime::HostReturn answer_copied(runtime::HostCall& call, std::size_t to, BytesView value) {
  const auto copied = copy_out(call, to, value);
  return copied ? runtime::HostReturn::i32(*copied) : call.out_of_fuel();
}

// "→ needed": copies what fits and answers the full length.
inline runtime::HostReturn answer_needed(runtime::HostCall& call, std::size_t to, BytesView value) {
  if (!copy_out(call, to, value)) return call.out_of_fuel();
  return runtime::HostReturn::i32(static_cast<std::int32_t>(value.size()));
}

// The part of `value` from `offset` on; empty past its end.
inline BytesView from(BytesView value, std::uint64_t offset) {
  return value.subspan(static_cast<std::size_t>(std::min<std::uint64_t>(offset, value.size())));
}

}  // namespace palyra::host
