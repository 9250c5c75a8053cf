// SPDX-License-Identifier: Apache-2.0
// `palyra:plugins/host-capabilities@0.1.0`: how many handles a call holds, and which. docs/guest-abi.md 7.

#include "bodies.h"

#include <array>

namespace palyra::host {
namespace {

using capability::CapabilityClass;
using runtime::HostCall;
using runtime::HostReturn;

template <CapabilityClass Class>
HostReturn count(HostCall& call) noexcept {
  return HostReturn::i32(static_cast<std::int32_t>(state_of(call).setup().grants.count(Class)));
}

template <CapabilityClass Class>
HostReturn handle(HostCall& call) noexcept {
  CallState& state = state_of(call);
  const auto found = state.setup().grants.handle_at(Class, call.u32(0));
  if (found) return HostReturn::i32(*found);
  return HostReturn::i32(state.failed_lookup(kInvalid, "a handle by its index"));
}

constexpr auto kBodies = std::to_array<NamedBody>({
    {"http-count", count<CapabilityClass::kHttp>},
    {"secret-count", count<CapabilityClass::kSecret>},
    {"storage-count", count<CapabilityClass::kStorage>},
    {"channel-count", count<CapabilityClass::kChannel>},
    {"http-handle", handle<CapabilityClass::kHttp>},
    {"secret-handle", handle<CapabilityClass::kSecret>},
    {"storage-handle", handle<CapabilityClass::kStorage>},
    {"channel-handle", handle<CapabilityClass::kChannel>},
});

}  // namespace

std::span<const NamedBody> legacy_bodies() { return kBodies; }

}  // namespace palyra::host
