// SPDX-License-Identifier: Apache-2.0
#include <palyra/base/testing.h>
#include <palyra/crypto/passphrase_key.h>
#include <palyra/crypto/secret_box.h>

#include <algorithm>
#include <set>

namespace palyra::crypto {
namespace {

using palyra::testing::FailsWith;
using palyra::testing::IsOk;

Secret passphrase(std::string_view text) { return Secret(to_bytes(text)); }

TEST(SecretBoxTest, OpensWhatItSealedAndNothingElse) {
  const LockedBytes key = make_box_key();
  const Bytes box = seal_box(key.reveal(), as_bytes("the value"), as_bytes("its name"));
  ASSERT_EQ(box.size(), 9 + kBoxOverheadBytes);
  const auto opened = open_box(key.reveal(), box, as_bytes("its name"));
  ASSERT_TRUE(opened.has_value());
  EXPECT_EQ(as_text(opened->reveal()), "the value");
  EXPECT_FALSE(open_box(key.reveal(), box, as_bytes("its nama")).has_value());
  EXPECT_FALSE(open_box(make_box_key().reveal(), box, as_bytes("its name")).has_value());
  for (std::size_t i = 0; i < box.size(); ++i) {
    Bytes changed = box;
    changed[i] ^= 1U;
    EXPECT_FALSE(open_box(key.reveal(), changed, as_bytes("its name")).has_value()) << i;
    EXPECT_FALSE(open_box(key.reveal(), BytesView(box).first(i), as_bytes("its name")).has_value()) << i;
  }
}

TEST(SecretBoxTest, TakesAnEmptyValue) {
  const LockedBytes key = make_box_key();
  const auto opened = open_box(key.reveal(), seal_box(key.reveal(), {}, {}), {});
  ASSERT_TRUE(opened.has_value());
  EXPECT_TRUE(opened->empty());
}

TEST(SecretBoxTest, NeverUsesANonceTwice) {
  const LockedBytes key = make_box_key();
  std::set<Bytes> nonces;
  for (int i = 0; i < 1'000; ++i) {
    const Bytes box = seal_box(key.reveal(), as_bytes("x"), {});
    nonces.insert(Bytes(box.begin(), box.begin() + 24));
  }
  EXPECT_EQ(nonces.size(), 1'000U);
}

TEST(SecretBoxTest, MakesAnotherKeyForEachPurpose) {
  const LockedBytes key = make_box_key();
  const LockedBytes a = derive_subkey(key.reveal(), "a");
  EXPECT_TRUE(std::ranges::equal(a.reveal(), derive_subkey(key.reveal(), "a").reveal()));
  EXPECT_FALSE(std::ranges::equal(a.reveal(), derive_subkey(key.reveal(), "b").reveal()));
  EXPECT_FALSE(std::ranges::equal(a.reveal(), key.reveal()));
}

// S09, S12
TEST(PassphraseKeyTest, DependsOnThePassphraseTheSaltAndTheCost) {
  const KdfParameters parameters = make_kdf_parameters({.memory_kib = 64, .passes = 1});
  const auto key = derive_key(passphrase("correct horse"), parameters);
  ASSERT_THAT(key, IsOk());
  EXPECT_TRUE(std::ranges::equal(key->reveal(), derive_key(passphrase("correct horse"), parameters)->reveal()));
  EXPECT_FALSE(std::ranges::equal(key->reveal(), derive_key(passphrase("correct horsf"), parameters)->reveal()));
  KdfParameters other = parameters;
  other.cost.passes = 2;
  EXPECT_FALSE(std::ranges::equal(key->reveal(), derive_key(passphrase("correct horse"), other)->reveal()));
  other = make_kdf_parameters(parameters.cost);
  EXPECT_FALSE(std::ranges::equal(key->reveal(), derive_key(passphrase("correct horse"), other)->reveal()));
}

// S11
TEST(PassphraseKeyTest, RefusesACostThatIsOutOfBounds) {
  KdfParameters parameters = make_kdf_parameters({.memory_kib = kMaxKdfCost.memory_kib + 1, .passes = 1});
  EXPECT_THAT(derive_key(passphrase("x"), parameters), FailsWith(kKeyDerivation));
  parameters.cost = {.memory_kib = 64, .passes = kMaxKdfCost.passes + 1};
  EXPECT_THAT(derive_key(passphrase("x"), parameters), FailsWith(kKeyDerivation));
  parameters.cost = {.memory_kib = 7, .passes = 1};
  EXPECT_THAT(derive_key(passphrase("x"), parameters), FailsWith(kKeyDerivation));
}

// S11
TEST(PassphraseKeyTest, ReadsBackWhatItWroteAndNothingElse) {
  const KdfCost floor{.memory_kib = 65'536, .passes = 2};
  const KdfParameters made = make_kdf_parameters({.memory_kib = 65'536, .passes = 3});
  const std::string text = to_text(made);
  const auto read = parse_kdf_parameters(text, floor);
  ASSERT_TRUE(read.has_value()) << read.error();
  EXPECT_EQ(read->cost, made.cost);
  EXPECT_EQ(read->salt, made.salt);
  const std::string salt = text.substr(text.find("salt="));
  for (const char* bad : {"m=65535 t=3 ", "m=4194305 t=3 ", "m=1099511627776 t=3 ", "m=065536 t=3 ", "m=65536 t=1 ",
                          "m=65536 t=17 ", "m=65536 t=0 ", "m=-1 t=3 ", "m= t=3 ", "t=3 m=65536 ", "m=65536 ", ""}) {
    EXPECT_FALSE(parse_kdf_parameters(fmt::format("argon2id {}{}", bad, salt), floor).has_value()) << bad;
  }
  EXPECT_FALSE(parse_kdf_parameters("argon2i m=65536 t=3 " + salt, floor).has_value());
  EXPECT_FALSE(parse_kdf_parameters("argon2id m=65536 t=3 salt=AAAA", floor).has_value());
  EXPECT_FALSE(parse_kdf_parameters(text + " ", floor).has_value());
  EXPECT_FALSE(parse_kdf_parameters("argon2id m=65536 t=3 pepper=", floor).has_value());
}

}  // namespace
}  // namespace palyra::crypto
