// SPDX-License-Identifier: Apache-2.0
#include "palyra/crypto/keyed_hash.h"

#include <palyra/base/hex.h>
#include <palyra/base/testing.h>

#include <algorithm>
#include <numeric>

namespace palyra::crypto {
namespace {

Secret key_of(std::uint8_t first) {
  Bytes bytes(kKeyedHashKeyBytes);
  std::iota(bytes.begin(), bytes.end(), first);
  return Secret(std::move(bytes));
}

// Expected: Python's hashlib.blake2b(message, digest_size=32, key=bytes(range(32))).
TEST(KeyedHashTest, IsBlake2bWithAKey) {
  EXPECT_EQ(to_hex(keyed_hash(key_of(0), {})), "4e51e7a913fc80137da52880fecca175bf81e117d5c68126dc2774033517ea0d");
  EXPECT_EQ(to_hex(keyed_hash(key_of(0), {as_bytes("native "), as_bytes("code")})),
            "25e41df9df2820e76563e3b5128b46527c242a3fa2cbe9b2d0a148330c7a5ea5");
}

TEST(KeyedHashTest, DependsOnKeyAndBytesAndNotOnTheirBorders) {
  const KeyedHashTag tag = keyed_hash(key_of(0), {as_bytes("ab"), as_bytes("c")});
  EXPECT_TRUE(same_tag(tag, keyed_hash(key_of(0), {as_bytes("abc")})));
  EXPECT_FALSE(same_tag(tag, keyed_hash(key_of(1), {as_bytes("abc")})));
  EXPECT_FALSE(same_tag(tag, keyed_hash(key_of(0), {as_bytes("abd")})));
}

TEST(KeyedHashTest, ANewKeyIsNew) {
  const Secret key = make_keyed_hash_key();
  const Secret other = make_keyed_hash_key();
  ASSERT_EQ(key.reveal().size(), kKeyedHashKeyBytes);
  EXPECT_FALSE(std::ranges::equal(key.reveal(), other.reveal()));
}

}  // namespace
}  // namespace palyra::crypto
