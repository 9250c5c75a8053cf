// SPDX-License-Identifier: Apache-2.0
#include "palyra/skills/trust_decision.h"

#include <palyra/base/hex.h>
#include <palyra/base/testing.h>

#include <set>
#include <string>

namespace palyra::skills {
namespace {

using palyra::testing::FailsWith;
using palyra::testing::IsOk;

constexpr WallTime kNow{1'800'000'000};

crypto::PublicKey key(std::uint8_t number) {
  Bytes seed(crypto::kSeedBytes);
  seed.front() = number;
  return crypto::SigningKey::from_seed(Secret(std::move(seed))).public_key();
}
const crypto::PublicKey kAuthor = key(1);
const crypto::PublicKey kReviewer = key(2);
const crypto::PublicKey kStranger = key(3);

Publisher publisher(std::vector<crypto::PublicKey> keys, std::uint32_t threshold = 1,
                    PublisherSource source = PublisherSource::kOperator) {
  return {.keys = std::move(keys), .threshold = threshold, .source = source, .first_seen = kNow, .pinned_by = "test"};
}

SkillTrustStore knowing(Publisher who) {
  SkillTrustStore store;
  EXPECT_THAT(store.add_publisher("acme", std::move(who)), IsOk());
  return store;
}

Statement statement(std::string_view version = "1.2.0", std::uint8_t content = 0) {
  Statement result{
      .identity = {.publisher = "acme", .skill_id = "acme.weather", .version = Version::parse(version).value()},
      .content_root = {},
      .manifest_sha256 = {},
      .created = {1'795'305'600},
      .not_after = {0}};
  result.content_root.bytes.front() = content;
  return result;
}

TrustDecision decide(const SkillTrustStore& store, const Statement& about, std::vector<crypto::PublicKey> signers,
                     const TrustPolicy& policy = {}) {
  return decide_trust(store, {.statement = &about, .signers = signers, .now = kNow, .policy = policy});
}

TEST(TrustDecisionTest, AllowsWhatEnoughKeysOfAKnownPublisherSigned) {
  const auto by_operator = decide(knowing(publisher({kAuthor})), statement(), {kAuthor});
  EXPECT_EQ(by_operator.verdict, TrustVerdict::kAllowlisted);
  EXPECT_TRUE(by_operator.allows());
  EXPECT_FALSE(by_operator.pin || by_operator.error);
  const auto by_first_use =
      decide(knowing(publisher({kAuthor}, 1, PublisherSource::kTofu)), statement(), {kAuthor, kStranger});
  EXPECT_EQ(by_first_use.verdict, TrustVerdict::kTofuPinned);
  EXPECT_TRUE(by_first_use.allows());
}

// K06
TEST(TrustDecisionTest, RefusesOtherKeysOfAKnownPublisherWhateverTheConsent) {
  const SkillTrustStore store = knowing(publisher({kAuthor}));
  for (const auto consent : {UnknownPublisher::kReport, UnknownPublisher::kRefuse, UnknownPublisher::kPin}) {
    const auto decision = decide(store, statement(), {kStranger}, {.unknown_publisher = consent});
    EXPECT_EQ(decision.verdict, TrustVerdict::kKeyMismatch);
    EXPECT_FALSE(decision.allows() || decision.pin);
    ASSERT_TRUE(decision.error.has_value());
    EXPECT_TRUE(decision.error->is(kTrustKeyMismatch));
    EXPECT_NE(decision.error->message().find(crypto::fingerprint(kAuthor)), std::string::npos);
    EXPECT_NE(decision.error->message().find(crypto::fingerprint(kStranger)), std::string::npos);
    ASSERT_FALSE(decision.error->next().empty());
    EXPECT_NE(decision.error->next().front().find("palyra trust rotate"), std::string::npos);
  }
}

TEST(TrustDecisionTest, CountsOnlyKeysOfThePublisherTowardsTheThreshold) {
  const SkillTrustStore store = knowing(publisher({kAuthor, kReviewer}, 2));
  EXPECT_EQ(decide(store, statement(), {kAuthor}).verdict, TrustVerdict::kThresholdNotMet);
  EXPECT_EQ(decide(store, statement(), {kAuthor, kStranger}).verdict, TrustVerdict::kThresholdNotMet);
  EXPECT_EQ(decide(store, statement(), {kAuthor, kReviewer}).verdict, TrustVerdict::kAllowlisted);
}

// K01, K02
TEST(TrustDecisionTest, LooksAtAnUnknownPublisherWithoutPinning) {
  const SkillTrustStore empty;
  const auto looked = decide(empty, statement(), {kAuthor}, {.unknown_publisher = UnknownPublisher::kReport});
  EXPECT_EQ(looked.verdict, TrustVerdict::kFirstUse);
  EXPECT_FALSE(looked.allows() || looked.pin);
  const auto refused = decide(empty, statement(), {kAuthor});
  EXPECT_EQ(refused.verdict, TrustVerdict::kUntrusted);
  EXPECT_FALSE(refused.allows() || refused.pin);
}

TEST(TrustDecisionTest, PinsTheSoleSignerWithConsent) {
  const auto decision = decide({}, statement(), {kAuthor}, {.unknown_publisher = UnknownPublisher::kPin});
  EXPECT_EQ(decision.verdict, TrustVerdict::kTofuPinned);
  ASSERT_TRUE(decision.pin.has_value());
  EXPECT_EQ(decision.pin->publisher, "acme");
  EXPECT_EQ(decision.pin->record.keys, std::vector{kAuthor});
  EXPECT_EQ(decision.pin->record.threshold, 1U);
  EXPECT_EQ(decision.pin->record.source, PublisherSource::kTofu);
}

TEST(TrustDecisionTest, PinsOneOfSeveralSignersOnlyByItsFingerprint) {
  const std::vector signers{kAuthor, kReviewer};
  const auto with = [&signers](std::optional<std::string> fingerprint) {
    return decide({}, statement(), signers,
                  {.unknown_publisher = UnknownPublisher::kPin, .pin_fingerprint = std::move(fingerprint)});
  };
  EXPECT_EQ(with(std::nullopt).verdict, TrustVerdict::kUntrusted);
  EXPECT_EQ(with(crypto::fingerprint(kStranger)).verdict, TrustVerdict::kUntrusted);
  const auto decision = with(crypto::fingerprint(kReviewer));
  EXPECT_EQ(decision.verdict, TrustVerdict::kTofuPinned);
  ASSERT_TRUE(decision.pin.has_value());
  EXPECT_EQ(decision.pin->record.keys, std::vector{kReviewer});
}

TEST(TrustDecisionTest, RefusesASoleSignerWithAnotherFingerprintThanTheOneNamed) {
  const auto decision =
      decide({}, statement(), {kAuthor},
             {.unknown_publisher = UnknownPublisher::kPin, .pin_fingerprint = crypto::fingerprint(kReviewer)});
  EXPECT_EQ(decision.verdict, TrustVerdict::kUntrusted);
}

TEST(TrustDecisionTest, TakesTheDecisionAgainBeforeItPins) {
  Statement expired = statement();
  expired.not_after = {kNow.seconds - 1};
  const auto decision = decide({}, expired, {kAuthor}, {.unknown_publisher = UnknownPublisher::kPin});
  EXPECT_EQ(decision.verdict, TrustVerdict::kExpired);
  EXPECT_FALSE(decision.pin.has_value());
}

// K03
TEST(TrustDecisionTest, LeavesReservedNamesToAnOperator) {
  for (const char* name : {"palyra", "palyra-labs", "official", "con", "lpt1"}) {
    EXPECT_TRUE(is_reserved_publisher(name)) << name;
    Statement reserved = statement();
    reserved.identity.publisher = name;
    EXPECT_EQ(decide({}, reserved, {kAuthor}, {.unknown_publisher = UnknownPublisher::kPin}).verdict,
              TrustVerdict::kUntrusted);
    SkillTrustStore store;
    ASSERT_THAT(store.add_publisher(name, publisher({kAuthor})), IsOk());
    EXPECT_EQ(decide(store, reserved, {kAuthor}).verdict, TrustVerdict::kAllowlisted);
  }
  EXPECT_FALSE(is_reserved_publisher("acme"));
}

// K22, as far as one installation can tell: a skill id has one publisher.
TEST(TrustDecisionTest, RefusesASkillIdOfAnotherPublisher) {
  SkillTrustStore store = knowing(publisher({kAuthor}));
  store.restore_skill("acme.weather", {.publisher = "other"});
  const TrustDecision decision = decide(store, statement(), {kAuthor});
  EXPECT_EQ(decision.verdict, TrustVerdict::kPublisherConflict);
  ASSERT_TRUE(decision.error.has_value());
  EXPECT_TRUE(decision.error->is(kTrustPublisherConflict));
}

TEST(TrustDecisionTest, RefusesAfterNotAfterAndNotBefore) {
  const SkillTrustStore store = knowing(publisher({kAuthor}));
  Statement about = statement();
  about.not_after = kNow;
  EXPECT_EQ(decide(store, about, {kAuthor}).verdict, TrustVerdict::kAllowlisted);
  about.not_after = {kNow.seconds - 1};
  EXPECT_EQ(decide(store, about, {kAuthor}).verdict, TrustVerdict::kExpired);
}

// K21
TEST(TrustDecisionTest, RefusesOtherContentUnderAVersionAlreadySeen) {
  SkillTrustStore store = knowing(publisher({kAuthor}));
  store.record_install(statement("1.2.0", 1));
  EXPECT_EQ(decide(store, statement("1.2.0", 1), {kAuthor}).verdict, TrustVerdict::kAllowlisted);
  EXPECT_EQ(decide(store, statement("1.2.0", 2), {kAuthor}, {.downgrade = Downgrade::kAllow}).verdict,
            TrustVerdict::kEquivocation);
}

TEST(TrustDecisionTest, ExemptsVersionsUnderDevelopmentFromThat) {
  SkillTrustStore store = knowing(publisher({kAuthor}));
  store.record_install(statement("1.3.0-dev.1", 1));
  EXPECT_EQ(decide(store, statement("1.3.0-dev.1", 2), {kAuthor}).verdict, TrustVerdict::kAllowlisted);
  EXPECT_TRUE(store.find_skill("acme.weather")->content.empty());
}

// K15
TEST(TrustDecisionTest, RefusesAVersionBelowTheHighestPromotedUnlessAllowed) {
  SkillTrustStore store = knowing(publisher({kAuthor}));
  store.record_install(statement("2.0.0"));
  EXPECT_EQ(decide(store, statement("1.2.0"), {kAuthor}).verdict, TrustVerdict::kAllowlisted);
  store.record_promotion(statement("1.10.0"));
  EXPECT_EQ(decide(store, statement("1.9.0"), {kAuthor}).verdict, TrustVerdict::kRollback);
  EXPECT_EQ(decide(store, statement("1.10.0-rc.1"), {kAuthor}).verdict, TrustVerdict::kRollback);
  EXPECT_EQ(decide(store, statement("1.10.0"), {kAuthor}).verdict, TrustVerdict::kAllowlisted);
  EXPECT_EQ(decide(store, statement("1.9.0"), {kAuthor}, {.downgrade = Downgrade::kAllow}).verdict,
            TrustVerdict::kAllowlisted);
}

TEST(TrustDecisionTest, NamesTheFirstOfSeveralReasonsByPrecedence) {
  SkillTrustStore store = knowing(publisher({kAuthor, kReviewer}, 2));
  store.restore_skill("acme.weather", {.publisher = "other",
                                       .highest_version = Version::parse("9.0.0"),
                                       .content = {{Version::parse("1.2.0").value(), {}}}});
  Statement about = statement("1.2.0", 1);
  about.not_after = {1};
  EXPECT_EQ(decide(store, about, {kStranger}).verdict, TrustVerdict::kKeyMismatch);
  EXPECT_EQ(decide(store, about, {kAuthor}).verdict, TrustVerdict::kThresholdNotMet);
  const std::vector both{kAuthor, kReviewer};
  EXPECT_EQ(decide(store, about, both).verdict, TrustVerdict::kPublisherConflict);
  SkillRecord record = *store.find_skill("acme.weather");
  record.publisher = "acme";
  store.restore_skill("acme.weather", record);
  EXPECT_EQ(decide(store, about, both).verdict, TrustVerdict::kExpired);
  about.not_after = {0};
  EXPECT_EQ(decide(store, about, both).verdict, TrustVerdict::kEquivocation);
  about.content_root = {};
  EXPECT_EQ(decide(store, about, both).verdict, TrustVerdict::kRollback);
}

Statement by(std::string name, std::string_view version = "1.2.0") {
  Statement about = statement(version);
  about.identity.skill_id = name + ".weather";
  about.identity.publisher = std::move(name);
  return about;
}

// K01, K03
TEST(TrustDecisionTest, LeavesNamesThatLookLikeAKnownOneToAnOperator) {
  SkillTrustStore store = knowing(publisher({kAuthor}));
  ASSERT_THAT(store.add_publisher("weather-co", publisher({kReviewer})), IsOk());
  ASSERT_TRUE(store.remove_publisher("weather-co"));
  store.record_install(by("weather-co"));
  for (const auto& [name, like] : std::vector<std::pair<std::string, std::string>>{
           {"acrne", "acme"}, {"weatherco", "weather-co"}, {"pa1yra", "palyra"}, {"officia1", "official"}}) {
    for (const auto consent : {UnknownPublisher::kReport, UnknownPublisher::kPin}) {
      const auto decision = decide(store, by(name), {kStranger}, {.unknown_publisher = consent});
      EXPECT_EQ(decision.verdict, TrustVerdict::kUntrusted) << name;
      ASSERT_TRUE(decision.error.has_value());
      EXPECT_TRUE(decision.error->is(kTrustUntrusted));
      EXPECT_NE(decision.error->message().find("looks like '" + like + "'"), std::string::npos);
    }
  }
  const TrustPolicy consent{.unknown_publisher = UnknownPublisher::kPin, .pin_fingerprint = std::nullopt};
  EXPECT_EQ(decide(store, by("weather-co"), {kReviewer}, consent).verdict, TrustVerdict::kTofuPinned);
  EXPECT_EQ(decide(store, by("contoso"), {kStranger}, consent).verdict, TrustVerdict::kTofuPinned);
  ASSERT_THAT(store.add_publisher("acrne", publisher({kStranger})), IsOk());
  EXPECT_EQ(decide(store, by("acrne"), {kStranger}).verdict, TrustVerdict::kAllowlisted);
}

// K07
TEST(TrustDecisionTest, HasOneSpellingOfEachPublisher) {
  for (const char* other : {"Acme", "ACME", " acme", "acme ", "acme-", "-acme", "ac--me", "ac me", "acme.", "acm\u00e9",
                            "\u0430cme", "acme\u200b", "ac\tme", "acme/", "a_cme", ""}) {
    EXPECT_FALSE(is_publisher_name(other)) << other;
    SkillTrustStore store;
    EXPECT_THAT(store.add_publisher(other, publisher({kAuthor})), FailsWith(kTrustPublisherInvalid));
  }
  const SkillTrustStore store = knowing(publisher({kAuthor}));
  for (const char* other : {"ac-me", "a-cme", "acme1", "4cme", "acmes"}) {
    EXPECT_EQ(store.find_publisher(other), nullptr);
    EXPECT_FALSE(decide(store, by(other), {kAuthor}).allows()) << other;
  }
}

// K08: any byte of a key counts, whatever a shortened fingerprint shows.
TEST(TrustDecisionTest, ComparesWholeKeys) {
  for (std::uint8_t number = 10; number < 60; ++number) {
    EXPECT_EQ(decide(knowing(publisher({kAuthor})), statement(), {key(number)}).verdict, TrustVerdict::kKeyMismatch);
  }
  const TrustPolicy shortened{.unknown_publisher = UnknownPublisher::kPin,
                              .pin_fingerprint = crypto::fingerprint(kAuthor).substr(0, 24)};
  EXPECT_EQ(decide({}, statement(), {kAuthor}, shortened).verdict, TrustVerdict::kUntrusted);
}

TEST(TrustDecisionTest, NeverPinsARetiredOrARevokedKey) {
  SkillTrustStore store;
  store.restore_rotation("acme", {.sequence = 1, .retired = {kAuthor}});
  store.revoke(std::vector<RevocationEntry>{RevokedKey{kReviewer}}, kNow);
  const auto pin = [&store](std::vector<crypto::PublicKey> signers, const crypto::PublicKey& named) {
    return decide(store, statement(), std::move(signers),
                  {.unknown_publisher = UnknownPublisher::kPin, .pin_fingerprint = crypto::fingerprint(named)});
  };
  EXPECT_EQ(pin({kAuthor}, kAuthor).verdict, TrustVerdict::kUntrusted);
  EXPECT_EQ(pin({kReviewer}, kReviewer).verdict, TrustVerdict::kRevoked);
  EXPECT_EQ(pin({kReviewer, kStranger}, kReviewer).verdict, TrustVerdict::kUntrusted);
  EXPECT_EQ(pin({kReviewer, kStranger}, kStranger).verdict, TrustVerdict::kTofuPinned);
}

// K18
TEST(TrustDecisionTest, WarnsOfAJumpOverMajorVersions) {
  SkillTrustStore store = knowing(publisher({kAuthor}));
  EXPECT_FALSE(is_fast_forward(store, statement("9.0.0")));
  store.record_install(statement("1.0.0"));
  EXPECT_FALSE(is_fast_forward(store, statement("9.0.0")));
  store.record_promotion(statement("1.4.0"));
  for (const char* version : {"0.9.0", "1.4.0", "1.99.0", "2.0.0", "2.5.0"}) {
    EXPECT_FALSE(is_fast_forward(store, statement(version))) << version;
    EXPECT_TRUE(decide(store, statement(version), {kAuthor}).warnings.empty()) << version;
  }
  for (const char* version : {"3.0.0", "9.0.0", "2147483647.0.0"}) {
    EXPECT_TRUE(is_fast_forward(store, statement(version))) << version;
    const auto decision = decide(store, statement(version), {kAuthor});
    EXPECT_TRUE(decision.allows());
    EXPECT_EQ(decision.warnings.size(), 1U) << version;
  }
  EXPECT_FALSE(Version::parse("4294967295.0.0").has_value());
  store.record_promotion(statement("2147483647.0.0"));
  EXPECT_EQ(decide(store, statement("1.5.0"), {kAuthor}, {.downgrade = Downgrade::kAllow}).verdict,
            TrustVerdict::kAllowlisted);
}

// K20: a signature is for one publisher, one skill, one version and one content.
TEST(TrustDecisionTest, IsAboutWhatWasSignedAndNothingElse) {
  Bytes seed(crypto::kSeedBytes);
  const crypto::SigningKey signer = crypto::SigningKey::from_seed(Secret(std::move(seed)));
  const auto signature = signer.sign(statement_bytes(statement()));
  EXPECT_THAT(crypto::verify_signature(signer.public_key().bytes(), statement_bytes(statement()), signature), IsOk());
  Statement other_skill = statement();
  other_skill.identity.skill_id = "acme.weather2";
  for (const Statement& other : {by("contoso"), other_skill, statement("1.2.1"), statement("1.2.0", 1)}) {
    EXPECT_FALSE(crypto::verify_signature(signer.public_key().bytes(), statement_bytes(other), signature).has_value());
  }
}

TEST(SkillTrustStoreTest, NeverLowersTheHighestVersion) {
  SkillTrustStore store = knowing(publisher({kAuthor}));
  store.record_promotion(statement("2.0.0"));
  store.record_promotion(statement("1.0.0"));
  EXPECT_EQ(store.find_skill("acme.weather")->highest_version, Version::parse("2.0.0"));
}

TEST(SkillTrustStoreTest, KeepsWhatItKnowsOfSkillsWhenTheirPublisherGoes) {
  SkillTrustStore store = knowing(publisher({kAuthor}));
  store.record_promotion(statement());
  EXPECT_TRUE(store.remove_publisher("acme"));
  EXPECT_FALSE(store.remove_publisher("acme"));
  EXPECT_NE(store.find_skill("acme.weather"), nullptr);
  ASSERT_THAT(store.add_publisher("acme", publisher({kAuthor})), IsOk());
  EXPECT_EQ(decide(store, statement("1.1.0"), {kAuthor}).verdict, TrustVerdict::kRollback);
  EXPECT_EQ(decide(store, statement("1.2.0", 9), {kAuthor}).verdict, TrustVerdict::kEquivocation);
}

TEST(SkillTrustStoreTest, RefusesPublishersThatMakeNoSense) {
  SkillTrustStore store = knowing(publisher({kAuthor}));
  EXPECT_THAT(store.add_publisher("acme", publisher({kReviewer})), FailsWith(kTrustPublisherExists));
  EXPECT_THAT(store.add_publisher("A", publisher({kAuthor})), FailsWith(kTrustPublisherInvalid));
  EXPECT_THAT(store.add_publisher("other", publisher({})), FailsWith(kTrustPublisherInvalid));
  EXPECT_THAT(store.add_publisher("other", publisher({kAuthor, kAuthor})), FailsWith(kTrustPublisherInvalid));
  EXPECT_THAT(store.add_publisher("other", publisher({kAuthor}, 0)), FailsWith(kTrustPublisherInvalid));
  EXPECT_THAT(store.add_publisher("other", publisher({kAuthor}, 2)), FailsWith(kTrustPublisherInvalid));
  std::vector<crypto::PublicKey> nine;
  for (std::uint8_t number = 10; number < 19; ++number) nine.push_back(key(number));
  EXPECT_THAT(store.add_publisher("other", publisher(nine)), FailsWith(kTrustPublisherInvalid));
}

TEST(TrustDocumentTest, GivesBackThePublishersItWasWrittenFrom) {
  SkillTrustStore store = knowing(publisher({kReviewer, kAuthor}, 2));
  ASSERT_THAT(store.add_publisher("other", publisher({kStranger})), IsOk());
  const auto read = parse_trust_document(as_bytes(format_trust_document(store)), kNow);
  ASSERT_THAT(read, IsOk());
  ASSERT_EQ(read->publishers().size(), 2U);
  EXPECT_EQ(read->find_publisher("acme")->keys, store.find_publisher("acme")->keys);
  EXPECT_EQ(read->find_publisher("acme")->threshold, 2U);
  EXPECT_EQ(read->find_publisher("acme")->source, PublisherSource::kOperator);
}

// K10, M08
TEST(TrustDocumentTest, RefusesWhatIsNotExactlyThat) {
  const std::string good = R"({"format":"palyra/trust/1","publishers":{"acme":{"keys":[")" + to_hex(kAuthor.bytes()) +
                           R"("],"threshold":1}}})";
  EXPECT_THAT(parse_trust_document(as_bytes(good), kNow), IsOk());
  const auto refusal = [&good](std::string_view from, std::string_view to) {
    std::string text = good;
    return parse_trust_document(as_bytes(text.replace(text.find(from), from.size(), to)), kNow);
  };
  EXPECT_THAT(refusal("trust/1", "trust/2"), FailsWith(kTrustStoreMalformed));
  EXPECT_THAT(refusal("{\"format", "{\"now\":0,\"format"), FailsWith(kTrustStoreMalformed));
  EXPECT_THAT(refusal("\"threshold\":1", "\"threshold\":1,\"threshold\":1"), FailsWith(kTrustStoreMalformed));
  EXPECT_THAT(refusal("\"threshold\":1", "\"threshold\":1.5"), FailsWith(kTrustStoreMalformed));
  EXPECT_THAT(refusal("\"threshold\":1", "\"threshold\":-1"), FailsWith(kTrustStoreMalformed));
  EXPECT_THAT(refusal(",\"threshold\":1", ""), FailsWith(kTrustStoreMalformed));
  EXPECT_THAT(refusal("\"threshold\":1", "\"threshold\":2"), FailsWith(kTrustPublisherInvalid));
  EXPECT_THAT(refusal("[\"", "[\"00"), FailsWith(crypto::kSignatureLength));
  EXPECT_THAT(refusal("[\"", "[\"zz"), FailsWith(kTrustStoreMalformed));
  EXPECT_THAT(refusal("\"acme\"", "\"Acme\""), FailsWith(kTrustPublisherInvalid));
  const std::string key_list = "[\"" + to_hex(kAuthor.bytes()) + "\"]";
  EXPECT_THAT(refusal(key_list, "[]"), FailsWith(kTrustPublisherInvalid));
  EXPECT_THAT(refusal(key_list, "null"), FailsWith(kTrustStoreMalformed));
  EXPECT_THAT(refusal(key_list, "\"*\""), FailsWith(kTrustStoreMalformed));
  EXPECT_THAT(refusal(key_list, "[\"*\"]"), FailsWith(kTrustStoreMalformed));
  for (const std::string_view text : {"", "{", "[]", R"({"format":"palyra/trust/1","publishers":[]})",
                                      R"({"format":"palyra/trust/1","publishers":{"acme":[]}})"}) {
    EXPECT_THAT(parse_trust_document(as_bytes(text), kNow), FailsWith(kTrustStoreMalformed)) << text;
  }
}

}  // namespace
}  // namespace palyra::skills
