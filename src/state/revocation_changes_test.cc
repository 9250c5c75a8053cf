// SPDX-License-Identifier: Apache-2.0
// What is revoked stops being runnable, and stays revoked.
#include "sqlite.h"
#include "state_fixture.h"
#include "store_parts.h"
#include "version_table.h"

#include <palyra/skills/package_signer.h>

#include <algorithm>
#include <array>

namespace palyra::state {
namespace {

using skills::RevokedContent;
using skills::RevokedKey;
using skills::RevokedVersions;
using testing::FailsWith;
using testing::IsOk;

constexpr const char* kTool = "acme.demo.run";

class RevocationChangesTest : public StateTest {
 protected:
  [[nodiscard]] VersionStatus status_of(const InstalledVersion& version) const {
    return must_open().version(version.content_root()).value().status;
  }
  [[nodiscard]] Bytes with_signature_of(BytesView file, const crypto::SigningKey& key) const {
    const AcceptingCompiler compiler;
    const skills::testing::FakeModuleInspector inspector;
    return skills::add_signature({.file = file,
                                  .signing_key = &key,
                                  .schemas = &compiler,
                                  .inspector = &inspector,
                                  .now = clock_.wall_seconds()})
        .value()
        .bytes;
  }
  [[nodiscard]] std::string object(const crypto::Sha256Digest& digest) const {
    const std::string hex = crypto::to_hex(digest);
    return root() + "/objects/sha256/" + hex.substr(0, 2) + "/" + hex;
  }

