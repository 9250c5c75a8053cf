// SPDX-License-Identifier: Apache-2.0
#include "leak_spellings.h"

#include <palyra/base/base64.h>
#include <palyra/base/hex.h>
#include <palyra/base/json.h>
#include <palyra/base/testing.h>
#include <palyra/host/leak_scanner.h>

#include <fmt/core.h>

#include <filesystem>
#include <random>

namespace palyra::host {
namespace {

using palyra::testing::scaled;
using palyra::testing::SpelledSecret;
using palyra::testing::spellings_of;

// Every kind of character that an encoding treats in its own way, two of them beyond ASCII.
constexpr std::string_view kSecret = "sk_live+4/eC&39<\"q\\%7 é𝄞~-=xx'YZ";

LeakScanner scanner_of(std::string_view secret) {
  return LeakScanner({{.name = "global/key", .value = as_bytes(secret)}});
}

bool finds(const LeakScanner& scanner, std::string_view text) {
  return LeakStream(scanner).next(as_bytes(text)).has_value();
}

std::string redacted(const LeakScanner& scanner, std::string text) {
  scanner.redact({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  return text;
}

class Draw {
 public:
  explicit Draw(unsigned seed) : engine_(seed) {}
  std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(engine_); }
  std::string of(std::string_view alphabet, std::size_t length) {
    std::string text(length, ' ');
    for (char& c : text) c = alphabet[below(alphabet.size())];
    return text;
  }

 private:
  std::mt19937 engine_;
};

constexpr std::string_view kPrintable =
    " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~";

// S03
TEST(LeakScannerTest, FindsEverySpellingAcrossEveryBorderOfTwoChunks) {
  const LeakScanner scanner = scanner_of(kSecret);
  for (const SpelledSecret& spelled : spellings_of(kSecret)) {
    const std::string text = "{\"a\": \"" + spelled.text + "\"} \\ % &";
    ASSERT_TRUE(finds(scanner, text)) << spelled.name << ": " << text;
    for (std::size_t border = 0; border <= text.size(); ++border) {
      LeakStream stream(scanner);
      const bool first = stream.next(as_bytes(text).first(border)).has_value();
      ASSERT_TRUE(first || stream.next(as_bytes(text).subspan(border)).has_value()) << spelled.name << " " << border;
    }
  }
}

// S03
TEST(LeakScannerTest, FindsEverySpellingOfAnySecretInChunksOfAnySize) {
  Draw draw(6);
  for (std::size_t round = 0; round < scaled(300); ++round) {
    const std::string secret = draw.of(kPrintable, 16 + draw.below(50));
    const LeakScanner scanner = scanner_of(secret);
    for (const SpelledSecret& spelled : spellings_of(secret)) {
      const std::string text = draw.of(kPrintable, draw.below(40)) + " " + spelled.text + " ";
      LeakStream stream(scanner);
      bool found = false;
      for (std::size_t at = 0; at < text.size() && !found;) {
        const std::size_t size = std::min(1 + draw.below(9), text.size() - at);
        found = stream.next(as_bytes(text).subspan(at, size)).has_value();
        at += size;
      }
      ASSERT_TRUE(found) << spelled.name << " of " << secret << " in " << text;
    }
  }
}

// S03
TEST(LeakScannerTest, FindsASecretOfWhichAnyCharactersAreEscaped) {
  Draw draw(7);
  const LeakScanner scanner = scanner_of(kSecret);
  for (std::size_t round = 0; round < scaled(2'000); ++round) {
    std::string percent;
    for (const char c : kSecret) {
      // A percent sign that is not escaped would itself begin an escape.
      const bool escape = draw.below(2) == 0 || c == '%';
      percent += escape ? fmt::format("%{:02x}", static_cast<unsigned char>(c)) : std::string(1, c);
    }
    ASSERT_TRUE(finds(scanner, percent)) << percent;
  }
}

TEST(LeakScannerTest, SaysWhichSecretItFoundAndHow) {
  const LeakScanner scanner({{.name = "global/one", .value = as_bytes("0123456789abcdef")},
                             {.name = "global/two", .value = as_bytes("another value, quite long")}});
  LeakStream stream(scanner);
  EXPECT_FALSE(stream.next(as_bytes("nothing here")).has_value());
  const auto leak = stream.next(as_bytes(to_base64(as_bytes("x another value, quite long"))));
  ASSERT_TRUE(leak.has_value());
  EXPECT_EQ(scanner.name_of(*leak), "global/two");
  EXPECT_EQ(to_text(leak->form), "base64");
}

TEST(LeakScannerTest, DoesNotTakeOtherTextForASecret) {
  const LeakScanner scanner = scanner_of(kSecret);
  const std::string secret(kSecret);
  for (std::size_t i = 0; i < secret.size(); ++i) {
    std::string other = secret;
    other[i] = static_cast<char>(other[i] ^ 1);
    EXPECT_FALSE(finds(scanner, other)) << i;
    EXPECT_FALSE(finds(scanner, to_hex(as_bytes(other)))) << i;
  }
  EXPECT_FALSE(finds(scanner, secret.substr(1)));
  EXPECT_FALSE(finds(scanner, secret.substr(0, secret.size() - 1)));
  EXPECT_FALSE(finds(scanner, ""));
}

// S04: what is short would be found in honest text, and could be guessed.
TEST(LeakScannerTest, DoesNotLookForAValueUnderSixteenBytes) {
  const LeakScanner scanner = scanner_of("fifteen bytes!!");
  EXPECT_TRUE(scanner.empty());
  EXPECT_FALSE(finds(scanner, "fifteen bytes!!"));
  EXPECT_TRUE(finds(scanner_of("sixteen bytes !!"), "sixteen bytes !!"));
  EXPECT_FALSE(finds(LeakScanner(), "anything"));
}

// S04: no prefix of a guess answers otherwise than another.
TEST(LeakScannerTest, AnswersPrefixesOfASecretLikeAnyOtherText) {
  const LeakScanner scanner = scanner_of(kSecret);
  for (std::size_t length = 0; length < kSecret.size(); ++length) {
    EXPECT_FALSE(finds(scanner, std::string(kSecret.substr(0, length)) + std::string(64, 'x'))) << length;
  }
}

// S02
TEST(LeakScannerTest, StrikesOutEverySpellingAndNothingElse) {
  const LeakScanner scanner = scanner_of(kSecret);
  for (const SpelledSecret& spelled : spellings_of(kSecret)) {
    const std::string text = "<before> " + spelled.text + " <after>";
    const std::string clean = redacted(scanner, text);
    ASSERT_EQ(clean.size(), text.size()) << spelled.name;
    EXPECT_TRUE(clean.starts_with("<before> ")) << spelled.name << ": " << clean;
    EXPECT_TRUE(clean.ends_with(" <after>")) << spelled.name << ": " << clean;
    EXPECT_FALSE(finds(scanner, clean)) << spelled.name;
    const std::string rest = clean.substr(9, spelled.text.size());
    // Around a value in base64 stand the digits of the bytes that were there before it and after it.
    EXPECT_LE(rest.size() - static_cast<std::size_t>(std::ranges::count(rest, '*')), 8U)
        << spelled.name << ": " << rest;
  }
}

TEST(LeakScannerTest, StrikesOutSecretsThatOverlapAndFollowEachOther) {
  const LeakScanner scanner({{.name = "global/a", .value = as_bytes("0123456789abcdefgh")},
                             {.name = "global/b", .value = as_bytes("abcdefghIJKLMNOPQR")}});
  EXPECT_EQ(redacted(scanner, "<0123456789abcdefghIJKLMNOPQR>"), "<" + std::string(28, '*') + ">");
  const std::string encoded = to_base64(as_bytes("0123456789abcdefgh"));
  EXPECT_EQ(redacted(scanner, encoded + "abcdefghIJKLMNOPQR."), std::string(encoded.size() + 18, '*') + ".");
  std::string text = "0123456789abcdefgh0123456789abcdefgh";
  const Redacted found = scanner.redact({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  EXPECT_EQ(found.found, 2U);
  ASSERT_EQ(found.first.size(), 2U);
  EXPECT_EQ(found.first[1].begin, 18U);
  EXPECT_EQ(found.first[1].end, 36U);
}

TEST(LeakScannerTest, ReportsABoundedNumberOfManyLeaks) {
  const LeakScanner scanner = scanner_of("0123456789abcdef");
  std::string text;
  for (int i = 0; i < 1'000; ++i) text += "0123456789abcdef";
  const Redacted found = scanner.redact({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  EXPECT_EQ(found.found, 1'000U);
  EXPECT_EQ(found.first.size(), Redacted::kMaxReported);
  EXPECT_EQ(text, std::string(16'000, '*'));
}

constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::string_view kToken = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string uuid(Draw& draw) {
  return fmt::format("{}-{}-4{}-{}-{}", draw.of(kHex, 8), draw.of(kHex, 4), draw.of(kHex, 3), draw.of(kHex, 4),
                     draw.of(kHex, 12));
}

// Code, JSON and prose that people wrote: the text files of the corpora, the tests in Python.
std::string written_text() {
  std::string text;
  for (const char* folder : {"corpora", "e2e"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(palyra::testing::test_file(folder))) {
      const std::string kind = entry.path().extension();
      const bool is_text = kind == ".wat" || kind == ".json" || kind == ".md" || kind == ".py" || kind == ".txt";
      if (!entry.is_regular_file() || !is_text) continue;
      const Bytes bytes = palyra::testing::must_read(entry.path().string());
      text += as_text(BytesView(bytes).first(std::min<std::size_t>(bytes.size(), 64 * 1024)));
    }
  }
  return text;
}

// An honest output of any shape, in which no secret is. S03
std::string honest_output(Draw& draw, std::string_view written) {
  const std::string bytes = draw.of(kPrintable, 200 + draw.below(400));
  const std::size_t length = 200 + draw.below(2'000);
  const std::string_view piece = written.substr(draw.below(written.size() - length), length);
  switch (draw.below(10)) {
    case 0:
      return bytes;
    case 1:
      return to_base64(as_bytes(bytes));
    case 2:
      return to_hex(as_bytes(bytes));
    case 3:
      return spellings_of(bytes)[40].text;
    case 4:
      return "{\"items\": [\"" + spellings_of(bytes).back().text + "\"]}";
    case 5:
      return draw.of(kHex, 400);
    case 6:
      return fmt::format("{{\"id\": \"{}\", \"next\": \"{}\", \"token\": \"{}\"}}", uuid(draw), uuid(draw),
                         draw.of(kToken, 40));
    case 7:
      return to_base64(as_bytes(piece));
    case 8:
      return to_text(Json(std::string(piece.begin(), piece.end())));
    default:
      return std::string(piece);
  }
}

// At most one in 10,000 is what is promised; secrets of 16 bytes and more have no false positive at all here.
TEST(LeakScannerTest, FindsNothingInHonestOutputs) {
  Draw draw(8);
  std::vector<std::string> values;
  for (const std::size_t length : {16U, 17U, 20U, 24U, 32U, 40U, 48U, 64U, 128U, 512U}) {
    for (const std::string_view alphabet : {kPrintable, kHex, kToken, std::string_view("0123456789")}) {
      values.push_back(draw.of(alphabet, length));
    }
  }
  for (int i = 0; i < 5; ++i) values.push_back(uuid(draw));
  std::vector<WatchedSecret> secrets;
  secrets.reserve(values.size());
  for (const std::string& value : values) secrets.push_back({.name = "global/key", .value = as_bytes(value)});
  const LeakScanner scanner(std::move(secrets));
  const std::string written = written_text();
  ASSERT_GT(written.size(), 500'000U);
  std::size_t found = 0;
  const std::size_t outputs = scaled(50'000);
  for (std::size_t i = 0; i < outputs; ++i) found += finds(scanner, honest_output(draw, written)) ? 1U : 0U;
  EXPECT_EQ(found, 0U) << "of " << outputs;
  // And it would have seen one.
  for (const std::string& value : values) EXPECT_TRUE(finds(scanner, honest_output(draw, written) + value)) << value;
}

}  // namespace
}  // namespace palyra::host
