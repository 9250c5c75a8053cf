// SPDX-License-Identifier: Apache-2.0
// Newer versions of skills that run here: which of them nobody has to look at.
#include "app_fixture.h"

#include <palyra/app/activate_skill.h>
#include <palyra/app/list_skills.h>
#include <palyra/app/skill_history.h>
#include <palyra/app/stop_skill.h>
#include <palyra/app/update_skill.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <sys/resource.h>

namespace palyra::app {
namespace {

using state::VersionStatus;
using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;

// The system's time and some more.
class LaterClock final : public Clock {
 public:
  explicit LaterClock(std::chrono::milliseconds by) : by_(by) {}
  [[nodiscard]] std::chrono::milliseconds wall() const override { return SystemClock().wall() + by_; }
  [[nodiscard]] SteadyTime steady() const override { return SystemClock().steady(); }

 private:
  std::chrono::milliseconds by_;
};

class SkillUpdateTest : public AppTest {
 protected:
  static constexpr const char* kExample =
      "[[entrypoints.tools.examples]]\nname = \"echo\"\ninput = { n = 1 }\noutput = { n = 1 }\n";
  static constexpr const char* kHttp = "[capabilities]\nhttp = [{ host = \"api.example.com\" }]\n";

  SkillUpdateTest() { config_.updates = "auto"; }

  [[nodiscard]] Services after(const Clock& clock) const { return after(clock, activities_); }
  [[nodiscard]] Services after(const Clock& clock, ActivitySink& activities) const {
    return {.clock = clock,
            .config = config_,
            .schemas = schemas_,
            .state = state_,
            .runs = runs_,
            .watch = watch_,
            .engine = shared_engine(),
            .random = random_,
            .activities = activities};
  }

  // 1.0.0 runs, and `newer` waits.
  void offer(const Skill& newer, const Skill& active = {.tool = kExample}) {
    trust();
    install_and_promote(active);
    const auto offered = offer_update(services_, build(newer), std::nullopt);
    ASSERT_THAT(offered, IsOk());
    ASSERT_TRUE(offered->kept) << offered->skipped;
    EXPECT_EQ(offered->kept->status, VersionStatus::kQuarantined);
  }

  // Of the only one that waits, three days and an hour later.
  [[nodiscard]] std::vector<std::string> obstacles() const {
    const auto judged = judge_updates(after(later_), "acme.demo");
    EXPECT_THAT(judged, IsOk());
    if (!judged || judged->size() != 1) return {"not judged"};
    if (!judged->front().is_clear()) {
      EXPECT_THAT(activate_update(after(later_), judged->front()), FailsWith(kUpdateNeedsPerson));
    }
    return judged->front().obstacles;
  }

  // Why the file is no update: the code of its refusal, or in words.
  [[nodiscard]] std::string not_taken(const Skill& skill, const std::optional<std::string>& only = {}) const {
    const auto offered = offer_update(services_, build(skill), only);
    EXPECT_THAT(offered, IsOk());
    EXPECT_FALSE(offered->kept);
    return offered->error ? std::string(offered->error->code().id) : offered->skipped;
  }

  [[nodiscard]] std::string active_version() const {
    return list_skills(services_, ListScope::kOnePerSkill)->front().version.artifact.version;
  }

