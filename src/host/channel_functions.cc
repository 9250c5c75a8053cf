// SPDX-License-Identifier: Apache-2.0
// `palyra:skill/channel@1.0.0`: messages between skills and the operator. docs/guest-abi.md 4.

#include "bodies.h"

#include <palyra/base/utf8.h>
#include <palyra/capability/channel_port.h>

#include <fmt/core.h>

#include <array>

namespace palyra::host {
namespace {

using capability::Capability;
using capability::CapabilityClass;
using capability::ChannelDirection;
using capability::ChannelUse;
using capability::kMaxMessageBytes;
using capability::SendAnswer;
using runtime::HostCall;
using runtime::HostReturn;

// The ABI's cap on a name; is_name allows fewer.
constexpr std::size_t kMaxNameBytes = 128;

HostReturn grant(HostCall& call) noexcept {
  CallState& state = state_of(call);
  const std::string_view name = as_text(call.range(0));
  if (name.size() > kMaxNameBytes) return HostReturn::i32(kTooLarge);
  if (!call.charge(name.size())) return call.out_of_fuel();
  const auto channels = state.setup().grants.of(CapabilityClass::kChannel);
  for (const Capability& each : channels) {
    if (std::get<ChannelUse>(each).name == name) return HostReturn::i32(*state.setup().grants.handle_of(each));
  }
  return HostReturn::i32(
      state.missing_grant(capability::kChannelNotGranted, name,
                          ChannelUse{.name = std::string(name), .direction = ChannelDirection::kBoth}));
}

// The grant that allows it. Grants of one channel stand beside each other, and each handle is good for what any allows.
const Capability* allowing(const CallState& state, const std::string& name, ChannelDirection direction) {
  for (const Capability& each : state.setup().grants.of(CapabilityClass::kChannel)) {
    const auto& use = std::get<ChannelUse>(each);
    if (use.name == name && (use.direction == direction || use.direction == ChannelDirection::kBoth)) return &each;
  }
  return nullptr;
}

HostReturn deny_direction(CallState& state, const Capability& granted, ChannelDirection direction) {
  const ChannelUse asked{.name = std::get<ChannelUse>(granted).name, .direction = direction};
  const ChannelUse both{.name = asked.name, .direction = ChannelDirection::kBoth};
  state.record_denial({.code = std::string(capability::kChannelNotGranted.id),
                       .asked = fmt::format("channel {}", canonical_text(asked)),
                       .allowed = canonical_text(granted),
                       .capability = canonical_text(both)});
  return HostReturn::i32(kDenied);
}

// What `use` answers for the channel whose handle is parameter 0, when the call may use it in that direction.
template <class Use>
HostReturn with_channel(HostCall& call, ChannelDirection direction, Use use) {
  CallState& state = state_of(call);
  const std::int32_t handle = call.i32(0);
  const Capability* const found = state.setup().grants.find_handle(CapabilityClass::kChannel, handle);
  if (found == nullptr) return call.deny(state.deny_handle("a channel grant", handle));
  const std::string& name = std::get<ChannelUse>(*found).name;
  const Capability* const allows = allowing(state, name, direction);
  if (allows == nullptr) return deny_direction(state, *found, direction);
  if (state.setup().channels == nullptr) {
    state.record_failure("channels are for installed skills: nobody would know who sent a message");
    return HostReturn::i32(kUnavailable);
  }
  state.use_grant(*allows);
  return use(name, *state.setup().channels);
}

std::int32_t answer_of(SendAnswer answer, CallState& state, std::string_view channel) {
  switch (answer) {
    case SendAnswer::kSent:
      return 0;
    case SendAnswer::kMailboxFull:
      state.record_failure(fmt::format("channel send: {} messages wait in \"{}\" already",
                                       capability::kMaxMailboxMessages, printable(channel)));
      return kExhausted;
    case SendAnswer::kTooFast:
      state.record_failure(fmt::format("channel send to \"{}\": the skill sends too fast", printable(channel)));
      return kExhausted;
  }
  return kInvalid;
}

// NOLINTNEXTLINE(bugprone-exception-escape): no memory ends the process, here as in every host function
HostReturn send(HostCall& call) noexcept {
  return with_channel(call, ChannelDirection::kSend, [&](std::string_view name, capability::ChannelPort& port) {
    CallState& state = state_of(call);
    const BytesView body = call.range(0);
    if (body.size() > kMaxMessageBytes) return HostReturn::i32(kTooLarge);
    if (!call.charge(body.size())) return call.out_of_fuel();
    if (const auto stop = stop_leak(call, Sink::kChannel, body)) return *stop;
    const std::int64_t hops = state.channels().next_hops();
    if (hops > capability::kMaxHops) {
      state.record_denial({.code = std::string(capability::kChannelTooManyHops.id),
                           .asked = fmt::format("a message to \"{}\" that would be the {}th in a row: do skills answer "
                                                "each other?",
                                                printable(name), hops),
                           .allowed = fmt::format("{} in a row", capability::kMaxHops)});
      return HostReturn::i32(kExhausted);
    }
    auto sent = port.send({.channel = name, .body = body, .hops = hops});
    if (!sent) return backend_failed(call, std::move(sent).error(), HostReturn::i32(kUnavailable));
    return HostReturn::i32(answer_of(*sent, state, name));
  });
}

// The envelope that is to be read next: the one that was not read to its end, or a new one. nullptr: none waits.
Result<const std::string*> next_envelope(CallState& state, const std::string& name, capability::ChannelPort& port) {
  ChannelCalls& channels = state.channels();
  if (const std::string* const offered = channels.offered(name)) return offered;
  auto received = PALYRA_TRY(port.receive(name));
  if (!received) return nullptr;
  // What other skills say comes from outside.
  state.leaks().redact("a message of channel " + name, received->body);
  return &channels.offer(name, *received, capability::envelope(*received));
}

// NOLINTNEXTLINE(bugprone-exception-escape): no memory ends the process, here as in every host function
HostReturn receive(HostCall& call) noexcept {
  return with_channel(call, ChannelDirection::kReceive, [&](const std::string& name, capability::ChannelPort& port) {
    CallState& state = state_of(call);
    const bool is_new = state.channels().offered(name) == nullptr;
    // Before it is known how long it is: a body of kMaxMessageBytes that has to be escaped.
    constexpr std::size_t kMostHeld = 7 * kMaxMessageBytes;
    if (is_new && !state.hold(kMostHeld)) return HostReturn::i32(kExhausted);
    auto next = next_envelope(state, name, port);
    if (is_new && (!next || *next == nullptr)) state.release(kMostHeld);
    if (!next) return backend_failed(call, std::move(next).error(), HostReturn::i32(kUnavailable));
    if (*next == nullptr) return HostReturn::i32(kNotFound);
    const BytesView text = as_bytes(**next);
    const auto needed = static_cast<std::int32_t>(text.size());
    if (!copy_out(call, 0, text)) return call.out_of_fuel();
    if (call.range(0).size() >= text.size()) {
      state.channels().take(name);
      state.release(kMostHeld);
    }
    return HostReturn::i32(needed);
  });
}

constexpr auto kBodies = std::to_array<NamedBody>({{"grant", grant}, {"send", send}, {"receive", receive}});

}  // namespace

std::span<const NamedBody> channel_bodies() { return kBodies; }

}  // namespace palyra::host
