// SPDX-License-Identifier: Apache-2.0
#include "palyra/crypto/keyed_hash.h"

#include <palyra/base/file.h>
#include <palyra/base/hex.h>
#include <palyra/base/testing.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
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

// OPENSSL_CONF is read when OpenSSL is first used, so this takes a process of its own.
TEST(KeyedHashTest, IsThereOnASystemThatIsSetToHaveNoBlake2) {
  const testing::TempDir directory;
  const std::string settings = directory.file("openssl.cnf");
  ASSERT_TRUE(write_file_atomic(settings,
                                as_bytes("openssl_conf = all\n[all]\nproviders = some\n[some]\nbase = active\n"
                                         "[active]\nactivate = 1\n"),
                                0600, Overwrite::kYes));
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // starts the program anew
  ::setenv("OPENSSL_CONF", settings.c_str(), 1);   // NOLINT(concurrency-mt-unsafe): one thread
  EXPECT_EXIT(
      {
        const bool same = to_hex(keyed_hash(key_of(0), {as_bytes("native "), as_bytes("code")})) ==
                          "25e41df9df2820e76563e3b5128b46527c242a3fa2cbe9b2d0a148330c7a5ea5";
        std::exit(same ? 0 : 1);  // NOLINT(concurrency-mt-unsafe): one thread
      },
      ::testing::ExitedWithCode(0), "");
  ::unsetenv("OPENSSL_CONF");  // NOLINT(concurrency-mt-unsafe): one thread
}

TEST(KeyedHashTest, DependsOnKeyAndBytesAndNotOnTheirBorders) {
  const KeyedHashTag tag = keyed_hash(key_of(0), {as_bytes("ab"), as_bytes("c")});
  EXPECT_TRUE(same_tag(tag, keyed_hash(key_of(0), {as_bytes("abc")})));
  EXPECT_FALSE(same_tag(tag, keyed_hash(key_of(1), {as_bytes("abc")})));
  EXPECT_FALSE(same_tag(tag, keyed_hash(key_of(0), {as_bytes("abd")})));
}

// Nanoseconds of the quickest of many batches of comparisons of `tag` with `other`.
template <class Same>
double quickest(Same same, const KeyedHashTag& tag, const KeyedHashTag& other) {
  using Clock = std::chrono::steady_clock;
  constexpr int kBatch = 2'000;
  double best = 1e9;
  for (int batch = 0; batch < 60; ++batch) {
    const auto began = Clock::now();
    for (int i = 0; i < kBatch; ++i) {
      const KeyedHashTag* volatile hidden = &other;  // nothing is known of it
      [[maybe_unused]] volatile bool answer = same(tag, *hidden);
    }
    const std::chrono::duration<double, std::nano> took = Clock::now() - began;
    best = std::min(best, took.count() / kBatch);
  }
  return best;
}

// What a comparison of tags that differ in the first byte takes, as a part of one of tags that differ in the last.
template <class Same>
double early_part(Same same) {
  const KeyedHashTag tag = keyed_hash(key_of(0), {as_bytes("abc")});
  KeyedHashTag first = tag;
  KeyedHashTag last = tag;
  first.front() ^= 1U;
  last.back() ^= 1U;
  return quickest(same, tag, first) / quickest(same, tag, last);
}

// S12: where two tags differ takes no other time; a comparison that stops there is told by the same measure.
TEST(KeyedHashTest, ComparesTagsInATimeThatSaysNothing) {
  const auto stops = [](const KeyedHashTag& a, const KeyedHashTag& b) {
    for (std::size_t i = 0; i < a.size(); ++i) {
      const volatile std::uint8_t left = a[i];
      if (left != b[i]) return false;
    }
    return true;
  };
  double part = 0;
  for (int attempt = 0; attempt < 10 && (part < 0.9 || part > 1.1); ++attempt) part = early_part(same_tag);
  EXPECT_GT(part, 0.9);
  EXPECT_LT(part, 1.1);
  double control = 1;
  for (int attempt = 0; attempt < 10 && control > 0.6; ++attempt) control = early_part(stops);
  EXPECT_LT(control, 0.6);
}

TEST(KeyedHashTest, ANewKeyIsNew) {
  const Secret key = make_keyed_hash_key();
  const Secret other = make_keyed_hash_key();
  ASSERT_EQ(key.reveal().size(), kKeyedHashKeyBytes);
  EXPECT_FALSE(std::ranges::equal(key.reveal(), other.reveal()));
}

}  // namespace
}  // namespace palyra::crypto
