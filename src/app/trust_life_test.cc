// SPDX-License-Identifier: Apache-2.0
// How trust changes: keys rotate, things are revoked, publishers go, and a damaged store comes back.
#include "app_fixture.h"

#include <palyra/app/audit_log.h>
#include <palyra/app/backup_state.h>
#include <palyra/app/recover_state.h>
#include <palyra/app/revoke.h>
#include <palyra/app/rotate_keys.h>
#include <palyra/app/verify_package.h>
#include <palyra/base/hex.h>

namespace palyra::app {
namespace {

using state::VersionStatus;
using testing::FailsWith;
using testing::IsOk;

class TrustLifeTest : public AppTest {
 protected:
  struct Link {
    std::uint8_t old_key = 1;
    std::uint8_t new_key = 2;
    std::optional<std::uint64_t> sequence{};
    std::string publisher = "acme";
  };
  [[nodiscard]] Result<WrittenRotation> make(const Link& link) const {
    const crypto::SigningKey keys[] = {signing_key(link.old_key), signing_key(link.new_key)};
    return make_rotation(services_, {.publisher = link.publisher,
                                     .old_keys = {keys[0].public_key()},
                                     .new_keys = {keys[1].public_key()},
                                     .sequence = link.sequence,
                                     .not_before = WallTime{0},
                                     .signing_keys = keys,
                                     .output = statement(link)});
  }
  [[nodiscard]] std::string statement(const Link& link) const {
    return dir_.file(fmt::format("{}-{}-{}.palyra-rotation", link.publisher, link.old_key, link.new_key));
  }
  [[nodiscard]] Result<skills::Publisher> apply(const std::vector<std::string>& paths) const {
    const RotationPlan plan = PALYRA_TRY(plan_rotation(services_, paths));
    return rotate_keys(services_, plan, ConsentForm::kTyped);
  }

  [[nodiscard]] std::vector<crypto::PublicKey> keys_of(const std::string& publisher) const {
    const skills::SkillTrustStore trust = list_trust(services_).value();
    const skills::Publisher* record = trust.find_publisher(publisher);
    return record == nullptr ? std::vector<crypto::PublicKey>() : record->keys;
  }
  [[nodiscard]] static std::vector<crypto::PublicKey> key(std::uint8_t first) {
    return {signing_key(first).public_key()};
  }

