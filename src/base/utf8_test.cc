// SPDX-License-Identifier: Apache-2.0
#include <palyra/base/testing.h>
#include <palyra/base/utf8.h>

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

}  // namespace
}  // namespace palyra
