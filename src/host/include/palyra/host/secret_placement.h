// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a rule's `secret_placement` makes of the value of a secret. Source: docs/guest-abi.md 3, "secret".

#include <palyra/base/locked_bytes.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace palyra::host {

enum class SecretPlace : std::uint8_t { kHeader, kQuery };

// Where a placement puts a secret: "bearer" and "basic" in the header Authorization, "header:<Name>" in that header,
// "query:<name>" in that parameter. `placement` is one that capability::is_secret_placement knows.
struct PlacementTarget {
  SecretPlace place = SecretPlace::kHeader;
  std::string name;
};
PlacementTarget placement_target(std::string_view placement);

// The text for that place, wiped when it ends: "Bearer <value>", "Basic <base64 of the value>", the value, or the
// value percent-encoded but for A-Z a-z 0-9 - . _ ~. nullopt: the value does not fit there (a header takes visible
// ASCII and inner spaces; basic takes user:password).
std::optional<LockedBytes> place_secret(std::string_view placement, BytesView value);

}  // namespace palyra::host
