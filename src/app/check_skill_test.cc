// SPDX-License-Identifier: Apache-2.0
#include "app_fixture.h"

#include <palyra/app/check_skill.h>
#include <palyra/app/development_skill.h>
#include <palyra/app/doctor.h>
#include <palyra/app/sign_package.h>
#include <palyra/skills/signature_document.h>

#include <fstream>

namespace palyra::app {
namespace {

using testing::FailsWith;
using ::testing::HasSubstr;
using testing::IsOk;

const Finding* find(const std::vector<Finding>& findings, std::string_view check) {
  const auto found = std::ranges::find(findings, check, &Finding::check);
  return found == findings.end() ? nullptr : &*found;
}

// "fail state.object_damaged", "ok", or "none" when there is no such check.
std::string result(const std::vector<Finding>& findings, std::string_view check) {
  const Finding* found = find(findings, check);
  if (found == nullptr) return "none";
  std::string text(to_text(found->status));
  if (found->error) text += " " + std::string(found->error->code().id);
  return text;
}

constexpr std::string_view kOpenSetting = "[config.properties.region]\ntype = \"string\"\nrequired = true\n";
constexpr std::string_view kStorage = "[[capabilities.storage]]\nprefix = \"notes/\"\n";

class CheckSkillTest : public AppTest {
 protected:
  [[nodiscard]] std::vector<Finding> check(const std::string& selector) const {
    auto checks = check_skills(services_, selector);
    EXPECT_THAT(checks, IsOk());
    return checks->front().findings;
  }

  void flip_a_bit(const crypto::Sha256Digest& object) const {
    const std::string name = crypto::to_hex(object);
    const std::string path = state_.root + "/objects/sha256/" + name.substr(0, 2) + "/" + name;
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    const auto byte = static_cast<char>(file.get() ^ 1);
    file.seekp(0);
    file.put(byte);
  }

