// SPDX-License-Identifier: Apache-2.0
// From a package to an answer, and every way in which a skill must not run.
#include "app_fixture.h"

#include <palyra/app/list_skills.h>
#include <palyra/app/skill_selector.h>
#include <palyra/app/stop_skill.h>
#include <palyra/app/verify_package.h>

#include <sys/stat.h>

namespace palyra::app {
namespace {

using state::VersionStatus;
using testing::FailsWith;
using testing::IsOk;

class SkillLifeTest : public AppTest {
 protected:
  // The code of the call's error, or "ok".
  [[nodiscard]] std::string call_code(std::string_view arguments = "{}") const {
    const Execution execution = call(arguments);
    return execution.error ? std::string(execution.error->error.code().id) : "ok";
  }

  [[nodiscard]] std::vector<std::string> objects() const {
    std::vector<std::string> files;
    for (const auto& each : std::filesystem::recursive_directory_iterator(state_.root + "/objects")) {
      if (each.is_regular_file()) files.push_back(each.path().string());
    }
    return files;
  }

  static void flip_a_bit(const std::string& path) {
    Bytes bytes = testing::must_read(path);
    ASSERT_FALSE(bytes.empty());
    bytes[bytes.size() / 2] ^= 1U;
    ::chmod(path.c_str(), 0600);
    ASSERT_THAT(write_file_atomic(path, bytes, 0444, Overwrite::kYes), IsOk());
  }
};

TEST_F(SkillLifeTest, RunsOnlyBetweenPromotionAndQuarantine) {
  trust();
  const std::string file = build({});
  EXPECT_EQ(call_code(), "state.tool_not_found");

  const auto installed = install(file);
  ASSERT_THAT(installed, IsOk());
  EXPECT_EQ(installed->kept->status, VersionStatus::kQuarantined);
  EXPECT_EQ(call_code(), "run.disabled");

  ASSERT_THAT(promote("acme.demo"), IsOk());
  const Execution execution = call(R"({"n":7})");
  ASSERT_FALSE(execution.error) << execution.error->error.describe();
  EXPECT_EQ(execution.output.form, OutputForm::kText);
  EXPECT_EQ(as_text(execution.output.bytes), R"({"n":7})");
  EXPECT_GT(execution.record.fuel_used, 0U);
  EXPECT_EQ(execution.record.bytes_in, 7U);
  EXPECT_EQ(execution.run_id.size(), 32U);

  ASSERT_THAT(quarantine_skill(services_, "acme.demo"), IsOk());
  EXPECT_EQ(call_code(), "run.disabled");
  EXPECT_EQ(call("{}").error->kind, WasmPluginRunErrorKind::kDisabled);

  ASSERT_THAT(promote("acme.demo"), IsOk());
  EXPECT_EQ(call_code(), "ok");
  ASSERT_THAT(remove_skill(services_, "acme.demo"), IsOk());
  EXPECT_EQ(call_code(), "state.tool_not_found");
  EXPECT_THAT(promote("acme.demo"), FailsWith(state::kSkillNotInstalled));
}

TEST_F(SkillLifeTest, SaysWhyAToolOfAQuarantinedSkillDoesNotRunWhateverTheToolIsCalled) {
  trust();
  ASSERT_THAT(install(build({.tool = "[[entrypoints.tools]]\nid = \"acme.other.name\"\nname = \"Other\"\n"
                                     "description = \"Another.\"\ninput_schema = { type = \"object\" }\n"})),
              IsOk());
  const auto code_of = [&](const std::string& tool) {
    const Execution execution = run_tool(services_, InstalledTool{.id = tool},
                                         {.arguments = as_bytes("{}"), .limits = {}, .started = clock_.steady()});
    return execution.error ? std::string(execution.error->error.code().id) : "ok";
  };
  EXPECT_EQ(code_of("acme.other.name"), "run.disabled");
  EXPECT_EQ(code_of("acme.demo.none"), "state.tool_not_found");
}

TEST_F(SkillLifeTest, RefusesArgumentsAgainstTheSchemaBeforeAnythingIsCompiled) {
  trust();
  install_and_promote({});
  activities_.seen.clear();
  const Execution execution = call(R"({"n":"seven"})");
  ASSERT_TRUE(execution.error);
  EXPECT_EQ(execution.error->kind, WasmPluginRunErrorKind::kInvalidInput);
  EXPECT_EQ(execution.error->exit_kind(), ErrorKind::kInvalidArgument);
  EXPECT_EQ(execution.error->error.code().id, "schema.does_not_conform");
  EXPECT_EQ(call_code(R"({"n":1,"n":2})"), "schema.duplicate_key");
  EXPECT_EQ(call_code("[]"), "schema.does_not_conform");
  EXPECT_EQ(call_code("\xff"), "schema.not_utf8");
  EXPECT_EQ(call_code("{"), "schema.syntax");
  EXPECT_FALSE(activities_.compiled());
  EXPECT_EQ(execution.record.fuel_used, 0U);
}

TEST_F(SkillLifeTest, RefusesArgumentsAboveTheCeiling) {
  trust();
  install_and_promote({});
  config_.ceilings.input_bytes = 16;
  activities_.seen.clear();
  const Execution execution = call(R"({"n":12345678901})");
  ASSERT_TRUE(execution.error);
  EXPECT_TRUE(execution.error->error.is(kRunInputTooLarge));
  EXPECT_EQ(execution.error->kind, WasmPluginRunErrorKind::kQuotaExceeded);
  EXPECT_FALSE(activities_.compiled());
}

TEST_F(SkillLifeTest, RefusesAFlippedBitInAnyInstalledObjectAndRunsNothing) {
  trust();
  install_and_promote({});
  for (const std::string& path : objects()) {
    const Bytes before = testing::must_read(path);
    flip_a_bit(path);
    activities_.seen.clear();
    const Execution execution = call("{}");
    ASSERT_TRUE(execution.error) << path;
    EXPECT_TRUE(execution.error->error.is(state::kObjectDamaged)) << execution.error->error.describe();
    EXPECT_EQ(execution.error->kind, WasmPluginRunErrorKind::kHostFailure);
    EXPECT_EQ(execution.error->exit_kind(), ErrorKind::kUntrusted);
    EXPECT_FALSE(activities_.compiled());
    EXPECT_EQ(execution.record.fuel_used, 0U);
    ASSERT_THAT(write_file_atomic(path, before, 0444, Overwrite::kYes), IsOk());
    EXPECT_EQ(call_code(), "ok");
  }
}

TEST_F(SkillLifeTest, RefusesToPromoteAFlippedArtifact) {
  trust();
  ASSERT_THAT(install(build({})), IsOk());
  for (const std::string& path : objects()) flip_a_bit(path);
  EXPECT_THAT(promote("acme.demo"), FailsWith(state::kObjectDamaged));
}

TEST_F(SkillLifeTest, RefusesConsentByFlagUnlessThePolicyAllowsIt) {
  trust();
  ASSERT_THAT(install(build({})), IsOk());
  const auto plan = plan_promotion(services_, {.selector = "acme.demo", .only = {}, .deny = {}});
  ASSERT_THAT(plan, IsOk());
  EXPECT_THAT(promote_skill(services_, *plan, {.form = ConsentForm::kFlag, .pin_fingerprint = {}}),
              FailsWith(kPromoteNotInteractive));
  EXPECT_EQ(call_code(), "run.disabled");
  config_.noninteractive_promote = true;
  EXPECT_THAT(promote_skill(services_, *plan, {.form = ConsentForm::kFlag, .pin_fingerprint = {}}), IsOk());
  EXPECT_EQ(call_code(), "ok");
}

TEST_F(SkillLifeTest, RefusesAPlanMadeBeforeTheTrustChanged) {
  trust();
  ASSERT_THAT(install(build({})), IsOk());
  const auto plan = plan_promotion(services_, {.selector = "acme.demo", .only = {}, .deny = {}});
  ASSERT_THAT(plan, IsOk());
  ASSERT_THAT(add_publisher(services_, {.publisher = "other", .keys = {signing_key(9).public_key()}, .threshold = 1}),
              IsOk());
  EXPECT_THAT(promote_skill(services_, *plan, {.form = ConsentForm::kTyped, .pin_fingerprint = {}}),
              FailsWith(state::kStateChanged));
}

TEST_F(SkillLifeTest, AFirstUseWaitsInQuarantineUntilAKeyIsPinned) {
  ASSERT_THAT(init_trust(services_), IsOk());
  const auto installed = install(build({}));
  ASSERT_THAT(installed, IsOk());
  EXPECT_FALSE(installed->verification.error);
  EXPECT_FALSE(installed->pinned);
  EXPECT_EQ(installed->kept->status, VersionStatus::kQuarantined);
  EXPECT_THAT(promote("acme.demo"), FailsWith(skills::kTrustUntrusted));
  EXPECT_TRUE(list_trust(services_)->publishers().empty());

  const auto plan = plan_promotion(services_, {.selector = "acme.demo", .only = {}, .deny = {}});
  ASSERT_THAT(plan, IsOk());
  EXPECT_TRUE(plan->is_first_use());
  const std::string wrong = crypto::fingerprint(signing_key(2).public_key());
  EXPECT_FALSE(promote_skill(services_, *plan, {.form = ConsentForm::kTyped, .pin_fingerprint = wrong}));
  const std::string right = crypto::fingerprint(signing_key().public_key());
  EXPECT_THAT(promote_skill(services_, *plan, {.form = ConsentForm::kTyped, .pin_fingerprint = right}), IsOk());
  ASSERT_EQ(list_trust(services_)->publishers().size(), 1U);
  EXPECT_EQ(call_code(), "ok");
}

TEST_F(SkillLifeTest, KeepsASkillOfOtherKeysButNeverPromotesIt) {
  trust(2);
  const auto installed = install(build({}));
  ASSERT_THAT(installed, IsOk());
  ASSERT_TRUE(installed->verification.error);
  EXPECT_TRUE(installed->verification.error->is(skills::kTrustKeyMismatch));
  ASSERT_TRUE(installed->kept);
  EXPECT_EQ(installed->kept->artifact.code, "trust.key_mismatch");
  EXPECT_THAT(promote("acme.demo"), FailsWith(skills::kTrustKeyMismatch));
}

TEST_F(SkillLifeTest, KeepsNothingOfAMalformedContainer) {
  trust();
  const std::string file = dir_.file("bad.palyra-skill");
  write(file, "this is no container at all");
  const auto installed = install(file);
  ASSERT_THAT(installed, IsOk());
  EXPECT_TRUE(installed->verification.error->is(skills::kContainerC1));
  EXPECT_FALSE(installed->kept);
  EXPECT_TRUE(list_skills(services_, ListScope::kAllVersions)->empty());
}

TEST_F(SkillLifeTest, InstallingTheSameFileAgainChangesNothing) {
  trust();
  const std::string file = build({});  // once: another second would make another artifact
  ASSERT_THAT(install(file), IsOk());
  ASSERT_THAT(promote("acme.demo"), IsOk());
  const auto generation = state::StateStore::open(state_)->generation();
  const auto again = install(file);
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->kept->status, VersionStatus::kActive);
  EXPECT_EQ(call_code(), "ok");
  EXPECT_GE(*state::StateStore::open(state_)->generation(), *generation);
}

TEST_F(SkillLifeTest, ANewerVersionReplacesAnOlderOneAndNotTheOtherWayRound) {
  trust();
  install_and_promote({.version = "1.0.0"});
  install_and_promote({.wat = R"((module (func (export "run") (result i32) i32.const 5)))", .version = "1.1.0"});
  EXPECT_EQ(as_text(call("{}").output.bytes), R"({"exit_code":5})");
  const auto listed = list_skills(services_, ListScope::kOnePerSkill);
  ASSERT_THAT(listed, IsOk());
  ASSERT_EQ(listed->size(), 1U);
  EXPECT_EQ(listed->front().version.artifact.version, "1.1.0");
  EXPECT_EQ(listed->front().other_versions, 1U);
  EXPECT_THAT(promote("acme.demo@1.0.0"), FailsWith(skills::kTrustRollback));
}

TEST_F(SkillLifeTest, GrantsAreWhatTheManifestAsksAndTheOperatorApproves) {
  trust();
  ASSERT_THAT(install(build({.rest = "[capabilities]\nhttp = [{ host = \"api.example.com\" }]\n"
                                     "storage = [{ prefix = \"cache/\" }]\n"})),
              IsOk());
  EXPECT_THAT(plan_promotion(services_, {.selector = "acme.demo", .only = {"other/"}, .deny = {}}),
              FailsWith(kPromoteUnknownCapability));
  const auto plan = plan_promotion(services_, {.selector = "acme.demo", .only = {}, .deny = {"cache/"}});
  ASSERT_THAT(plan, IsOk());
  ASSERT_THAT(promote_skill(services_, *plan, {.form = ConsentForm::kTyped, .pin_fingerprint = {}}), IsOk());
  const Execution execution = call("{}");
  ASSERT_FALSE(execution.error);
  EXPECT_THAT(execution.record.grants_held.list(), ::testing::ElementsAre("https://api.example.com:443/ GET"));
}

TEST_F(SkillLifeTest, ASkillForAnotherPalyraIsKeptAndNeverPromoted) {
  trust();
  const auto installed =
      install(build({.rest = "[compat]\nrequired_protocol_major = 1\nmin_palyra_version = \"9.0.0\"\n"}));
  ASSERT_THAT(installed, IsOk());
  ASSERT_TRUE(installed->incompatible);
  EXPECT_TRUE(installed->incompatible->is(kRunIncompatibleHost));
  EXPECT_THAT(promote("acme.demo"), FailsWith(kRunIncompatibleHost));
}

TEST_F(SkillLifeTest, AToolThatWantsApprovalIsNotCalledWithoutIt) {
  trust();
  install_and_promote({.tool = "risk = { requires_approval = true }"});
  activities_.seen.clear();
  EXPECT_EQ(call_code(), "run.needs_approval");
  EXPECT_EQ(call("{}").error->exit_kind(), ErrorKind::kDenied);
  EXPECT_FALSE(activities_.compiled());
  EXPECT_FALSE(call("{}", Approval::kGiven).error);
}

TEST_F(SkillLifeTest, OutputThatDoesNotFitItsSchemaIsNoResult) {
  trust();
  install_and_promote({.tool = "output_schema = { type = \"object\", required = [\"n\"] }"});
  const Execution good = call(R"({"n":1})");
  ASSERT_FALSE(good.error);
  EXPECT_EQ(good.output.form, OutputForm::kJson);
  const Execution bad = call("{}");
  ASSERT_TRUE(bad.error);
  EXPECT_EQ(bad.error->kind, WasmPluginRunErrorKind::kOutputInvalid);
  EXPECT_EQ(bad.error->exit_kind(), ErrorKind::kToolFailed);
  EXPECT_TRUE(bad.output.bytes.empty());
  EXPECT_GT(bad.record.fuel_used, 0U);
}

TEST_F(SkillLifeTest, VerifyingChangesNothingAndNeedsNoState) {
  const std::string file = build({});
  const auto unknown = verify_package(services_, {.path = file, .trust = {}});
  ASSERT_THAT(unknown, IsOk());
  EXPECT_FALSE(unknown->verification.error);
  EXPECT_FALSE(unknown->verification.skill);
  EXPECT_FALSE(std::filesystem::exists(state_.root));

  const auto trusted = verify_package(
      services_,
      {.path = file, .trust = {.publishers = {{"acme", signing_key().public_key()}}, .trust_store = std::nullopt}});
  ASSERT_THAT(trusted, IsOk());
  EXPECT_TRUE(trusted->verification.skill);
  const auto other = verify_package(
      services_,
      {.path = file, .trust = {.publishers = {{"acme", signing_key(2).public_key()}}, .trust_store = std::nullopt}});
  ASSERT_THAT(other, IsOk());
  EXPECT_TRUE(other->verification.error->is(skills::kTrustKeyMismatch));
}

TEST_F(SkillLifeTest, AForgedFileNeverStandsInForTheRealOneAndTwoOfThemAreToldApart) {
  trust();
  const auto forged = [&](int returned) {
    Skill skill{.wat = fmt::format("(module (func (export \"run\") (result i32) i32.const {}))", returned), .key = 2};
    return install(build(skill))->kept->content_root();
  };
  const auto first = forged(1);
  const auto second = forged(2);
  EXPECT_NE(first, second);
  EXPECT_THAT(quarantine_skill(services_, "acme.demo@1.0.0"), FailsWith(kSelectorAmbiguous));
  const auto by_root = quarantine_skill(services_, crypto::to_hex(first));
  ASSERT_THAT(by_root, IsOk());
  EXPECT_EQ(by_root->content_root(), first);

  ASSERT_THAT(install(build({})), IsOk());
  ASSERT_THAT(promote("acme.demo@1.0.0"), IsOk());
  EXPECT_EQ(call_code(), "ok");
}

TEST_F(SkillLifeTest, SelectorsSayWhatIsWrongWithThem) {
  trust();
  EXPECT_THAT(promote("Not An Id"), FailsWith(kSelectorInvalid));
  EXPECT_THAT(promote("acme.none"), FailsWith(state::kSkillNotInstalled));
  EXPECT_THAT(quarantine_skill(services_, std::string(64, 'a')), FailsWith(state::kSkillNotInstalled));
}

}  // namespace
}  // namespace palyra::app
