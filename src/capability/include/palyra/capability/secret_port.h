// SPDX-License-Identifier: Apache-2.0
#pragma once
// The values of the secrets that one call was granted: what the host inserts and what it looks for in everything that
// leaves the call. Guests hold handles of secrets and never see one.
// Source: docs/guest-abi.md, "Secrets, storage, channels".

#include <palyra/base/locked_bytes.h>
#include <palyra/capability/capability.h>

#include <cstdint>

namespace palyra::capability {

// Whether the value is looked for in what leaves a call. One under kMinScannedSecretBytes is not: it would be found in
// honest text, and a guest could find out the value by guessing.
enum class Scanning : std::uint8_t { kScanned, kUnscannable };
inline constexpr std::size_t kMinScannedSecretBytes = 16;

struct SecretValue {
  LockedBytes bytes;  // UTF-8 without control characters
  Scanning scanning = Scanning::kScanned;
};

class SecretPort {
 public:
  virtual ~SecretPort() = default;
  // The value, which lives as long as the call; nullptr: nobody has set it, or it is not for this caller.
  [[nodiscard]] virtual const SecretValue* find(const SecretUse& secret) const = 0;
};

}  // namespace palyra::capability
