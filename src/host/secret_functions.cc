// SPDX-License-Identifier: Apache-2.0
// `palyra:skill/secret@1.0.0`: handles of secrets that a guest may have used for it, and never sees.
// docs/guest-abi.md 4.

#include "bodies.h"

#include <palyra/base/utf8.h>
#include <palyra/crypto/hmac.h>

#include <fmt/core.h>

#include <array>

namespace palyra::host {
namespace {

using capability::Capability;
using capability::CapabilityClass;
using capability::SecretPurpose;
using capability::SecretUse;
using runtime::HostCall;
using runtime::HostReturn;

// Of a text without "/", one that no grant can be of.
SecretUse named_secret(std::string_view name) {
  const std::size_t slash = std::min(name.find('/'), name.size());
  return {.scope = std::string(name.substr(0, slash)),
          .key = std::string(name.substr(std::min(slash + 1, name.size())))};
}

// One that was not granted and one that nobody ever set answer alike.
HostReturn grant(HostCall& call) noexcept {
  CallState& state = state_of(call);
  const std::string_view name = as_text(call.range(0));
  if (name.size() > kMaxSecretNameBytes) return HostReturn::i32(kTooLarge);
  if (!call.charge(name.size())) return call.out_of_fuel();
  const Capability* const found = state.setup().grants.find(name);
  if (found != nullptr && std::holds_alternative<SecretUse>(*found)) {
    return HostReturn::i32(*state.setup().grants.handle_of(*found));
  }
  return HostReturn::i32(state.missing_grant(capability::kSecretNotGranted, name, named_secret(name)));
}

// What `use` answers for the grant whose handle is parameter 0.
template <class Use>
HostReturn with_secret(HostCall& call, Use use) {
  CallState& state = state_of(call);
  const std::int32_t handle = call.i32(0);
  const Capability* const found = state.setup().grants.find_handle(CapabilityClass::kSecret, handle);
  if (found == nullptr) return call.deny(state.deny_handle("a secret", handle));
  if (state.setup().secrets == nullptr) return HostReturn::i32(kUnavailable);
  return use(*found, std::get<SecretUse>(*found));
}

HostReturn present(HostCall& call) noexcept {
  return with_secret(call, [&](const Capability&, const SecretUse& secret) {
    return HostReturn::i32(state_of(call).setup().secrets->find(secret) == nullptr ? 0 : 1);
  });
}

HostReturn hmac_sha256(HostCall& call) noexcept {
  return with_secret(call, [&](const Capability& grant, const SecretUse& secret) {
    CallState& state = state_of(call);
    if (secret.purpose != SecretPurpose::kHmacSha256) {
      state.record_denial(
          {.code = std::string(capability::kSecretNotGranted.id),
           .asked = fmt::format("hmac-sha256 with the secret {}", canonical_text(grant)),
           .allowed = "to send it in requests",
           .next = {fmt::format("its publisher has to ask for a key of its own to sign with, in skill.toml, under "
                                "[capabilities]: secrets = [{{ scope = \"{}\", key_names = "
                                "[\"{}-signing\"], uses = "
                                "[\"hmac-sha256\"] }}]",
                                secret.scope, secret.key)}});
      return HostReturn::i32(kDenied);
    }
    const capability::SecretValue* const value = state.setup().secrets->find(secret);
    if (value == nullptr) return HostReturn::i32(kNotFound);
    if (!state.secrets().take_hmac()) return HostReturn::i32(kExhausted);
    if (!call.charge(call.range(0).size() + call.range(1).size())) return call.out_of_fuel();
    state.use_grant(grant);
    const crypto::HmacSha256 tag = crypto::hmac_sha256(value->bytes.reveal(), call.range(0));
    std::ranges::copy(tag, call.range(1).begin());
    return HostReturn::i32(0);
  });
}

constexpr auto kBodies =
    std::to_array<NamedBody>({{"grant", grant}, {"present", present}, {"hmac-sha256", hmac_sha256}});

}  // namespace

std::span<const NamedBody> secret_bodies() { return kBodies; }

}  // namespace palyra::host
