// SPDX-License-Identifier: Apache-2.0
#include "leak_patterns.h"
#include "leak_tape.h"

#include <palyra/base/check.h>
#include <palyra/host/leak_scanner.h>

#include <utility>

namespace palyra::host {
namespace {

std::uint8_t lower(std::uint8_t character) {
  return character >= 'A' && character <= 'Z' ? static_cast<std::uint8_t>(character | 0x20U) : character;
}

bool is_base64(std::uint8_t character) {
  const std::uint8_t letter = lower(character);
  return (letter >= 'a' && letter <= 'z') || (character >= '0' && character <= '9') || character == '+' ||
         character == '/' || character == '-' || character == '_';
}

// Whether the newest characters of `tape` are `pattern`, and if so whether some of them came of escapes.
enum class Match : std::uint8_t { kNone, kLiteral, kDecoded };
Match compare(const LeakTape& tape, const LeakPattern& pattern, BytesView value) {
  if (pattern.length > tape.size()) return Match::kNone;
  bool decoded = false;
  for (std::size_t i = 0; i < pattern.length; ++i) {
    const auto there = tape.last(i);
    if (!there) return Match::kNone;
    const std::uint8_t character = pattern.spelling == Spelling::kHex ? lower(*there) : *there;
    if (character != pattern.character(value, pattern.length - 1 - i)) return Match::kNone;
    decoded = decoded || tape.is_decoded(i);
  }
  return decoded ? Match::kDecoded : Match::kLiteral;
}

LeakForm form_of(Spelling spelling) {
  switch (spelling) {
    case Spelling::kPlain:
    case Spelling::kPlusForSpace:
      return LeakForm::kPlain;
    case Spelling::kReversed:
      return LeakForm::kReversed;
    case Spelling::kBase64:
    case Spelling::kBase64Url:
      return LeakForm::kBase64;
    case Spelling::kHex:
      return LeakForm::kHex;
  }
  PALYRA_CHECK(false);
}

// One way to escape: as long as no escape was seen for the length of a tape, its text is the plain one.
struct Escaping {
  Escaping(char begins_with, LeakForm leaks_as, std::optional<Unescaped> (*escape_of)(const LeakTape&))
      : begin(static_cast<std::uint8_t>(begins_with)), form(leaks_as), escape(escape_of) {}

  std::uint8_t begin;
  LeakForm form;
  std::optional<Unescaped> (*escape)(const LeakTape&);
  std::unique_ptr<LeakTape> tape;  // made at the first `begin`
  bool active = false;
  std::size_t quiet = 0;  // characters since the last `begin`
};

}  // namespace

class LeakStream::State {
 public:
  State(const LeakScanner& scanner, LeakTape::Origins origins)
      : secrets_(scanner.secrets_),
        patterns_(*scanner.patterns_),
        origins_(origins),
        plain_(patterns_.longest(), origins) {}

  // `found(leak)` for each secret that ends with this byte.
  template <class Found>
  void feed(std::uint8_t byte, Found found) {
    plain_.push(byte, position_);
    const auto left = plain_.last(WindowHash::kWindow);
    lower_case_.roll(std::uint64_t{lower(byte)} + 1, left ? std::uint64_t{lower(*left)} + 1 : 0);
    ++position_;
    look_up(plain_, patterns_.spelled(), plain_.hash(), std::nullopt, found);
    look_up(plain_, patterns_.in_lower_case(), lower_case_.value(), std::nullopt, found);
    for (Escaping& escaping : escapings_) {
      if (escaping.active || byte == escaping.begin) feed_escaped(escaping, byte, found);
    }
  }

 private:
  template <class Found>
  void feed_escaped(Escaping& escaping, std::uint8_t byte, Found found) {
    if (!escaping.tape) escaping.tape = std::make_unique<LeakTape>(patterns_.longest(), origins_);
    LeakTape& tape = *escaping.tape;
    if (escaping.active) {
      tape.push(byte, position_ - 1);
    } else {
      tape.become(plain_);
      escaping.active = true;
    }
    escaping.quiet = byte == escaping.begin ? 0 : escaping.quiet + 1;
    look_up(tape, patterns_.spelled(), tape.hash(), escaping.form, found);
    if (const auto unescaped = escaping.escape(tape)) {
      const std::uint64_t origin = tape.origin(unescaped->length - 1);
      tape.pop(unescaped->length);
      for (std::size_t i = 0; i < unescaped->count; ++i) {
        tape.push_decoded(unescaped->bytes.at(i), origin);
        look_up(tape, patterns_.spelled(), tape.hash(), escaping.form, found);
      }
    }
    escaping.active = escaping.quiet < tape.capacity();
  }