  StateStore store_ = must_init();
  Bytes old_file_ = make_artifact();
  Bytes file_ = make_artifact({.version = "1.1.0"});
  InstalledVersion old_version_ = must_install(store_, old_file_);
  InstalledVersion active_ = must_install(store_, file_);
};

TEST_F(RevocationChangesTest, MeetAVersionWhoseNumberIsNoneAsDamage) {
  const auto parts = open_parts(options(), current_schema()).value();
  Change change = Change::begin(*parts).value();
  active_.artifact.version = "one";
  ASSERT_THAT(save_version(parts->database, active_), IsOk());
  ASSERT_THAT(change.commit("test.edited", "", Json::Object{}), IsOk());
  EXPECT_THAT(store_.apply_revocations(revocations_number(1, {})), FailsWith(kStoreDamaged));
}

TEST_F(RevocationChangesTest, OfAContentStopsItInTheSameChange) {
  const std::uint64_t before = store_.generation().value();
  const std::vector<InstalledVersion> stopped =
      store_.apply_revocations(revocations_number(1, {RevokedContent{active_.content_root()}})).value();
  EXPECT_EQ(store_.generation().value(), before + 1);
  ASSERT_EQ(stopped.size(), 1U);
  EXPECT_EQ(stopped.front(), store_.version(active_.content_root()).value());
  EXPECT_EQ(stopped.front().status, VersionStatus::kRevoked);
  EXPECT_EQ(stopped.front().generation, before + 1);
  EXPECT_FALSE(stopped.front().status_reason.empty());
  EXPECT_THAT(store_.find_active(kTool), FailsWith(kToolNotFound));
  EXPECT_EQ(status_of(old_version_), VersionStatus::kSuperseded);
  const AuditRow last = store_.audit_rows().value().back();
  EXPECT_EQ(last.event + " " + last.subject, "skills.revoked acme");
  EXPECT_NE(last.details.find("acme.demo@1.1.0"), std::string::npos) << last.details;
  EXPECT_EQ(last.details.find("acme.demo@1.0.0"), std::string::npos) << last.details;
}

TEST_F(RevocationChangesTest, OfAKeyStopsEverythingItAloneSigned) {
  EXPECT_EQ(store_.apply_revocations(revocations_number(1, {RevokedKey{key_number(1).public_key()}})).value().size(),
            2U);
  EXPECT_EQ(status_of(old_version_), VersionStatus::kRevoked);
  EXPECT_EQ(status_of(active_), VersionStatus::kRevoked);
}

TEST_F(RevocationChangesTest, OfVersionsStopsThoseWithinItsBounds) {
  const auto first = skills::Version::parse("1.0.0");
  ASSERT_THAT(store_.revoke(std::vector<skills::RevocationEntry>{RevokedVersions{"acme.demo", std::nullopt, first}}),
              IsOk());
  EXPECT_EQ(status_of(old_version_), VersionStatus::kRevoked);
  EXPECT_EQ(store_.find_active(kTool).value(), active_);
}

TEST_F(RevocationChangesTest, OfAPublisherTouchesNobodyElses) {
  ASSERT_THAT(store_.add_publisher("bob", publisher_with_key(1)), IsOk());  // with the same key
  const InstalledVersion bobs = must_install(store_, make_artifact({.skill_id = "bob.tool", .tool = "bob.tool"}));
  ASSERT_THAT(store_.apply_revocations(revocations_number(1, {RevokedKey{key_number(1).public_key()}})), IsOk());
  EXPECT_EQ(status_of(bobs), VersionStatus::kActive);
  const std::vector<skills::RevocationEntry> everybodys = {RevokedKey{key_number(1).public_key()}};
  EXPECT_EQ(store_.revoke(everybodys).value().size(), 1U);
  EXPECT_EQ(status_of(bobs), VersionStatus::kRevoked);
}

// K14
TEST_F(RevocationChangesTest, AnOlderListChangesNothing) {
  ASSERT_THAT(store_.apply_revocations(revocations_number(2, {RevokedContent{active_.content_root()}})), IsOk());
  const std::uint64_t before = store_.generation().value();
  EXPECT_THAT(store_.apply_revocations(revocations_number(1, {})), FailsWith(skills::kRevocationOlder));
  EXPECT_EQ(store_.generation().value(), before);
  EXPECT_EQ(status_of(active_), VersionStatus::kRevoked);
}

TEST_F(RevocationChangesTest, TheSameListAgainChangesNothing) {
  const auto list = revocations_number(2, {RevokedContent{active_.content_root()}});
  ASSERT_THAT(store_.apply_revocations(list), IsOk());
  const std::uint64_t before = store_.generation().value();
  EXPECT_TRUE(store_.apply_revocations(list).value().empty());
  EXPECT_EQ(store_.generation().value(), before);
}

// K12
TEST_F(RevocationChangesTest, WhatIsRevokedIsNeitherKeptAsNewNorPromotedNorActivated) {
  ASSERT_THAT(store_.apply_revocations(revocations_number(1, {RevokedContent{active_.content_root()}})), IsOk());
  EXPECT_EQ(keep(store_, file_).value().status, VersionStatus::kRevoked);
  EXPECT_THAT(promote(store_, file_), FailsWith(skills::kTrustRevoked));
  EXPECT_THAT(activate(store_, file_, Activation::kRollBack), FailsWith(skills::kTrustRevoked));
  EXPECT_EQ(status_of(active_), VersionStatus::kRevoked);
}

TEST_F(RevocationChangesTest, AQuarantineDoesNotHideARevocation) {
  ASSERT_THAT(store_.apply_revocations(revocations_number(1, {RevokedContent{active_.content_root()}})), IsOk());
  EXPECT_THAT(store_.quarantine(active_.content_root(), "odd"), FailsWith(skills::kTrustRevoked));
  EXPECT_EQ(status_of(active_), VersionStatus::kRevoked);
}

TEST_F(RevocationChangesTest, AVerificationFromBeforeItPromotesNothing) {
  const std::uint64_t generation = store_.trust().value().generation();
  const skills::Verification verification = verify(store_, file_);
  ASSERT_TRUE(verification.skill.has_value());
  const std::vector<skills::RevocationEntry> entries = {RevokedContent{active_.content_root()}};
  ASSERT_THAT(store_.revoke(entries), IsOk());
  EXPECT_THAT(store_.promote({.skill = &*verification.skill,
                              .trust_generation = generation,
                              .version_generation = store_.version(active_.content_root()).value().generation,
                              .grants = one_grant()}),
              FailsWith(kStateChanged));
}

TEST_F(RevocationChangesTest, AVersionWhoseSignersCannotBeReadIsQuarantined) {
  std::filesystem::remove(object(active_.artifact.sha256));
  std::filesystem::remove(object(old_version_.artifact.sha256));
  const std::vector<skills::RevocationEntry> entries = {RevokedContent{old_version_.content_root()}};
  EXPECT_EQ(store_.revoke(entries).value().size(), 2U);
  EXPECT_EQ(status_of(old_version_), VersionStatus::kRevoked) << "its content is known without its file";
  const InstalledVersion quarantined = store_.version(active_.content_root()).value();
  EXPECT_EQ(quarantined.status, VersionStatus::kQuarantined);
  EXPECT_NE(quarantined.status_reason.find("signed"), std::string::npos) << quarantined.status_reason;
  EXPECT_THAT(store_.find_active(kTool), FailsWith(kToolNotFound));
}

TEST_F(RevocationChangesTest, WhatWaitsInQuarantineStaysThereAndIsNotPromoted) {
  const Bytes waiting = make_artifact({.version = "3.0.0"});
  const InstalledVersion kept = keep(store_, waiting).value();
  const InstalledVersion claimed = keep(store_, with_bad_signature(make_artifact({.version = "3.1.0"}))).value();
  const std::vector<InstalledVersion> stopped =
      store_.apply_revocations(revocations_number(1, {RevokedVersions{"acme.demo", std::nullopt, std::nullopt}}))
          .value();
  EXPECT_EQ(stopped.size(), 2U) << "what runs, or may run again";
  EXPECT_EQ(status_of(active_), VersionStatus::kRevoked);
  EXPECT_EQ(status_of(kept), VersionStatus::kQuarantined);
  EXPECT_EQ(status_of(claimed), VersionStatus::kQuarantined);
  EXPECT_THAT(promote(store_, waiting), FailsWith(skills::kTrustRevoked));
}

// {1, 2} of which one is enough become {2, 3} of which both must have signed; the operator has revoked 1 before.
TEST_F(RevocationChangesTest, ARotationStopsWhatTooFewHaveSignedThen) {
  const std::array keys = {key_number(1), key_number(2), key_number(3)};
  std::vector<crypto::PublicKey> old_keys = {keys[0].public_key(), keys[1].public_key()};
  std::vector<crypto::PublicKey> new_keys = {keys[1].public_key(), keys[2].public_key()};
  std::ranges::sort(old_keys);
  std::ranges::sort(new_keys);
  ASSERT_THAT(store_.remove_publisher("acme"), IsOk());
  skills::Publisher publisher = publisher_with_key(1);
  publisher.keys = old_keys;
  ASSERT_THAT(store_.add_publisher("acme", publisher), IsOk());
  const Bytes file = with_signature_of(make_artifact({.version = "2.0.0"}), keys[1]);
  const InstalledVersion active = must_install(store_, file);
  const std::vector<skills::RevocationEntry> entries = {RevokedKey{keys[0].public_key()}};
  ASSERT_THAT(store_.revoke(entries), IsOk());
  ASSERT_EQ(status_of(active), VersionStatus::kActive) << "the other key is enough";

  const std::array chain = {skills::sign_rotation({.rotation = {.publisher = "acme",
                                                                .sequence = 1,
                                                                .old_keys = old_keys,
                                                                .new_keys = new_keys,
                                                                .new_threshold = 2,
                                                                .not_before = {1},
                                                                .created = {1}},
                                                   .signatures = {}},
                                                  keys)
                                .value()};
  ASSERT_THAT(store_.rotate_keys(chain), IsOk());
  EXPECT_EQ(status_of(active), VersionStatus::kRevoked);
  EXPECT_THAT(store_.find_active(kTool), FailsWith(kToolNotFound));
  const AuditRow last = store_.audit_rows().value().back();
  EXPECT_EQ(last.event, "trust.keys_rotated");
  EXPECT_NE(last.details.find("acme.demo@2.0.0"), std::string::npos) << last.details;
}

}  // namespace
}  // namespace palyra::state