  LaterClock later_{std::chrono::hours(73)};
};

TEST_F(SkillUpdateTest, IsActivatedByPolicyOnceItsReleaseAgeHasPassed) {
  offer({.tool = kExample, .version = "1.1.0"});
  EXPECT_THAT(*skills_with_updates(services_, std::nullopt), ElementsAre("acme.demo"));
  const auto young = judge_updates(services_, "acme.demo");
  ASSERT_THAT(young, IsOk());
  ASSERT_EQ(young->size(), 1U);
  EXPECT_THAT(young->front().obstacles, ElementsAre(HasSubstr("release_age: ")));
  EXPECT_THAT(activate_update(services_, young->front()), FailsWith(kUpdateNeedsPerson));
  EXPECT_EQ(active_version(), "1.0.0");

  const auto old = judge_updates(after(later_), "acme.demo");
  ASSERT_THAT(old, IsOk());
  ASSERT_TRUE(old->front().is_clear()) << old->front().obstacles.front();
  const auto activated = activate_update(after(later_), old->front());
  ASSERT_THAT(activated, IsOk());
  EXPECT_EQ(activated->status_reason, "updated automatically");
  EXPECT_EQ(active_version(), "1.1.0");
  EXPECT_THAT(*skills_with_updates(services_, std::nullopt), IsEmpty());
  EXPECT_THAT(skill_history(services_, "acme.demo")->back().details, HasSubstr("updated automatically"));
  EXPECT_FALSE(call("{}").error);
}

TEST_F(SkillUpdateTest, WaitsWhenItMayMore) {
  offer({.tool = kExample, .rest = kHttp, .version = "1.1.0"});
  const auto why = obstacles();
  ASSERT_EQ(why.size(), 2U);
  EXPECT_THAT(why[0], HasSubstr("https://api.example.com:443/ GET"));
  EXPECT_THAT(why[1], HasSubstr("capability_diff: "));
}

TEST_F(SkillUpdateTest, WaitsWhenAToolAsksNobodyAnyMore) {
  offer({.tool = kExample, .version = "1.1.0"},
        {.tool = std::string("risk = { requires_approval = true }\n") + kExample});
  EXPECT_THAT(obstacles(), ElementsAre(HasSubstr("waits for no approval any more")));
}

TEST_F(SkillUpdateTest, WaitsWithoutExamplesThatPass) {
  offer({.version = "1.1.0"});
  EXPECT_THAT(obstacles(), ElementsAre(HasSubstr("examples_pass: ")));
}

TEST_F(SkillUpdateTest, WaitsWhenAnExampleFails) {
  offer({.wat = R"((module (func (export "run") (result i32) i32.const 5)))", .tool = "", .version = "1.1.0"});
  EXPECT_THAT(obstacles(), ElementsAre(HasSubstr("examples_pass: ")));
}

// K18
TEST_F(SkillUpdateTest, WaitsWhenItJumpsOverAMajorVersion) {
  offer({.tool = kExample, .version = "9.0.0"});
  EXPECT_THAT(obstacles(), ElementsAre(HasSubstr("jumps over a major version")));
}

// K18
TEST_F(SkillUpdateTest, WaitsWhenItsVersionIsTheHighestThereCanBe) {
  offer({.tool = kExample, .version = "2147483647.0.0"});
  EXPECT_THAT(obstacles(), ElementsAre(HasSubstr("jumps over a major version")));
  EXPECT_EQ(active_version(), "1.0.0");
}

TEST_F(SkillUpdateTest, WaitsWhenItIsUnderDevelopment) {
  offer({.tool = kExample, .version = "1.1.0-dev.1"});
  EXPECT_THAT(obstacles(), ElementsAre(HasSubstr("under development")));
}

TEST_F(SkillUpdateTest, WaitsWhenARequiredSettingHasNoValue) {
  offer({.tool = kExample,
         .rest = "[config.properties.region]\ntype = \"string\"\nrequired = true\n",
         .version = "1.1.0"});
  const auto why = obstacles();
  EXPECT_TRUE(std::ranges::any_of(why, [](const std::string& each) {
    return each.find("its setting 'region' has no value") != std::string::npos;
  }));
}

TEST_F(SkillUpdateTest, WaitsWhenOtherKeysOfThePublisherSigned) {
  ASSERT_THAT(init_trust(services_), IsOk());
  ASSERT_THAT(add_publisher(services_, {.publisher = "acme",
                                        .keys = {signing_key(1).public_key(), signing_key(2).public_key()},
                                        .threshold = 1}),
              IsOk());
  install_and_promote({.tool = kExample});
  ASSERT_TRUE(offer_update(services_, build({.tool = kExample, .version = "1.1.0", .key = 2}), std::nullopt)->kept);
  EXPECT_THAT(obstacles(), ElementsAre(HasSubstr("publisher_continuity: ")));
}

TEST_F(SkillUpdateTest, LeavesDeniedWhatWasDenied) {
  trust();
  const Skill first{.tool = kExample, .rest = kHttp};
  ASSERT_THAT(install(build(first)), IsOk());
  const auto plan =
      plan_promotion(services_, {.selector = "acme.demo", .only = {}, .deny = {"https://api.example.com:443/ GET"}});
  ASSERT_THAT(plan, IsOk());
  ASSERT_THAT(promote_skill(services_, *plan, {.form = ConsentForm::kTyped, .pin_fingerprint = {}}), IsOk());
  ASSERT_TRUE(
      offer_update(services_, build({.tool = kExample, .rest = kHttp, .version = "1.1.0"}), std::nullopt)->kept);
  const auto judged = judge_updates(after(later_), "acme.demo");
  ASSERT_THAT(judged, IsOk());
  EXPECT_THAT(judged->front().promotion.deny, ElementsAre("https://api.example.com:443/ GET"));
  ASSERT_TRUE(judged->front().is_clear()) << judged->front().obstacles.front();
  EXPECT_TRUE(activate_update(after(later_), judged->front())->grants.empty());
}

TEST_F(SkillUpdateTest, TakesTheHighestThatNothingStandsAgainst) {
  offer({.tool = kExample, .version = "1.1.0"});
  ASSERT_TRUE(offer_update(services_, build({.tool = kExample, .version = "1.2.0"}), std::nullopt)->kept);
  ASSERT_TRUE(offer_update(services_, build({.tool = kExample, .version = "1.3.0-dev"}), std::nullopt)->kept);
  const auto judged = judge_updates(after(later_), "acme.demo");
  ASSERT_THAT(judged, IsOk());
  ASSERT_EQ(judged->size(), 2U);
  EXPECT_EQ((*judged)[0].version.artifact.version, "1.3.0-dev");
  EXPECT_FALSE((*judged)[0].is_clear());
  EXPECT_EQ((*judged)[1].version.artifact.version, "1.2.0");
  EXPECT_TRUE((*judged)[1].is_clear());
}

TEST_F(SkillUpdateTest, TakesNoFileOfASkillThatDoesNotRunHere) {
  trust();
  EXPECT_THAT(not_taken({.version = "1.1.0"}), HasSubstr("is not active here"));
  ASSERT_THAT(install(build({.version = "1.0.0"})), IsOk());  // only waits
  EXPECT_THAT(not_taken({.version = "1.1.0"}), HasSubstr("is not active here"));
}

TEST_F(SkillUpdateTest, TakesNoFileOfAnotherSkillThanTheOneThatIsMeant) {
  trust();
  install_and_promote({});
  EXPECT_THAT(not_taken({.version = "1.1.0"}, "acme.other"), HasSubstr("it is of another skill: acme.demo"));
  EXPECT_TRUE(offer_update(services_, build({.version = "1.1.0"}), "acme.demo")->kept);
}

// K15, K21
TEST_F(SkillUpdateTest, TakesNoFileThatIsNoUpdate) {
  trust();
  install_and_promote({.version = "2.0.0"});
  EXPECT_THAT(not_taken({.version = "1.9.0"}), HasSubstr("is not newer than 2.0.0"));
  EXPECT_THAT(not_taken({.wat = R"((module (func (export "run") (result i32) i32.const 5)))", .version = "2.0.0"}),
              HasSubstr("is not newer than 2.0.0"));
  EXPECT_EQ(not_taken({.version = "2.1.0", .key = 2}), "trust.key_mismatch");
  ASSERT_TRUE(offer_update(services_, build({.version = "2.2.0"}), std::nullopt)->kept);
  EXPECT_EQ(not_taken({.wat = R"((module (func (export "run") (result i32) i32.const 5)))", .version = "2.2.0"}),
            "trust.equivocation");
  const std::string broken = dir_.file("broken.palyra-skill");
  write(broken, "no artifact");
  EXPECT_TRUE(offer_update(services_, broken, std::nullopt)->error->is(skills::kContainerC1));
  EXPECT_EQ(list_skills(services_, ListScope::kAllVersions)->size(), 2U);
}

TEST_F(SkillUpdateTest, ThePolicyDecidesWhoDecides) {
  offer({.tool = kExample, .version = "1.1.0"});
  const auto judged = judge_updates(after(later_), "acme.demo");
  ASSERT_TRUE(judged->front().is_clear());
  config_.updates = "ask";
  EXPECT_THAT(activate_update(after(later_), judged->front()), FailsWith(kUpdateNeedsPerson));
  config_.updates = "off";
  EXPECT_THAT(activate_update(after(later_), judged->front()), FailsWith(kUpdateNeedsPerson));
  EXPECT_THAT(judge_updates(services_, "acme.demo"), FailsWith(kUpdatesOff));
  EXPECT_THAT(skills_with_updates(services_, std::nullopt), FailsWith(kUpdatesOff));
  EXPECT_THAT(offer_update(services_, dir_.file("none"), std::nullopt), FailsWith(kUpdatesOff));
  config_.updates = "auto";
  EXPECT_THAT(skills_with_updates(services_, "acme.none"), FailsWith(state::kSkillNotInstalled));
}

TEST_F(SkillUpdateTest, WhatAnOperatorStoppedComesBackByAPersonAlone) {
  trust();
  install_and_promote({.tool = kExample});
  install_and_promote({.tool = kExample, .version = "1.1.0"});
  const auto back = plan_rollback(services_, "acme.demo");
  ASSERT_THAT(back, IsOk());
  ASSERT_THAT(roll_back(services_, *back, ConsentForm::kTyped), IsOk());
  ASSERT_THAT(quarantine_skill(services_, "acme.demo@1.1.0"), IsOk());
  EXPECT_THAT(obstacles(), ElementsAre(HasSubstr("ran here before"), HasSubstr("quarantined by an operator")));
  // Nor does it come as a new file.
  ASSERT_THAT(remove_skill(services_, "acme.demo@1.1.0", Purge::kNo), IsOk());
  ASSERT_TRUE(offer_update(services_, dir_.file("demo-1.1.0.palyra-skill"), std::nullopt)->kept);
  EXPECT_THAT(obstacles(), ElementsAre(HasSubstr("ran here before"), HasSubstr("came again; it was removed")));
}

TEST_F(SkillUpdateTest, WhatAnOperatorHoldsBackWaits) {
  offer({.tool = kExample, .version = "1.1.0"});
  ASSERT_THAT(quarantine_skill(services_, "acme.demo@1.1.0"), IsOk());
  EXPECT_THAT(obstacles(), ElementsAre(HasSubstr("put into quarantine here: quarantined by an operator")));
}

TEST_F(SkillUpdateTest, WhatWasRemovedAndIsOfferedAgainWaits) {
  offer({.tool = kExample, .version = "1.1.0"});
  ASSERT_THAT(quarantine_skill(services_, "acme.demo@1.1.0"), IsOk());
  ASSERT_THAT(remove_skill(services_, "acme.demo@1.1.0", Purge::kNo), IsOk());
  ASSERT_TRUE(offer_update(services_, dir_.file("demo-1.1.0.palyra-skill"), std::nullopt)->kept);
  EXPECT_THAT(obstacles(), ElementsAre(HasSubstr("put into quarantine here: came again; it was removed by test")));
}

TEST_F(SkillUpdateTest, WaitsWhenADirectoryOfItsRootsIsAnotherOne) {
  const std::string rest = "[capabilities.filesystem]\nwrite_roots = [\"notes\"]\n";
  trust();
  ASSERT_THAT(install(build({.tool = kExample, .rest = rest})), IsOk());
  const std::string notes = dir_.file("notes");
  std::filesystem::create_directories(notes);
  const auto plan =
      plan_promotion(services_, {.selector = "acme.demo", .only = {}, .deny = {}, .map_root = {"notes=" + notes}});
  ASSERT_THAT(plan, IsOk());
  ASSERT_THAT(promote_skill(services_, *plan, {.form = ConsentForm::kTyped, .pin_fingerprint = {}}), IsOk());
  ASSERT_TRUE(offer_update(services_, build({.tool = kExample, .rest = rest, .version = "1.1.0"}), std::nullopt)->kept);
  EXPECT_THAT(obstacles(), IsEmpty());
  std::filesystem::rename(notes, dir_.file("moved"));
  EXPECT_THAT(obstacles(), ElementsAre(HasSubstr("is no directory")));
  std::filesystem::create_directory_symlink(dir_.file("moved"), notes);
  EXPECT_THAT(obstacles(), ElementsAre(HasSubstr("the directory of its root 'notes' is '")));
  std::filesystem::remove(notes);
  std::filesystem::create_directory_symlink(state_.root, notes);
  EXPECT_THAT(obstacles(), ElementsAre(HasSubstr("the state directory")));
}

// Damages the state, in place, when verification of a file begins.
class Damaging final : public ActivitySink {
 public:
  explicit Damaging(std::string file) : file_(std::move(file)) {}
  void begin(std::string_view what) override {
    if (what.starts_with("verifying")) std::ofstream(file_, std::ios::trunc) << std::string(65'536, 'x');
  }
  void end() override {}

 private:
  std::string file_;
};

TEST_F(SkillUpdateTest, WhatRunsHereAndCannotBeReadIsNoSkillThatDoesNotRunHere) {
  trust();
  install_and_promote({.tool = kExample});
  const std::string newer = build({.tool = kExample, .version = "1.1.0"});
  Damaging damaging(state_.root + "/trust.db");
  const auto offered = offer_update(after(clock_, damaging), newer, std::nullopt);
  ASSERT_THAT(offered, IsOk());
  EXPECT_EQ(offered->skipped, "");
  ASSERT_TRUE(offered->error);
  EXPECT_FALSE(offered->kept);
}

// From the time on when it is compiled, no file of this process takes a byte.
class FillingUp final : public ActivitySink {
 public:
  FillingUp() : before_(std::signal(SIGXFSZ, SIG_IGN)) { ::getrlimit(RLIMIT_FSIZE, &enough_); }
  FillingUp(const FillingUp&) = delete;
  FillingUp& operator=(const FillingUp&) = delete;
  ~FillingUp() {
    ::setrlimit(RLIMIT_FSIZE, &enough_);
    static_cast<void>(std::signal(SIGXFSZ, before_));
  }
  void begin(std::string_view what) override {
    const rlimit full{.rlim_cur = 0, .rlim_max = enough_.rlim_max};
    if (what.starts_with("compiling")) ::setrlimit(RLIMIT_FSIZE, &full);
  }
  void end() override {}

