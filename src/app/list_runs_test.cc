// SPDX-License-Identifier: Apache-2.0
// Every call leaves one entry in the runs log, whatever became of it.
#include "app_fixture.h"

#include <palyra/app/list_runs.h>
#include <palyra/app/stop_skill.h>

#include <map>

namespace palyra::app {
namespace {

using testing::FailsWith;
using testing::IsOk;

class ListRunsTest : public AppTest {
 protected:
  // Newest first.
  [[nodiscard]] std::vector<state::RunEntry> logged() const {
    EXPECT_THAT(runs_.flush(), IsOk());
    return list_runs(services_, {}).value().entries;
  }
};

TEST_F(ListRunsTest, ACallOfAnInstalledToolIsLoggedWithItsVersion) {
  trust();
  install_and_promote({});
  const Execution execution = call(R"({"n":7})");
  ASSERT_FALSE(execution.error) << execution.error->error.describe();
  const std::vector<state::RunEntry> entries = logged();
  ASSERT_EQ(entries.size(), 1U);
  const state::RunEntry& entry = entries.front();
  EXPECT_EQ(entry.run_id, execution.run_id);
  EXPECT_EQ(entry.subject->tool_id, "acme.demo.echo");
  EXPECT_EQ(entry.subject->origin, state::RunOrigin::kInstalled);
  ASSERT_TRUE(entry.subject->skill);
  EXPECT_EQ(entry.subject->skill->id, "acme.demo");
  EXPECT_EQ(entry.subject->skill->version, "1.0.0");
  EXPECT_EQ(entry.subject->skill->content_root,
            state::StateStore::open(state_).value().find_active("acme.demo.echo").value().content_root());
  EXPECT_EQ(entry.subject->actor, "test");
  EXPECT_EQ(entry.argument_bytes, 7U);
  EXPECT_FALSE(entry.failed());
  EXPECT_EQ(entry.record.bytes_out, 7U);
  EXPECT_GT(entry.record.fuel_used, 0U);
  EXPECT_EQ(show_run(services_, execution.run_id).value(), entry);
  EXPECT_EQ(show_run(services_, execution.run_id.substr(0, 6)).value(), entry);
}

TEST_F(ListRunsTest, RefusedAndFailedCallsAreLoggedWithKindAndCode) {
  trust();
  EXPECT_TRUE(call("{}").error);  // no such tool
  install_and_promote(
      {.wat = R"((module (memory (export "memory") 1) (func (export "run") (result i32) unreachable)))"});
  EXPECT_TRUE(call(R"({"n":"x"})").error);  // not what the schema asks for
  EXPECT_TRUE(call("{}").error);            // traps
  const std::vector<state::RunEntry> entries = logged();
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_EQ(entries[0].error_kind, "RuntimeFailure");
  EXPECT_EQ(entries[0].error_code, "run.trapped");
  EXPECT_EQ(entries[1].error_code, "schema.does_not_conform");
  EXPECT_TRUE(entries[1].subject->skill);
  EXPECT_EQ(entries[2].error_code, "state.tool_not_found");
  EXPECT_FALSE(entries[2].subject->skill);
  EXPECT_EQ(list_runs(services_, {.skill_id = "acme.demo", .failed_only = true}).value().entries.size(), 2U);
}

TEST_F(ListRunsTest, NothingOfArgumentsOutputOrMessagesIsInTheLog) {
  trust();
  install_and_promote({});
  EXPECT_FALSE(call(R"({"n":1234567})").error);
  EXPECT_TRUE(call(R"({"n":"hunter2"})").error);
  ASSERT_THAT(runs_.flush(), IsOk());
  for (const auto& file : std::filesystem::directory_iterator(state_.root + "/runs")) {
    const Bytes bytes = testing::must_read(file.path());
    EXPECT_EQ(as_text(bytes).find("1234567"), std::string_view::npos);
    EXPECT_EQ(as_text(bytes).find("hunter2"), std::string_view::npos);
    EXPECT_NE(as_text(bytes).find("acme.demo.echo"), std::string_view::npos);
  }
}

TEST_F(ListRunsTest, AModuleUnderDevelopmentIsLoggedOnlyWhereThereIsState) {
  constexpr std::string_view kModule = R"((module (func (export "run") (result i32) i32.const 0)))";
  EXPECT_FALSE(call_inline(kModule).error);
  ASSERT_THAT(runs_.flush(), IsOk());
  EXPECT_FALSE(std::filesystem::exists(state_.root));
  EXPECT_THAT(list_runs(services_, {}), FailsWith(state::kNotInitialised));
  trust();
  EXPECT_FALSE(call_inline(kModule).error);
  const std::vector<state::RunEntry> entries = logged();
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].subject->origin, state::RunOrigin::kDevelopment);
  EXPECT_EQ(entries[0].subject->tool_id, "test.wat");
}

