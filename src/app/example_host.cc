// SPDX-License-Identifier: Apache-2.0
#include "example_host.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace palyra::app {
namespace {

constexpr std::string_view kDomain{"palyra/example-random/1\0", 24};

crypto::Sha256Digest make_block(const crypto::Sha256Digest& content_root, std::uint64_t number) {
  std::array<std::uint8_t, 8> big_endian{};
  for (std::size_t i = 0; i < big_endian.size(); ++i) {
    big_endian.at(i) = static_cast<std::uint8_t>(number >> (56 - 8 * i));
  }
  crypto::Sha256 hash;
  hash.update(kDomain);
  hash.update(content_root.bytes);
  hash.update(big_endian);
  return hash.finish();
}

}  // namespace

bool ContentRandom::fill(std::span<std::uint8_t> bytes) {
  while (!bytes.empty()) {
    if (left_ == 0) {
      block_ = make_block(content_root_, next_block_++);
      left_ = block_.bytes.size();
    }
    const std::size_t taken = std::min(left_, bytes.size());
    std::ranges::copy(std::span(block_.bytes).last(left_).first(taken), bytes.begin());
    left_ -= taken;
    bytes = bytes.subspan(taken);
  }
  return true;
}

}  // namespace palyra::app