  [[nodiscard]] Result<std::vector<skills::RevocationEntry>> entries(const RevocationArguments& what) const {
    return read_revocation_entries(services_, what);
  }
  static RevocationArguments skill(const std::string& selector) {
    return {.keys = {}, .fingerprints = {}, .content_roots = {}, .skills = {selector}};
  }
  [[nodiscard]] std::string run_code() const {
    const Execution execution = call("{}");
    return execution.error ? std::string(execution.error->error.code().id) : "ok";
  }
};

TEST_F(TrustLifeTest, ARotationChangesTheKeysOnlyWithAWord) {
  trust();
  ASSERT_THAT(make({}), IsOk());
  const auto plan = plan_rotation(services_, {statement({})});
  ASSERT_THAT(plan, IsOk());
  EXPECT_EQ(plan->before.keys, key(1));
  EXPECT_EQ(plan->after.keys, key(2));
  EXPECT_EQ(keys_of("acme"), key(1));
  EXPECT_THAT(rotate_keys(services_, *plan, ConsentForm::kFlag), FailsWith(kPromoteNotInteractive));
  EXPECT_EQ(keys_of("acme"), key(1));
  config_.noninteractive_promote = true;
  EXPECT_THAT(rotate_keys(services_, *plan, ConsentForm::kFlag), IsOk());
  EXPECT_EQ(keys_of("acme"), key(2));
}

TEST_F(TrustLifeTest, TheSequenceCountsOnFromWhatWasSeenHere) {
  EXPECT_EQ(make({})->document.rotation.sequence, 1U);
  EXPECT_FALSE(std::filesystem::exists(state_.root));
  trust();
  EXPECT_EQ(make({})->document.rotation.sequence, 1U);
  ASSERT_THAT(apply({statement({})}), IsOk());
  EXPECT_EQ(make({.old_key = 2, .new_key = 3})->document.rotation.sequence, 2U);
  EXPECT_EQ(make({.old_key = 2, .new_key = 3, .sequence = 7})->document.rotation.sequence, 7U);
  // A store that nobody can read is not one that has seen nothing.
  write(state_.root + "/trust.db", "damaged");
  EXPECT_THAT(make({}), FailsWith(state::kStoreDamaged));
}

TEST_F(TrustLifeTest, AChainIsOfOnePublisherAndInAnyOrder) {
  trust();
  ASSERT_THAT(add_publisher(services_, {.publisher = "other", .keys = key(9), .threshold = 1}), IsOk());
  const Link second{.old_key = 2, .new_key = 3, .sequence = 2};
  const Link others{.old_key = 9, .new_key = 8, .publisher = "other"};
  for (const Link& link : {Link{}, second, others}) ASSERT_THAT(make(link), IsOk());
  EXPECT_THAT(plan_rotation(services_, {}), FailsWith(kTrustArguments));
  EXPECT_THAT(plan_rotation(services_, {statement({}), statement(others)}), FailsWith(kTrustArguments));
  EXPECT_THAT(apply({statement(second), statement({})}), IsOk());
  EXPECT_EQ(keys_of("acme"), key(3));
  EXPECT_EQ(keys_of("other"), key(9));
}

TEST_F(TrustLifeTest, NobodysKeysAreRotatedWhoIsNotTrusted) {
  trust();
  const Link unknown{.publisher = "nobody"};
  ASSERT_THAT(make(unknown), IsOk());
  EXPECT_THAT(plan_rotation(services_, {statement(unknown)}), FailsWith(skills::kPublisherUnknown));
}

TEST_F(TrustLifeTest, AStatementCountsWhoHasSignedIt) {
  const crypto::SigningKey old_key = signing_key(1);
  const crypto::SigningKey new_key = signing_key(2);
  const std::string path = dir_.file("one.palyra-rotation");
  const auto made = make_rotation(services_, {.publisher = "acme",
                                              .old_keys = key(1),
                                              .new_keys = key(2),
                                              .sequence = 1,
                                              .not_before = {},
                                              .signing_keys = {&old_key, 1},
                                              .output = path});
  ASSERT_THAT(made, IsOk());
  EXPECT_EQ(made->old_signatures, 1U);
  EXPECT_EQ(made->new_signatures, 0U);
  const std::string copy = dir_.file("two.palyra-rotation");
  const auto added = sign_rotation_file({.path = path, .signing_keys = {&new_key, 1}, .output = copy});
  ASSERT_THAT(added, IsOk());
  EXPECT_EQ(added->old_signatures, 1U);
  EXPECT_EQ(added->new_signatures, 1U);
  EXPECT_EQ(sign_rotation_file({.path = path, .signing_keys = {&new_key, 1}, .output = ""})->output, path);
  EXPECT_EQ(testing::must_read(path), testing::must_read(copy));
}

TEST_F(TrustLifeTest, WhatIsRevokedIsReadAsDocumentedAndOnce) {
  const auto both = entries({.keys = {to_hex(key(1).front().bytes())},
                             .fingerprints = {},
                             .content_roots = {std::string(64, 'a')},
                             .skills = {"acme.b@1.0.0..1.2.0", "acme.b@1.0.0..1.2.0"}});
  ASSERT_THAT(both, IsOk());
  EXPECT_EQ(both->size(), 3U);
  struct Case {
    std::string selector;
    std::optional<std::string> lowest;
    std::optional<std::string> highest;
  };
  const Case cases[] = {{.selector = "acme.b", .lowest = {}, .highest = {}},
                        {.selector = "acme.b@1.0.0", .lowest = "1.0.0", .highest = "1.0.0"},
                        {.selector = "acme.b@1.0.0-rc.1..", .lowest = "1.0.0-rc.1", .highest = {}},
                        {.selector = "acme.b@..2.0.0", .lowest = {}, .highest = "2.0.0"},
                        {.selector = "acme.b@..", .lowest = {}, .highest = {}}};
  const auto text = [](const std::optional<skills::Version>& version) {
    return version ? std::optional(version->to_text()) : std::nullopt;
  };
  for (const Case& one : cases) {
    const auto read = entries(skill(one.selector));
    ASSERT_THAT(read, IsOk()) << one.selector;
    const auto& versions = std::get<skills::RevokedVersions>(read->front());
    EXPECT_EQ(versions.skill_id, "acme.b");
    EXPECT_EQ(text(versions.lowest), one.lowest) << one.selector;
    EXPECT_EQ(text(versions.highest), one.highest) << one.selector;
  }
}

TEST_F(TrustLifeTest, WhatIsNoRevocationIsRefused) {
  trust();
  for (const char* selector : {"", "@1.0.0", "Acme.b", "acme.b@", "acme.b@1", "acme.b@1.0.0..2", "acme.b@x..",
                               "acme.b@2.0.0..1.0.0", "acme.b@1.0.0@2.0.0"}) {
    EXPECT_THAT(entries(skill(selector)), FailsWith(kRevokeArgument)) << selector;
  }
  EXPECT_THAT(entries({}), FailsWith(kRevokeArgument));
  EXPECT_THAT(entries({.keys = {}, .fingerprints = {}, .content_roots = {"AA"}, .skills = {}}),
              FailsWith(kRevokeArgument));
  EXPECT_THAT(entries({.keys = {"no key"}, .fingerprints = {}, .content_roots = {}, .skills = {}}),
              FailsWith(kKeyArgument));
}

TEST_F(TrustLifeTest, AFingerprintIsOfAKeyThatIsKnownHere) {
  trust();
  const auto by_fingerprint = [&](std::uint8_t first) {
    return entries(
        {.keys = {}, .fingerprints = {crypto::fingerprint(key(first).front())}, .content_roots = {}, .skills = {}});
  };
  ASSERT_THAT(by_fingerprint(1), IsOk());
  EXPECT_EQ(by_fingerprint(1)->front(), skills::RevocationEntry(skills::RevokedKey{key(1).front()}));
  EXPECT_THAT(by_fingerprint(2), FailsWith(kFingerprintUnknown));
  ASSERT_THAT(make({}), IsOk());
  ASSERT_THAT(apply({statement({})}), IsOk());
  EXPECT_THAT(by_fingerprint(1), IsOk());  // retired
  EXPECT_THAT(by_fingerprint(2), IsOk());
  EXPECT_THAT(by_fingerprint(3), FailsWith(kFingerprintUnknown));
  const skills::RevocationEntry revoked = skills::RevokedKey{key(3).front()};
  ASSERT_THAT(revoke(services_, {&revoked, 1}, ConsentForm::kTyped), IsOk());
  EXPECT_THAT(by_fingerprint(3), IsOk());  // revoked
}

TEST_F(TrustLifeTest, WhatIsRevokedRunsNoMoreAndOnlyWithAWord) {
  trust();
  install_and_promote({});
  const auto what = entries(skill("acme.demo@..1.0.0"));
  ASSERT_THAT(what, IsOk());
  EXPECT_THAT(revoke(services_, *what, ConsentForm::kFlag), FailsWith(kPromoteNotInteractive));
  EXPECT_EQ(run_code(), "ok");
  const auto stopped = revoke(services_, *what, ConsentForm::kTyped);
  ASSERT_THAT(stopped, IsOk());
  ASSERT_EQ(stopped->size(), 1U);
  EXPECT_EQ(stopped->front().status, VersionStatus::kRevoked);
  EXPECT_EQ(run_code(), "run.disabled");
}

TEST_F(TrustLifeTest, APublishersListCountsWhenHeSignedIt) {
  trust();
  install_and_promote({});
  const crypto::SigningKey other = signing_key(7);
  const crypto::SigningKey own = signing_key(1);
  const std::string path = dir_.file("acme.palyra-revocations");
  const WallTime now = clock_.wall_seconds();
  ASSERT_THAT(make_revocations(services_, {.issuer = "acme",
                                           .list_version = 1,
                                           .created = {},
                                           .expires = {now.seconds + 1'000},
                                           .entries = entries(skill("acme.demo")).value(),
                                           .signing_keys = {&other, 1},
                                           .output = path}),
              IsOk());
  EXPECT_THAT(apply_revocations(services_, path), FailsWith(skills::kRevocationThreshold));
  EXPECT_EQ(run_code(), "ok");
  ASSERT_THAT(sign_revocations_file({.path = path, .signing_keys = {&own, 1}, .output = ""}), IsOk());
  const auto applied = apply_revocations(services_, path);
  ASSERT_THAT(applied, IsOk());
  EXPECT_EQ(applied->list.issuer, "acme");
  EXPECT_EQ(applied->stopped.size(), 1U);
  EXPECT_EQ(run_code(), "run.disabled");
}

TEST_F(TrustLifeTest, ARemovedPublishersSkillsRunNoMore) {
  trust();
  install_and_promote({});
  EXPECT_THAT(plan_removal(services_, "nobody"), FailsWith(skills::kPublisherUnknown));
  const auto plan = plan_removal(services_, "acme");
  ASSERT_THAT(plan, IsOk());
  ASSERT_EQ(plan->stopped.size(), 1U);
  EXPECT_EQ(plan->stopped.front().artifact.skill_id, "acme.demo");
  EXPECT_THAT(remove_publisher(services_, *plan, ConsentForm::kFlag), FailsWith(kPromoteNotInteractive));
  EXPECT_EQ(run_code(), "ok");
  ASSERT_THAT(remove_publisher(services_, *plan, ConsentForm::kTyped), IsOk());
  EXPECT_EQ(run_code(), "run.disabled");
  EXPECT_TRUE(keys_of("acme").empty());
}

TEST_F(TrustLifeTest, RecoveryKnowsWhatIsThereBeforeAndQuarantinesAll) {
  EXPECT_THAT(plan_recovery(services_), FailsWith(state::kNotInitialised));
  trust();
  install_and_promote({});
  const std::string backup = dir_.file("backup.db");
  ASSERT_THAT(backup_state(services_, backup), IsOk());
  const auto sound = plan_recovery(services_);
  ASSERT_THAT(sound, IsOk());
  EXPECT_FALSE(sound->damage);
  EXPECT_EQ(sound->publishers, 1U);
  EXPECT_EQ(sound->versions, 1U);
  EXPECT_EQ(sound->active, 1U);

  write(state_.root + "/trust.db", "damaged");
  const auto damaged = plan_recovery(services_);
  ASSERT_THAT(damaged, IsOk());
  ASSERT_TRUE(damaged->damage);
  EXPECT_TRUE(damaged->damage->is(state::kStoreDamaged));
  config_.noninteractive_promote = true;
  EXPECT_THAT(recover_state(services_, backup, ConsentForm::kFlag), FailsWith(kRecoveryNeedsPerson));
  EXPECT_TRUE(plan_recovery(services_)->damage);
  const auto recovered = recover_state(services_, backup, ConsentForm::kTyped);
  ASSERT_THAT(recovered, IsOk());
  EXPECT_EQ(recovered->quarantined, 1U);
  EXPECT_GT(recovered->generation, sound->generation);
  EXPECT_EQ(run_code(), "run.disabled");
  EXPECT_EQ(keys_of("acme"), key(1));
}

TEST_F(TrustLifeTest, TheAuditLogIsFoundByEventSubjectAndTime) {
  trust();
  install_and_promote({});
  const auto events = [&](const AuditQuery& query) {
    std::vector<std::string> found;
    const std::vector<state::AuditRow> rows = list_audit(services_, query).value();
    found.reserve(rows.size());
    for (const state::AuditRow& row : rows) found.push_back(row.event);
    return found;
  };
  using Events = std::vector<std::string>;
  EXPECT_EQ(events({.event = {}, .subject = {}}),
            (Events{"skills.promoted", "skills.kept", "trust.publisher_added", "trust.initialised"}));
  EXPECT_EQ(events({.event = {}, .subject = {}, .since = {}, .limit = 1}), Events{"skills.promoted"});
  EXPECT_EQ(events({.event = "trust", .subject = {}}), (Events{"trust.publisher_added", "trust.initialised"}));
  EXPECT_EQ(events({.event = "trust.initialised", .subject = {}}), Events{"trust.initialised"});
  EXPECT_EQ(events({.event = "trus", .subject = {}}), Events{});
  EXPECT_EQ(events({.event = {}, .subject = "acme"}), Events{"trust.publisher_added"});
  EXPECT_EQ(events({.event = {}, .subject = "acme.demo"}), (Events{"skills.promoted", "skills.kept"}));
  EXPECT_EQ(events({.event = {}, .subject = "acme.demo@1.0.0"}), (Events{"skills.promoted", "skills.kept"}));
  EXPECT_EQ(events({.event = {}, .subject = {}, .since = WallTime{clock_.wall_seconds().seconds + 60}}), Events{});
}

TEST_F(TrustLifeTest, TheExportedAuditLogHasEveryRowWithItsDigest) {
  trust();
  const auto exported = export_audit(services_);
  ASSERT_THAT(exported, IsOk());
  ASSERT_EQ(exported->rows.size(), 2U);
  EXPECT_EQ(*exported->rows.back().find("row_sha256")->as_string(), crypto::to_hex(exported->head));
  EXPECT_EQ(*exported->rows.back().find("previous_sha256"), *exported->rows.front().find("row_sha256"));
  EXPECT_EQ(lines_of(*exported), to_text(exported->rows[0]) + "\n" + to_text(exported->rows[1]) + "\n");
}

}  // namespace
}  // namespace palyra::app
