// SPDX-License-Identifier: Apache-2.0
// Publishers and the life of an installed version.
#include "sqlite.h"
#include "state_fixture.h"

#include <palyra/skills/skill_manifest.h>

#include <algorithm>
#include <filesystem>

namespace palyra::state {
namespace {

using skills::PublisherSource;
using skills::TrustPolicy;
using skills::UnknownPublisher;
using testing::FailsWith;
using testing::IsOk;

const TrustPolicy kReport{.unknown_publisher = UnknownPublisher::kReport, .pin_fingerprint = std::nullopt};
const TrustPolicy kPin{.unknown_publisher = UnknownPublisher::kPin, .pin_fingerprint = std::nullopt};

class StateStoreTest : public StateTest {
 protected:
  StateStore store_ = must_init();
};

TEST_F(StateStoreTest, APublisherSurvivesReopening) {
  skills::Publisher two = publisher_with_key(2);
  two.keys.push_back(key_number(3).public_key());
  two.threshold = 2;
  ASSERT_THAT(store_.add_publisher("acme", publisher_with_key(1)), IsOk());
  ASSERT_THAT(store_.add_publisher("bob", two), IsOk());
  const skills::SkillTrustStore trust = must_open().trust().value();
  ASSERT_EQ(trust.publishers().size(), 2U);
  const skills::Publisher* bob = trust.find_publisher("bob");
  ASSERT_NE(bob, nullptr);
  EXPECT_EQ(bob->threshold, 2U);
  EXPECT_EQ(bob->keys.size(), 2U);
  EXPECT_EQ(bob->source, PublisherSource::kOperator);
  EXPECT_EQ(bob->first_seen, clock_.wall_seconds());
  EXPECT_EQ(bob->pinned_by, "uid 1000 (ann)");
  EXPECT_EQ(trust, store_.trust().value());
}

TEST_F(StateStoreTest, APublisherWithOtherKeysIsNotReplaced) {
  ASSERT_THAT(store_.add_publisher("acme", publisher_with_key(1)), IsOk());
  EXPECT_THAT(store_.add_publisher("acme", publisher_with_key(2)), FailsWith(skills::kTrustPublisherExists));
  EXPECT_EQ(store_.trust().value().find_publisher("acme")->keys.front(), key_number(1).public_key());
  EXPECT_EQ(store_.generation().value(), 2U);
}

TEST_F(StateStoreTest, APublisherWithoutKeysOrWithAnImpossibleThresholdIsRefused) {
  skills::Publisher nobody = publisher_with_key(1);
  nobody.keys.clear();
  EXPECT_THAT(store_.add_publisher("acme", nobody), FailsWith(skills::kTrustPublisherInvalid));
  skills::Publisher two_of_one = publisher_with_key(1);
  two_of_one.threshold = 2;
  EXPECT_THAT(store_.add_publisher("acme", two_of_one), FailsWith(skills::kTrustPublisherInvalid));
  EXPECT_TRUE(store_.trust().value().publishers().empty());
}

TEST_F(StateStoreTest, AnOperatorConfirmsWhatAFirstUsePinned) {
  const Bytes file = make_artifact({});
  ASSERT_THAT(keep(store_, file, kPin), IsOk());
  const WallTime first_seen = clock_.wall_seconds();
  clock_.advance(std::chrono::hours(1));
  EXPECT_THAT(store_.add_publisher("acme", publisher_with_key(2)), FailsWith(skills::kTrustPublisherExists));
  ASSERT_THAT(store_.add_publisher("acme", publisher_with_key(1)), IsOk());
  const skills::SkillTrustStore trust = store_.trust().value();
  EXPECT_EQ(trust.find_publisher("acme")->source, PublisherSource::kOperator);
  EXPECT_EQ(trust.find_publisher("acme")->first_seen, first_seen);
}

TEST_F(StateStoreTest, AFileOfAnUnknownPublisherIsKeptInQuarantineAndPinsNothing) {
  const Bytes file = make_artifact({});
  const InstalledVersion kept = keep(store_, file, kReport).value();
  EXPECT_EQ(kept.status, VersionStatus::kQuarantined);
  EXPECT_EQ(kept.artifact.proof, NameProof::kProven);
  EXPECT_EQ(kept.artifact.decision, "first_use");
  EXPECT_EQ(kept.artifact.skill_id, "acme.demo");
  EXPECT_EQ(kept.artifact.size_bytes, file.size());
  EXPECT_EQ(kept.artifact.sha256, crypto::sha256(file));
  EXPECT_EQ(must_open().versions_of("acme.demo").value(), std::vector{kept});
  EXPECT_TRUE(store_.trust().value().publishers().empty());
  EXPECT_TRUE(store_.trust().value().skills().empty());
  EXPECT_EQ(store_.trust().value().generation(), 1U);
  const crypto::HashedBytes bytes = store_.load_object(kept.artifact.sha256).value();
  EXPECT_TRUE(std::ranges::equal(bytes.view(), file));
}

TEST_F(StateStoreTest, AFileWithABadSignatureIsKeptWithWhatItClaims) {
  const Bytes file = with_bad_signature(make_artifact());
  const InstalledVersion kept = keep(store_, file).value();
  EXPECT_EQ(kept.status, VersionStatus::kQuarantined);
  EXPECT_EQ(kept.artifact.proof, NameProof::kClaimed);
  EXPECT_EQ(kept.artifact.skill_id, "acme.demo");
  EXPECT_EQ(kept.artifact.decision, "");
  EXPECT_EQ(kept.artifact.stage, "signature");
  EXPECT_TRUE(kept.artifact.code.starts_with("signature.")) << kept.artifact.code;
  EXPECT_FALSE(kept.artifact.message.empty());
  EXPECT_THAT(store_.load_object(kept.artifact.sha256), IsOk());
}

TEST_F(StateStoreTest, AFileWithoutReadableSignaturesHasNoNames) {
  const InstalledVersion kept = keep(store_, with_entry(make_artifact(), "signature.json", as_bytes("[]\n"))).value();
  EXPECT_EQ(kept.artifact.proof, NameProof::kNone);
  EXPECT_EQ(kept.artifact.skill_id, "");
  EXPECT_EQ(kept.artifact.stage, "signature_shape");
}

TEST_F(StateStoreTest, KeepingTheSameFileAgainChangesNothing) {
  ASSERT_THAT(store_.add_publisher("acme", publisher_with_key(1)), IsOk());
  const Bytes file = make_artifact();
  const InstalledVersion first = keep(store_, file).value();
  const std::uint64_t generation = store_.generation().value();
  clock_.advance(std::chrono::hours(1));
  EXPECT_EQ(keep(store_, file).value(), first);
  EXPECT_EQ(store_.generation().value(), generation);
  const InstalledVersion active = promote(store_, file).value();
  EXPECT_EQ(keep(store_, file).value(), active);
  EXPECT_EQ(store_.generation().value(), generation + 1);
}

TEST_F(StateStoreTest, OfTwoFilesWithOneContentTheBetterVerdictStands) {
  ASSERT_THAT(store_.add_publisher("acme", publisher_with_key(1)), IsOk());
  const Bytes good = make_artifact();
  const Bytes bad = with_bad_signature(good);
  const InstalledVersion kept_bad = keep(store_, bad).value();
  clock_.advance(std::chrono::hours(1));
  const InstalledVersion kept_good = keep(store_, good).value();
  EXPECT_EQ(kept_good.artifact.sha256, crypto::sha256(good));
  EXPECT_EQ(kept_good.first_seen, kept_bad.first_seen);
  EXPECT_EQ(keep(store_, bad).value(), kept_good);
  EXPECT_EQ(store_.versions().value().size(), 1U);
  EXPECT_THAT(store_.load_object(crypto::sha256(bad)), IsOk());
}

TEST_F(StateStoreTest, AFileNeverReplacesTheOneThatWasPromoted) {
  const Bytes file = make_artifact();
  const InstalledVersion active = must_install(store_, file);
  EXPECT_EQ(keep(store_, with_bad_signature(file)).value().artifact, active.artifact);
  EXPECT_EQ(store_.find_active("acme.demo.run").value().artifact, active.artifact);
}

TEST_F(StateStoreTest, WhatIsOnlyKeptIsNotActive) {
  ASSERT_THAT(store_.add_publisher("acme", publisher_with_key(1)), IsOk());
  ASSERT_THAT(keep(store_, make_artifact()), IsOk());
  EXPECT_THAT(store_.find_active("acme.demo.run"), FailsWith(kToolNotFound));
}

TEST_F(StateStoreTest, PromotionMakesTheToolsFindableWithGrantsAndEntries) {
  const Bytes file = make_artifact();
  const InstalledVersion promoted = must_install(store_, file);
  const StateStore reopened = must_open();
  const InstalledVersion active = reopened.find_active("acme.demo.run").value();
  EXPECT_EQ(active, promoted);
  EXPECT_EQ(active.status, VersionStatus::kActive);
  EXPECT_EQ(active.grants, one_grant());
  EXPECT_EQ(active.tools, std::vector<std::string>{"acme.demo.run"});
  EXPECT_EQ(active.artifact.decision, "allowlisted");
  const skills::Artifact artifact = skills::Artifact::read(file).value();
  for (const char* name : {"skill.toml", "modules/demo.wasm", "assets/data.txt"}) {
    const StoredEntry* entry = active.find_entry(name);
    ASSERT_NE(entry, nullptr) << name;
    EXPECT_EQ(entry->size_bytes, artifact.at(name).bytes.size());
    EXPECT_TRUE(std::ranges::equal(reopened.load_object(entry->sha256).value().view(), artifact.at(name).bytes))
        << name;
  }
  EXPECT_EQ(active.entries.size(), 3U);
  const skills::SkillTrustStore trust = reopened.trust().value();
  const skills::SkillRecord* record = trust.find_skill("acme.demo");
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->highest_version, skills::Version::parse("1.0.0"));
}

TEST_F(StateStoreTest, GrantsOfEveryClassAreReadAsTheyWereSaved) {
  ASSERT_THAT(store_.add_publisher("acme", publisher_with_key(1)), IsOk());
  const Bytes file = make_artifact();
  const InstalledVersion kept = keep(store_, file).value();
  const skills::Verification verification = verify(store_, file);
  const auto grants = capability::CapabilityGrantSet::create(
      {capability::FilesystemRoot{.name = "b"}, capability::FilesystemRoot{.name = "a"},
       capability::ChannelUse{.name = "jobs"}, capability::ChannelUse{.name = "answers"},
       capability::StoragePrefix{.prefix = "notes/"}, capability::StoragePrefix{.prefix = "drafts/"},
       capability::SecretUse{.scope = "skill:acme.demo", .key = "token"},
       capability::SecretUse{.scope = "skill:acme.demo", .key = "key"}, capability::HttpRule{.host = "b.example"},
       capability::HttpRule{.host = "a.example"}});
  ASSERT_THAT(grants, IsOk());
  const auto promoted = store_.promote({.skill = &*verification.skill,
                                        .trust_generation = store_.trust().value().generation(),
                                        .version_generation = kept.generation,
                                        .replaces = std::nullopt,
                                        .grants = *grants});
  ASSERT_THAT(promoted, IsOk());
  const auto again = must_open().version(promoted->content_root());
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->grants, *grants);
}

