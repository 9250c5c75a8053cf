// SPDX-License-Identifier: Apache-2.0
#include "examples_fixture.h"

#include <palyra/app/audit_skill.h>
#include <palyra/app/trust_publishers.h>
#include <palyra/state/state_store.h>

#include <algorithm>
#include <string>

namespace palyra::app {
namespace {

using skills::AuditStatus;
using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::HasSubstr;
using testing::IsOk;

constexpr const char* kAsksForHttp = "[capabilities]\nhttp_egress_allowlist = [\"api.example.com\"]\n";

class AuditSkillTest : public ExamplesTest {
 protected:
  [[nodiscard]] Result<AuditedSkill> audit(const std::string& selector) const {
    return audit_skill(services_, selector, PALYRA_TRY(load_audit_policy(services_, std::nullopt)));
  }

  [[nodiscard]] skills::AuditReport report_of(const std::string& selector) const {
    auto audited = audit(selector);
    EXPECT_THAT(audited, IsOk());
    return audited && audited->report ? *std::move(audited->report) : skills::AuditReport{};
  }

  static std::string status(const skills::AuditReport& report, std::string_view id) {
    const auto found = std::ranges::find(report.checks, id, &skills::AuditCheck::check_id);
    return found == report.checks.end() ? "absent" : std::string(to_text(found->status));
  }

  [[nodiscard]] std::string policy(const std::string& keys) const {
    const std::string path = dir_.file("policy.toml");
    write(path, "format = \"palyra/audit-policy/1\"\n" + keys);
    return path;
  }

  [[nodiscard]] Result<std::vector<AuditedSkill>> all(OnFailure on_failure) const {
    return audit_all(services_, PALYRA_TRY(load_audit_policy(services_, std::nullopt)), on_failure);
  }

  [[nodiscard]] std::vector<state::AuditRow> rows() const {
    return state::StateStore::open(state_).value().audit_rows().value();
  }

