// SPDX-License-Identifier: Apache-2.0
#include <palyra/base/base64.h>
#include <palyra/base/hex.h>
#include <palyra/base/secret.h>
#include <palyra/base/testing.h>

namespace palyra {
namespace {

TEST(HexTest, WritesAndReadsEveryByte) {
  Bytes bytes;
  for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<std::uint8_t>(i));
  EXPECT_EQ(parse_hex(to_hex(bytes)), bytes);
  EXPECT_EQ(to_hex(as_bytes("\x01\xab")), "01ab");
}

TEST(HexTest, RefusesUpperCaseOddLengthAndOtherCharacters) {
  for (const char* text : {"AB", "a", "0g", "0x", " 1", "-1"}) EXPECT_EQ(parse_hex(text), std::nullopt) << text;
}

// RFC 4648 section 10.
TEST(Base64Test, WritesAndReadsThePublishedVectors) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, text] : vectors) {
    EXPECT_EQ(to_base64(as_bytes(plain)), text);
    EXPECT_EQ(parse_base64(text), to_bytes(plain));
  }
}

TEST(Base64Test, RefusesEveryTextThatIsNotTheCanonicalOne) {
  for (const char* text :
       {"Zg", "Zg=", "Zh==", "Zm9=", "Z===", "====", "=", "Zm9v\n", " Zm9v", "Zm-_", "Zg==Zg==", "Zm=v"}) {
    EXPECT_EQ(parse_base64(text), std::nullopt) << text;
  }
}

TEST(SecretTest, IsEmptyOnceMovedFrom) {
  Secret a(to_bytes("hush"));
  const Secret b(std::move(a));
  EXPECT_TRUE(a.empty());  // NOLINT(bugprone-use-after-move): that is what is tested
  EXPECT_EQ(as_text(b.reveal()), "hush");
}

}  // namespace
}  // namespace palyra