TEST_F(StateStoreTest, InstallingBindsTheVersionButDoesNotRaiseTheMark) {
  ASSERT_THAT(store_.add_publisher("acme", publisher_with_key(1)), IsOk());
  const InstalledVersion kept = keep(store_, make_artifact()).value();
  const skills::SkillTrustStore trust = must_open().trust().value();
  const skills::SkillRecord* record = trust.find_skill("acme.demo");
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->publisher, "acme");
  EXPECT_FALSE(record->highest_version.has_value());
  EXPECT_EQ(record->content.at(skills::Version::parse("1.0.0").value()), kept.content_root());
}

TEST_F(StateStoreTest, PromotingANewerVersionSupersedesTheOlder) {
  const Bytes old_file = make_artifact();
  const InstalledVersion old_version = must_install(store_, old_file);
  const InstalledVersion new_version = must_install(store_, make_artifact({.version = "1.9.1-rc.1"}));
  EXPECT_EQ(store_.find_active("acme.demo.run").value(), new_version);
  must_install(store_, make_artifact({.version = "1.10.0", .tool = "acme.demo.other"}));
  EXPECT_THAT(store_.find_active("acme.demo.run"), FailsWith(kToolNotFound));
  EXPECT_EQ(store_.version(old_version.content_root()).value().status, VersionStatus::kSuperseded);
  EXPECT_EQ(store_.version(new_version.content_root()).value().status, VersionStatus::kSuperseded);
  std::vector<std::string> order;
  const std::vector<InstalledVersion> versions = store_.versions().value();
  for (const InstalledVersion& version : versions) order.push_back(version.artifact.version);
  EXPECT_EQ(order, (std::vector<std::string>{"1.0.0", "1.9.1-rc.1", "1.10.0"}));
}

