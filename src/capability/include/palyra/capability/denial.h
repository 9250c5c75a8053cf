// SPDX-License-Identifier: Apache-2.0
#pragma once
// A refusal in the record of a run, told so that whoever reads it knows what would allow it.
//
// A guest learns a number. The operator reads what it asked for, what it may do instead, and the command or the line of
// a manifest that would grant it. Source: docs/guest-abi.md, "Errors that a caller sees".

#include <palyra/base/error.h>
#include <palyra/base/json.h>

#include <optional>
#include <string>
#include <vector>

namespace palyra::capability {

// A number that no lookup of this call has answered, used as a handle; it ends the run.
inline constexpr ErrorCode kHandleNotOpened{ErrorKind::kDenied, "handle.not_opened"};
// The call holds no such grant, or one for less.
inline constexpr ErrorCode kSecretNotGranted{ErrorKind::kDenied, "secret.not_granted"};
inline constexpr ErrorCode kStorageNotGranted{ErrorKind::kDenied, "storage.not_granted"};
inline constexpr ErrorCode kChannelNotGranted{ErrorKind::kDenied, "channel.not_granted"};
inline constexpr ErrorCode kFilesNotGranted{ErrorKind::kDenied, "files.not_granted"};
// Skills that answer each other.
inline constexpr ErrorCode kChannelTooManyHops{ErrorKind::kDenied, "channel.too_many_hops"};

struct Denial {
  std::string code;          // stable: "http.not_granted"
  std::string asked;         // "GET https://api.example.com:443/v2"
  std::string allowed{};     // what the skill may do there, or the rule that no grant changes; empty: nothing to say
  std::string capability{};  // canonical text of a capability that would allow it; empty: none would
  // What to do, in order. The host names options of the command that grants ("--map-root notes=DIR"); whoever knows the
  // skill makes commands of them.
  std::vector<std::string> next{};
  friend bool operator==(const Denial&, const Denial&) = default;
};

// One line: "http.not_granted: GET https://api.example.com:443/v2; allowed: https://api.example.com:443/v1 GET".
std::string to_text(const Denial& denial);

// An object with every field.
Json to_json(const Denial& denial);
// What to_json wrote, or the bare text that records held before denials had fields; nullopt for anything else.
std::optional<Denial> denial_from_json(const Json& json);

}  // namespace palyra::capability
