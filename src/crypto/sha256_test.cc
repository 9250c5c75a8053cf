// SPDX-License-Identifier: Apache-2.0
#include "palyra/crypto/sha256.h"

#include <gtest/gtest.h>

namespace palyra::crypto {
namespace {

TEST(Sha256Test, GivesTheStandardsAnswers) {  // FIPS 180-4's examples
  EXPECT_EQ(to_hex(sha256({})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(to_hex(sha256(as_bytes("abc"))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256Test, TakesInputInParts) {
  Sha256 hash;
  hash.update("a");
  hash.update("");
  hash.update("bc");
  EXPECT_EQ(hash.finish(), sha256(as_bytes("abc")));
}

TEST(Sha256Test, ReadsBackOnlyWhatItWrites) {
  const Sha256Digest digest = sha256(as_bytes("abc"));
  const std::string text = to_hex(digest);
  EXPECT_EQ(parse_sha256(text), digest);
  EXPECT_EQ(parse_sha256(text.substr(1)), std::nullopt);
  EXPECT_EQ(parse_sha256(text + "00"), std::nullopt);
  EXPECT_EQ(parse_sha256("BA" + text.substr(2)), std::nullopt);
}

}  // namespace
}  // namespace palyra::crypto