// K15
TEST_F(StateStoreTest, ADowngradeKeepsTheMark) {
  must_install(store_, make_artifact({.version = "2.0.0"}));
  const Bytes old_file = make_artifact({.version = "1.0.0"});
  const TrustPolicy downgrade{.unknown_publisher = UnknownPublisher::kRefuse,
                              .pin_fingerprint = std::nullopt,
                              .downgrade = skills::Downgrade::kAllow};
  EXPECT_THAT(promote(store_, old_file), FailsWith(skills::kTrustRollback));
  ASSERT_THAT(keep(store_, old_file, downgrade), IsOk());
  ASSERT_THAT(promote(store_, old_file, downgrade), IsOk());
  EXPECT_EQ(store_.find_active("acme.demo.run").value().artifact.version, "1.0.0");
  const skills::SkillTrustStore trust = must_open().trust().value();
  EXPECT_EQ(trust.find_skill("acme.demo")->highest_version, skills::Version::parse("2.0.0"));
}

TEST_F(StateStoreTest, AToolBelongsToOneActiveSkill) {
  const Bytes first = make_artifact({.skill_id = "acme.one", .tool = "acme.tool"});
  const Bytes second = make_artifact({.skill_id = "acme.two", .tool = "acme.tool"});
  const InstalledVersion one = must_install(store_, first);
  ASSERT_THAT(keep(store_, second), IsOk());
  EXPECT_THAT(promote(store_, second), FailsWith(kToolConflict));
  EXPECT_EQ(store_.find_active("acme.tool").value(), one);
  ASSERT_THAT(store_.quarantine(one.content_root(), "no longer wanted"), IsOk());
  ASSERT_THAT(promote(store_, second), IsOk());
  EXPECT_EQ(store_.find_active("acme.tool").value().artifact.skill_id, "acme.two");
}

