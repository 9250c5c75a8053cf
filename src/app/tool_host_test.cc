// SPDX-License-Identifier: Apache-2.0
// Tools that are kept ready: what changes in the state is seen by the next call, and a call is still a call.
#include "app_fixture.h"
#include "busy_writer.h"

#include <palyra/app/backup_state.h>
#include <palyra/app/list_runs.h>
#include <palyra/app/recover_state.h>
#include <palyra/app/stop_skill.h>
#include <palyra/app/tool_host.h>

#include <functional>
#include <thread>
#include <type_traits>

namespace palyra::app {
namespace {

using testing::IsOk;

constexpr std::string_view kTool = "acme.demo.echo";

// Says progress once, and computes for ever.
constexpr const char* kSaysThatItBegan = R"((module
    (import "palyra:skill/call@1.0.0" "progress" (func $progress (param i64 i64 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "run") (result i32)
      (drop (call $progress (i64.const 1) (i64.const 2) (i32.const 0) (i32.const 0)))
      (loop (br 0)) (i32.const 0))))";

// Does something, on another thread, once the guest has begun.
class BeginsThen final : public host::ProgressSink {
 public:
  explicit BeginsThen(std::function<void()> what) : what_(std::move(what)) {}
  void progress(const host::Progress& /*progress*/) override { thread_ = std::jthread(what_); }

