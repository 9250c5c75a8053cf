// SPDX-License-Identifier: Apache-2.0
#pragma once
// SHA-256 (FIPS 180-4): the one digest that formats, trust and storage use.

#include <palyra/base/bytes.h>

#include <array>
#include <compare>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace palyra::crypto {

struct Sha256Digest {
  std::array<std::uint8_t, 32> bytes{};
  friend constexpr auto operator<=>(const Sha256Digest&, const Sha256Digest&) = default;
};

Sha256Digest sha256(BytesView bytes);

// For input that comes in parts.
class Sha256 {
 public:
  Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  ~Sha256();

  void update(BytesView bytes);
  void update(std::string_view text) { update(as_bytes(text)); }
  // Once, and last.
  Sha256Digest finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// 64 lower-case digits, as digests are written everywhere.
std::string to_hex(const Sha256Digest& digest);

// Exactly what to_hex writes; nullopt otherwise.
std::optional<Sha256Digest> parse_sha256(std::string_view text);

}  // namespace palyra::crypto
