// SPDX-License-Identifier: Apache-2.0
#pragma once
// Lower-case hexadecimal text.

#include <palyra/base/bytes.h>

#include <optional>
#include <string>

namespace palyra {

std::string to_hex(BytesView bytes);

// Exactly two lower-case digits a byte; nullopt otherwise, also for upper case.
std::optional<Bytes> parse_hex(std::string_view text);

}  // namespace palyra
