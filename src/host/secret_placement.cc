// SPDX-License-Identifier: Apache-2.0
#include <palyra/host/secret_placement.h>

#include <algorithm>

namespace palyra::host {
namespace {

constexpr std::string_view kHeaderPrefix = "header:";
constexpr std::string_view kQueryPrefix = "query:";
constexpr std::string_view kBase64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool is_unreserved(std::uint8_t byte) {
  return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '-' ||
         byte == '.' || byte == '_' || byte == '~';
}

bool fits_header(BytesView value) {
  return !value.empty() && value.front() != ' ' && value.back() != ' ' &&
         std::ranges::all_of(value, [](std::uint8_t byte) { return byte >= ' ' && byte <= '~'; });
}

// Writes to memory that is locked from the first byte on.
class LockedWriter {
 public:
  explicit LockedWriter(std::size_t bytes) : out_(bytes) {}
  void put(std::uint8_t byte) { out_.reveal_writable()[used_++] = byte; }
  void put(BytesView bytes) {
    for (const std::uint8_t byte : bytes) put(byte);
  }
  LockedBytes take() && { return std::move(out_); }

 private:
  LockedBytes out_;
  std::size_t used_ = 0;
};

std::optional<LockedBytes> with_prefix(std::string_view prefix, BytesView value) {
  if (!fits_header(value)) return std::nullopt;
  LockedWriter writer(prefix.size() + value.size());
  writer.put(as_bytes(prefix));
  writer.put(value);
  return std::move(writer).take();
}

// Not base64.h, whose text is an ordinary string.
std::optional<LockedBytes> basic(BytesView value) {
  if (std::ranges::find(value, std::uint8_t{':'}) == value.end()) return std::nullopt;
  constexpr std::string_view kPrefix = "Basic ";
  LockedWriter writer(kPrefix.size() + (value.size() + 2) / 3 * 4);
  writer.put(as_bytes(kPrefix));
  for (std::size_t i = 0; i < value.size(); i += 3) {
    const std::size_t have = std::min<std::size_t>(3, value.size() - i);
    std::uint32_t bits = 0;
    for (std::size_t k = 0; k < 3; ++k) bits = bits << 8U | (k < have ? value[i + k] : 0U);
    for (std::size_t k = 0; k < 4; ++k) {
      const char digit = k <= have ? kBase64Digits[bits >> (18 - 6 * k) & 0x3FU] : '=';
      writer.put(static_cast<std::uint8_t>(digit));
    }
  }
  return std::move(writer).take();
}

LockedBytes percent_encoded(BytesView value) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  const auto plain = static_cast<std::size_t>(std::ranges::count_if(value, is_unreserved));
  LockedWriter writer(plain + 3 * (value.size() - plain));
  for (const std::uint8_t byte : value) {
    if (is_unreserved(byte)) {
      writer.put(byte);
    } else {
      writer.put('%');
      writer.put(static_cast<std::uint8_t>(kDigits[byte >> 4U]));
      writer.put(static_cast<std::uint8_t>(kDigits[byte & 0xFU]));
    }
  }
  return std::move(writer).take();
}

}  // namespace

PlacementTarget placement_target(std::string_view placement) {
  if (placement.starts_with(kQueryPrefix)) {
    return {.place = SecretPlace::kQuery, .name = std::string(placement.substr(kQueryPrefix.size()))};
  }
  if (placement.starts_with(kHeaderPrefix)) {
    return {.place = SecretPlace::kHeader, .name = std::string(placement.substr(kHeaderPrefix.size()))};
  }
  return {.place = SecretPlace::kHeader, .name = "Authorization"};
}

std::optional<LockedBytes> place_secret(std::string_view placement, BytesView value) {
  if (placement == "bearer") return with_prefix("Bearer ", value);
  if (placement == "basic") return basic(value);
  if (placement.starts_with(kHeaderPrefix)) return with_prefix("", value);
  if (placement.starts_with(kQueryPrefix)) return percent_encoded(value);
  return std::nullopt;
}

}  // namespace palyra::host