  [[nodiscard]] std::ptrdiff_t times_examples_ran() const {
    return std::ranges::count_if(activities_.seen,
                                 [](const std::string& what) { return what.starts_with("running the examples"); });
  }
};

TEST_F(AuditSkillTest, AFileOfATrustedPublisherPassesAndItsExamplesRun) {
  trust();
  const std::string path = file({.examples = example("good", "input = { s = \"a\" }\noutput = { s = \"a\" }")});
  const skills::AuditReport report = report_of(path);
  EXPECT_EQ(report.status(), AuditStatus::kPass);
  EXPECT_EQ(status(report, "examples_pass"), "pass");
  EXPECT_THAT(report.ids_with(AuditStatus::kNotRun),
              ElementsAre("capability_diff", "publisher_continuity", "release_age", "vulnerability_feed_hook"));
}

TEST_F(AuditSkillTest, AFailingExampleFailsTheAudit) {
  trust();
  const skills::AuditReport report = report_of(file(wrong_));
  EXPECT_THAT(report.ids_with(AuditStatus::kFail), ElementsAre("examples_pass"));
}

// K02
TEST_F(AuditSkillTest, LookingAtAnArtifactPinsNothing) {
  ASSERT_THAT(init_trust(services_), IsOk());
  const auto before = rows();
  const skills::AuditReport report = report_of(file({}));
  EXPECT_EQ(status(report, "signature_validity"), "warn");
  EXPECT_EQ(status(report, "name_confusable"), "pass");  // no publisher is known; reserved names are
  EXPECT_EQ(rows(), before);
  EXPECT_TRUE(state::StateStore::open(state_).value().trust().value().publishers().empty());
}

TEST_F(AuditSkillTest, APublisherThatWasRemovedIsStillKnownByHisSkills) {
  trust();
  install_and_promote({});
  const auto removal = plan_removal(services_, "acme");
  ASSERT_THAT(removal, IsOk());
  ASSERT_THAT(remove_publisher(services_, *removal, ConsentForm::kTyped), IsOk());
  const std::string directory = dir_.file("skill-1.0.0");
  std::string manifest(as_text(testing::must_read(directory + "/skill.toml")));
  for (std::size_t at = 0; (at = manifest.find("acme", at)) != std::string::npos;) manifest.replace(at, 4, "acrne");
  write(directory + "/skill.toml", manifest);
  const crypto::SigningKey key = signing_key(2);
  BuildPackageRequest request;
  request.directory = directory;
  request.signing_key = &key;
  request.output = dir_.file("alike.palyra-skill");
  ASSERT_THAT(build_package(services_, request), IsOk());
  const skills::AuditReport report = report_of(request.output);
  const auto check = std::ranges::find(report.checks, "name_confusable", &skills::AuditCheck::check_id);
  ASSERT_NE(check, report.checks.end());
  EXPECT_EQ(check->status, AuditStatus::kWarn);
  EXPECT_THAT(check->message, HasSubstr("'acme'"));
}

TEST_F(AuditSkillTest, AFileIsAuditedWhereNothingIsInstalled) {
  EXPECT_EQ(report_of(file({})).status(), AuditStatus::kWarn);
  EXPECT_EQ(status(report_of(file({})), "name_confusable"), "not_run");
  EXPECT_FALSE(std::filesystem::exists(state_.root));
}

TEST_F(AuditSkillTest, AnUpdateIsMeasuredAgainstWhatRunsNow) {
  trust();
  install_and_promote({});
  ASSERT_THAT(install(build({.rest = kAsksForHttp, .version = "1.1.0"})), IsOk());
  const skills::AuditReport report = report_of("acme.demo@1.1.0");
  EXPECT_EQ(status(report, "capability_diff"), "warn");
  EXPECT_EQ(status(report, "publisher_continuity"), "pass");
  EXPECT_EQ(status(report, "release_age"), "warn");
  EXPECT_EQ(status(report_of("acme.demo@1.0.0"), "capability_diff"), "not_run");
  config_.min_release_age_hours = 0;
  EXPECT_EQ(status(report_of("acme.demo@1.1.0"), "release_age"), "pass");
}

TEST_F(AuditSkillTest, WhatRunsNowAndCannotBeReadIsNoComparison) {
  trust();
  install_and_promote({});
  ASSERT_THAT(install(build({.version = "1.1.0"})), IsOk());
  const auto active = state::StateStore::open(state_).value().find_active("acme.demo.echo").value();
  const std::string hex = crypto::to_hex(active.find_entry("skill.toml")->sha256);
  const std::string object = state_.root + "/objects/sha256/" + hex.substr(0, 2) + "/" + hex;
  std::filesystem::permissions(object, std::filesystem::perms::owner_all);
  write(object, "something else");
  const skills::AuditReport report = report_of("acme.demo@1.1.0");
  EXPECT_EQ(status(report, "capability_diff"), "not_run");
  EXPECT_EQ(status(report, "publisher_continuity"), "not_run");
  EXPECT_EQ(status(report, "release_age"), "not_run");
}

TEST_F(AuditSkillTest, ThePolicyOfTheCommandBeatsThatOfTheConfiguration) {
  EXPECT_EQ(load_audit_policy(services_, std::nullopt)->max_module_bytes, 16 << 20);
  config_.audit_file = policy("max_module_bytes = 4\n");
  EXPECT_EQ(load_audit_policy(services_, std::nullopt)->max_module_bytes, 4);
  const std::string other = dir_.file("other.toml");
  write(other, "format = \"palyra/audit-policy/1\"\nmax_module_bytes = 5\n");
  EXPECT_EQ(load_audit_policy(services_, other)->max_module_bytes, 5);
}

TEST_F(AuditSkillTest, WhatThePolicyLeavesOutIsAsTheConfigurationSays) {
  config_.max_grants_per_class = 7;
  config_.min_release_age_hours = 8;
  config_.audit_file = policy("min_release_age_hours = 9\n");
  const auto loaded = load_audit_policy(services_, std::nullopt);
  ASSERT_THAT(loaded, IsOk());
  EXPECT_EQ(loaded->max_grants_per_class, 7);
  EXPECT_EQ(loaded->min_release_age_hours, 9);
}

TEST_F(AuditSkillTest, APolicyThatCannotBeReadStopsPromotion) {
  trust();
  ASSERT_THAT(install(build({})), IsOk());
  config_.audit_file = policy("max_module_byte = 4\n");
  EXPECT_THAT(promote("acme.demo"), FailsWith(skills::kAuditPolicyMalformed));
  config_.audit_file = dir_.file("none.toml");
  EXPECT_THAT(promote("acme.demo"), FailsWith(kFileNotFound));
}

// The older implementation's tests: a policy of 4 bytes, or of no export, refuses.
TEST_F(AuditSkillTest, AFailingAuditStopsPromotionAndNamesTheChecks) {
  trust();
  ASSERT_THAT(install(build({})), IsOk());
  for (const auto& [keys, check] : {std::pair{"max_module_bytes = 4\n", "wasm_module_size_limit"},
                                    std::pair{"max_exported_functions = 0\n", "wasm_exported_function_limit"}}) {
    config_.audit_file = policy(keys);
    const auto promoted = promote("acme.demo");
    ASSERT_THAT(promoted, FailsWith(skills::kAuditFailed)) << keys;
    EXPECT_THAT(promoted.error().message(), HasSubstr(check));
  }
  EXPECT_THAT(state::StateStore::open(state_).value().find_active("acme.demo.echo"), FailsWith(state::kToolNotFound));
  config_.audit_file.clear();
  EXPECT_THAT(promote("acme.demo"), IsOk());
}

TEST_F(AuditSkillTest, PromotionRunsTheExamplesOnceForTheAuditToo) {
  trust();
  const std::string path = file({.examples = example("good")});
  ASSERT_THAT(install(path), IsOk());
  const auto plan = plan_promotion(services_, {.selector = "acme.demo", .only = {}, .deny = {}});
  ASSERT_THAT(plan, IsOk());
  EXPECT_EQ(status(plan->audit, "examples_pass"), "pass");
  EXPECT_EQ(plan->audit.status(), AuditStatus::kPass);
  EXPECT_EQ(times_examples_ran(), 1);
}

TEST_F(AuditSkillTest, AllIsWhatCouldRunWithoutAnotherPromotion) {
  trust();
  EXPECT_TRUE(all(OnFailure::kReport)->empty());
  install_and_promote({});
  install_and_promote({.version = "1.1.0"});
  ASSERT_THAT(install(build({.version = "1.2.0"})), IsOk());
  const auto audited = all(OnFailure::kReport);
  ASSERT_THAT(audited, IsOk());
  ASSERT_EQ(audited->size(), 2U);
  EXPECT_EQ(audited->at(0).name, "acme.demo@1.0.0");
  EXPECT_TRUE(audited->at(0).report->passed()) << "a version that may be rolled back to is older by right";
  EXPECT_EQ(audited->at(1).name, "acme.demo@1.1.0");
}

TEST_F(AuditSkillTest, WhatFailsIsQuarantinedInAChangeThatNamesTheCheck) {
  trust();
  install_and_promote({});
  config_.audit_file = policy("max_module_bytes = 4\n");
  const auto before = rows();
  const auto looked = all(OnFailure::kReport);
  ASSERT_THAT(looked, IsOk());
  EXPECT_EQ(looked->at(0).report->status(), AuditStatus::kFail);
  EXPECT_FALSE(looked->at(0).quarantined);
  EXPECT_EQ(rows(), before);
  const auto applied = all(OnFailure::kQuarantine);
  ASSERT_THAT(applied, IsOk());
  EXPECT_TRUE(applied->at(0).quarantined);
  const auto after = rows();
  ASSERT_EQ(after.size(), before.size() + 1);
  EXPECT_THAT(after.back().details, HasSubstr("wasm_module_size_limit"));
  EXPECT_THAT(state::StateStore::open(state_).value().find_active("acme.demo.echo"), FailsWith(state::kToolNotFound));
  EXPECT_TRUE(all(OnFailure::kQuarantine)->empty());
}

// Somebody else decides about 1.0.0 while it is audited.
class Revoking final : public ActivitySink {
 public:
  Revoking(const state::StateOptions& state, const crypto::Sha256Digest& content_root)
      : state_(state), content_root_(content_root) {}
  void begin(std::string_view what) override {
    if (what != "auditing acme.demo@1.0.0") return;
    const skills::RevocationEntry entries[] = {skills::RevokedContent{content_root_}};
    EXPECT_THAT(state::StateStore::open(state_)->revoke(entries), IsOk());
  }
  void end() override {}