 private:
  void (*before_)(int);
  rlimit enough_{};
};

TEST_F(SkillUpdateTest, AnErrorOfTheSystemIsAnErrorAndNothingChanges) {
  offer({.tool = kExample, .version = "1.1.0"});
  const auto judged = judge_updates(after(later_), "acme.demo");
  ASSERT_THAT(judged, IsOk());
  ASSERT_TRUE(judged->front().is_clear());
  {
    FillingUp disk;
    const auto failed = activate_update(after(later_, disk), judged->front());
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().kind(), ErrorKind::kUnavailable) << failed.error().message();
  }
  EXPECT_EQ(active_version(), "1.0.0");
  EXPECT_EQ(show_skill(services_, "acme.demo@1.1.0")->version.status, VersionStatus::kQuarantined);
  EXPECT_THAT(obstacles(), IsEmpty());
  ASSERT_THAT(activate_update(after(later_), judged->front()), IsOk());
}

TEST_F(SkillUpdateTest, TheListNamesWhatWaits) {
  offer({.tool = kExample, .version = "1.1.0"});
  const auto listed = list_skills(services_, ListScope::kOnePerSkill);
  ASSERT_THAT(listed, IsOk());
  ASSERT_EQ(listed->size(), 1U);
  EXPECT_THAT(listed->front().updates, ElementsAre("1.1.0"));
  EXPECT_EQ(listed->front().claims, 0U);
}

}  // namespace
}  // namespace palyra::app
