// SPDX-License-Identifier: Apache-2.0
#pragma once
// The newest characters of a text in which escapes are undone as they end, and what an escape stands for.

#include "leak_patterns.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace palyra::host {

// More characters than the longest escape has: a pair of surrogates, `&#x0010FFFF;`.
inline constexpr std::size_t kMaxEscape = 16;

// Wiped when it ends: a secret may have passed.
class LeakTape {
 public:
  enum class Origins : std::uint8_t { kForgotten, kKept };

  // Remembers at least `characters`, and kMaxEscape more that pop may take back.
  LeakTape(std::size_t characters, Origins origins);
  LeakTape(const LeakTape&) = delete;
  LeakTape& operator=(const LeakTape&) = delete;
  ~LeakTape();

  // A character; `origin` is where in the bytes of the stream it begins.
  void push(std::uint8_t character, std::uint64_t origin);
  // One that an escape stands for. It never takes part in another escape.
  void push_decoded(std::uint8_t character, std::uint64_t origin);
  // Takes the last `count` back, at most kMaxEscape.
  void pop(std::size_t count);
  // Makes this tape what `other`, made alike, is.
  void become(const LeakTape& other);

  [[nodiscard]] std::uint64_t hash() const { return hash_.value(); }
  [[nodiscard]] std::size_t capacity() const { return mask_ + 1; }
  // The i-th last character, from 0 on; nullopt before the beginning.
  [[nodiscard]] std::optional<std::uint8_t> last(std::size_t i) const;
  // The same, when it stands there itself, not an escape for it.
  [[nodiscard]] std::optional<std::uint8_t> last_literal(std::size_t i) const;
  [[nodiscard]] bool is_decoded(std::size_t i) const { return (symbol(i) & kDecoded) != 0; }
  [[nodiscard]] std::uint64_t origin(std::size_t i) const;
  // The characters before this one that the tape still knows.
  [[nodiscard]] std::size_t size() const { return size_ < capacity() - kMaxEscape ? size_ : capacity() - kMaxEscape; }

 private:
  static constexpr std::uint16_t kDecoded = 0x8000;
  static constexpr std::uint16_t kSymbol = 0x01FF;

  // As WindowHash has them, with kDecoded.
  [[nodiscard]] std::uint16_t symbol(std::size_t i) const { return ring_[(size_ - 1 - i) & mask_]; }
  void append(std::uint16_t symbol, std::uint64_t origin);

  std::size_t mask_;
  std::vector<std::uint16_t> ring_;
  std::vector<std::uint64_t> origins_;  // empty when forgotten
  std::size_t size_ = 0;                // of the text
  WindowHash hash_;
};

// An escape that ends with the newest character.
struct Unescaped {
  std::size_t length = 0;  // characters that it takes the place of
  std::array<std::uint8_t, 4> bytes{};
  std::size_t count = 0;
};
std::optional<Unescaped> percent_escape(const LeakTape& tape);  // %41
std::optional<Unescaped> json_escape(const LeakTape& tape);     // backslash n, backslash u0041, pairs of surrogates
std::optional<Unescaped> html_escape(const LeakTape& tape);     // &amp; &#65; &#x41;

}  // namespace palyra::host
