// SPDX-License-Identifier: Apache-2.0
#include "leak_spellings.h"

#include <palyra/base/base64.h>
#include <palyra/base/hex.h>
#include <palyra/base/json.h>
#include <palyra/base/utf8.h>

#include <fmt/core.h>

#include <algorithm>
#include <cctype>

namespace palyra::testing {
namespace {

std::string upper(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

std::string url_alphabet(std::string text) {
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  return text;
}

std::string without_padding(std::string text) {
  while (text.ends_with('=')) text.pop_back();
  return text;
}

template <class Write>
std::string each_byte(std::string_view text, Write write) {
  std::string written;
  for (const char c : text) written += write(static_cast<unsigned char>(c));
  return written;
}

// JSON speaks of UTF-16 units.
std::string json_of_every_character(std::string_view text) {
  std::string written;
  while (const auto front = front_code_point(text)) {
    const auto value = static_cast<unsigned>(front->value);
    if (value < 0x10000) {
      written += fmt::format("\\u{:04x}", value);
    } else {
      written += fmt::format("\\u{:04X}\\u{:04x}", 0xD7C0 + (value >> 10U), 0xDC00 + (value & 0x3FFU));
    }
    text.remove_prefix(front->bytes);
  }
  return written;
}

std::string entities(std::string_view text, fmt::format_string<unsigned> form) {
  std::string written;
  while (const auto front = front_code_point(text)) {
    written += fmt::format(form, static_cast<unsigned>(front->value));
    text.remove_prefix(front->bytes);
  }
  return written;
}

std::string named_entities(std::string_view text) {
  return each_byte(text, [](unsigned char c) -> std::string {
    if (c == '&') return "&amp;";
    if (c == '<') return "&lt;";
    if (c == '>') return "&gt;";
    if (c == '"') return "&quot;";
    if (c == '\'') return "&#39;";
    return {static_cast<char>(c)};
  });
}

std::string json_serialised(std::string_view text) {
  std::string written = to_text(Json(std::string(text)));
  return written.substr(1, written.size() - 2);
}

}  // namespace

std::vector<SpelledSecret> spellings_of(std::string_view secret) {
  std::vector<SpelledSecret> all;
  const auto add = [&all](std::string name, std::string text) { all.push_back({std::move(name), std::move(text)}); };
  add("as it is", std::string(secret));
  add("reversed", std::string(secret.rbegin(), secret.rend()));
  for (const std::string_view before : {"", "\xff", "ab"}) {
    for (const std::string_view after : {"", "z", "\x80\x80"}) {
      const std::string text = to_base64(as_bytes(std::string(before) + std::string(secret) + std::string(after)));
      const std::string where = fmt::format(" between {} and {} bytes", before.size(), after.size());
      add("base64" + where, text);
      add("base64 without padding" + where, without_padding(text));
      add("base64url" + where, url_alphabet(text));
      add("base64url without padding" + where, without_padding(url_alphabet(text)));
    }
  }
  add("hexadecimal", to_hex(as_bytes(secret)));
  add("upper-case hexadecimal", upper(to_hex(as_bytes(secret))));
  add("percent-encoded", each_byte(secret, [](unsigned char c) { return fmt::format("%{:02X}", c); }));
  add("percent-encoded, lower case", each_byte(secret, [](unsigned char c) { return fmt::format("%{:02x}", c); }));
  add("percent-encoded where it must be", each_byte(secret, [](unsigned char c) {
        return std::isalnum(c) != 0 ? std::string(1, static_cast<char>(c)) : fmt::format("%{:02X}", c);
      }));
  add("form-encoded", each_byte(secret, [](unsigned char c) {
        if (c == ' ') return std::string("+");
        return std::isalnum(c) != 0 ? std::string(1, static_cast<char>(c)) : fmt::format("%{:02X}", c);
      }));
  add("JSON", json_serialised(secret));
  add("JSON with every character escaped", json_of_every_character(secret));
  add("HTML", named_entities(secret));
  add("decimal entities", entities(secret, "&#{};"));
  add("hexadecimal entities", entities(secret, "&#x{:x};"));
  return all;
}

std::vector<SpelledSecret> one_of_each_encoding(std::string_view secret, std::size_t number) {
  std::vector<SpelledSecret> some;
  std::size_t of_base64 = 0;
  for (SpelledSecret& spelled : spellings_of(secret)) {
    // Four of each alignment, of which there are nine.
    const bool wanted = !spelled.name.starts_with("base64") || of_base64++ / 4 == number % 9;
    if (wanted) some.push_back(std::move(spelled));
  }
  return some;
}

}  // namespace palyra::testing
