// SPDX-License-Identifier: Apache-2.0
// `palyra:skill/http@1.0.0`: requests to the origins that were granted. docs/guest-abi.md 3.

#include "bodies.h"
#include "http_policy.h"

#include <palyra/capability/capability_names.h>

#include <array>

namespace palyra::host {
namespace {

using capability::Capability;
using capability::CapabilityClass;
using capability::lower_case;
using runtime::HostCall;
using runtime::HostReturn;

// The ABI's cap on the text of an origin.
constexpr std::size_t kMaxOriginBytes = 270;

HostReturn grant(HostCall& call) noexcept {
  const BytesView origin = call.range(0);
  if (!call.charge(origin.size())) return call.out_of_fuel();
  if (origin.size() > kMaxOriginBytes) return HostReturn::i32(kTooLarge);
  return HostReturn::i32(state_of(call).http().find_grant(as_text(origin)));
}

HostReturn open(HostCall& call) noexcept {
  CallState& state = state_of(call);
  const std::int32_t handle = call.i32(0);
  const Capability* const rule = state.setup().grants.find_handle(CapabilityClass::kHttp, handle);
  if (rule == nullptr) return call.deny(state.deny_handle("an HTTP grant", handle));
  const BytesView target = call.range(0);
  if (!call.charge(target.size())) return call.out_of_fuel();
  return HostReturn::i32(state.http().open(std::get<capability::HttpRule>(*rule), call.i32(1), as_text(target)));
}

// What `use` answers for the request whose handle is parameter 0. A number that was never given out ends the run; a
// closed one is invalid.
template <class Use>
HostReturn with_request(HostCall& call, HostReturn closed, Use use) {
  CallState& state = state_of(call);
  const std::int32_t handle = call.i32(0);
  if (!state.http().requests().issued(handle)) return call.deny(state.deny_handle("a request", handle));
  HttpRequest* const request = state.http().requests().find(handle);
  return request == nullptr ? closed : use(*request);
}

// The same for a request that has a reply.
template <class Use>
HostReturn with_reply(HostCall& call, HostReturn none, Use use) {
  return with_request(call, none, [&](HttpRequest& request) {
    return request.stage == HttpRequest::Stage::kReplied ? use(request) : none;
  });
}

HostReturn header(HostCall& call) noexcept {
  return with_request(call, HostReturn::i32(kInvalid), [&](HttpRequest& request) {
    const BytesView name = call.range(0);
    const BytesView value = call.range(1);
    if (!call.charge(name.size() + value.size())) return call.out_of_fuel();
    return HostReturn::i32(state_of(call).http().add_header(request, as_text(name), as_text(value)));
  });
}

HostReturn secret(HostCall& call) noexcept {
  return with_request(call, HostReturn::i32(kInvalid), [&](HttpRequest& request) {
    CallState& state = state_of(call);
    const std::int32_t handle = call.i32(1);
    const Capability* const use = state.setup().grants.find_handle(CapabilityClass::kSecret, handle);
    if (use == nullptr) return call.deny(state.deny_handle("a secret", handle));
    return HostReturn::i32(state.http().use_secret(request, std::get<capability::SecretUse>(*use)));
  });
}

HostReturn body(HostCall& call) noexcept {
  return with_request(call, HostReturn::i32(kInvalid), [&](HttpRequest& request) {
    const BytesView bytes = call.range(0);
    if (!call.charge(bytes.size())) return call.out_of_fuel();
    return HostReturn::i32(state_of(call).http().append_body(request, bytes));
  });
}

HostReturn send(HostCall& call) noexcept {
  return with_request(call, HostReturn::i32(kInvalid), [&](HttpRequest& request) {
    const HttpWait wait{.deadline = call.deadline().at(), .cancelled = [&call] { return call.cancelled(); }};
    const auto status = state_of(call).http().send(request, wait);
    if (status) return HostReturn::i32(*status);
    return status.error().kind() == ErrorKind::kCancelled ? call.cancel() : call.time_out();
  });
}

HostReturn response_header_names(HostCall& call) noexcept {
  return with_reply(call, HostReturn::i32(kInvalid), [&](const HttpRequest& request) {
    std::string names;
    std::vector<std::string_view> seen;
    for (const capability::HttpReplyField& field : request.reply.fields) {
      if (std::ranges::find(seen, field.name) != seen.end()) continue;
      seen.push_back(field.name);
      names.append(names.empty() ? "" : "\n").append(field.name);
    }
    return answer_needed(call, 0, as_bytes(names));
  });
}

HostReturn response_header(HostCall& call) noexcept {
  return with_reply(call, HostReturn::i32(kInvalid), [&](const HttpRequest& request) {
    const BytesView asked = call.range(0);
    if (!call.charge(asked.size())) return call.out_of_fuel();
    const std::string name = lower_case(as_text(asked));
    std::optional<std::string> values;
    for (const capability::HttpReplyField& field : request.reply.fields) {
      if (field.name == name) values = values ? *values + ", " + field.value : field.value;
    }
    return values ? answer_needed(call, 1, as_bytes(*values)) : HostReturn::i32(kNotFound);
  });
}

HostReturn response_length(HostCall& call) noexcept {
  return with_reply(call, HostReturn::i64(kInvalid), [](const HttpRequest& request) {
    return HostReturn::i64(static_cast<std::int64_t>(request.reply.body.size()));
  });
}

HostReturn response_read(HostCall& call) noexcept {
  return with_reply(call, HostReturn::i32(kInvalid), [&](HttpRequest& request) {
    const auto copied = copy_out(call, 0, from(request.reply.body, request.read));
    if (!copied) return call.out_of_fuel();
    request.read += static_cast<std::size_t>(*copied);
    return HostReturn::i32(*copied);
  });
}

HostReturn close(HostCall& call) noexcept {
  return with_request(call, HostReturn::i32(kInvalid), [&](const HttpRequest&) {
    state_of(call).http().close(call.i32(0));
    return HostReturn::i32(0);
  });
}

constexpr auto kBodies = std::to_array<NamedBody>({{"grant", grant},
                                                   {"open", open},
                                                   {"header", header},
                                                   {"secret", secret},
                                                   {"body", body},
                                                   {"send", send},
                                                   {"response-header-names", response_header_names},
                                                   {"response-header", response_header},
                                                   {"response-length", response_length},
                                                   {"response-read", response_read},
                                                   {"close", close}});

}  // namespace

std::span<const NamedBody> http_bodies() { return kBodies; }

}  // namespace palyra::host