 private:
  const state::StateOptions& state_;
  crypto::Sha256Digest content_root_;
};

TEST_F(AuditSkillTest, WhatCannotBeQuarantinedIsReportedWithEverythingElse) {
  trust();
  install_and_promote({});
  const auto first = state::StateStore::open(state_)->find_active("acme.demo.echo");
  ASSERT_THAT(first, IsOk());
  install_and_promote({.version = "1.1.0"});
  config_.audit_file = policy("max_module_bytes = 4\n");
  Revoking revoking(state_, first->content_root());
  const Services services{.clock = clock_,
                          .config = config_,
                          .schemas = schemas_,
                          .state = state_,
                          .runs = runs_,
                          .watch = watch_,
                          .engine = shared_engine(),
                          .random = random_,
                          .activities = revoking};
  const auto audited = audit_all(services, *load_audit_policy(services, std::nullopt), OnFailure::kQuarantine);
  ASSERT_THAT(audited, IsOk());
  ASSERT_EQ(audited->size(), 2U);
  EXPECT_TRUE(audited->at(0).report);
  EXPECT_FALSE(audited->at(0).quarantined);
  ASSERT_TRUE(audited->at(0).error);
  EXPECT_TRUE(audited->at(0).error->is(skills::kTrustRevoked));
  EXPECT_TRUE(audited->at(1).quarantined);
}

TEST_F(AuditSkillTest, WhatPassesStaysAsItIs) {
  trust();
  install_and_promote({});
  const auto before = rows();
  EXPECT_FALSE(all(OnFailure::kQuarantine)->at(0).quarantined);
  EXPECT_EQ(rows(), before);
}

// That no worker answers is no finding about the skill.
TEST_F(AuditSkillTest, WithoutAWorkerNothingIsAuditedAndNothingQuarantined) {
  trust();
  install_and_promote({});
  LazyEngine broken({.worker = dir_.file("no-such-worker"), .code_directory = {}, .state_root = {}});
  const Services services{.clock = clock_,
                          .config = config_,
                          .schemas = schemas_,
                          .state = state_,
                          .runs = runs_,
                          .watch = watch_,
                          .engine = broken,
                          .random = random_,
                          .activities = activities_};
  EXPECT_THAT(audit_skill(services, "acme.demo", {}), FailsWith(runtime::kWorkerMissing));
  const auto before = rows();
  const auto audited = audit_all(services, {}, OnFailure::kQuarantine);
  ASSERT_THAT(audited, IsOk());
  EXPECT_FALSE(audited->at(0).report);
  EXPECT_TRUE(audited->at(0).error->is(runtime::kWorkerMissing));
  EXPECT_FALSE(audited->at(0).quarantined);
  EXPECT_EQ(rows(), before);
}

TEST_F(AuditSkillTest, ARefusedFileIsReportedAndNotAnError) {
  trust(2);
  const skills::AuditReport report = report_of(file({}));
  EXPECT_THAT(report.ids_with(AuditStatus::kFail), ElementsAre("signature_validity"));
  EXPECT_EQ(status(report, "manifest_sanity"), "not_run");
  EXPECT_THAT(audit(dir_.file("none.palyra-skill")), FailsWith(kFileNotFound));
  EXPECT_THAT(audit("acme.none"), FailsWith(state::kSkillNotInstalled));
}

TEST_F(AuditSkillTest, AFileIsNamedByItsEndingOrASlash) {
  EXPECT_TRUE(names_a_file("weather.palyra-skill"));
  EXPECT_TRUE(names_a_file("./weather"));
  EXPECT_FALSE(names_a_file("acme.weather@1.2.0"));
}

}  // namespace
}  // namespace palyra::app
