// SPDX-License-Identifier: Apache-2.0
#include "palyra/crypto/ed25519.h"

#include <palyra/base/hex.h>
#include <palyra/base/json.h>
#include <palyra/base/testing.h>

#include <map>
#include <string>
#include <utility>

namespace palyra::crypto {
namespace {

using palyra::testing::FailsWith;
using palyra::testing::IsOk;

struct Case {
  Bytes key, message, signature;
};
using Cases = std::map<std::pair<std::string, std::int64_t>, Case>;  // by corpus and number

Json corpus_file(const std::string& name) {
  const Bytes bytes = testing::must_read(palyra::testing::test_file("corpora/ed25519/" + name));
  auto document = parse_json(bytes, {.max_bytes = std::size_t{16} << 20U, .max_depth = 16});
  EXPECT_THAT(document, IsOk());
  return document ? *std::move(document) : Json();
}

const std::string& text_of(const Json& object, std::string_view key) { return *object.find(key)->as_string(); }
Bytes hex_of(const Json& object, std::string_view key) { return parse_hex(text_of(object, key)).value(); }

Cases all_cases() {
  Cases cases;
  const Json wycheproof = corpus_file("wycheproof_ed25519_test.json");
  for (const Json& group : *wycheproof.find("testGroups")->as_array()) {
    const Bytes key = hex_of(*group.find("publicKey"), "pk");
    for (const Json& test : *group.find("tests")->as_array()) {
      cases[{"wycheproof", *test.find("tcId")->as_int()}] = {key, hex_of(test, "msg"), hex_of(test, "sig")};
    }
  }
  std::int64_t number = 0;
  const Json speccheck = corpus_file("speccheck_cases.json");
  for (const Json& test : *speccheck.as_array()) {
    cases[{"speccheck", number++}] = {hex_of(test, "pub_key"), hex_of(test, "message"), hex_of(test, "signature")};
  }
  const Json cctv = corpus_file("cctv_ed25519vectors.json");
  for (const Json& test : *cctv.as_array()) {
    cases[{"cctv", *test.find("number")->as_int()}] = {hex_of(test, "key"), to_bytes(text_of(test, "msg")),
                                                       hex_of(test, "sig")};
  }
  return cases;
}

TEST(Ed25519Test, JudgesEveryPublishedCaseAsExpectedAndForThatReason) {
  const Cases cases = all_cases();
  const Json expected = corpus_file("expected.json");
  std::size_t judged = 0;
  for (const Json& row : *expected.find("cases")->as_array()) {
    const std::pair id(text_of(row, "corpus"), *row.find("id")->as_int());
    SCOPED_TRACE(fmt::format("{} {}", id.first, id.second));
    ASSERT_TRUE(cases.contains(id));
    const Case& test = cases.at(id);
    const auto verdict = verify_signature(test.key, test.message, test.signature);
    if (text_of(row, "verdict") == "accept") {
      EXPECT_THAT(verdict, IsOk());
    } else {
      ASSERT_FALSE(verdict.has_value());
      EXPECT_EQ(verdict.error().code().id, "signature." + text_of(row, "first_failed_check"));
    }
    ++judged;
  }
  EXPECT_EQ(judged, 1077U);
  EXPECT_EQ(cases.size(), 1077U);
}

TEST(Ed25519Test, RefusesOnImportTheKeysItRefusesInASignature) {
  const Cases cases = all_cases();
  const Json expected = corpus_file("expected.json");
  for (const Json& row : *expected.find("cases")->as_array()) {
    const Case& test = cases.at({text_of(row, "corpus"), *row.find("id")->as_int()});
    const Json& checks = *row.find("checks");
    if (checks.find("a_canonical") == nullptr) continue;  // a wrong length ended it
    const auto key = parse_public_key(test.key);
    bool good = true;
    for (const char* check : {"a_canonical", "a_on_curve", "a_not_small_order", "a_prime_order_subgroup"}) {
      const bool* holds = checks.find(check)->as_bool();  // null where the point does not decode
      good = good && holds != nullptr && *holds;
    }
    EXPECT_EQ(key.has_value(), good) << palyra::to_hex(test.key);
  }
}

TEST(Ed25519Test, AKeyWithAByteMoreOrLessIsNoKey) {
  const SigningKey key = SigningKey::generate();
  const Bytes message{1, 2, 3};
  const auto signature = key.sign(message);
  Bytes longer(key.public_key().bytes().begin(), key.public_key().bytes().end());
  longer.push_back(0);
  EXPECT_THAT(verify_signature(longer, message, signature), FailsWith(kSignatureLength));
  EXPECT_THAT(verify_signature(BytesView(longer).first(31), message, signature), FailsWith(kSignatureLength));
  EXPECT_THAT(parse_public_key(longer), FailsWith(kSignatureLength));
  EXPECT_THAT(parse_public_key(BytesView(longer).first(31)), FailsWith(kSignatureLength));
}

TEST(Ed25519Test, PassesItsSelfTest) { EXPECT_THAT(self_test(), IsOk()); }

TEST(Ed25519Test, SignsAsRfc8032Does) {  // 7.1, TEST 3
  const SigningKey key = SigningKey::from_seed(
      Secret(parse_hex("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7").value()));
  EXPECT_EQ(palyra::to_hex(key.public_key().bytes()),
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025");
  const Bytes message{0xaf, 0x82};
  EXPECT_EQ(palyra::to_hex(key.sign(message)),
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e971"
            "6ed28dc"
            "027beceea1ec40a");
}

TEST(Ed25519Test, MakesAnotherKeyEachTimeThatSignsAndVerifies) {
  const SigningKey first = SigningKey::generate();
  const SigningKey second = SigningKey::generate();
  EXPECT_NE(first.public_key(), second.public_key());
  const auto signature = first.sign(as_bytes("message"));
  EXPECT_THAT(verify_signature(first.public_key().bytes(), as_bytes("message"), signature), IsOk());
  EXPECT_THAT(verify_signature(first.public_key().bytes(), as_bytes("massage"), signature), FailsWith(kEquation));
  EXPECT_THAT(verify_signature(second.public_key().bytes(), as_bytes("message"), signature), FailsWith(kEquation));
}

TEST(Ed25519Test, RefusesAnySingleFlippedBit) {
  const SigningKey key = SigningKey::generate();
  auto signature = key.sign(as_bytes("message"));
  for (std::size_t bit = 0; bit < 8 * signature.size(); ++bit) {
    signature.at(bit / 8) ^= static_cast<std::uint8_t>(1U << (bit % 8));
    EXPECT_FALSE(verify_signature(key.public_key().bytes(), as_bytes("message"), signature).has_value()) << bit;
    signature.at(bit / 8) ^= static_cast<std::uint8_t>(1U << (bit % 8));
  }
}

TEST(Ed25519Test, NamesAKeyByTheDigestOfItsBytes) {
  const auto key =
      parse_public_key(parse_hex("4f1f9eab4f6ad38c23c89de5ffdfa1a0de165267b6a1f0a9fc61ca55ce6c732d").value());
  ASSERT_THAT(key, IsOk());
  EXPECT_EQ(fingerprint(*key), "ed25519:b1ff0ecb63813af2379b9a6c29724f2c10f24a18780be6d790be2a5e402bf05e");
}

}  // namespace
}  // namespace palyra::crypto
