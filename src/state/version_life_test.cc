// SPDX-License-Identifier: Apache-2.0
// Versions are disabled, enabled, rolled back; what hangs on them.
#include "sqlite.h"
#include "state_fixture.h"

namespace palyra::state {
namespace {

using testing::FailsWith;
using testing::IsOk;

constexpr const char* kTool = "acme.demo.run";

class VersionLifeTest : public StateTest {
 protected:
  StateStore store_ = must_init();
  Bytes old_file_ = make_artifact();
  Bytes file_ = make_artifact({.version = "1.1.0"});
  InstalledVersion old_version_ = must_install(store_, old_file_);
  InstalledVersion active_ = must_install(store_, file_);
};

TEST_F(VersionLifeTest, OnlyAnActiveVersionIsAmongTheActiveOnes) {
  EXPECT_EQ(store_.active_versions().value(), std::vector{active_});
  ASSERT_THAT(store_.disable(active_.content_root()), IsOk());
  EXPECT_TRUE(store_.active_versions().value().empty());
}

TEST_F(VersionLifeTest, ADisabledVersionRunsAgainWithTheGrantsItHad) {
  ASSERT_THAT(store_.disable(active_.content_root()), IsOk());
  EXPECT_THAT(must_open().find_active(kTool), FailsWith(kToolNotFound));
  EXPECT_THAT(store_.disable(active_.content_root()), FailsWith(kNotActive));
  const InstalledVersion enabled = activate(store_, file_, Activation::kEnable).value();
  EXPECT_EQ(enabled.status, VersionStatus::kActive);
  EXPECT_EQ(enabled.grants, active_.grants);
  EXPECT_EQ(enabled.entries, active_.entries);
  EXPECT_EQ(must_open().find_active(kTool).value(), enabled);
  const std::vector<AuditRow> rows = store_.audit_rows().value();
  EXPECT_EQ(rows.at(rows.size() - 2).event, "skills.disabled");
  EXPECT_EQ(rows.back().event, "skills.enabled");
}

TEST_F(VersionLifeTest, ARollBackSupersedesTheActiveVersionAndKeepsTheMark) {
  const InstalledVersion again = activate(store_, old_file_, Activation::kRollBack).value();
  EXPECT_EQ(again.status, VersionStatus::kActive);
  EXPECT_EQ(again.grants, old_version_.grants);
  EXPECT_EQ(store_.find_active(kTool).value(), again);
  EXPECT_EQ(store_.version(active_.content_root()).value().status, VersionStatus::kSuperseded);
  EXPECT_EQ(store_.trust().value().find_skill("acme.demo")->highest_version, skills::Version::parse("1.1.0"));
  EXPECT_EQ(store_.audit_rows().value().back().event, "skills.rolled_back");
}

TEST_F(VersionLifeTest, OnlyWhatWasSwitchedOffIsSwitchedOn) {
  EXPECT_THAT(activate(store_, file_, Activation::kEnable), FailsWith(kStateChanged));
  EXPECT_THAT(activate(store_, file_, Activation::kRollBack), FailsWith(kStateChanged));
  EXPECT_THAT(activate(store_, old_file_, Activation::kEnable), FailsWith(kStateChanged));
}

TEST_F(VersionLifeTest, WhatWasNeverPromotedOrIsQuarantinedIsNotActivated) {
  const Bytes other = make_artifact({.version = "1.2.0"});
  ASSERT_THAT(keep(store_, other), IsOk());
  EXPECT_THAT(activate(store_, other, Activation::kRollBack), FailsWith(kNeverPromoted));
  ASSERT_THAT(store_.quarantine(active_.content_root(), "odd"), IsOk());
  EXPECT_THAT(activate(store_, file_, Activation::kEnable), FailsWith(kNeverPromoted));
  EXPECT_THAT(activate(store_, file_, Activation::kRollBack), FailsWith(kNeverPromoted));
  EXPECT_THAT(store_.disable(active_.content_root()), FailsWith(kNotActive));
}

TEST_F(VersionLifeTest, AnActivationAgainstAnotherStateIsRefused) {
  ASSERT_THAT(store_.disable(active_.content_root()), IsOk());
  const std::uint64_t trust_generation = store_.trust().value().generation();
  const skills::Verification verification = verify(store_, file_);
  const InstalledVersion shown = store_.version(active_.content_root()).value();
  const ActivateRequest good{.skill = &*verification.skill,
                             .trust_generation = trust_generation,
                             .version_generation = shown.generation,
                             .activation = Activation::kEnable};
  ActivateRequest bad = good;
  bad.version_generation = active_.generation;
  EXPECT_THAT(store_.activate(bad), FailsWith(kStateChanged));
  ASSERT_THAT(store_.add_publisher("bob", publisher_with_key(2)), IsOk());
  EXPECT_THAT(store_.activate(good), FailsWith(kStateChanged));
}

TEST_F(VersionLifeTest, APromotionAgainstAnotherActiveVersionIsRefused) {
  const Bytes newer = make_artifact({.version = "1.2.0"});
  const InstalledVersion kept = keep(store_, newer).value();
  const skills::Verification verification = verify(store_, newer);
  PromoteRequest request{.skill = &*verification.skill,
                         .trust_generation = store_.trust().value().generation(),
                         .version_generation = kept.generation,
                         .replaces = active_of(store_),
                         .grants = one_grant()};
  ASSERT_EQ(request.replaces->content_root, active_.content_root());
  ASSERT_THAT(must_open().disable(active_.content_root()), IsOk());
  EXPECT_THAT(store_.promote(request), FailsWith(kStateChanged)) << "nothing is active by now";

  request.replaces = std::nullopt;
  ASSERT_THAT(activate(store_, file_, Activation::kEnable), IsOk());
  EXPECT_THAT(store_.promote(request), FailsWith(kStateChanged)) << "nothing was active";

  request.replaces = active_of(store_);
  ASSERT_THAT(activate(store_, old_file_, Activation::kRollBack), IsOk());
  EXPECT_THAT(store_.promote(request), FailsWith(kStateChanged)) << "another version is active";

  request.replaces = active_of(store_);
  ASSERT_THAT(store_.disable(old_version_.content_root()), IsOk());
  ASSERT_THAT(activate(store_, old_file_, Activation::kEnable), IsOk());
  EXPECT_THAT(store_.promote(request), FailsWith(kStateChanged)) << "the same was switched off and on";

  request.replaces = active_of(store_);
  EXPECT_EQ(store_.promote(request).value().status, VersionStatus::kActive);
}

TEST_F(VersionLifeTest, AnActivationAgainstAnotherActiveVersionIsRefused) {
  const skills::TrustPolicy policy{.unknown_publisher = skills::UnknownPublisher::kRefuse,
                                   .pin_fingerprint = std::nullopt,
                                   .downgrade = skills::Downgrade::kAllow};
  const skills::Verification verification = verify(store_, old_file_, policy);
  ActivateRequest request{.skill = &*verification.skill,
                          .trust_generation = store_.trust().value().generation(),
                          .version_generation = store_.version(old_version_.content_root()).value().generation,
                          .replaces = active_of(store_),
                          .activation = Activation::kRollBack};
  ASSERT_THAT(must_open().disable(active_.content_root()), IsOk());
  EXPECT_THAT(store_.activate(request), FailsWith(kStateChanged));
  EXPECT_THAT(store_.find_active(kTool), FailsWith(kToolNotFound));
  request.replaces = std::nullopt;
  EXPECT_EQ(store_.activate(request).value().status, VersionStatus::kActive);
}

TEST_F(VersionLifeTest, APersonHoldsBackWhatWaitsInQuarantine) {
  const Bytes newer = make_artifact({.version = "1.2.0"});
  const InstalledVersion kept = keep(store_, newer).value();
  const skills::Verification verification = verify(store_, newer);
  const PromoteRequest request{.skill = &*verification.skill,
                               .trust_generation = store_.trust().value().generation(),
                               .version_generation = kept.generation,
                               .replaces = active_of(store_),
                               .grants = one_grant()};
  ASSERT_THAT(must_open().quarantine(kept.content_root(), "not this one"), IsOk());
  EXPECT_THAT(store_.promote(request), FailsWith(kStateChanged));
  ASSERT_THAT(keep(store_, newer), IsOk());
  const InstalledVersion held = store_.version(kept.content_root()).value();
  EXPECT_EQ(held.status_reason, "not this one");
  EXPECT_GT(held.generation, kept.generation);
  EXPECT_EQ(store_.audit_rows().value().back().event, "skills.quarantined");
}

TEST_F(VersionLifeTest, AnActivationDoesNotTakeAnothersTool) {
  ASSERT_THAT(store_.disable(active_.content_root()), IsOk());
  must_install(store_, make_artifact({.skill_id = "acme.other", .tool = kTool}));
  EXPECT_THAT(activate(store_, file_, Activation::kEnable), FailsWith(kToolConflict));
}

TEST_F(VersionLifeTest, TheRootsOfAPromotionAreKeptAndReplacedByTheNext) {
  const std::uint64_t generation = store_.trust().value().generation();
  const skills::Verification verification = verify(store_, file_);
  PromoteRequest request{.skill = &*verification.skill,
                         .trust_generation = generation,
                         .version_generation = active_.generation,
                         .replaces = ActiveVersion::of(active_),
                         .grants = one_grant(),
                         .roots = {{.name = "reports", .directory = "/srv/reports", .read_only = true},
                                   {.name = "data", .directory = "", .read_only = false}}};
  const InstalledVersion mapped = store_.promote(request).value();
  EXPECT_EQ(mapped.roots.front().name, "data");
  EXPECT_EQ(must_open().find_active(kTool).value(), mapped);
  EXPECT_NE(store_.audit_rows().value().back().details.find("/srv/reports"), std::string::npos);
  request.roots = {{.name = "reports", .directory = "/srv/others", .read_only = false}};
  request.version_generation = mapped.generation;
  request.replaces = ActiveVersion::of(mapped);
  ASSERT_THAT(store_.promote(request), IsOk());
  EXPECT_EQ(must_open().find_active(kTool).value().roots, request.roots);
  ASSERT_THAT(store_.remove(active_.content_root()), IsOk());
  EXPECT_TRUE(must_open().version(active_.content_root()).value().roots.empty());
}

TEST_F(VersionLifeTest, TheAddressesOfAPromotionAreKeptLoggedAndReplacedByTheNext) {
  const std::uint64_t generation = store_.trust().value().generation();
  const skills::Verification verification = verify(store_, file_);
  PromoteRequest request{
      .skill = &*verification.skill,
      .trust_generation = generation,
      .version_generation = active_.generation,
      .replaces = ActiveVersion::of(active_),
      .grants = one_grant(),
      .addresses = {{.host = "b.example", .port = 443, .address = "::1", .address_port = 8443},
                    {.host = "a.example", .port = 65'535, .address = "127.0.0.1", .address_port = 1}}};
  const InstalledVersion bound = store_.promote(request).value();
  EXPECT_EQ(bound.addresses.front().host, "a.example");
  EXPECT_EQ(must_open().find_active(kTool).value(), bound);
  EXPECT_NE(store_.audit_rows().value().back().details.find("\"address\":\"127.0.0.1\""), std::string::npos);

  const std::string database = root() + "/trust.db";
  const Bytes good = testing::must_read(database);
  for (const char* sql :
       {"DELETE FROM version_address", "UPDATE version_address SET address = '10.0.0.1'",
        "UPDATE version_address SET port = port - 1", "UPDATE version_address SET host = host || '.x'",
        "UPDATE version_address SET address_port = address_port + 1", "UPDATE version_address SET port = 0",
        "UPDATE version_address SET address_port = 65536",
        "INSERT INTO version_address SELECT content_root, 'c', 1, '::1', 1 FROM version_address LIMIT 1"}) {
    ASSERT_THAT(Database::open(database).value().script(sql), IsOk()) << sql;
    EXPECT_THAT(must_open().find_active(kTool), FailsWith(kStoreDamaged)) << sql;
    scribble(database, good);
  }

  request.addresses.pop_back();
  request.version_generation = bound.generation;
  request.replaces = ActiveVersion::of(bound);
  StateStore reopened = must_open();
  ASSERT_THAT(reopened.promote(request), IsOk());
  EXPECT_EQ(must_open().find_active(kTool).value().addresses, request.addresses);
  ASSERT_THAT(reopened.remove(active_.content_root()), IsOk());
  EXPECT_TRUE(must_open().version(active_.content_root()).value().addresses.empty());
}

TEST_F(VersionLifeTest, ASettingIsOfAllVersionsOfItsSkill) {
  const InstalledVersion other = must_install(store_, make_artifact({.skill_id = "acme.other", .tool = "acme.other"}));
  ASSERT_THAT(store_.set_setting("acme.demo", "unit", R"("metre")"), IsOk());
  ASSERT_THAT(store_.set_setting("acme.demo", "limit", "3"), IsOk());
  ASSERT_THAT(store_.set_setting("acme.demo", "limit", "4"), IsOk());
  const std::vector<SkillSetting> expected = {{.key = "limit", .json = "4"}, {.key = "unit", .json = R"("metre")"}};
  const StateStore reopened = must_open();
  const std::vector<InstalledVersion> versions = reopened.versions_of("acme.demo").value();
  ASSERT_EQ(versions.size(), 2U);
  for (const InstalledVersion& version : versions) EXPECT_EQ(version.settings, expected);
  EXPECT_EQ(reopened.find_active("acme.other").value(), other);
  EXPECT_EQ(store_.find_active(kTool).value().settings, expected) << "seen at once";
  const InstalledVersion newer = must_install(store_, make_artifact({.version = "1.2.0"}));
  EXPECT_EQ(newer.settings, expected);
  ASSERT_THAT(store_.set_setting("acme.demo", "limit", std::nullopt), IsOk());
  EXPECT_EQ(must_open().find_active(kTool).value().settings.size(), 1U);
}

TEST_F(VersionLifeTest, ASettingThatIsThereAlreadyChangesNothing) {
  ASSERT_THAT(store_.set_setting("acme.demo", "unit", "1"), IsOk());
  const std::uint64_t before = store_.generation().value();
  ASSERT_THAT(store_.set_setting("acme.demo", "unit", "1"), IsOk());
  ASSERT_THAT(store_.set_setting("acme.demo", "other", std::nullopt), IsOk());
  EXPECT_EQ(store_.generation().value(), before);
  EXPECT_EQ(store_.audit_rows().value().back().details.find("\"1\""), std::string::npos);
}

TEST_F(VersionLifeTest, WhatIsNotInstalledHasNoSettings) {
  EXPECT_THAT(store_.set_setting("acme.none", "unit", "1"), FailsWith(kSkillNotInstalled));
  ASSERT_THAT(keep(store_, with_bad_signature(make_artifact({.skill_id = "acme.claimed"}))), IsOk());
  EXPECT_THAT(store_.set_setting("acme.claimed", "unit", "1"), FailsWith(kSkillNotInstalled));
  ASSERT_THAT(store_.remove(active_.content_root()), IsOk());
  ASSERT_THAT(store_.remove(old_version_.content_root()), IsOk());
  EXPECT_THAT(store_.set_setting("acme.demo", "unit", "1"), FailsWith(kSkillNotInstalled));
}

TEST_F(VersionLifeTest, EditedRootsAndSettingsAreDamage) {
  const std::uint64_t generation = store_.trust().value().generation();
  const skills::Verification verification = verify(store_, file_);
  ASSERT_THAT(store_.promote({.skill = &*verification.skill,
                              .trust_generation = generation,
                              .version_generation = active_.generation,
                              .replaces = ActiveVersion::of(active_),
                              .grants = one_grant(),
                              .roots = {{.name = "data", .directory = "/srv/data", .read_only = true}}}),
              IsOk());
  ASSERT_THAT(store_.set_setting("acme.demo", "unit", "1"), IsOk());
  const std::string database = root() + "/trust.db";
  const Bytes good = testing::must_read(database);
  for (const char* sql :
       {"DELETE FROM version_root", "UPDATE version_root SET directory = '/'", "UPDATE version_root SET read_only = 0",
        "UPDATE version_root SET name = 'x'", "DELETE FROM skill_setting", "UPDATE skill_setting SET json = '2'",
        "UPDATE skill_setting SET key = 'x'", "UPDATE skill_setting SET skill_id = 'acme.x'",
        "INSERT INTO skill_setting VALUES ('acme.demo', 'x', '1')",
        "PRAGMA foreign_keys = OFF; INSERT INTO version_root VALUES (zeroblob(32), 'x', '', 0)"}) {
    scribble(database, good);
    ASSERT_THAT(Database::open(database).value().script(sql), IsOk()) << sql;
    EXPECT_THAT(must_open().versions(), FailsWith(kStoreDamaged)) << sql;
  }
}

}  // namespace
}  // namespace palyra::state
