// SPDX-License-Identifier: Apache-2.0
#include <palyra/base/testing.h>
#include <palyra/host/secret_placement.h>

namespace palyra::host {
namespace {

// The text, or "refused".
std::string placed(std::string_view placement, std::string_view value) {
  const auto text = place_secret(placement, as_bytes(value));
  return text ? std::string(as_text(text->reveal())) : "refused";
}

TEST(SecretPlacementTest, KnowsWhatEachPlacementFills) {
  for (const char* placement : {"bearer", "basic"}) {
    EXPECT_EQ(placement_target(placement).place, SecretPlace::kHeader);
    EXPECT_EQ(placement_target(placement).name, "Authorization");
  }
  EXPECT_EQ(placement_target("header:X-Api-Key").place, SecretPlace::kHeader);
  EXPECT_EQ(placement_target("header:X-Api-Key").name, "X-Api-Key");
  EXPECT_EQ(placement_target("query:key").place, SecretPlace::kQuery);
  EXPECT_EQ(placement_target("query:key").name, "key");
}

TEST(SecretPlacementTest, WritesTheTextForEachPlace) {
  EXPECT_EQ(placed("bearer", "abc def"), "Bearer abc def");
  EXPECT_EQ(placed("header:X-Api-Key", "k~1"), "k~1");
  EXPECT_EQ(placed("query:key", "aZ0-._~"), "aZ0-._~");
  EXPECT_EQ(placed("query:key", "a b&c=d/é%"), "a%20b%26c%3Dd%2F%C3%A9%25");
  // RFC 7617 section 2.
  EXPECT_EQ(placed("basic", "Aladdin:open sesame"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  EXPECT_EQ(placed("basic", "a:"), "Basic YTo=");
  EXPECT_EQ(placed("basic", "a:b"), "Basic YTpi");
}

TEST(SecretPlacementTest, RefusesAValueThatDoesNotFit) {
  for (const char* value :
       {"", " leading", "trailing ", "two\r\nlines", "tab\tinside", "bell\a", "caf\xc3\xa9", "\x7f"}) {
    EXPECT_EQ(placed("bearer", value), "refused") << value;
    EXPECT_EQ(placed("header:X", value), "refused") << value;
  }
  EXPECT_EQ(placed("basic", "no colon"), "refused");
  EXPECT_EQ(placed("cookie", "x"), "refused");
}

}  // namespace
}  // namespace palyra::host