 private:
  std::function<void()> what_;
  std::jthread thread_;
};

class ToolHostTest : public AppTest {
 protected:
  static ToolCall long_call(BeginsThen& then) {
    return {.arguments = as_bytes("{}"),
            .limits = {.fuel_budget = std::nullopt, .wall_clock_timeout_ms = 60'000},
            .progress = &then};
  }
  static Execution call(ToolHost::Tool& tool, std::string_view arguments = "{}",
                        std::chrono::milliseconds limit = std::chrono::seconds(60)) {
    return tool.call({.arguments = as_bytes(arguments),
                      .limits = {.fuel_budget = std::nullopt, .wall_clock_timeout_ms = limit.count()}});
  }
  static std::string code_of(const Execution& execution) {
    return execution.error ? std::string(execution.error->error.code().id) : "ok";
  }
  [[nodiscard]] bool compiled() {
    const bool did = activities_.compiled();
    activities_.seen.clear();
    return did;
  }

  ToolHost host_{services_};
};

TEST_F(ToolHostTest, AToolAnswersIsCompiledOnceAndEachCallIsLogged) {
  trust();
  install_and_promote({});
  ToolHost::Tool tool = host_.tool(std::string(kTool));
  static_cast<void>(compiled());
  const Execution first = call(tool, "{\"n\":1}");
  ASSERT_FALSE(first.error) << first.error->error.describe();
  EXPECT_EQ(as_text(first.output.bytes), "{\"n\":1}");
  EXPECT_TRUE(compiled());
  const Execution second = call(tool, "{\"n\":2}");
  EXPECT_EQ(as_text(second.output.bytes), "{\"n\":2}");
  EXPECT_FALSE(compiled());
  EXPECT_NE(first.run_id, second.run_id);
  EXPECT_EQ(second.run_id.size(), 32);
  ASSERT_THAT(runs_.flush(), IsOk());
  const auto runs = list_runs(services_, {});
  ASSERT_THAT(runs, IsOk());
  EXPECT_EQ(runs->entries.size(), 2);
}

TEST_F(ToolHostTest, WhatDoesNotFitTheSchemaIsRefusedEachTime) {
  trust();
  install_and_promote({});
  ToolHost::Tool tool = host_.tool(std::string(kTool));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(code_of(call(tool, R"({"n":"seven"})")), "schema.does_not_conform");
}

TEST_F(ToolHostTest, AQuarantineIsSeenByTheNextCall) {
  trust();
  install_and_promote({});
  ToolHost::Tool tool = host_.tool(std::string(kTool));
  ASSERT_EQ(code_of(call(tool)), "ok");
  ASSERT_THAT(quarantine_skill(services_, "acme.demo"), IsOk());
  EXPECT_EQ(code_of(call(tool)), "run.disabled");
  EXPECT_EQ(host_.kept_bytes(), 0) << "what may not run is not kept";
  ASSERT_THAT(promote("acme.demo@1.0.0"), IsOk());
  EXPECT_EQ(code_of(call(tool)), "ok");
}

TEST_F(ToolHostTest, ANewerVersionIsSeenByTheNextCall) {
  trust();
  install_and_promote({});
  ToolHost::Tool tool = host_.tool(std::string(kTool));
  ASSERT_EQ(code_of(call(tool)), "ok");
  install_and_promote({.wat = R"((module (func (export "run") (result i32) (unreachable))))", .version = "2.0.0"});
  EXPECT_EQ(code_of(call(tool)), "run.trapped");
}

TEST_F(ToolHostTest, AToolThatIsNotThereMayComeLater) {
  trust();
  ToolHost::Tool tool = host_.tool(std::string(kTool));
  EXPECT_EQ(code_of(call(tool)), "state.tool_not_found");
  install_and_promote({});
  EXPECT_EQ(code_of(call(tool)), "ok");
}

static_assert(!std::is_copy_constructible_v<ToolHost::Tool>, "a copy would give the same run ids again");

TEST_F(ToolHostTest, ARefusalIsRememberedWhileNothingChanges) {
  trust();
  ToolHost::Tool tool = host_.tool(std::string(kTool));
  EXPECT_EQ(code_of(call(tool)), "state.tool_not_found");
  std::this_thread::sleep_for(std::chrono::milliseconds(1'000));
  EXPECT_EQ(code_of(call(tool)), "state.tool_not_found") << "asked just now";
  BusyWriter writer(state_.root + "/trust.db");
  ToolHost::Tool another = host_.tool(std::string(kTool));
  EXPECT_EQ(code_of(call(another)), "state.tool_not_found");
}

TEST_F(ToolHostTest, AStateThatDoesNotAnswerCostsOneCallATimeAndRefusesAll) {
  trust();
  install_and_promote({});
  ToolHost::Tool tool = host_.tool(std::string(kTool));
  ASSERT_EQ(code_of(call(tool)), "ok");
  std::this_thread::sleep_for(std::chrono::milliseconds(1'000));
  ASSERT_EQ(code_of(call(tool)), "ok") << "asked just now";
  BusyWriter writer(state_.root + "/trust.db");
  EXPECT_EQ(code_of(call(tool)), "ok") << "what was asked a moment ago is not asked again";
  std::this_thread::sleep_for(std::chrono::milliseconds(1'100));
  const SteadyTime asked = clock_.steady();
  EXPECT_EQ(code_of(call(tool)), "state.busy");
  EXPECT_LT(clock_.steady() - asked, std::chrono::milliseconds(1'900)) << "it waited twice";
  const SteadyTime patience = clock_.steady() + std::chrono::seconds(4);
  for (int i = 0; i < 100 && clock_.steady() < patience; ++i) EXPECT_EQ(code_of(call(tool)), "state.busy");
  EXPECT_LT(clock_.steady(), patience) << "each of them waited";
  writer.release();
  std::this_thread::sleep_for(std::chrono::milliseconds(1'100));
  static_cast<void>(compiled());
  EXPECT_EQ(code_of(call(tool)), "ok");
  EXPECT_FALSE(compiled()) << "what was kept is still good";
}

TEST_F(ToolHostTest, ARecoveredStateIsAskedAnew) {
  trust();
  install_and_promote({});
  ToolHost::Tool tool = host_.tool(std::string(kTool));
  ASSERT_EQ(code_of(call(tool)), "ok");
  const std::string backup = dir_.file("backup.db");
  ASSERT_THAT(backup_state(services_, backup), IsOk());
  ASSERT_THAT(recover_state(services_, backup, ConsentForm::kTyped), IsOk());
  EXPECT_EQ(code_of(call(tool)), "run.disabled");
  ASSERT_THAT(promote("acme.demo@1.0.0"), IsOk());
  EXPECT_EQ(code_of(call(tool)), "ok");
}

TEST_F(ToolHostTest, AStateThatIsNoneIsNotOpenedAgainByEachCall) {
  ToolHost::Tool tool = host_.tool(std::string(kTool));
  EXPECT_EQ(code_of(call(tool)), "trust.not_initialised");
  trust();
  EXPECT_EQ(code_of(call(tool)), "trust.not_initialised") << "it was asked a moment ago";
  std::this_thread::sleep_for(std::chrono::milliseconds(1'100));
  EXPECT_EQ(code_of(call(tool)), "state.tool_not_found");
}

TEST_F(ToolHostTest, AStateDirectoryThatWasPutInThePlaceOfAnotherIsSeenWithinSeconds) {
  trust();
  const std::string before = dir_.file("before");
  std::filesystem::copy(state_.root, before, std::filesystem::copy_options::recursive);
  install_and_promote({});
  ToolHost::Tool tool = host_.tool(std::string(kTool));
  ASSERT_EQ(code_of(call(tool)), "ok");
  std::filesystem::rename(state_.root, dir_.file("away"));
  std::filesystem::rename(before, state_.root);
  std::this_thread::sleep_for(std::chrono::milliseconds(1'100));
  EXPECT_EQ(code_of(call(tool)), "state.tool_not_found");
}

TEST_F(ToolHostTest, KeepsWhatWasCalledLastAndNoMoreThanItsBytes) {
  constexpr const char* kSecond =
      "[[entrypoints.tools]]\nid = \"acme.demo.second\"\nname = \"Second\"\n"
      "description = \"Another.\"\ninput_schema = { type = \"object\" }\n";
  trust();
  install_and_promote({.tool = kSecond});
  ToolHost small(services_, 1);
  {
    ToolHost::Tool first = small.tool(std::string(kTool));
    ToolHost::Tool second = small.tool("acme.demo.second");
    ASSERT_EQ(code_of(call(first)), "ok");
    const std::size_t of_one = small.kept_bytes();
    EXPECT_GT(of_one, 1) << "one is always kept";
    ASSERT_EQ(code_of(call(second)), "ok");
    EXPECT_EQ(small.kept_bytes(), of_one) << "the same module, kept once";
  }
  static_cast<void>(compiled());
  ToolHost::Tool again = small.tool("acme.demo.second");
  EXPECT_EQ(code_of(call(again)), "ok");
  EXPECT_FALSE(compiled());
  ToolHost::Tool gone = small.tool(std::string(kTool));
  EXPECT_EQ(code_of(call(gone)), "ok");
  EXPECT_TRUE(compiled());
}

TEST_F(ToolHostTest, AToolThatWantsApprovalGetsItCallByCall) {
  trust();
  install_and_promote({.tool = "risk = { requires_approval = true }"});
  ToolHost::Tool tool = host_.tool(std::string(kTool));
  EXPECT_EQ(code_of(call(tool)), "run.needs_approval");
  EXPECT_EQ(code_of(tool.call({.arguments = as_bytes("{}"), .approval = Approval::kGiven})), "ok");
  EXPECT_EQ(code_of(call(tool)), "run.needs_approval");
}

TEST_F(ToolHostTest, ACallIsStoppedWhenItsSkillIsAndTheNextIsRefused) {
  trust();
  install_and_promote({.wat = kSaysThatItBegan});
  config_.ceilings.fuel_budget = std::int64_t{1} << 40;
  config_.limits.fuel_budget = std::int64_t{1} << 40;
  ToolHost::Tool tool = host_.tool(std::string(kTool));
  BeginsThen decide([&] { EXPECT_THAT(quarantine_skill(services_, "acme.demo"), IsOk()); });
  EXPECT_EQ(code_of(tool.call(long_call(decide))), "run.stopped");
  EXPECT_EQ(code_of(call(tool)), "run.disabled");
}

TEST_F(ToolHostTest, TheCallersCancellationEndsIt) {
  trust();
  install_and_promote({.wat = kSaysThatItBegan});
  config_.ceilings.fuel_budget = std::int64_t{1} << 40;
  config_.limits.fuel_budget = std::int64_t{1} << 40;
  ToolHost::Tool tool = host_.tool(std::string(kTool));
  std::atomic<bool> gone{false};
  BeginsThen leave([&] { gone = true; });
  ToolCall call = long_call(leave);
  call.cancel = &gone;
  EXPECT_EQ(code_of(tool.call(call)), "run.cancelled");
}

}  // namespace
}  // namespace palyra::app
