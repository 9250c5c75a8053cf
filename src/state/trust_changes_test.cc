// SPDX-License-Identifier: Apache-2.0
// Publishers go, keys become other keys.
#include "sqlite.h"
#include "state_fixture.h"

namespace palyra::state {
namespace {

using testing::FailsWith;
using testing::IsOk;

class TrustChangesTest : public StateTest {
 protected:
  // As somebody with an editor for databases would.
  void edit(const std::string& sql) const {
    ASSERT_THAT(Database::open(root() + "/trust.db").value().script(("PRAGMA foreign_keys = OFF;" + sql).c_str()),
                IsOk())
        << sql;
  }

  StateStore store_ = must_init();
};

TEST_F(TrustChangesTest, AnUnknownPublisherCannotBeRemoved) {
  EXPECT_THAT(store_.remove_publisher("acme"), FailsWith(skills::kPublisherUnknown));
  EXPECT_EQ(store_.generation().value(), 1U);
}

TEST_F(TrustChangesTest, APublisherGoesWithEverythingOfHisThatRuns) {
  const InstalledVersion old_version = must_install(store_, make_artifact());
  const InstalledVersion active = must_install(store_, make_artifact({.version = "1.1.0"}));
  ASSERT_THAT(store_.add_publisher("bob", publisher_with_key(2)), IsOk());
  const InstalledVersion other =
      must_install(store_, make_artifact({.skill_id = "bob.tool", .tool = "bob.tool", .key = 2}));
  ASSERT_THAT(store_.remove_publisher("acme"), IsOk());

  EXPECT_THAT(store_.find_active("acme.demo.run"), FailsWith(kToolNotFound));
  EXPECT_EQ(store_.find_active("bob.tool").value(), other);
  for (const InstalledVersion& version : {old_version, active}) {
    EXPECT_EQ(store_.version(version.content_root()).value().status, VersionStatus::kQuarantined);
  }
  const AuditRow last = store_.audit_rows().value().back();
  EXPECT_EQ(last.event + " " + last.subject, "trust.publisher_removed acme");
  EXPECT_NE(last.details.find("acme.demo@1.0.0"), std::string::npos) << last.details;
  EXPECT_NE(last.details.find("acme.demo@1.1.0"), std::string::npos) << last.details;
}

// K15, K21
TEST_F(TrustChangesTest, MarksBindingsAndContentsOutliveThePublisher) {
  must_install(store_, make_artifact({.version = "2.0.0"}));
  ASSERT_THAT(store_.remove_publisher("acme"), IsOk());
  ASSERT_THAT(store_.add_publisher("acme", publisher_with_key(1)), IsOk());
  EXPECT_THAT(promote(store_, make_artifact({.version = "1.0.0"})), FailsWith(skills::kTrustRollback));
  EXPECT_THAT(promote(store_, make_artifact({.version = "2.0.0", .asset = "other"})),
              FailsWith(skills::kTrustEquivocation));
  const skills::SkillTrustStore trust = must_open().trust().value();
  EXPECT_EQ(trust.find_skill("acme.demo")->publisher, "acme");
}

TEST_F(TrustChangesTest, ARotationSurvivesReopening) {
  ASSERT_THAT(store_.add_publisher("acme", publisher_with_key(1)), IsOk());
  const std::array chain = {rotation_number(1, 1, 2), rotation_number(2, 2, 3)};
  const auto rotated = store_.rotate_keys(chain);
  ASSERT_THAT(rotated, IsOk());
  EXPECT_EQ(rotated->keys, std::vector{key_number(3).public_key()});
  EXPECT_EQ(rotated->source, skills::PublisherSource::kOperator);

  const skills::SkillTrustStore trust = must_open().trust().value();
  EXPECT_EQ(trust, store_.trust().value());
  EXPECT_EQ(*trust.find_publisher("acme"), *rotated);
  const skills::RotationRecord& record = trust.rotations().at("acme");
  EXPECT_EQ(record.sequence, 2U);
  EXPECT_THAT(record.retired, ::testing::UnorderedElementsAre(key_number(1).public_key(), key_number(2).public_key()));
  const AuditRow last = store_.audit_rows().value().back();
  EXPECT_EQ(last.event + " " + last.subject, "trust.keys_rotated acme");
  EXPECT_NE(last.details.find(crypto::fingerprint(key_number(3).public_key())), std::string::npos) << last.details;
}

TEST_F(TrustChangesTest, AChainOfWhichOneLinkIsBadChangesNothing) {
  ASSERT_THAT(store_.add_publisher("acme", publisher_with_key(1)), IsOk());
  const std::array chain = {rotation_number(1, 1, 2), rotation_number(3, 2, 3)};
  EXPECT_THAT(store_.rotate_keys(chain), FailsWith(skills::kRotationGap));
  EXPECT_EQ(store_.trust().value().find_publisher("acme")->keys, std::vector{key_number(1).public_key()});
  EXPECT_EQ(store_.generation().value(), 2U);
}

// K11
TEST_F(TrustChangesTest, ARotationIsNotForgottenWithItsPublisher) {
  ASSERT_THAT(store_.add_publisher("acme", publisher_with_key(1)), IsOk());
  const std::array chain = {rotation_number(1, 1, 2)};
  ASSERT_THAT(store_.rotate_keys(chain), IsOk());
  ASSERT_THAT(store_.remove_publisher("acme"), IsOk());
  EXPECT_EQ(must_open().trust().value().rotations().at("acme").sequence, 1U);
}

TEST_F(TrustChangesTest, EditedRowsOfARotationAreDamage) {
  for (const char* sql : {"UPDATE rotation SET sequence = 0", "UPDATE rotation SET sequence = 7",
                          "DELETE FROM retired_key", "DELETE FROM rotation; DELETE FROM retired_key",
                          "UPDATE retired_key SET publisher = 'bob'", "INSERT INTO rotation VALUES ('bob', 1)"}) {
    std::filesystem::remove_all(root());
    store_ = must_init();
    ASSERT_THAT(store_.add_publisher("acme", publisher_with_key(1)), IsOk());
    const std::array chain = {rotation_number(1, 1, 2)};
    ASSERT_THAT(store_.rotate_keys(chain), IsOk());
    edit(sql);
    EXPECT_THAT(StateStore::open(options()), FailsWith(kStoreDamaged)) << sql;
    EXPECT_THAT(store_.trust(), FailsWith(kStoreDamaged)) << sql;
  }
}

TEST_F(TrustChangesTest, EditedRevocationsAreDamage) {
  for (const char* sql :
       {"DELETE FROM revocation_entry", "DELETE FROM revocation_list; DELETE FROM revocation_entry",
        "UPDATE revocation_list SET list_version = 1", "UPDATE revocation_list SET expires = expires + 1",
        "UPDATE revocation_list SET created = created + 1", "UPDATE revocation_entry SET entry = x'00'",
        "UPDATE revocation_entry SET issuer = 'operator'"}) {
    std::filesystem::remove_all(root());
    store_ = must_init();
    ASSERT_THAT(store_.add_publisher("acme", publisher_with_key(1)), IsOk());
    const skills::RevocationEntry entry = skills::RevokedContent{crypto::sha256(as_bytes("bad"))};
    ASSERT_THAT(store_.apply_revocations(revocations_number(3, {entry})), IsOk());
    ASSERT_EQ(must_open().trust().value().revocations().at("acme").entries, std::vector{entry});
    edit(sql);
    EXPECT_THAT(StateStore::open(options()), FailsWith(kStoreDamaged)) << sql;
  }
}

}  // namespace
}  // namespace palyra::state