TEST_F(StateStoreTest, APromotionAgainstOtherTrustIsRefused) {
  ASSERT_THAT(store_.add_publisher("acme", publisher_with_key(1)), IsOk());
  const Bytes file = make_artifact();
  const InstalledVersion kept = keep(store_, file).value();
  const std::uint64_t generation = store_.trust().value().generation();
  const skills::Verification verification = verify(store_, file);
  ASSERT_TRUE(verification.skill.has_value());
  StateStore other = must_open();
  ASSERT_THAT(other.add_publisher("bob", publisher_with_key(2)), IsOk());
  const PromoteRequest request{.skill = &*verification.skill,
                               .trust_generation = generation,
                               .version_generation = kept.generation,
                               .grants = {}};
  EXPECT_THAT(store_.promote(request), FailsWith(kStateChanged));
  EXPECT_THAT(store_.keep_in_quarantine({.verification = &verification, .trust_generation = generation}),
              FailsWith(kStateChanged));
  EXPECT_THAT(store_.find_active("acme.demo.run"), FailsWith(kToolNotFound));
}

TEST_F(StateStoreTest, APromotionOfAVersionThatWasQuarantinedMeanwhileIsRefused) {
  const Bytes file = make_artifact();
  const InstalledVersion shown = must_install(store_, file);
  const std::uint64_t generation = store_.trust().value().generation();
  const skills::Verification verification = verify(store_, file);
  StateStore other = must_open();
  ASSERT_THAT(other.quarantine(shown.content_root(), "found to be malicious"), IsOk());
  EXPECT_THAT(store_.promote({.skill = &*verification.skill,
                              .trust_generation = generation,
                              .version_generation = shown.generation,
                              .grants = {}}),
              FailsWith(kStateChanged));
  EXPECT_THAT(store_.find_active("acme.demo.run"), FailsWith(kToolNotFound));
}

TEST_F(StateStoreTest, OnlyWhatIsKeptCanBePromoted) {
  ASSERT_THAT(store_.add_publisher("acme", publisher_with_key(1)), IsOk());
  EXPECT_THAT(promote(store_, make_artifact()), FailsWith(kSkillNotInstalled));
  // The same content in another file.
  ASSERT_THAT(keep(store_, with_bad_signature(make_artifact())), IsOk());
  EXPECT_THAT(promote(store_, make_artifact()), FailsWith(kSkillNotInstalled));
}

