// SPDX-License-Identifier: Apache-2.0
// `palyra:skill/assets@1.0.0`: the files that a skill was packaged with. docs/guest-abi.md 2.

#include "bodies.h"

#include <array>

namespace palyra::host {
namespace {

using runtime::HostCall;
using runtime::HostReturn;

HostReturn open(HostCall& call) noexcept {
  const BytesView name = call.range(0);
  if (!call.charge(name.size())) return call.out_of_fuel();
  return HostReturn::i32(state_of(call).open_asset(as_text(name)));
}

// What `use` answers for the asset whose handle is parameter 0. A number that was never given out ends the run; a
// closed one is invalid.
template <class Use>
HostReturn with_asset(HostCall& call, HostReturn closed, Use use) {
  CallState& state = state_of(call);
  const std::int32_t handle = call.i32(0);
  if (!state.assets().issued(handle)) return call.deny(state.deny_handle("an asset", handle));
  const BytesView* const asset = state.assets().find(handle);
  return asset == nullptr ? closed : use(*asset);
}

HostReturn size(HostCall& call) noexcept {
  return with_asset(call, HostReturn::i64(kInvalid),
                    [](BytesView asset) { return HostReturn::i64(static_cast<std::int64_t>(asset.size())); });
}

HostReturn read(HostCall& call) noexcept {
  return with_asset(call, HostReturn::i32(kInvalid), [&](BytesView asset) {
    return answer_copied(call, 0, from(asset, static_cast<std::uint64_t>(call.i64(3))));
  });
}

HostReturn close(HostCall& call) noexcept {
  return with_asset(call, HostReturn::i32(kInvalid), [&](BytesView) {
    state_of(call).assets().close(call.i32(0));
    return HostReturn::i32(0);
  });
}

constexpr auto kBodies = std::to_array<NamedBody>({{"open", open}, {"size", size}, {"read", read}, {"close", close}});

}  // namespace

std::span<const NamedBody> asset_bodies() { return kBodies; }

}  // namespace palyra::host
