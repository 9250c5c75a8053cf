// SPDX-License-Identifier: Apache-2.0
// What an operator can do with a skill that was promoted.
#include "app_fixture.h"

#include <palyra/app/activate_skill.h>
#include <palyra/app/list_skills.h>
#include <palyra/app/skill_history.h>
#include <palyra/app/skill_settings.h>
#include <palyra/app/stop_skill.h>

#include <sys/stat.h>

namespace palyra::app {
namespace {

using state::VersionStatus;
using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;

class SkillControlTest : public AppTest {
 protected:
  static constexpr const char* kRoots =
      "[capabilities.filesystem]\nread_roots = [\"photos\"]\nwrite_roots = [\"notes\"]\n";

  [[nodiscard]] std::string call_code() const {
    const Execution execution = call("{}");
    return execution.error ? std::string(execution.error->error.code().id) : "ok";
  }

  [[nodiscard]] VersionStatus status_of(const std::string& selector) const {
    return show_skill(services_, selector)->version.status;
  }

  [[nodiscard]] Result<state::InstalledVersion> roll_back_to(const std::string& selector) const {
    const RollbackPlan plan = PALYRA_TRY(plan_rollback(services_, selector));
    return roll_back(services_, plan, ConsentForm::kTyped);
  }

  [[nodiscard]] std::vector<std::string> objects() const {
    std::vector<std::string> files;
    for (const auto& each : std::filesystem::recursive_directory_iterator(state_.root + "/objects")) {
      if (each.is_regular_file()) files.push_back(each.path().string());
    }
    return files;
  }

  [[nodiscard]] Result<PromotionPlan> plan_with_roots(std::vector<std::string> roots) const {
    return plan_promotion(services_, {.selector = "acme.demo", .only = {}, .deny = {}, .map_root = std::move(roots)});
  }