TEST_F(StateStoreTest, AQuarantinedVersionDoesNotRunAndComesBackOnlyByPromotion) {
  const Bytes file = make_artifact();
  const InstalledVersion active = must_install(store_, file);
  ASSERT_THAT(store_.quarantine(active.content_root(), "looks odd"), IsOk());
  EXPECT_THAT(must_open().find_active("acme.demo.run"), FailsWith(kToolNotFound));
  const InstalledVersion quarantined = store_.version(active.content_root()).value();
  EXPECT_EQ(quarantined.status, VersionStatus::kQuarantined);
  EXPECT_EQ(quarantined.status_reason, "looks odd");
  EXPECT_EQ(keep(store_, file).value().status, VersionStatus::kQuarantined);
  EXPECT_THAT(store_.find_active("acme.demo.run"), FailsWith(kToolNotFound));
  ASSERT_THAT(promote(store_, file), IsOk());
  EXPECT_THAT(store_.find_active("acme.demo.run"), IsOk());
}

TEST_F(StateStoreTest, ARemovedVersionIsGoneButNotForgotten) {
  const Bytes file = make_artifact();
  const InstalledVersion active = must_install(store_, file);
  clock_.advance(std::chrono::hours(100));
  ASSERT_THAT(store_.remove(active.content_root()), IsOk());
  EXPECT_THAT(must_open().find_active("acme.demo.run"), FailsWith(kToolNotFound));
  EXPECT_THAT(store_.remove(active.content_root()), FailsWith(kSkillNotInstalled));
  EXPECT_THAT(store_.quarantine(active.content_root(), ""), FailsWith(kSkillNotInstalled));
  EXPECT_THAT(promote(store_, file), FailsWith(kSkillNotInstalled));
  // The mark and the content of each version outlive it.
  EXPECT_THAT(promote(store_, make_artifact({.version = "0.9.0"})), FailsWith(skills::kTrustRollback));
  EXPECT_THAT(promote(store_, make_artifact({.asset = "other text"})), FailsWith(skills::kTrustEquivocation));
  const InstalledVersion again = keep(store_, file).value();
  EXPECT_EQ(again.status, VersionStatus::kQuarantined);
  EXPECT_EQ(again.first_seen, active.first_seen);
  EXPECT_TRUE(again.grants.empty());
  EXPECT_EQ(again.tools, std::vector<std::string>{"acme.demo.run"});
  // That it was removed stays told, also by a file of the same content that was refused and then was not.
  EXPECT_EQ(again.status_reason, "came again; it was removed by uid 1000 (ann)");
  ASSERT_THAT(store_.remove(active.content_root()), IsOk());
  ASSERT_FALSE(keep(store_, with_bad_signature(file)).value().artifact.code.empty());
  const InstalledVersion mended = keep(store_, file).value();
  EXPECT_TRUE(mended.artifact.code.empty());
  EXPECT_EQ(mended.status_reason, again.status_reason);
}

TEST_F(StateStoreTest, WhatWasNeverKeptIsNotInstalled) {
  EXPECT_THAT(store_.version({}), FailsWith(kSkillNotInstalled));
  EXPECT_THAT(store_.quarantine({}, ""), FailsWith(kSkillNotInstalled));
  EXPECT_THAT(store_.remove({}), FailsWith(kSkillNotInstalled));
  EXPECT_TRUE(store_.versions_of("acme.demo").value().empty());
}

TEST_F(StateStoreTest, AFirstUsePinsInTheTransactionThatKeepsOrPromotes) {
  const Bytes file = make_artifact();
  ASSERT_THAT(keep(store_, file, kReport), IsOk());
  ASSERT_THAT(promote(store_, file, kPin), IsOk());
  const skills::SkillTrustStore trust = must_open().trust().value();
  const skills::Publisher* acme = trust.find_publisher("acme");
  ASSERT_NE(acme, nullptr);
  EXPECT_EQ(acme->source, PublisherSource::kTofu);
  EXPECT_EQ(acme->pinned_by, "uid 1000 (ann)");
  EXPECT_EQ(acme->keys, std::vector{key_number(1).public_key()});
  EXPECT_EQ(store_.find_active("acme.demo.run").value().artifact.decision, "tofu_pinned");
  const AuditRow last = store_.audit_rows().value().back();
  EXPECT_NE(last.details.find(crypto::fingerprint(key_number(1).public_key())), std::string::npos) << last.details;
}

