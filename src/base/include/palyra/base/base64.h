// SPDX-License-Identifier: Apache-2.0
#pragma once
// Standard base64 (RFC 4648 section 4), padded.

#include <palyra/base/bytes.h>

#include <optional>
#include <string>

namespace palyra {

std::string to_base64(BytesView bytes);

// Canonical only: the standard alphabet, complete padding, zero bits after the last byte, no white space; nullopt
// otherwise. So one value has exactly one text.
std::optional<Bytes> parse_base64(std::string_view text);

}  // namespace palyra