TEST_F(ListRunsTest, ALogThatCannotBeWrittenFailsNoRun) {
  trust();
  install_and_promote({});
  write(state_.root + "/runs", "not a directory");
  EXPECT_FALSE(call("{}").error);
  EXPECT_FALSE(runs_.flush().has_value());
}

TEST_F(ListRunsTest, ARefusalAfterWhichAPersonIsAskedIsLoggedOnlyWithTheAnswer) {
  trust();
  install_and_promote({.tool = "risk = { requires_approval = true }"});
  EXPECT_TRUE(call("{}", Approval::kWillAsk).error);
  EXPECT_TRUE(logged().empty());
  EXPECT_TRUE(call("{}", Approval::kNotGiven).error);
  EXPECT_FALSE(call("{}", Approval::kGiven).error);
  const std::vector<state::RunEntry> entries = logged();
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_FALSE(entries[0].failed());
  EXPECT_EQ(entries[1].error_code, "run.needs_approval");
}

TEST_F(ListRunsTest, TheLogsAreVerifiedTogether) {
  trust();
  install_and_promote({});
  EXPECT_FALSE(call("{}").error);
  ASSERT_THAT(runs_.flush(), IsOk());
  EXPECT_EQ(verify_logs(services_).value().runs.unanchored_segments, 1U);
  ASSERT_THAT(quarantine_skill(services_, "acme.demo"), IsOk());
  const LogFacts facts = verify_logs(services_).value();
  EXPECT_EQ(facts.audit_rows, 5U);
  EXPECT_EQ(facts.runs.runs, 1U);
  EXPECT_EQ(facts.runs.unanchored_segments, 0U);
  std::filesystem::remove_all(state_.root + "/runs");
  EXPECT_THAT(verify_logs(services_), FailsWith(state::kRunLogBroken));
}

TEST_F(ListRunsTest, ARunIsNamedByAUniquePrefix) {
  trust();
  EXPECT_THAT(show_run(services_, "00"), FailsWith(kRunsNotFound));
  EXPECT_THAT(show_run(services_, ""), FailsWith(kRunsNotFound));
  for (int i = 0; i < 17; ++i) EXPECT_TRUE(call("{}").error);
  const std::vector<state::RunEntry> entries = logged();
  ASSERT_EQ(entries.size(), 17U);
  EXPECT_THAT(show_run(services_, ""), FailsWith(kRunsNotFound));
  std::map<char, int> first;  // of 17 ids two begin with the same digit
  for (const state::RunEntry& entry : entries) ++first[entry.run_id.at(0)];
  const auto twice = std::ranges::find_if(first, [](const auto& digit) { return digit.second > 1; });
  ASSERT_NE(twice, first.end());
  EXPECT_THAT(show_run(services_, std::string(1, twice->first)), FailsWith(kRunsAmbiguous));
  for (const state::RunEntry& entry : entries) EXPECT_EQ(show_run(services_, entry.run_id).value(), entry);
}

}  // namespace
}  // namespace palyra::app