TEST_F(StateStoreTest, AFlippedBitInAnInstalledModuleIsRefusedAtEachLoad) {
  const InstalledVersion active = must_install(store_, make_artifact());
  const std::string hex = crypto::to_hex(active.find_entry("modules/demo.wasm")->sha256);
  const std::string file = root() + "/objects/sha256/" + hex.substr(0, 2) + "/" + hex;
  Bytes bytes = testing::must_read(file);
  bytes[4] ^= 2U;
  ASSERT_THAT(write_file_atomic(file, bytes, 0444, Overwrite::kYes), IsOk());
  EXPECT_THAT(store_.load_object(active.find_entry("modules/demo.wasm")->sha256), FailsWith(kObjectDamaged));
  EXPECT_THAT(must_open().load_object(active.find_entry("modules/demo.wasm")->sha256), FailsWith(kObjectDamaged));
}

TEST_F(StateStoreTest, EditedRowsOfAVersionAreRefused) {
  for (const char* sql :
       {"UPDATE version_entry SET sha256 = zeroblob(32) WHERE name LIKE 'modules/%'", "DELETE FROM version_entry",
        "UPDATE version_entry SET name = 'modules/x.wasm' WHERE name LIKE 'modules/%'", "DELETE FROM version_grant",
        "UPDATE version_grant SET json = replace(json, 'api', 'apo')", "UPDATE version_grant SET json = '{}'",
        "UPDATE version_tool SET tool_id = 'acme.demo.run' WHERE tool_id = 'acme.demo.b'",
        "UPDATE version SET status_reason = ''", "UPDATE version SET first_seen = 0",
        "UPDATE artifact SET version = '9.9.9'", "UPDATE artifact SET decision = 'tofu_pinned'",
        "UPDATE version SET generation = 1"}) {
    std::filesystem::remove_all(root());
    store_ = must_init();
    const InstalledVersion active = must_install(store_, make_artifact());
    const Database database = Database::open(root() + "/trust.db").value();
    ASSERT_THAT(database.run("INSERT INTO version_tool VALUES (?1, 'acme.demo.b', 0)", active.content_root()), IsOk());
    if (!std::string_view(sql).starts_with("UPDATE version_tool")) {
      ASSERT_THAT(database.run("DELETE FROM version_tool WHERE tool_id = 'acme.demo.b'"), IsOk());
      ASSERT_THAT(store_.find_active("acme.demo.run"), IsOk());
    } else {
      ASSERT_THAT(database.run("DELETE FROM version_tool WHERE tool_id = 'acme.demo.run'"), IsOk());
    }
    ASSERT_THAT(database.run(sql), IsOk()) << sql;
    clock_.advance(std::chrono::seconds(1));  // no change of ours: noticed when SQLite is asked next
    EXPECT_FALSE(store_.find_active("acme.demo.run").has_value()) << sql;
  }
}

TEST_F(StateStoreTest, ARowThatSaysActiveDoesNotMakeAVersionRun) {
  const InstalledVersion active = must_install(store_, make_artifact());
  ASSERT_THAT(store_.quarantine(active.content_root(), "odd"), IsOk());
  const Database database = Database::open(root() + "/trust.db").value();
  ASSERT_THAT(database.run("UPDATE version_tool SET active = 1"), IsOk());
  EXPECT_THAT(store_.find_active("acme.demo.run"), FailsWith(kToolNotFound));
  ASSERT_THAT(database.run("UPDATE version SET status = 'active'"), IsOk());
  EXPECT_THAT(store_.find_active("acme.demo.run"), FailsWith(kStoreDamaged));
}

TEST_F(StateStoreTest, TheTrustGenerationMovesOnlyWithTrust) {
  const InstalledVersion active = must_install(store_, make_artifact());
  const std::uint64_t before = store_.trust().value().generation();
  ASSERT_THAT(store_.quarantine(active.content_root(), "odd"), IsOk());
  ASSERT_THAT(store_.remove(active.content_root()), IsOk());
  ASSERT_THAT(keep(store_, with_bad_signature(make_artifact())), IsOk());
  EXPECT_EQ(store_.trust().value().generation(), before);
  ASSERT_THAT(store_.add_publisher("bob", publisher_with_key(2)), IsOk());
  EXPECT_EQ(store_.trust().value().generation(), before + 1);
}

}  // namespace
}  // namespace palyra::state
