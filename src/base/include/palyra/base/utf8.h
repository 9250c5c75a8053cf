// SPDX-License-Identifier: Apache-2.0
#pragma once
// UTF-8 (Unicode 15, table 3-7): validity, and text of strangers made safe to print.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace palyra {

// Well-formed: no overlong form, no surrogate, nothing above U+10FFFF.
bool is_utf8(std::string_view text);

// The code point at the front of `text` and its length in bytes; nullopt when `text` is empty or ill-formed there.
struct CodePoint {
  char32_t value;
  std::size_t bytes;
};
std::optional<CodePoint> front_code_point(std::string_view text);

// Code points that change how the text around them is read and so may not reach a terminal or a person unescaped:
// C0 and C1 controls, U+2028 and U+2029, bidirectional controls, tag characters, U+FEFF, zero-width characters,
// noncharacters.
bool is_deceptive(char32_t code_point);

// `text` with every deceptive code point and every ill-formed byte as \u{…} or \x… and at most `max_bytes` bytes (cut
// at a code point and marked with "…"). What a log or a terminal may be shown of a stranger's text.
std::string printable(std::string_view text, std::size_t max_bytes = 256);

}  // namespace palyra
