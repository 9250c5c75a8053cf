// SPDX-License-Identifier: Apache-2.0
#include "trust_testing.h"

namespace palyra::skills {
namespace {

using palyra::testing::FailsWith;
using palyra::testing::IsOk;
using palyra::testing::must_read;
using testing::kDay;
using testing::kNow;
using testing::list_of;
using testing::public_key;
using testing::publisher_with;
using testing::rotation_of;
using testing::signed_by;
using testing::signing_keys;
using testing::statement_of;
using testing::store_with;
using testing::versions;

RevokedContent content(std::uint8_t number) {
  RevokedContent revoked;
  revoked.content_root.bytes.front() = number;
  return revoked;
}

TrustDecision decide(const SkillTrustStore& store, const Statement& about, const testing::KeyNumbers& signers,
                     WallTime now = kNow) {
  const auto keys = testing::public_keys(signers);
  return decide_trust(store, {.statement = &about,
                              .signers = keys,
                              .now = now,
                              .policy = {.unknown_publisher = UnknownPublisher::kPin, .pin_fingerprint = {}}});
}

std::optional<Error> look_up(const SkillTrustStore& store, const testing::KeyNumbers& signers,
                             std::string_view version = "1.2.0") {
  const auto keys = testing::public_keys(signers);
  return find_revocation(store, {.publisher = "acme",
                                 .skill_id = "acme.weather",
                                 .version = Version::parse(version).value(),
                                 .content_root = {},
                                 .signers = keys});
}

TEST(RevocationDocumentTest, GivesBackWhatWasSigned) {
  const RevocationList list =
      list_of(7, merged_entries({}, std::vector<RevocationEntry>{versions("acme.weather", "1.0.0", ""), content(9),
                                                                 RevokedKey{public_key(1)}}));
  const auto document = parse_revocation_document(as_bytes(format_revocation_document(signed_by(list, {1, 2}))));
  ASSERT_THAT(document, IsOk());
  EXPECT_EQ(document->list, list);
  ASSERT_EQ(document->signatures.size(), 2U);
  for (const ClaimedSignature& claimed : document->signatures) {
    EXPECT_THAT(crypto::verify_signature(claimed.public_key, revocation_bytes(list), claimed.signature), IsOk());
  }
}

TEST(RevocationDocumentTest, SortsItsEntriesAndDropsThoseThatAreThereTwice) {
  const auto document = signed_by(list_of(1, {content(2), content(1), content(2)}), {1});
  EXPECT_EQ(document.list.entries, (std::vector<RevocationEntry>{content(1), content(2)}));
}

TEST(RevocationDocumentTest, IsNotMadeWithValuesThatNobodyWouldRead) {
  const auto sign = [](const RevocationList& list) {
    return sign_revocations({.list = list, .signatures = {}}, signing_keys({1}));
  };
  RevocationList list = list_of(1, {});
  list.issuer = kOperatorIssuer;
  EXPECT_THAT(sign(list), FailsWith(kRevocationShape));
  list = list_of(0, {});
  EXPECT_THAT(sign(list), FailsWith(kRevocationShape));
  list = list_of(1, {versions("acme.weather", "2.0.0", "1.0.0")});
  EXPECT_THAT(sign(list), FailsWith(kRevocationShape));
  list = list_of(1, {});
  list.expires = list.created;
  EXPECT_THAT(sign(list), FailsWith(kRevocationShape));
  EXPECT_THAT(sign_revocations({.list = list_of(1, {}), .signatures = {}}, {}), FailsWith(kRevocationShape));
}

TEST(RevocationDocumentTest, HoldsAtMostTenThousandEntries) {
  std::vector<RevocationEntry> entries;
  for (std::size_t i = 0; i <= kMaxRevocationEntries; ++i) {
    entries.emplace_back(versions("acme.s" + std::to_string(i), "", ""));
  }
  EXPECT_THAT(sign_revocations({.list = list_of(1, entries), .signatures = {}}, signing_keys({1})),
              FailsWith(kRevocationShape));
  entries.pop_back();
  EXPECT_THAT(sign_revocations({.list = list_of(1, entries), .signatures = {}}, signing_keys({1})), IsOk());
}

TEST(RevocationDocumentTest, RefusesEverySingleFlippedBit) {
  const Bytes good = must_read(palyra::testing::test_file("vectors/trust/l001-every-kind.palyra-revocations"));
  const auto document = parse_revocation_document(good);
  ASSERT_THAT(document, IsOk());
  const auto author = crypto::parse_public_key(document->signatures.front().public_key);
  ASSERT_THAT(author, IsOk());
  Publisher publisher = publisher_with({});
  publisher.keys = {*author};
  const SkillTrustStore before = store_with(publisher);
  SkillTrustStore taught = before;
  ASSERT_THAT(taught.apply_revocations(*document), IsOk());
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    Bytes flipped = good;
    flipped[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    const auto read = parse_revocation_document(flipped);
    if (!read) continue;
    SkillTrustStore store = before;
    ASSERT_FALSE(store.apply_revocations(*read).has_value()) << "bit " << bit;
    ASSERT_EQ(store, before);
  }
}

TEST(RevocationEntryTest, IsReadBackFromItsEncoding) {
  for (const RevocationEntry& entry : std::vector<RevocationEntry>{
           RevokedKey{public_key(1)}, content(5), versions("acme.weather", "1.0.0", "1.4.2-rc.1"),
           versions("acme.weather", "", "2.0.0"), versions("acme.weather", "", "")}) {
    const auto read = parse_revocation_entry(revocation_entry_bytes(entry));
    ASSERT_THAT(read, IsOk());
    EXPECT_EQ(*read, entry);
  }
}

TEST(RevocationEntryTest, RefusesEncodingsThatAreNone) {
  const auto with = [](std::uint8_t kind, std::string_view value) {
    Bytes bytes{kind, 0, 0, 0, static_cast<std::uint8_t>(value.size())};
    bytes.insert(bytes.end(), value.begin(), value.end());
    return bytes;
  };
  using namespace std::string_view_literals;
  Bytes longer = with(3, "acme.x\0\0"sv);
  EXPECT_THAT(parse_revocation_entry(longer), IsOk());
  longer.push_back(0);
  Bytes shorter = with(2, std::string(32, 'x'));
  EXPECT_THAT(parse_revocation_entry(shorter), IsOk());
  shorter.at(4) = 31;  // what it says of its length; its value is right
  for (const Bytes& bytes :
       {Bytes{}, Bytes{1, 0, 0, 0}, longer, shorter, with(1, "short"), with(1, std::string(32, '\0')), with(2, "short"),
        with(3, "acme.x"), with(3, "acme.x\0"sv), with(3, "acme..x\0\0"sv), with(3, "acme.x\0one\0"sv),
        with(3, "acme.x\0\0one"sv), with(3, "acme.x\0\0\0"sv),
        with(3,
             "acme.x\0"
             "2.0.0\0"
             "1.0.0"sv),
        with(0, ""), with(4, "x")}) {
    EXPECT_THAT(parse_revocation_entry(bytes), FailsWith(kRevocationShape));
  }
}

TEST(RevocationTest, AddsUpAndIsNeverUnsaid) {
  SkillTrustStore store = store_with(publisher_with({1}));
  ASSERT_THAT(store.apply_revocations(signed_by(list_of(1, {content(1)}), {1})), IsOk());
  ASSERT_THAT(store.apply_revocations(signed_by(list_of(3, {content(2)}), {1})), IsOk());
  const RevocationList& list = store.revocations().at("acme");
  EXPECT_EQ(list.list_version, 3U);
  EXPECT_EQ(list.entries, (std::vector<RevocationEntry>{content(1), content(2)}));
  store.remove_publisher("acme");
  EXPECT_EQ(decide(store, statement_of("1.2.0", 1), {9}).verdict, TrustVerdict::kRevoked);
}

// K14
TEST(RevocationTest, TakesNoOlderList) {
  SkillTrustStore store = store_with(publisher_with({1}));
  const RevocationDocument third = signed_by(list_of(3, {content(1)}), {1});
  ASSERT_THAT(store.apply_revocations(third), IsOk());
  const SkillTrustStore before = store;
  EXPECT_THAT(store.apply_revocations(signed_by(list_of(2, {content(1)}), {1})), FailsWith(kRevocationOlder));
  EXPECT_THAT(store.apply_revocations(signed_by(list_of(3, {content(2)}), {1})), FailsWith(kRevocationOlder));
  RevocationList longer = third.list;
  longer.expires.seconds += 1;
  EXPECT_THAT(store.apply_revocations(signed_by(longer, {1})), FailsWith(kRevocationOlder));
  EXPECT_THAT(store.apply_revocations(third), IsOk());
  EXPECT_THAT(store.apply_revocations(signed_by(third.list, {9})), FailsWith(kRevocationThreshold));
  EXPECT_EQ(store, before);
  RevocationDocument forged = third;
  forged.signatures.front().signature.front() ^= 1U;
  EXPECT_FALSE(store.apply_revocations(forged).has_value());
}

// What earlier lists said does not pass for what this one said.
TEST(RevocationTest, IsTheSameListAgainOnlyWhenNothingIsMissing) {
  SkillTrustStore store = store_with(publisher_with({1}));
  const RevocationDocument third = signed_by(list_of(3, {content(1), content(2)}), {1});
  ASSERT_THAT(store.apply_revocations(third), IsOk());
  EXPECT_THAT(store.apply_revocations(signed_by(list_of(3, {content(1)}), {1})), FailsWith(kRevocationOlder));
  EXPECT_THAT(store.apply_revocations(third), IsOk());
}

TEST(RevocationTest, CountsItsListsAnewAfterARotationReplacedAKey) {
  constexpr std::uint64_t kLast = (std::uint64_t{1} << 53U) - 1;
  SkillTrustStore store = store_with(publisher_with({1}));
  const RevocationDocument stolen = signed_by(list_of(kLast, {content(1)}), {1});
  ASSERT_THAT(store.apply_revocations(stolen), IsOk());
  ASSERT_THAT(store.apply_rotation(signed_by(rotation_of(1, {1}, {1, 2}), {1, 2}), kNow), IsOk());
  EXPECT_EQ(store.revocations().at("acme").list_version, kLast);  // nobody's key is gone
  ASSERT_THAT(store.apply_rotation(signed_by(rotation_of(2, {1, 2}, {2}), {1, 2}), kNow), IsOk());
  EXPECT_EQ(store.revocations().at("acme").list_version, 0U);
  EXPECT_EQ(store.revocations().at("acme").expires.seconds, 0);
  EXPECT_EQ(store.revocations().at("acme").entries, (std::vector<RevocationEntry>{content(1)}));
  EXPECT_THAT(store.apply_revocations(stolen), FailsWith(kRevocationThreshold));
  ASSERT_THAT(store.apply_revocations(signed_by(list_of(1, {content(2)}), {2})), IsOk());
  EXPECT_EQ(store.revocations().at("acme").entries, (std::vector<RevocationEntry>{content(1), content(2)}));
}

TEST(RevocationTest, NeedsTheThresholdOfCurrentKeysThatAreNotRevoked) {
  SkillTrustStore store = store_with(publisher_with({1, 2}, 2));
  EXPECT_THAT(store.apply_revocations(signed_by(list_of(1, {}), {1, 5})), FailsWith(kRevocationThreshold));
  ASSERT_THAT(store.apply_revocations(signed_by(list_of(1, {RevokedKey{public_key(1)}}), {1, 2})), IsOk());
  EXPECT_THAT(store.apply_revocations(signed_by(list_of(2, {}), {1, 2})), FailsWith(kRevocationThreshold));
}

TEST(RevocationTest, NamesOwnSkillsOnly) {
  SkillTrustStore store = store_with(publisher_with({1}));
  ASSERT_THAT(store.apply_rotation(signed_by(rotation_of(1, {1}, {2}), {1, 2}), kNow), IsOk());
  const RevocationDocument bound = signed_by(list_of(1, {versions("acmecorp.mail", "", "")}), {2});
  EXPECT_THAT(store.apply_revocations(bound), FailsWith(kRevocationScope));
  SkillTrustStore with_skill = store;
  with_skill.restore_skill("acmecorp.mail", {.publisher = "acmecorp"});
  EXPECT_THAT(with_skill.apply_revocations(bound), FailsWith(kRevocationScope));
  with_skill.restore_skill("acmecorp.mail", {.publisher = "acme"});
  EXPECT_THAT(with_skill.apply_revocations(bound), IsOk());
  EXPECT_THAT(store.apply_revocations(
                  signed_by(list_of(1, {RevokedKey{public_key(1)}, versions("acme.weather", "", "1.0.0")}), {2})),
              IsOk());
}

// Who met the publisher late takes his whole list.
TEST(RevocationTest, NamesSomeKeysThatWereNeverSeenHere) {
  SkillTrustStore store = store_with(publisher_with({100}));
  ASSERT_THAT(store.add_publisher("contoso", publisher_with({1})), IsOk());
  std::vector<RevocationEntry> keys;
  for (std::uint8_t number = 1; number <= 64; ++number) keys.emplace_back(RevokedKey{public_key(number)});
  ASSERT_THAT(store.apply_revocations(signed_by(list_of(1, keys), {100})), IsOk());
  EXPECT_TRUE(store.is_revoked("acme", public_key(1)));
  EXPECT_FALSE(store.is_revoked("contoso", public_key(1)));
  EXPECT_THAT(store.apply_revocations(signed_by(list_of(2, {RevokedKey{public_key(65)}}), {100})),
              FailsWith(kRevocationScope));
  EXPECT_THAT(store.apply_revocations(signed_by(list_of(2, {RevokedKey{public_key(100)}}), {100})), IsOk());
}

TEST(RevocationTest, NamesKeysOfItsEarlierListsAgain) {
  SkillTrustStore store = store_with(publisher_with({1, 2}));
  ASSERT_THAT(store.apply_revocations(signed_by(list_of(1, {RevokedKey{public_key(1)}}), {2})), IsOk());
  store.remove_publisher("acme");
  ASSERT_THAT(store.add_publisher("acme", publisher_with({3})), IsOk());
  EXPECT_THAT(store.apply_revocations(signed_by(list_of(2, {RevokedKey{public_key(1)}}), {3})), IsOk());
}

TEST(RevocationTest, HasNoMoreEntriesThanALimitWithAllEarlierLists) {
  SkillTrustStore store = store_with(publisher_with({1}));
  const auto many = [](std::string_view prefix) {
    std::vector<RevocationEntry> entries;
    for (std::size_t i = 0; i <= kMaxRevocationEntries / 2; ++i) {
      entries.emplace_back(versions(fmt::format("acme.{}{}", prefix, i), "", ""));
    }
    return entries;
  };
  ASSERT_THAT(store.apply_revocations(signed_by(list_of(1, many("a")), {1})), IsOk());
  EXPECT_THAT(store.apply_revocations(signed_by(list_of(2, many("b")), {1})), FailsWith(kRevocationLimit));
}

TEST(RevocationTest, OfTheOperatorIsAtOnceAndForEverybody) {
  SkillTrustStore store = store_with(publisher_with({1}));
  store.revoke(std::vector<RevocationEntry>{content(1)}, kNow);
  store.revoke(std::vector<RevocationEntry>{versions("acme.weather", "2.0.0", "2.9.9")}, {kNow.seconds + 1});
  const RevocationList& list = store.revocations().at(std::string(kOperatorIssuer));
  EXPECT_EQ(list.list_version, 2U);
  EXPECT_EQ(list.created.seconds, kNow.seconds + 1);
  EXPECT_EQ(list.expires.seconds, 0);
  const WallTime much_later{kNow.seconds + 3650 * kDay};
  EXPECT_EQ(decide(store, statement_of("1.2.0", 1), {1}).verdict, TrustVerdict::kRevoked);
  EXPECT_EQ(decide(store, statement_of("2.0.0"), {1}, much_later).verdict, TrustVerdict::kRevoked);
  EXPECT_EQ(decide(store, statement_of("2.9.9"), {1}).verdict, TrustVerdict::kRevoked);
  EXPECT_EQ(decide(store, statement_of("2.9.10"), {1}, much_later).verdict, TrustVerdict::kAllowlisted);
  EXPECT_EQ(decide(store, statement_of("2.0.0-rc.1"), {1}).verdict, TrustVerdict::kAllowlisted);
  Statement unknown = statement_of("1.0.0", 1);
  unknown.identity.publisher = "contoso";
  EXPECT_EQ(decide(store, unknown, {9}).verdict, TrustVerdict::kRevoked);
}

TEST(RevocationTest, OfAPublisherCountsForHisArtifactsOnly) {
  SkillTrustStore store = store_with(publisher_with({1}));
  ASSERT_THAT(store.add_publisher("contoso", publisher_with({2})), IsOk());
  ASSERT_THAT(store.apply_revocations(signed_by(list_of(1, {content(1), RevokedKey{public_key(1)}}), {1})), IsOk());
  Statement other = statement_of("1.2.0", 1);
  other.identity.publisher = "contoso";
  other.identity.skill_id = "contoso.mail";
  EXPECT_EQ(decide(store, other, {1, 2}).verdict, TrustVerdict::kAllowlisted);
  EXPECT_EQ(decide(store, statement_of("1.2.0", 1), {1}).verdict, TrustVerdict::kRevoked);
}

// K12: when it says it was made does not matter.
TEST(RevocationTest, OfAKeyRefusesAllThatTooFewOthersSigned) {
  SkillTrustStore store = store_with(publisher_with({1, 2, 3}, 2));
  ASSERT_THAT(store.apply_revocations(signed_by(list_of(1, {RevokedKey{public_key(1)}}), {2, 3})), IsOk());
  Statement earlier = statement_of();
  earlier.created = {1};
  const TrustDecision decision = decide(store, earlier, {1, 2});
  EXPECT_EQ(decision.verdict, TrustVerdict::kRevoked);
  ASSERT_TRUE(decision.error.has_value());
  EXPECT_TRUE(decision.error->is(kTrustRevoked));
  EXPECT_NE(decision.error->message().find(crypto::fingerprint(public_key(1))), std::string::npos);
  EXPECT_EQ(decide(store, earlier, {1, 2, 9}).verdict, TrustVerdict::kRevoked);  // a stranger makes up for nothing
  EXPECT_EQ(decide(store, earlier, {1}).verdict, TrustVerdict::kRevoked);
  EXPECT_EQ(decide(store, earlier, {1, 2, 3}).verdict, TrustVerdict::kAllowlisted);
  EXPECT_EQ(decide(store, earlier, {2, 3}).verdict, TrustVerdict::kAllowlisted);
  EXPECT_EQ(decide(store, earlier, {2}).verdict, TrustVerdict::kThresholdNotMet);
}

TEST(RevocationTest, OfARetiredKeyReachesWhatItSignedBeforeTheRotation) {
  SkillTrustStore store = store_with(publisher_with({1}));
  ASSERT_THAT(store.apply_rotation(signed_by(rotation_of(1, {1}, {2}), {1, 2}), kNow), IsOk());
  EXPECT_FALSE(look_up(store, {1}).has_value());
  ASSERT_THAT(store.apply_revocations(signed_by(list_of(1, {RevokedKey{public_key(1)}}), {2})), IsOk());
  EXPECT_TRUE(look_up(store, {1}).has_value());
  EXPECT_TRUE(look_up(store, {1, 9}).has_value());
  EXPECT_FALSE(look_up(store, {1, 2}).has_value());
  EXPECT_FALSE(look_up(store, {2}).has_value());
}

TEST(RevocationTest, OfAKeyThatNobodyCountsChangesNothing) {
  SkillTrustStore store = store_with(publisher_with({1}));
  store.revoke(std::vector<RevocationEntry>{RevokedKey{public_key(9)}}, kNow);
  EXPECT_FALSE(look_up(store, {1, 9}).has_value());
  EXPECT_TRUE(look_up(store, {9}).has_value());
  EXPECT_EQ(decide(store, statement_of(), {1, 9}).verdict, TrustVerdict::kAllowlisted);
}

TEST(RevocationTest, LeavesARevokedKeyOutOfTheCount) {
  SkillTrustStore store = store_with(publisher_with({1, 2}));
  ASSERT_THAT(store.apply_rotation(signed_by(rotation_of(1, {1, 2}, {2, 3}), {1, 2, 3}), kNow), IsOk());
  store.revoke(std::vector<RevocationEntry>{RevokedKey{public_key(2)}}, kNow);
  // 1 is left, which was the publisher's, and is not one that counts today.
  EXPECT_FALSE(look_up(store, {1, 2}).has_value());
  EXPECT_EQ(decide(store, statement_of(), {1, 2}).verdict, TrustVerdict::kKeyMismatch);
}

TEST(RevocationTest, BeatsEveryOtherDecision) {
  SkillTrustStore store = store_with(publisher_with({1}));
  store.revoke(std::vector<RevocationEntry>{versions("acme.weather", "", "")}, kNow);
  EXPECT_EQ(decide(store, statement_of(), {9}).verdict, TrustVerdict::kRevoked);
  store.remove_publisher("acme");
  EXPECT_EQ(decide(store, statement_of(), {9}).verdict, TrustVerdict::kRevoked);
}

// K13, and K16 as far as there is something that expires.
TEST(RevocationTest, ListsThatAreNotRenewedWarnAWeekAndThenStopWhatIsNew) {
  SkillTrustStore store = store_with(publisher_with({1}));
  const RevocationList list = list_of(1, {});
  ASSERT_THAT(store.apply_revocations(signed_by(list, {1})), IsOk());
  const auto after = [&](std::int64_t seconds) {
    return decide(store, statement_of(), {1}, {list.expires.seconds + seconds});
  };
  EXPECT_TRUE(after(0).allows());
  EXPECT_TRUE(after(0).warnings.empty());
  EXPECT_TRUE(after(1).allows());
  ASSERT_EQ(after(1).warnings.size(), 1U);
  EXPECT_TRUE(after(7 * kDay).allows());
  const TrustDecision stale = after(7 * kDay + 1);
  EXPECT_EQ(stale.verdict, TrustVerdict::kRevocationsStale);
  ASSERT_TRUE(stale.error.has_value());
  EXPECT_TRUE(stale.error->is(kTrustRevocationsStale));
  RevocationList renewed = list_of(2, {});
  renewed.expires.seconds += 30 * kDay;
  ASSERT_THAT(store.apply_revocations(signed_by(renewed, {1})), IsOk());
  EXPECT_TRUE(after(7 * kDay + 1).allows());
}

}  // namespace
}  // namespace palyra::skills
