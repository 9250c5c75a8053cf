// SPDX-License-Identifier: Apache-2.0
#pragma once
// Texts that spell a secret, written the way programs write them; for tests, and of other code than the scanner's.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace palyra::testing {

struct SpelledSecret {
  std::string name;  // "base64 after 1 byte"
  std::string text;
};

// As it is, reversed, base64 and base64url after 0, 1 and 2 other bytes with and without padding, hexadecimal of both
// cases, percent-encoded in part and in whole with digits of both cases, JSON escapes (as a serialiser writes them, and
// of every character), HTML entities, decimal and hexadecimal.
std::vector<SpelledSecret> spellings_of(std::string_view secret);

// The same with one alignment of base64 only, which `number` chooses: 17 encodings.
std::vector<SpelledSecret> one_of_each_encoding(std::string_view secret, std::size_t number);

}  // namespace palyra::testing