  [[nodiscard]] std::vector<Finding> doctor() const { return examine(services_, {}); }
};

TEST_F(CheckSkillTest, SaysThatAnActiveSkillRuns) {
  trust();
  install_and_promote({});
  const auto checks = check_skills(services_, std::nullopt);
  ASSERT_THAT(checks, IsOk());
  ASSERT_EQ(checks->size(), 1U);
  EXPECT_EQ(checks->front().reason(), nullptr);
  for (const std::string_view check : {"status", "objects", "manifest", "host", "settings", "grants", "verification"}) {
    EXPECT_EQ(result(checks->front().findings, check), "ok") << check;
  }
  EXPECT_FALSE(call("{}").error.has_value());
}

TEST_F(CheckSkillTest, GivesTheReasonThatACallGives) {
  trust();
  ASSERT_THAT(install(build({})), IsOk());
  EXPECT_EQ(result(check("acme.demo"), "status"), "fail run.disabled");
  EXPECT_TRUE(call("{}").error->error.is(kRunDisabled));
  EXPECT_THAT(check_skills(services_, std::nullopt)->size(), 0U);

  const auto promoted = promote("acme.demo");
  ASSERT_THAT(promoted, IsOk());
  flip_a_bit(promoted->find_entry("modules/demo.wasm")->sha256);
  EXPECT_EQ(result(check("acme.demo"), "objects"), "fail state.object_damaged");
  EXPECT_TRUE(call("{}").error->error.is(state::kObjectDamaged));
}

TEST_F(CheckSkillTest, ARequiredSettingWithoutAValueKeepsASkillFromRunning) {
  trust();
  install_and_promote({.rest = std::string(kOpenSetting)});
  EXPECT_EQ(result(check("acme.demo"), "settings"), "fail run.setting_missing");
  const Execution execution = call("{}");
  ASSERT_TRUE(execution.error.has_value());
  EXPECT_TRUE(execution.error->error.is(kRunSettingMissing));
  EXPECT_EQ(execution.error->kind, WasmPluginRunErrorKind::kDisabled);
  EXPECT_THAT(execution.error->error.message(), HasSubstr("'region'"));
}

TEST_F(CheckSkillTest, ASettingWithADefaultHasAValue) {
  trust();
  install_and_promote({.rest = std::string(kOpenSetting) + "default = \"eu\"\n"});
  EXPECT_EQ(result(check("acme.demo"), "settings"), "ok");
  EXPECT_FALSE(call("{}").error.has_value());
}

TEST_F(CheckSkillTest, WarnsOfWhatWasNotGrantedAndOfWhatWouldBeRefusedToday) {
  trust();
  ASSERT_THAT(install(build({.rest = std::string(kStorage)})), IsOk());
  const auto asked = plan_promotion(services_, {.selector = "acme.demo", .only = {}, .deny = {}});
  ASSERT_THAT(asked, IsOk());
  std::vector<std::string> all;
  for (const auto& each : asked->grants.to_list()) all.push_back(capability::canonical_text(each));
  ASSERT_FALSE(all.empty());
  const auto plan = plan_promotion(services_, {.selector = "acme.demo", .only = {}, .deny = all});
  ASSERT_THAT(promote_skill(services_, *plan, {.form = ConsentForm::kTyped, .pin_fingerprint = {}}), IsOk());
  const auto checks = check_skills(services_, "acme.demo");
  EXPECT_EQ(checks->front().reason(), nullptr);
  EXPECT_EQ(result(checks->front().findings, "grants"), "warn");
  EXPECT_THAT(find(checks->front().findings, "grants")->message, HasSubstr(all.front()));
}

TEST_F(CheckSkillTest, ASkillInDevelopmentRunsUnsignedAndWithItsDevelopersGrantsOnly) {
  static_cast<void>(build({.rest = std::string(kStorage)}));
  const auto skill = load_development_skill(services_, dir_.file("skill-1.0.0"));
  ASSERT_THAT(skill, IsOk());
  const auto run = [&](const capability::CapabilityGrantSet& granted, const std::string& id = "acme.demo.echo") {
    return run_tool(
        services_,
        DevelopmentTool{.skill = &*skill, .id = id, .grants = {.granted = granted, .roots = {}, .addresses = {}}},
        {.arguments = as_bytes("{\"n\":1}"), .limits = {}, .started = clock_.steady()});
  };
  const Execution without = run({});
  ASSERT_FALSE(without.error.has_value()) << without.error->error.describe();
  EXPECT_EQ(as_text(without.output.bytes), "{\"n\":1}");
  EXPECT_TRUE(without.record.grants_held.list().empty());
  EXPECT_EQ(run(skill->manifest().capabilities).record.grants_held.list().size(),
            skill->manifest().capabilities.to_list().size());
  EXPECT_TRUE(run({}, "acme.demo.none").error->error.is(state::kToolNotFound));
  EXPECT_FALSE(std::filesystem::exists(state_.root));

  EXPECT_THAT(load_development_skill(services_, dir_.file("demo-1.0.0.palyra-skill")), IsOk());
}

TEST_F(CheckSkillTest, ASkillInDevelopmentIsJudgedLikeAnyOther) {
  static_cast<void>(build({}));
  const std::string directory = dir_.file("skill-1.0.0");
  write(directory + "/modules/demo.wat",
        "(module (import \"env\" \"thing\" (func)) (func (export \"run\") (result i32) i32.const 0))");
  const auto refused = load_development_skill(services_, directory);
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().code().id, HasSubstr("admission."));
  write(directory + "/skill.toml", "manifest_version = 3\nnothing = 1\n");
  EXPECT_FALSE(load_development_skill(services_, directory).has_value());
  std::string broken = dir_.file("demo-1.0.0.palyra-skill");
  std::filesystem::resize_file(broken, std::filesystem::file_size(broken) - 1);
  EXPECT_FALSE(load_development_skill(services_, broken).has_value());
}

TEST_F(CheckSkillTest, ADirectoryIsBuiltWhenItsModulesAreMissingOrOlderThanItsSources) {
  namespace fs = std::filesystem;
  const std::string directory = dir_.file("made");
  fs::create_directories(directory + "/src");
  write(directory + "/src/made.c", "int x;");
  EXPECT_EQ(needed_build(directory), std::nullopt);
  write(directory + "/build.sh",
        "#!/bin/sh\ncd \"$(dirname \"$0\")\" && mkdir -p modules && echo made > modules/made.wasm\n");
  EXPECT_EQ(needed_build(directory), std::nullopt);  // not executable
  fs::permissions(directory + "/build.sh", fs::perms::owner_all);
  ASSERT_EQ(needed_build(directory), directory + "/build.sh");
  ASSERT_THAT(run_build(directory + "/build.sh"), IsOk());
  const auto now = fs::last_write_time(directory + "/modules/made.wasm");
  fs::last_write_time(directory + "/src/made.c", now - std::chrono::seconds(1));
  fs::last_write_time(directory + "/build.sh", now - std::chrono::seconds(1));
  EXPECT_EQ(needed_build(directory), std::nullopt);
  fs::last_write_time(directory + "/src/made.c", now + std::chrono::seconds(1));
  EXPECT_EQ(needed_build(directory), directory + "/build.sh");
  write(directory + "/build.sh", "#!/bin/sh\nexit 3\n");
  fs::permissions(directory + "/build.sh", fs::perms::owner_all);
  const auto built = run_build(directory + "/build.sh");
  ASSERT_THAT(built, FailsWith(kDevelopmentBuild));
  EXPECT_THAT(built.error().message(), HasSubstr("status 3"));
  EXPECT_THAT(run_build(directory + "/none.sh"), FailsWith(kFileNotFound));
}

TEST_F(CheckSkillTest, AnotherSignatureReplacesTheFileOrGoesBesideIt) {
  const std::string file = build({});
  const crypto::SigningKey second = signing_key(2);
  const auto beside = sign_package(services_, {.path = file, .signing_key = &second, .output = dir_.file("both")});
  ASSERT_THAT(beside, IsOk());
  EXPECT_EQ(beside->signers.size(), 2U);
  const auto over = sign_package(services_, {.path = file, .signing_key = &second, .output = {}});
  ASSERT_THAT(over, IsOk());
  EXPECT_EQ(over->output, file);
  EXPECT_EQ(over->sha256, beside->sha256);
  EXPECT_THAT(sign_package(services_, {.path = file, .signing_key = &second, .output = {}}),
              FailsWith(skills::kPackageAlreadySigned));
}

TEST_F(CheckSkillTest, TheDoctorFindsNothingWrongWithAHealthyInstallation) {
  trust();
  install_and_promote({});
  for (const Finding& finding : doctor()) {
    EXPECT_TRUE(finding.status == FindingStatus::kOk || finding.check == "code") << finding.check << finding.message;
  }
}

TEST_F(CheckSkillTest, TheDoctorFindsWhatIsWrongWithTheState) {
  EXPECT_EQ(result(doctor(), "state"), "warn");
  EXPECT_EQ(result(doctor(), "audit"), "none");
  trust();
  install_and_promote({});
  const auto version = check_skills(services_, "acme.demo")->front().version;
  const std::string key = state_.root + "/keys/test";
  std::filesystem::create_directories(state_.root + "/keys");
  std::filesystem::permissions(state_.root + "/keys", std::filesystem::perms::owner_all);
  write(key, "k");
  write(state_.root + "/.left.1.0.tmp", "");
  EXPECT_EQ(result(doctor(), "owners"), "ok");
  EXPECT_EQ(result(doctor(), "leftovers"), "warn");
  std::filesystem::permissions(key, std::filesystem::perms::group_read, std::filesystem::perm_options::add);
  EXPECT_EQ(result(doctor(), "owners"), "fail state.not_private");
  flip_a_bit(version.find_entry("skill.toml")->sha256);
  EXPECT_EQ(result(doctor(), "skills"), "fail state.object_damaged");
}

TEST_F(CheckSkillTest, TheDoctorMissesTheWorkerAndCleansStaleCodeWhenTold) {
  trust();
  const std::string code = dir_.file("code");
  LazyEngine engine({.worker = dir_.file("none"), .code_directory = code, .state_root = state_.root});
  const Services services{.clock = clock_,
                          .config = config_,
                          .schemas = schemas_,
                          .state = state_,
                          .runs = runs_,
                          .watch = watch_,
                          .engine = engine,
                          .random = random_,
                          .activities = activities_};
  EXPECT_EQ(result(examine(services, {}), "worker"), "fail run.worker_missing");
  EXPECT_EQ(result(examine(services, {}), "code"), "ok");
  const std::string stale = code + "/.left.1.0.tmp";
  write(stale, "by a writer that died");
  std::filesystem::last_write_time(stale, std::filesystem::last_write_time(stale) - std::chrono::hours(2));
  EXPECT_EQ(result(examine(services, {}), "code"), "warn");
  EXPECT_TRUE(std::filesystem::exists(stale));
  EXPECT_EQ(result(examine(services, {.config_warnings = {}, .cleaning = Cleaning::kYes}), "code"), "ok");
  EXPECT_FALSE(std::filesystem::exists(stale));
}

TEST_F(CheckSkillTest, TheDoctorSaysWhichSettingsHaveNoEffect) {
  const std::string warnings[] = {"http.ca_file has no effect"};
  EXPECT_EQ(result(examine(services_, {.config_warnings = warnings}), "configuration"), "warn");
  EXPECT_EQ(result(doctor(), "configuration"), "ok");
}

}  // namespace
}  // namespace palyra::app