  [[nodiscard]] Result<Setting> set(const std::string& key, std::optional<std::string> value) const {
    return set_setting(services_, {.selector = "acme.demo", .key = key, .value = std::move(value)});
  }
};

TEST_F(SkillControlTest, ADisabledSkillDoesNotRunUntilItIsEnabled) {
  trust();
  install_and_promote({});
  EXPECT_THAT(enable_skill(services_, "acme.demo"), FailsWith(kNotDisabled));
  ASSERT_THAT(disable_skill(services_, "acme.demo"), IsOk());
  EXPECT_EQ(call_code(), "run.disabled");
  EXPECT_THAT(disable_skill(services_, "acme.demo"), FailsWith(state::kNotActive));
  ASSERT_THAT(enable_skill(services_, "acme.demo"), IsOk());
  EXPECT_EQ(call_code(), "ok");
  EXPECT_THAT(enable_skill(services_, "acme.none"), FailsWith(state::kSkillNotInstalled));
}

TEST_F(SkillControlTest, QuarantiningWhatWaitsHoldsItBack) {
  trust();
  ASSERT_THAT(install(build({})), IsOk());
  EXPECT_EQ(show_skill(services_, "acme.demo")->version.status_reason, "newly installed");
  for (int time = 0; time < 2; ++time) {
    ASSERT_THAT(quarantine_skill(services_, "acme.demo"), IsOk());
    const auto shown = show_skill(services_, "acme.demo");
    EXPECT_EQ(shown->version.status, VersionStatus::kQuarantined);
    EXPECT_EQ(shown->version.status_reason, kQuarantinedByOperator);
  }
  ASSERT_THAT(install(dir_.file("demo-1.0.0.palyra-skill")), IsOk());  // the same file makes it no new one
  EXPECT_EQ(show_skill(services_, "acme.demo")->version.status_reason, kQuarantinedByOperator);
  ASSERT_THAT(promote("acme.demo"), IsOk());
  EXPECT_EQ(call_code(), "ok");
}

TEST_F(SkillControlTest, EnablingVerifiesAgainAndIsNoWayBack) {
  trust();
  install_and_promote({});
  ASSERT_THAT(disable_skill(services_, "acme.demo"), IsOk());
  install_and_promote({.version = "1.1.0"});
  // A newer one ran since.
  EXPECT_THAT(enable_skill(services_, "acme.demo@1.0.0"), FailsWith(skills::kTrustRollback));
  ASSERT_THAT(disable_skill(services_, "acme.demo"), IsOk());
  const std::string file = state_.root + "/objects/sha256/" + [&] {
    const std::string name = crypto::to_hex(show_skill(services_, "acme.demo@1.1.0")->version.artifact.sha256);
    return name.substr(0, 2) + "/" + name;
  }();
  Bytes bytes = testing::must_read(file);
  bytes[bytes.size() / 2] ^= 1U;
  ::chmod(file.c_str(), 0600);
  ASSERT_THAT(write_file_atomic(file, bytes, 0444, Overwrite::kYes), IsOk());
  EXPECT_THAT(enable_skill(services_, "acme.demo@1.1.0"), FailsWith(state::kObjectDamaged));
}

TEST_F(SkillControlTest, WhatIsRevokedNeverRunsAgain) {
  trust();
  install_and_promote({});
  install_and_promote({.version = "1.1.0"});
  auto store = state::StateStore::open(state_);
  ASSERT_THAT(store, IsOk());
  const skills::RevocationEntry entries[] = {
      skills::RevokedContent{show_skill(services_, "acme.demo@1.0.0")->version.content_root()}};
  ASSERT_THAT(store->revoke(entries), IsOk());
  EXPECT_THAT(plan_rollback(services_, "acme.demo@1.0.0"), FailsWith(state::kSkillNotInstalled));
  EXPECT_THAT(plan_rollback(services_, "acme.demo"), FailsWith(kNoEarlierVersion));
  EXPECT_THAT(enable_skill(services_, "acme.demo@1.0.0"), FailsWith(kNotDisabled));
  EXPECT_THAT(promote("acme.demo@1.0.0"), FailsWith(skills::kTrustRevoked));
}

TEST_F(SkillControlTest, RollsBackStepByStepWithTheGrantsOfThen) {
  trust();
  install_and_promote({.version = "1.0.0"});
  install_and_promote({.rest = "[capabilities]\nstorage = [{ prefix = \"cache/\" }]\n", .version = "1.1.0"});
  install_and_promote({.version = "1.2.0"});
  const auto plan = plan_rollback(services_, "acme.demo");
  ASSERT_THAT(plan, IsOk());
  EXPECT_EQ(plan->version.artifact.version, "1.1.0");
  EXPECT_EQ(plan->replaces->artifact.version, "1.2.0");
  ASSERT_EQ(plan->difference.added.size(), 1U);
  EXPECT_THAT(roll_back(services_, *plan, ConsentForm::kFlag), FailsWith(kPromoteNotInteractive));
  ASSERT_THAT(roll_back(services_, *plan, ConsentForm::kTyped), IsOk());
  EXPECT_THAT(call("{}").record.grants_held.list(), ElementsAre("cache/"));
  EXPECT_EQ(status_of("acme.demo@1.2.0"), VersionStatus::kSuperseded);
  // Not back to 1.2.0.
  EXPECT_EQ(roll_back_to("acme.demo")->artifact.version, "1.0.0");
  EXPECT_THAT(roll_back_to("acme.demo"), FailsWith(kNoEarlierVersion));
  EXPECT_EQ(roll_back_to("acme.demo@1.2.0")->artifact.version, "1.2.0");
  EXPECT_THAT(roll_back_to("acme.demo@1.2.0"), FailsWith(state::kSkillNotInstalled));
  EXPECT_EQ(call_code(), "ok");
}

TEST_F(SkillControlTest, APlanOfARollbackIsForOneStateOfThings) {
  trust();
  install_and_promote({.version = "1.0.0"});
  install_and_promote({.version = "1.1.0"});
  const auto plan = plan_rollback(services_, "acme.demo");
  ASSERT_THAT(plan, IsOk());
  ASSERT_THAT(quarantine_skill(services_, "acme.demo@1.0.0"), IsOk());
  EXPECT_FALSE(roll_back(services_, *plan, ConsentForm::kTyped));
  EXPECT_EQ(status_of("acme.demo@1.1.0"), VersionStatus::kActive);
}

TEST_F(SkillControlTest, PurgingTakesTheFilesToo) {
  trust();
  install_and_promote({});
  const std::size_t before = objects().size();
  const auto dry = collect_garbage(services_, state::GarbageMode::kDryRun);
  ASSERT_THAT(dry, IsOk());
  EXPECT_EQ(dry->objects, 0U);
  const auto removed = remove_skill(services_, "acme.demo", Purge::kYes);
  ASSERT_THAT(removed, IsOk());
  EXPECT_EQ(removed->purged->objects, before);
  EXPECT_THAT(objects(), IsEmpty());
}

TEST_F(SkillControlTest, TheHistoryTellsEveryDecisionInOrder) {
  trust();
  install_and_promote({});
  ASSERT_THAT(disable_skill(services_, "acme.demo"), IsOk());
  ASSERT_THAT(enable_skill(services_, "acme.demo"), IsOk());
  ASSERT_THAT(remove_skill(services_, "acme.demo"), IsOk());
  const auto rows = skill_history(services_, "acme.demo");
  ASSERT_THAT(rows, IsOk());
  std::vector<std::string> events;
  for (const state::AuditRow& row : *rows) events.push_back(row.event);
  EXPECT_THAT(events,
              ElementsAre("skills.kept", "skills.promoted", "skills.disabled", "skills.enabled", "skills.removed"));
  EXPECT_THAT(skill_history(services_, "acme.dem"), FailsWith(state::kSkillNotInstalled));
}

TEST_F(SkillControlTest, SettingsReachTheGuestAndAreJudgedByTheManifest) {
  trust();
  const std::string config =
      "[config.properties.region]\ntype = \"string\"\nrequired = true\nenum_values = [\"eu\", \"us\"]\n"
      "[config.properties.days]\ntype = \"integer\"\ndefault = 3\n"
      "[config.properties.names]\ntype = \"string_list\"\n";
  ASSERT_THAT(install(build({.rest = config})), IsOk());
  const auto plan = plan_promotion(services_, {.selector = "acme.demo", .only = {}, .deny = {}});
  ASSERT_THAT(plan, IsOk());
  EXPECT_THAT(plan->missing_settings, ElementsAre("region"));
  ASSERT_THAT(promote("acme.demo"), IsOk());
  EXPECT_EQ(call_code(), "run.setting_missing");
  EXPECT_THAT(call("{}").error->error.next(), ElementsAre("palyra skills config set acme.demo region VALUE"));

  EXPECT_THAT(set("region", "asia"), FailsWith(kSettingInvalid));
  EXPECT_THAT(set("days", "soon"), FailsWith(kSettingInvalid));
  EXPECT_THAT(set("days", "1.5"), FailsWith(kSettingInvalid));
  EXPECT_THAT(set("names", "[1]"), FailsWith(kSettingInvalid));
  EXPECT_THAT(set("names", "[\"" + std::string(kMaxSettingBytes, 'x') + "\"]"), FailsWith(kSettingInvalid));
  EXPECT_THAT(set("regio", "eu"), FailsWith(kSettingUnknown));
  EXPECT_EQ(*set("region", "eu")->json, "\"eu\"");
  EXPECT_EQ(*set("region", "\"us\"")->json, "\"us\"");
  EXPECT_EQ(*set("names", "[ \"a\" ]")->json, "[\"a\"]");
  EXPECT_EQ(set("days", "5")->origin, SettingOrigin::kOperator);
  EXPECT_EQ(call_code(), "ok");

  const auto settings = list_settings(services_, "acme.demo");
  ASSERT_THAT(settings, IsOk());
  std::vector<std::string> shown;
  for (const Setting& each : settings->settings) {
    shown.push_back(fmt::format("{}={} {}", each.property.key, each.json.value_or("-"), to_text(each.origin)));
  }
  EXPECT_THAT(shown, ElementsAre("days=5 operator", "names=[\"a\"] operator", "region=\"us\" operator"));
  EXPECT_EQ(set("days", std::nullopt)->origin, SettingOrigin::kDefault);
  EXPECT_EQ(set("region", std::nullopt)->origin, SettingOrigin::kNone);
  EXPECT_EQ(call_code(), "run.setting_missing");
}

TEST_F(SkillControlTest, ASettingThatANewVersionDoesNotAllowStopsItsRuns) {
  trust();
  install_and_promote({.rest = "[config.properties.days]\ntype = \"integer\"\n"});
  ASSERT_THAT(set("days", "5"), IsOk());
  EXPECT_EQ(call_code(), "ok");
  install_and_promote({.rest = "[config.properties.days]\ntype = \"boolean\"\n", .version = "1.1.0"});
  EXPECT_EQ(call_code(), "run.setting_missing");
  install_and_promote({.version = "1.2.0"});
  EXPECT_EQ(call_code(), "ok");
  EXPECT_THAT(set("days", "true"), FailsWith(kSettingUnknown));
  EXPECT_THAT(set("days", std::nullopt), IsOk());
}

TEST_F(SkillControlTest, RootsAreMappedToDirectoriesOfTheirOperator) {
  trust();
  ASSERT_THAT(install(build({.rest = kRoots})), IsOk());
  const std::string notes = dir_.file("my-notes");
  std::filesystem::create_directories(notes);
  std::filesystem::create_directory_symlink(notes, dir_.file("link"));
  const auto plan = plan_with_roots({"notes=" + dir_.file("link"), "photos=" + notes});
  ASSERT_THAT(plan, IsOk());
  const std::string resolved = std::filesystem::canonical(notes).string();
  const std::vector<state::MappedRoot> expected{{.name = "notes", .directory = resolved, .read_only = false},
                                                {.name = "photos", .directory = resolved, .read_only = true}};
  EXPECT_EQ(plan->roots, expected);
  EXPECT_TRUE(plan_with_roots({"notes=" + notes + ":ro"})->roots.front().read_only);
  ASSERT_THAT(promote_skill(services_, *plan, {.form = ConsentForm::kTyped, .pin_fingerprint = {}}), IsOk());
  EXPECT_EQ(show_skill(services_, "acme.demo")->version.roots, expected);
  // They stay where they were, until somebody says something else.
  ASSERT_THAT(install(build({.rest = kRoots, .version = "1.1.0"})), IsOk());
  EXPECT_EQ(plan_with_roots({})->roots, expected);
  EXPECT_THAT(plan_promotion(services_, {.selector = "acme.demo", .only = {}, .deny = {"notes rw"}})->roots.size(), 1U);
}

constexpr const char* kOrigins = R"(
[[capabilities.http]]
host = "api.example.com"
[[capabilities.http]]
host = "lab.example.com"
scheme = "http"
port = 8080
)";

TEST_F(SkillControlTest, AnOriginIsWhereItsOperatorSays) {
  trust();
  ASSERT_THAT(install(build({.rest = kOrigins})), IsOk());
  const auto plan_with = [&](std::vector<std::string> texts) {
    return plan_promotion(services_,
                          {.selector = "acme.demo", .only = {}, .deny = {}, .allow_address = std::move(texts)});
  };
  const auto plan = plan_with({"lab.example.com=[::1]", "api.example.com:443=127.0.0.1:8443"});
  ASSERT_THAT(plan, IsOk());
  const std::vector<capability::AddressBinding> expected{
      {.host = "api.example.com", .port = 443, .address = "127.0.0.1", .address_port = 8443},
      {.host = "lab.example.com", .port = 8080, .address = "::1", .address_port = 8080}};
  EXPECT_EQ(plan->addresses, expected);
  ASSERT_THAT(promote_skill(services_, *plan, {.form = ConsentForm::kTyped, .pin_fingerprint = {}}), IsOk());
  EXPECT_EQ(show_skill(services_, "acme.demo")->version.addresses, expected);
  EXPECT_EQ(resolve_module_source(services_, InstalledTool{"acme.demo.echo"})->addresses, expected);
  // They stay, as long as their origin is granted, until somebody says something else.
  ASSERT_THAT(install(build({.rest = kOrigins, .version = "1.1.0"})), IsOk());
  EXPECT_EQ(plan_with({})->addresses, expected);
  EXPECT_EQ(plan_with({"api.example.com=10.0.0.1"})->addresses.front().address, "10.0.0.1");
  const auto without =
      plan_promotion(services_, {.selector = "acme.demo", .only = {"http://lab.example.com:8080/ GET"}, .deny = {}});
  ASSERT_THAT(without, IsOk());
  EXPECT_EQ(without->addresses.size(), 1U);
}

TEST_F(SkillControlTest, OnlyAGrantedOriginAndARealAddressAreAllowed) {
  trust();
  ASSERT_THAT(install(build({.rest = kOrigins})), IsOk());
  for (const char* text : {"api.example.com", "api.example.com=", "=127.0.0.1", "www.example.com=127.0.0.1",
                           "api.example.com:80=127.0.0.1", "api.example.com:0=127.0.0.1", "api.example.com=localhost",
                           "api.example.com=127.1", "api.example.com=::1", "api.example.com=[::1",
                           "api.example.com=[::1]8080", "api.example.com=127.0.0.1:0", "api.example.com=127.0.0.1:x",
                           "api.example.com=127.0.0.1:80:80", "API.example.com=127.0.0.1"}) {
    EXPECT_THAT(plan_promotion(services_, {.selector = "acme.demo", .only = {}, .deny = {}, .allow_address = {text}}),
                FailsWith(kPromoteAddress))
        << text;
  }
  EXPECT_THAT(plan_promotion(services_, {.selector = "acme.demo",
                                         .only = {},
                                         .deny = {},
                                         .allow_address = {"api.example.com=[::1]", "api.example.com=[::2]"}}),
              FailsWith(kPromoteAddress));
}

TEST_F(SkillControlTest, ADirectoryOfBeforeIsJudgedAgain) {
  trust();
  ASSERT_THAT(install(build({.rest = kRoots})), IsOk());
  const std::string notes = dir_.file("my-notes");
  std::filesystem::create_directories(notes);
  const auto plan = plan_with_roots({"notes=" + notes});
  ASSERT_THAT(plan, IsOk());
  ASSERT_THAT(promote_skill(services_, *plan, {.form = ConsentForm::kTyped, .pin_fingerprint = {}}), IsOk());
  ASSERT_THAT(install(build({.rest = kRoots, .version = "1.1.0"})), IsOk());
  std::filesystem::remove(notes);
  std::filesystem::create_directory_symlink(state_.root, notes);
  const auto again = plan_with_roots({});
  ASSERT_THAT(again, FailsWith(kPromoteRoot));
  EXPECT_THAT(again.error().message(), HasSubstr("the state directory"));
  std::filesystem::create_directories(dir_.file("others"));
  EXPECT_THAT(plan_with_roots({"notes=" + dir_.file("others")}), IsOk());
}

TEST_F(SkillControlTest, TheAdviceIsWhatHelps) {
  trust();
  install_and_promote({});
  ASSERT_THAT(disable_skill(services_, "acme.demo"), IsOk());
  EXPECT_THAT(call("{}").error->error.next(),
              ElementsAre("palyra skills show acme.demo@1.0.0", "palyra skills enable acme.demo@1.0.0"));
  ASSERT_THAT(quarantine_skill(services_, "acme.demo"), IsOk());
  EXPECT_THAT(call("{}").error->error.next().back(), "palyra skills promote acme.demo@1.0.0");
  auto store = state::StateStore::open(state_);
  ASSERT_THAT(store, IsOk());
  const auto root = show_skill(services_, "acme.demo")->version.content_root();
  ASSERT_THAT(promote("acme.demo"), IsOk());
  const skills::RevocationEntry entries[] = {skills::RevokedContent{root}};
  ASSERT_THAT(store->revoke(entries), IsOk());
  EXPECT_THAT(call("{}").error->error.next().back(), HasSubstr("never runs again"));
}

TEST_F(SkillControlTest, RefusesDirectoriesThatNoSkillMayHave) {
  trust();
  ASSERT_THAT(install(build({.rest = kRoots})), IsOk());
  const std::string notes = dir_.file("my-notes");
  std::filesystem::create_directories(notes);
  write(dir_.file("file"), "text");
  std::filesystem::create_directory_symlink("/", dir_.file("to-root"));
  std::filesystem::create_directory_symlink(state_.root, dir_.file("to-state"));
  const auto message = [&](std::vector<std::string> roots) {
    const auto plan = plan_with_roots(std::move(roots));
    EXPECT_THAT(plan, FailsWith(kPromoteRoot));
    return plan ? "mapped" : plan.error().message();
  };
  EXPECT_THAT(message({"notes"}), HasSubstr("NAME=DIR"));
  EXPECT_THAT(message({"other=" + notes}), HasSubstr("no filesystem root 'other' is granted"));
  EXPECT_THAT(message({"notes=" + notes, "notes=" + notes}), HasSubstr("twice"));
  EXPECT_THAT(message({"notes=my-notes"}), HasSubstr("no absolute path"));
  EXPECT_THAT(message({"notes=" + dir_.file("none")}), HasSubstr("is no directory"));
  EXPECT_THAT(message({"notes=" + dir_.file("file")}), HasSubstr("is no directory"));
  EXPECT_THAT(message({"notes=/"}), HasSubstr("root of the file system"));
  EXPECT_THAT(message({"notes=" + dir_.file("to-root")}), HasSubstr("root of the file system"));
  EXPECT_THAT(message({"notes=" + state_.root}), HasSubstr("the state directory"));
  EXPECT_THAT(message({"notes=" + dir_.file("to-state") + "/objects"}), HasSubstr("the state directory"));
  EXPECT_THAT(message({"notes=" + dir_.file("")}), HasSubstr("the state directory"));
  // Where the configuration is, or would be, also through a link.
  const std::string set = dir_.file("set");
  std::filesystem::create_directories(set + "/palyra");
  write(set + "/real.toml", "");
  std::filesystem::create_symlink(set + "/real.toml", dir_.file("link.toml"));
  for (std::string Config::* file : {&Config::file, &Config::audit_file}) {
    for (const std::string& path :
         {set + "/palyra/config.toml", set + "/palyra/../real.toml", dir_.file("link.toml")}) {
      config_.*file = path;
      EXPECT_THAT(message({"notes=" + set}), HasSubstr("says what skills may do")) << path;
    }
    (config_.*file).clear();
  }
  EXPECT_THAT(plan_with_roots({"notes=" + set}), IsOk());
  if (::geteuid() == 0) {
    ASSERT_EQ(::chown(notes.c_str(), 1, 1), 0);
    EXPECT_THAT(message({"notes=" + notes}), HasSubstr("belongs to uid 1"));
  } else {
    EXPECT_THAT(message({"notes=/usr"}), HasSubstr("belongs to uid 0"));
  }
}

TEST_F(SkillControlTest, GrantsNoMoreOfAClassThanThePolicyAllows) {
  trust();
  ASSERT_THAT(install(build({.rest = kRoots})), IsOk());
  config_.max_grants_per_class = 1;
  EXPECT_THAT(plan_with_roots({}), FailsWith(capability::kTooManyGrants));
  EXPECT_THAT(plan_promotion(services_, {.selector = "acme.demo", .only = {"photos ro"}, .deny = {}}), IsOk());
}

}  // namespace
}  // namespace palyra::app
