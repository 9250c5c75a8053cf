// SPDX-License-Identifier: Apache-2.0
#pragma once
// HMAC-SHA-256 (RFC 2104), with which guests sign requests under a key that they never see.

#include <palyra/base/bytes.h>

#include <array>
#include <cstdint>

namespace palyra::crypto {

using HmacSha256 = std::array<std::uint8_t, 32>;

// `key` has any length.
HmacSha256 hmac_sha256(BytesView key, BytesView message);

}  // namespace palyra::crypto