  // `escaped`: only what came of escapes, in that form; the rest the plain tape finds.
  template <class Found>
  void look_up(const LeakTape& tape, const PatternTable& table, std::uint64_t hash, std::optional<LeakForm> escaped,
               Found found) const {
    if (!table.may_hold(hash)) return;
    for (const LeakPattern& pattern : table.with(hash)) {
      const Match match = compare(tape, pattern, secrets_[pattern.secret].value);
      if (match == Match::kNone || (escaped && match == Match::kLiteral)) continue;
      found(Leak{.secret = pattern.secret,
                 .form = escaped ? *escaped : form_of(pattern.spelling),
                 .begin = tape.origin(pattern.length - 1),
                 .end = position_});
    }
  }

  const std::vector<WatchedSecret>& secrets_;
  const LeakPatterns& patterns_;
  LeakTape::Origins origins_;
  std::uint64_t position_ = 0;
  LeakTape plain_;
  WindowHash lower_case_;  // of the plain tape's characters
  std::array<Escaping, 3> escapings_{{{'%', LeakForm::kPercent, percent_escape},
                                      {'\\', LeakForm::kJson, json_escape},
                                      {'&', LeakForm::kHtml, html_escape}}};
};

std::string_view to_text(LeakForm form) {
  switch (form) {
    case LeakForm::kPlain:
      return "plain";
    case LeakForm::kReversed:
      return "reversed";
    case LeakForm::kBase64:
      return "base64";
    case LeakForm::kHex:
      return "hexadecimal";
    case LeakForm::kPercent:
      return "percent-encoded";
    case LeakForm::kJson:
      return "JSON-escaped";
    case LeakForm::kHtml:
      return "HTML-escaped";
  }
  PALYRA_CHECK(false);
}

LeakScanner::LeakScanner() = default;
LeakScanner::LeakScanner(std::vector<WatchedSecret> secrets) : secrets_(std::move(secrets)) {
  if (secrets_.empty()) return;
  auto patterns = std::make_unique<const LeakPatterns>(secrets_);
  if (!patterns->empty()) patterns_ = std::move(patterns);
}
LeakScanner::LeakScanner(LeakScanner&&) noexcept = default;
LeakScanner& LeakScanner::operator=(LeakScanner&&) noexcept = default;
LeakScanner::~LeakScanner() = default;

Redacted LeakScanner::redact(std::span<std::uint8_t> bytes) const {
  Redacted redacted;
  if (empty()) return redacted;
  LeakStream::State state(*this, LeakTape::Origins::kKept);
  std::size_t also = bytes.size();  // a digit of base64 that holds bits of the secret before it
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::uint8_t byte = bytes[i];
    if (i == also && is_base64(byte)) bytes[i] = '*';
    state.feed(byte, [&](const Leak& leak) {
      ++redacted.found;
      if (redacted.first.size() < Redacted::kMaxReported) redacted.first.push_back(leak);
      auto begin = static_cast<std::size_t>(leak.begin);
      if (leak.form == LeakForm::kBase64) {
        if (begin > 0 && is_base64(bytes[begin - 1])) --begin;
        also = i + 1;
      }
      for (std::size_t k = begin; k <= i; ++k) bytes[k] = '*';
    });
  }
  return redacted;
}

LeakStream::LeakStream(const LeakScanner& scanner) {
  if (!scanner.empty()) state_ = std::make_unique<State>(scanner, LeakTape::Origins::kForgotten);
}
LeakStream::LeakStream(LeakStream&&) noexcept = default;
LeakStream& LeakStream::operator=(LeakStream&&) noexcept = default;
LeakStream::~LeakStream() = default;

std::optional<Leak> LeakStream::next(BytesView bytes) {
  std::optional<Leak> first;
  if (!state_) return first;
  for (const std::uint8_t byte : bytes) {
    state_->feed(byte, [&first](const Leak& leak) {
      if (!first) first = leak;
    });
    if (first) break;
  }
  return first;
}

}  // namespace palyra::host
