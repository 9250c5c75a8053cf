// SPDX-License-Identifier: Apache-2.0
// `palyra:skill/clock@1.0.0` and `palyra:skill/random@1.0.0`. docs/guest-abi.md 2.

#include "bodies.h"

#include <array>
#include <cerrno>
#include <sys/random.h>

namespace palyra::host {
namespace {

using runtime::HostCall;
using runtime::HostReturn;

HostReturn wall_ms(HostCall& call) noexcept { return HostReturn::i64(state_of(call).setup().clock.wall().count()); }

HostReturn monotonic_ms(HostCall& call) noexcept { return HostReturn::i64(state_of(call).monotonic().count()); }

HostReturn fill(HostCall& call) noexcept {
  const std::span<std::uint8_t> bytes = call.range(0);
  if (bytes.size() > kMaxRandomBytes) return HostReturn::i32(kTooLarge);
  if (!call.charge(bytes.size())) return call.out_of_fuel();
  return HostReturn::i32(state_of(call).setup().random.fill(bytes) ? 0 : kUnavailable);
}

constexpr auto kClockBodies = std::to_array<NamedBody>({{"wall-ms", wall_ms}, {"monotonic-ms", monotonic_ms}});
constexpr auto kRandomBodies = std::to_array<NamedBody>({{"fill", fill}});

}  // namespace

bool SystemRandom::fill(std::span<std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t got = ::getrandom(bytes.data(), bytes.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(got));
  }
  return true;
}

std::span<const NamedBody> clock_bodies() { return kClockBodies; }
std::span<const NamedBody> random_bodies() { return kRandomBodies; }

}  // namespace palyra::host
