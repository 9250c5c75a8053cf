// SPDX-License-Identifier: Apache-2.0
#include "trust_model.h"
#include "trust_testing.h"

#include <palyra/base/hex.h>

#include <iostream>
#include <random>

namespace palyra::skills {
namespace {

using palyra::testing::FailsWith;
using palyra::testing::IsOk;
using palyra::testing::must_read;
using palyra::testing::scaled;
using testing::KeyNumbers;
using testing::kNow;
using testing::public_keys;
using testing::publisher_with;
using testing::rotation_of;
using testing::signed_by;
using testing::signing_keys;
using testing::store_with;

TEST(RotationDocumentTest, GivesBackWhatWasSigned) {
  const Rotation rotation = rotation_of(3, {1, 2}, {2, 3}, 2);
  const auto document = parse_rotation_document(as_bytes(format_rotation_document(signed_by(rotation, {1, 2, 3}))));
  ASSERT_THAT(document, IsOk());
  EXPECT_EQ(document->rotation, rotation);
  ASSERT_EQ(document->signatures.size(), 3U);
  for (const ClaimedSignature& claimed : document->signatures) {
    EXPECT_THAT(crypto::verify_signature(claimed.public_key, rotation_bytes(rotation), claimed.signature), IsOk());
  }
}

TEST(RotationDocumentTest, CollectsSignaturesFromSeveralHolders) {
  const RotationDocument first = signed_by(rotation_of(1, {1}, {2, 3}, 2), {1});
  const auto second = sign_rotation(first, signing_keys({3, 1}));
  ASSERT_THAT(second, IsOk());
  const auto third = sign_rotation(*second, signing_keys({2}));
  ASSERT_THAT(third, IsOk());
  EXPECT_EQ(format_rotation_document(*third),
            format_rotation_document(signed_by(rotation_of(1, {1}, {2, 3}, 2), {1, 2, 3})));
}

TEST(RotationDocumentTest, IsNotMadeWithValuesThatNobodyWouldRead) {
  const auto sign = [](const Rotation& rotation, const KeyNumbers& signers) {
    return sign_rotation({.rotation = rotation, .signatures = {}}, signing_keys(signers));
  };
  EXPECT_THAT(sign(rotation_of(1, {1}, {2}), {1, 3}), FailsWith(kRotationShape));  // a stranger's signature
  EXPECT_THAT(sign(rotation_of(1, {1}, {2}), {}), FailsWith(kRotationShape));
  EXPECT_THAT(sign(rotation_of(0, {1}, {2}), {1}), FailsWith(kRotationShape));
  EXPECT_THAT(sign(rotation_of(1, {1}, {2}, 2), {1}), FailsWith(kRotationShape));
  EXPECT_THAT(sign(rotation_of(1, {1}, {2}, 0), {1}), FailsWith(kRotationShape));
  EXPECT_THAT(sign(rotation_of(1, {1}, {2, 2}), {1}), FailsWith(kRotationShape));
  EXPECT_THAT(sign(rotation_of(std::uint64_t{1} << 53U, {1}, {2}), {1}), FailsWith(kRotationShape));
}

// Whatever the bit: the document is no document, or speaks of other things, or is not signed.
TEST(RotationDocumentTest, RefusesEverySingleFlippedBit) {
  for (const char* file : {"r001-first", "r006-two-of-three"}) {
    const Bytes good = must_read(palyra::testing::test_file("vectors/trust/" + std::string(file) + ".palyra-rotation"));
    const auto document = parse_rotation_document(good);
    ASSERT_THAT(document, IsOk());
    SkillTrustStore before;
    ASSERT_THAT(before.add_publisher("acme", {.keys = document->rotation.old_keys,
                                              .threshold = 1,
                                              .source = PublisherSource::kTofu,
                                              .first_seen = kNow,
                                              .pinned_by = {}}),
                IsOk());
    SkillTrustStore taught = before;
    ASSERT_THAT(taught.apply_rotation(*document, kNow), IsOk());
    for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
      Bytes flipped = good;
      flipped[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
      const auto read = parse_rotation_document(flipped);
      if (!read) continue;
      SkillTrustStore store = before;
      ASSERT_FALSE(store.apply_rotation(*read, kNow).has_value()) << file << " bit " << bit;
      ASSERT_EQ(store, before);
    }
  }
}

TEST(RotationTest, ReplacesTheKeysAndKeepsWhereTrustBegan) {
  SkillTrustStore store = store_with(publisher_with({1, 2}, 2, PublisherSource::kTofu));
  ASSERT_THAT(store.apply_rotation(signed_by(rotation_of(1, {1, 2}, {2, 3, 4}, 3), {1, 2, 3, 4}), kNow), IsOk());
  const Publisher& publisher = *store.find_publisher("acme");
  EXPECT_EQ(publisher.keys, public_keys({2, 3, 4}));
  EXPECT_EQ(publisher.threshold, 3U);
  EXPECT_EQ(publisher.source, PublisherSource::kTofu);
  EXPECT_EQ(publisher.first_seen, kNow);
  EXPECT_EQ(publisher.pinned_by, "test");
  EXPECT_EQ(store.rotations().at("acme"), (RotationRecord{.sequence = 1, .retired = public_keys({1})}));
  EXPECT_TRUE(store.is_retired("acme", testing::public_key(1)));
  EXPECT_FALSE(store.is_retired("acme", testing::public_key(2)));
  EXPECT_FALSE(store.is_retired("other", testing::public_key(1)));
}

TEST(RotationTest, CountsFromNotBeforeOn) {
  Rotation rotation = rotation_of(1, {1}, {2});
  rotation.not_before = kNow;
  SkillTrustStore store = store_with(publisher_with({1}));
  EXPECT_THAT(store.apply_rotation(signed_by(rotation, {1, 2}), {kNow.seconds - 1}), FailsWith(kRotationNotBefore));
  EXPECT_THAT(store.apply_rotation(signed_by(rotation, {1, 2}), kNow), IsOk());
}

// K11
TEST(RotationTest, TakesEachLinkOnceAndInOrder) {
  SkillTrustStore store = store_with(publisher_with({1}));
  const RotationDocument first = signed_by(rotation_of(1, {1}, {2}), {1, 2});
  const RotationDocument second = signed_by(rotation_of(2, {2}, {3}), {2, 3});
  EXPECT_THAT(store.apply_rotation(second, kNow), FailsWith(kRotationGap));
  ASSERT_THAT(store.apply_rotation(first, kNow), IsOk());
  EXPECT_THAT(store.apply_rotation(first, kNow), FailsWith(kRotationReplay));
  EXPECT_THAT(store.apply_rotation(signed_by(rotation_of(1, {1}, {4}), {1, 4}), kNow), FailsWith(kRotationFork));
  EXPECT_THAT(store.apply_rotation(signed_by(rotation_of(2, {2}, {1}), {1, 2}), kNow), FailsWith(kRotationRetiredKey));
  EXPECT_THAT(store.apply_rotation(signed_by(rotation_of(2, {1}, {3}), {1, 3}), kNow), FailsWith(kRotationOldKeys));
  EXPECT_THAT(store.apply_rotation(signed_by(rotation_of(2, {2}, {3}), {2}), kNow), FailsWith(kRotationNewThreshold));
  EXPECT_THAT(store.apply_rotation(signed_by(rotation_of(2, {2}, {3}), {3}), kNow), FailsWith(kRotationOldThreshold));
  EXPECT_THAT(store.apply_rotation(second, kNow), IsOk());
  EXPECT_THAT(store.apply_rotation(first, kNow), FailsWith(kRotationReplay));
}

TEST(RotationTest, RemembersRotationsOfAPublisherWhoWasRemoved) {
  SkillTrustStore store = store_with(publisher_with({1}));
  const RotationDocument first = signed_by(rotation_of(1, {1}, {2}), {1, 2});
  ASSERT_THAT(store.apply_rotation(first, kNow), IsOk());
  ASSERT_TRUE(store.remove_publisher("acme"));
  EXPECT_THAT(store.apply_rotation(first, kNow), FailsWith(kPublisherUnknown));
  ASSERT_THAT(store.add_publisher("acme", publisher_with({1})), IsOk());
  EXPECT_FALSE(store.apply_rotation(first, kNow).has_value());
}

TEST(RotationTest, TeachesAFreshPinTheSequenceAndWhichKeysAreGone) {
  const RotationDocument third = signed_by(rotation_of(3, {1, 2}, {3}), {1, 3});
  SkillTrustStore store = store_with(publisher_with({3}));
  ASSERT_THAT(store.apply_rotation(third, kNow), IsOk());
  EXPECT_EQ(store.rotations().at("acme"), (RotationRecord{.sequence = 3, .retired = public_keys({1, 2})}));
  EXPECT_EQ(*store.find_publisher("acme"), publisher_with({3}));
  EXPECT_THAT(store.apply_rotation(third, kNow), FailsWith(kRotationReplay));
  EXPECT_THAT(store.apply_rotation(signed_by(rotation_of(4, {3}, {4}), {3, 4}), kNow), IsOk());

  EXPECT_THAT(store.apply_rotation(signed_by(rotation_of(5, {4}, {1}), {1, 4}), kNow), FailsWith(kRotationRetiredKey));

  SkillTrustStore other = store_with(publisher_with({3}));
  EXPECT_THAT(other.apply_rotation(signed_by(rotation_of(3, {1, 2}, {3}), {3}), kNow),
              FailsWith(kRotationOldThreshold));
  EXPECT_THAT(other.apply_rotation(signed_by(rotation_of(3, {1}, {3, 4}), {1, 3, 4}), kNow), FailsWith(kRotationGap));
  RotationDocument forged = third;
  forged.signatures.front().signature.front() ^= 1U;
  EXPECT_FALSE(other.apply_rotation(forged, kNow).has_value());
  EXPECT_TRUE(other.rotations().empty());
}

// One signature is not that of an old key and of a new one.
TEST(RotationTest, TeachesNothingByKeysThatStay) {
  SkillTrustStore store = store_with(publisher_with({2, 3}));
  const auto refused = FailsWith(kRotationOldThreshold);
  EXPECT_THAT(store.apply_rotation(signed_by(rotation_of(3, {1, 2}, {2, 3}), {2}), kNow), refused);
  EXPECT_THAT(store.apply_rotation(signed_by(rotation_of(3, {2, 3}, {2, 3}), {2, 3}), kNow), refused);
  EXPECT_THAT(store.apply_rotation(signed_by(rotation_of(1, {2, 3}, {2, 3}), {2, 3}), kNow),
              refused);  // changes nothing
  EXPECT_THAT(store.apply_rotation(signed_by(rotation_of(3, {1, 2}, {2, 3}), {1, 2}), kNow), IsOk());
}

TEST(RotationTest, TeachesAlsoWhoWasRemovedAndAddedAgain) {
  SkillTrustStore store = store_with(publisher_with({1}));
  ASSERT_THAT(store.apply_rotation(signed_by(rotation_of(1, {1}, {2}), {1, 2}), kNow), IsOk());
  ASSERT_TRUE(store.remove_publisher("acme"));
  ASSERT_THAT(store.add_publisher("acme", publisher_with({4})), IsOk());
  EXPECT_THAT(store.apply_rotation(signed_by(rotation_of(1'000'001, {3}, {4}), {3, 4}), kNow), FailsWith(kRotationGap));
  ASSERT_THAT(store.apply_rotation(signed_by(rotation_of(3, {3}, {4}), {3, 4}), kNow), IsOk());
  EXPECT_EQ(store.rotations().at("acme"), (RotationRecord{.sequence = 3, .retired = public_keys({1, 3})}));
  EXPECT_THAT(store.apply_rotation(signed_by(rotation_of(4, {4}, {5}), {4, 5}), kNow), IsOk());
}

TEST(RotationTest, DoesNotCountRevokedKeysAndNeverTurnsToOne) {
  SkillTrustStore store = store_with(publisher_with({1, 2}));
  store.revoke(std::vector<RevocationEntry>{RevokedKey{testing::public_key(1)}, RevokedKey{testing::public_key(4)}},
               kNow);
  EXPECT_THAT(store.apply_rotation(signed_by(rotation_of(1, {1, 2}, {3}), {1, 3}), kNow),
              FailsWith(kRotationOldThreshold));
  EXPECT_THAT(store.apply_rotation(signed_by(rotation_of(1, {1, 2}, {3, 4}), {2, 3}), kNow), FailsWith(kTrustRevoked));
  EXPECT_THAT(store.apply_rotation(signed_by(rotation_of(1, {1, 2}, {3}), {2, 3}), kNow), IsOk());
}

// K24: one key, three protocols.
TEST(RotationTest, TakesNoSignatureThatWasMadeForSomethingElse) {
  SkillTrustStore store = store_with(publisher_with({1}));
  RotationDocument document = signed_by(rotation_of(1, {1}, {2}), {1, 2});
  const Bytes list = revocation_bytes(testing::list_of(1, {}));
  const Bytes statement = statement_bytes(testing::statement_of());
  const std::string digest = crypto::to_hex(crypto::sha256(rotation_bytes(document.rotation)));
  for (const BytesView message : {BytesView(list), BytesView(statement), as_bytes(digest)}) {
    for (ClaimedSignature& claimed : document.signatures) {
      const std::uint8_t number = std::ranges::equal(claimed.public_key, testing::public_key(1).bytes()) ? 1 : 2;
      claimed.signature = testing::signing_key(number).sign(message);
    }
    EXPECT_THAT(store.apply_rotation(document, kNow), FailsWith(crypto::kEquation));
  }
}

TEST(RotationChainTest, IsAppliedWholeOrNotAtAll) {
  std::vector<RotationDocument> chain{signed_by(rotation_of(1, {1}, {2}), {1, 2}),
                                      signed_by(rotation_of(2, {2}, {3}), {2})};
  SkillTrustStore store = store_with(publisher_with({1}));
  const SkillTrustStore before = store;
  EXPECT_THAT(store.apply_rotations(chain, kNow), FailsWith(kRotationNewThreshold));
  EXPECT_EQ(store, before);
  chain.back() = signed_by(rotation_of(2, {2}, {3}), {2, 3});
  EXPECT_THAT(store.apply_rotations(chain, kNow), IsOk());
  EXPECT_EQ(store.find_publisher("acme")->keys, public_keys({3}));
}

TEST(RotationChainTest, HasAtMostThirtyTwoLinks) {
  std::vector<RotationDocument> chain;
  for (std::uint8_t link = 1; link <= kMaxRotationChain + 1; ++link) {
    const auto next = static_cast<std::uint8_t>(link + 1);
    chain.push_back(signed_by(rotation_of(link, {link}, {next}), {link, next}));
  }
  SkillTrustStore store = store_with(publisher_with({1}));
  EXPECT_THAT(store.apply_rotations(chain, kNow), FailsWith(kRotationChain));
  chain.pop_back();
  EXPECT_THAT(store.apply_rotations(chain, kNow), IsOk());
}

model::Keys random_keys(std::mt19937_64& random) {
  model::Keys keys;
  for (std::uint64_t wanted = 1 + random() % 3; wanted > 0; --wanted) keys.insert(1 + static_cast<int>(random() % 60));
  return keys;
}

// A chain that is good, but for one fault in two of three.
std::vector<model::ModelRotation> random_chain(std::mt19937_64& random, const model::Keys& first) {
  std::vector<model::ModelRotation> chain;
  model::Keys keys = first;
  for (int sequence = 1; sequence <= 4; ++sequence) {
    model::ModelRotation link{.publisher = 0, .sequence = sequence, .old_keys = keys, .new_keys = random_keys(random)};
    link.threshold = 1 + static_cast<int>(random() % link.new_keys.size());
    link.signers = keys;
    link.signers.insert(link.new_keys.begin(), link.new_keys.end());
    keys = link.new_keys;
    chain.push_back(link);
  }
  model::ModelRotation& one = chain[random() % chain.size()];
  switch (random() % 12) {
    case 0:
      std::swap(one, chain.back());
      break;
    case 1:
      one = chain.front();
      break;
    case 2:
      one.signers = one.old_keys;
      break;
    case 3:
      one.signers = one.new_keys;
      break;
    case 4:
      one.forged = true;
      break;
    case 5:
      one.new_keys = random_keys(random);
      one.threshold = 1;
      one.signers.insert(one.new_keys.begin(), one.new_keys.end());
      std::erase_if(one.signers,
                    [&one](int key) { return !one.old_keys.contains(key) && !one.new_keys.contains(key); });
      break;
    case 6:
      chain.erase(chain.begin() + static_cast<std::ptrdiff_t>(random() % chain.size()));
      break;
    case 7:
      one.not_before = 2;
      break;
    default:
      break;
  }
  return chain;
}

RotationDocument document_of(const model::ModelRotation& link) {
  Rotation rotation =
      rotation_of(static_cast<std::uint64_t>(link.sequence), {link.old_keys.begin(), link.old_keys.end()},
                  {link.new_keys.begin(), link.new_keys.end()}, static_cast<std::uint32_t>(link.threshold));
  rotation.not_before = {link.not_before};
  RotationDocument document = signed_by(rotation, {link.signers.begin(), link.signers.end()});
  if (link.forged) document.signatures.front().signature.front() ^= 1U;
  return document;
}

// K11
TEST(RotationChainTest, IsAcceptedExactlyWhenTheModelAcceptsIt) {
  const std::uint64_t seed = std::random_device{}();
  std::mt19937_64 random(seed);
  const std::size_t chains = scaled(2'000);
  std::size_t accepted = 0;
  for (std::size_t i = 0; i < chains; ++i) {
    const model::Keys first = random_keys(random);
    const std::vector<model::ModelRotation> links = random_chain(random, first);
    model::Model expected;
    expected.now = 1;
    expected.publishers[0] = {.keys = first, .threshold = 1, .first_use = false};
    SkillTrustStore store = store_with(publisher_with({first.begin(), first.end()}));
    std::vector<RotationDocument> chain;
    std::string code;
    for (const model::ModelRotation& link : links) {
      chain.push_back(document_of(link));
      if (code.empty()) code = expected.rotate(link);
    }
    const auto result = store.apply_rotations(chain, {1});
    accepted += result ? 1U : 0U;
    ASSERT_EQ(result.has_value(), code.empty()) << "seed " << seed << ", chain " << i << ": " << code << ", "
                                                << (result ? "accepted" : result.error().describe());
    if (!result && !code.starts_with("signature.")) {
      ASSERT_EQ(result.error().code().id, code) << "seed " << seed;
    }
  }
  std::cout << accepted << " of " << chains << " chains accepted, seed " << seed << "\n";
}

}  // namespace
}  // namespace palyra::skills
