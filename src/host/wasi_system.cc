// SPDX-License-Identifier: Apache-2.0
// WASI preview 1 beside files: arguments, environment, clocks, random bytes, the end. docs/guest-abi.md 6.

#include "bodies.h"
#include "wasi_clock.h"
#include "wasi_memory.h"

#include <array>
#include <vector>

namespace palyra::host {
namespace {

using runtime::HostCall;
using runtime::HostReturn;

// argv, each with its NUL.
std::vector<std::string_view> program_arguments(const CallSetup& setup) {
  std::vector<std::string_view> arguments{setup.tool_id};
  arguments.insert(arguments.end(), setup.program_arguments.begin(), setup.program_arguments.end());
  return arguments;
}

std::uint32_t bytes_with_nuls(std::span<const std::string_view> arguments) {
  std::size_t bytes = 0;
  for (const std::string_view argument : arguments) bytes += argument.size() + 1;
  return static_cast<std::uint32_t>(bytes);
}

HostReturn answer_two(HostCall& call, std::uint32_t first, std::uint32_t second) {
  if (!call.charge(8)) return call.out_of_fuel();
  store(call.range(0), 0, first);
  store(call.range(1), 0, second);
  return answer(Errno::kSuccess);
}

HostReturn args_sizes_get(HostCall& call) noexcept {
  const auto arguments = program_arguments(state_of(call).setup());
  return answer_two(call, static_cast<std::uint32_t>(arguments.size()), bytes_with_nuls(arguments));
}

HostReturn args_get(HostCall& call) noexcept {
  const auto arguments = program_arguments(state_of(call).setup());
  const std::uint32_t text_bytes = bytes_with_nuls(arguments);
  const auto pointers = call.memory().slice(call.u32(0), arguments.size() * 4);
  const auto text = call.memory().slice(call.u32(1), text_bytes);
  if (!pointers || !text) return call.out_of_bounds();
  if (!call.charge(pointers->size() + text_bytes)) return call.out_of_fuel();
  std::size_t at = 0;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    store(*pointers, i * 4, static_cast<std::uint32_t>(call.u32(1) + at));
    std::ranges::copy(as_bytes(arguments[i]), text->begin() + static_cast<std::ptrdiff_t>(at));
    at += arguments[i].size();
    (*text)[at++] = 0;
  }
  return answer(Errno::kSuccess);
}

HostReturn environ_sizes_get(HostCall& call) noexcept { return answer_two(call, 0, 0); }

// The environment is empty: two empty ranges, which still must lie within memory.
HostReturn environ_get(HostCall& call) noexcept {
  if (!call.memory().slice(call.u32(0), 0) || !call.memory().slice(call.u32(1), 0)) return call.out_of_bounds();
  return answer(Errno::kSuccess);
}

HostReturn answer_u64(HostCall& call, std::uint64_t value) {
  if (!call.charge(8)) return call.out_of_fuel();
  store(call.range(0), 0, value);
  return answer(Errno::kSuccess);
}

HostReturn clock_res_get(HostCall& call) noexcept {
  const std::uint32_t clock = call.u32(0);
  if (!is_wasi_clock(clock)) return answer(clock_error(clock));
  return answer_u64(call, kNanosecondsPerMillisecond);
}

HostReturn clock_time_get(HostCall& call) noexcept {
  const std::uint32_t clock = call.u32(0);
  if (!is_wasi_clock(clock)) return answer(clock_error(clock));
  return answer_u64(call, wasi_now(state_of(call), static_cast<WasiClock>(clock)));
}

HostReturn random_get(HostCall& call) noexcept {
  const std::span<std::uint8_t> bytes = call.range(0);
  if (bytes.size() > kMaxRandomBytes) return answer(Errno::kInval);
  if (!call.charge(bytes.size())) return call.out_of_fuel();
  return answer(state_of(call).setup().random.fill(bytes) ? Errno::kSuccess : Errno::kIo);
}

HostReturn sched_yield(HostCall&) noexcept { return answer(Errno::kSuccess); }

HostReturn proc_exit(HostCall& call) noexcept { return call.exit(call.u32(0)); }

HostReturn proc_raise(HostCall&) noexcept { return answer(Errno::kNotsup); }

constexpr auto kBodies = std::to_array<NamedBody>({
    {"args_get", args_get},
    {"args_sizes_get", args_sizes_get},
    {"environ_get", environ_get},
    {"environ_sizes_get", environ_sizes_get},
    {"clock_res_get", clock_res_get},
    {"clock_time_get", clock_time_get},
    {"poll_oneoff", poll_oneoff},
    {"proc_exit", proc_exit},
    {"proc_raise", proc_raise},
    {"sched_yield", sched_yield},
    {"random_get", random_get},
});

}  // namespace

std::span<const NamedBody> wasi_system_bodies() { return kBodies; }

}  // namespace palyra::host
