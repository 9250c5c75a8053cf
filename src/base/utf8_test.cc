// SPDX-License-Identifier: Apache-2.0
#include <palyra/base/testing.h>
#include <palyra/base/utf8.h>

#include <random>

namespace palyra {
namespace {

TEST(Utf8Test, AcceptsTheEdgesOfEveryLength) {
  for (const char* text : {"", "a", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
                           "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(is_utf8(text)) << text;
  }
}

TEST(Utf8Test, RefusesOverlongFormsSurrogatesAndBrokenSequences) {
  for (const char* text :
       {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xc2", "\xe1\x80", "\xf1\x80\x80", "\xc2\x41"}) {
    EXPECT_FALSE(is_utf8(text));
  }
}

TEST(Utf8Test, PrintableEscapesWhatCouldDeceiveAReader) {
  EXPECT_EQ(printable("plain é 漢"), "plain é 漢");
  EXPECT_EQ(printable("\x1b[31m"), "\\u{1b}[31m");
  EXPECT_EQ(printable("a\xe2\x80\xae"
                      "b"),
            "a\\u{202e}b");                                // right-to-left override
  EXPECT_EQ(printable("\xf3\xa0\x81\x81"), "\\u{e0041}");  // tag character
  EXPECT_EQ(printable("\xef\xbb\xbf"), "\\u{feff}");
  EXPECT_EQ(printable("\xff"), "\\xff");
}

TEST(Utf8Test, PrintableCutsAtACodePoint) {
  EXPECT_EQ(printable("abcdef", 3), "abc…");
  EXPECT_EQ(printable("ab漢", 4), "ab…");
  EXPECT_EQ(printable("abc", 3), "abc");
}

// Its own reader of blocks: at every distance from the end of one, what front_code_point says of each piece.
TEST(Utf8Test, TextIsWhatConsistsOfCodePoints) {
  const auto consists_of_code_points = [](std::string_view text) {
    while (const auto point = front_code_point(text)) text.remove_prefix(point->bytes);
    return text.empty();
  };
  constexpr std::string_view kBytes(
      "\x00\x41\x7f\x80\x8f\x90\x9f\xa0\xbf\xc0\xc1\xc2\xdf\xe0\xec\xed\xef\xf0\xf1\xf3\xf4\xf5\xff", 23);
  std::mt19937 random(7);
  std::size_t good = 0;
  for (std::size_t i = 0; i < testing::scaled(200'000); ++i) {
    std::string text(random() % 130, 'a');
    for (std::size_t n = random() % 5; n != 0; --n) text += kBytes[random() % kBytes.size()];
    text.append(random() % 3, 'z');
    ASSERT_EQ(is_utf8(text), consists_of_code_points(text)) << i;
    good += is_utf8(text) ? 1U : 0U;
  }
  EXPECT_GT(good, 0U);
}

}  // namespace
}  // namespace palyra
