// SPDX-License-Identifier: Apache-2.0
#include "hosted_guest.h"

#include <palyra/capability/abi_table.h>

#include <algorithm>
#include <string>

namespace palyra::host {
namespace {

using ::testing::ElementsAre;
using testing::Ran;
using testing::to_word;

class CallFunctions : public testing::HostTest {};

// `count` in a data segment at address 0.
std::string data_of(std::string_view text) { return fmt::format("(data (i32.const 0) \"{}\")", text); }

TEST_F(CallFunctions, CapsInTheTableAreTheCapsThatAreEnforced) {
  const auto cap = [](std::string_view module, std::string_view name) {
    return capability::find_abi_function(module, name)->ranges[0].cap_bytes;
  };
  EXPECT_EQ(cap(capability::kCallModule, "log"), kMaxLogLineBytes);
  EXPECT_EQ(cap(capability::kCallModule, "progress"), kMaxLogLineBytes);
  EXPECT_EQ(cap(capability::kCallModule, "error-write"), kMaxErrorBytes);
  EXPECT_EQ(cap(capability::kCallModule, "output-part"), kMaxMediaTypeBytes);
  EXPECT_EQ(cap(capability::kRandomModule, "fill"), kMaxRandomBytes);
  EXPECT_EQ(cap(capability::kWasiModule, "random_get"), kMaxRandomBytes);
}

TEST_F(CallFunctions, EveryRowOfTheTableHasItsFunction) {
  EXPECT_EQ(host_functions().size(), capability::abi_table().size());
  for (const capability::AbiFunction& row : capability::abi_table()) {
    EXPECT_TRUE(std::ranges::any_of(host_functions(), [&](const auto& it) { return it.abi == &row; })) << row.name;
    EXPECT_LE(row.ranges.size(), runtime::HostCall::kMaxRanges) << row.name;
    EXPECT_LE(row.parameters.size(), runtime::HostCall::kMaxParameters) << row.name;
  }
}

// ---- Input

TEST_F(CallFunctions, TellsTheLengthOfTheArguments) {
  setup.arguments = as_bytes(R"({"a":1})");
  EXPECT_EQ(to_word(run("(call $call.input-length)").outcome), "returns 7");
}

TEST_F(CallFunctions, ReadsArgumentsFromAnOffset) {
  setup.arguments = as_bytes("0123456789");
  const Ran ran = run(R"(
    (call $call.output-write (i32.const 100) (call $call.input-read (i32.const 100) (i32.const 4) (i32.const 3))))");
  EXPECT_EQ(as_text(ran.results.output), "3456");
}

TEST_F(CallFunctions, ReadsOnlyWhatIsLeft) {
  setup.arguments = as_bytes("0123456789");
  EXPECT_EQ(to_word(run("(call $call.input-read (i32.const 0) (i32.const 100) (i32.const 8))").outcome), "returns 2");
  EXPECT_EQ(to_word(run("(call $call.input-read (i32.const 0) (i32.const 100) (i32.const 10))").outcome), "returns 0");
  EXPECT_EQ(to_word(run("(call $call.input-read (i32.const 0) (i32.const 100) (i32.const -1))").outcome), "returns 0");
  EXPECT_EQ(to_word(run("(call $call.input-read (i32.const 0) (i32.const 0) (i32.const 0))").outcome), "returns 0");
}

// ---- Output

TEST_F(CallFunctions, OutputGrowsByEachWrite) {
  const Ran ran = run(R"((drop (call $call.output-write (i32.const 0) (i32.const 3)))
                         (call $call.output-write (i32.const 3) (i32.const 2)))",
                      data_of("hello"));
  EXPECT_EQ(to_word(ran.outcome), "returns 0");
  EXPECT_EQ(as_text(ran.results.output), "hello");
  EXPECT_FALSE(ran.results.output_over_cap);
  EXPECT_EQ(ran.record.bytes_out, 5U);
}

TEST_F(CallFunctions, OutputPastItsCapIsRefusedAsAWhole) {
  setup.max_output_bytes = 4;
  const Ran ran = run(R"((drop (call $call.output-write (i32.const 0) (i32.const 3)))
                         (call $call.output-write (i32.const 0) (i32.const 2)))",
                      data_of("hello"));
  EXPECT_EQ(to_word(ran.outcome), "returns -4");
  EXPECT_EQ(as_text(ran.results.output), "hel");
  EXPECT_TRUE(ran.results.output_over_cap);
}

TEST_F(CallFunctions, AFilledOutputIsNotOverItsCap) {
  setup.max_output_bytes = 5;
  const Ran ran = run("(call $call.output-write (i32.const 0) (i32.const 5))", data_of("hello"));
  EXPECT_EQ(to_word(ran.outcome), "returns 0");
  EXPECT_FALSE(ran.results.output_over_cap);
}

constexpr std::string_view kPart = "(call $call.output-part (i32.const 0) (i32.const 9) (i32.const 9) (i32.const 4))";

TEST_F(CallFunctions, PartsCarryTheirMediaType) {
  const Ran ran = run(kPart, data_of("image/png\\89PNG"));
  EXPECT_EQ(to_word(ran.outcome), "returns 0");
  ASSERT_EQ(ran.results.parts.size(), 1U);
  EXPECT_EQ(ran.results.parts[0].media_type, "image/png");
  EXPECT_EQ(as_text(ran.results.parts[0].bytes), "\x89PNG");
}

TEST_F(CallFunctions, PartsShareTheCapOfTheOutput) {
  setup.max_output_bytes = 7;
  const Ran ran = run(fmt::format("(drop {}) {}", kPart, kPart), data_of("image/pngabcd"));
  EXPECT_EQ(to_word(ran.outcome), "returns -4");
  EXPECT_EQ(ran.results.parts.size(), 1U);
  EXPECT_TRUE(ran.results.output_over_cap);
}

TEST_F(CallFunctions, TheThirtyThirdPartIsRefused) {
  const Ran ran = run(fmt::format(R"((local $n i32)
    (loop $again
      (if (i32.eqz {}) (then (local.set $n (i32.add (local.get $n) (i32.const 1))) (br $again))))
    (drop (call $call.output-write (i32.const 0) (local.get $n)))
    {})",
                                  kPart, kPart),
                      data_of("image/pngabcd"));
  EXPECT_EQ(to_word(ran.outcome), "returns -5");
  EXPECT_EQ(ran.results.output.size(), 32U);
  EXPECT_EQ(ran.results.parts.size(), 32U);
}

TEST_F(CallFunctions, RefusesWhatIsNoMediaType) {
  for (const std::string_view media : {"image/   ", "imagepngx", "/imagepng", "imagepng/", "im age/pn", "a/b/c/d/e"}) {
    EXPECT_EQ(to_word(run(kPart, data_of(media)).outcome), "returns -1") << media;
  }
  EXPECT_EQ(to_word(run("(call $call.output-part (i32.const 0) (i32.const 256) (i32.const 0) (i32.const 0))").outcome),
            "returns -4");
}

// ---- Messages

TEST_F(CallFunctions, TheFailureMessageIsWhatTheToolWrote) {
  const Ran ran = run("(drop (call $call.error-write (i32.const 0) (i32.const 7))) (i32.const 1)", data_of("no luck"));
  EXPECT_EQ(to_word(ran.outcome), "returns 1");
  EXPECT_EQ(ran.results.failure_message, "no luck");
}

TEST_F(CallFunctions, TheFailureMessageHasACap) {
  EXPECT_EQ(to_word(run("(call $call.error-write (i32.const 0) (i32.const 8193))").outcome), "returns -4");
  const Ran ran = run(R"((drop (call $call.error-write (i32.const 0) (i32.const 8192)))
                         (call $call.error-write (i32.const 0) (i32.const 1)))");
  EXPECT_EQ(to_word(ran.outcome), "returns -4");
  EXPECT_EQ(ran.results.failure_message.size(), 8192U);
}

TEST_F(CallFunctions, AnswersTheWholeLengthAndWritesWhatFits) {
  const Ran ran = run(R"((local $needed i32)
    (local.set $needed (call $call.tool-id (i32.const 0) (i32.const 4)))
    (drop (call $call.output-write (i32.const 0) (i32.const 6)))
    (local.get $needed))");
  EXPECT_EQ(to_word(ran.outcome), "returns 9");
  EXPECT_EQ(as_text(ran.results.output), std::string_view("demo\0\0", 6));
  EXPECT_EQ(to_word(run("(call $call.run-id (i32.const 0) (i32.const 0))").outcome), "returns 5");
}

TEST_F(CallFunctions, FindsASettingByItsKey) {
  const std::vector<ConfigValue> config{{"unit", R"("km")"}, {"limit", "12"}};
  setup.config = config;
  constexpr std::string_view kRead = R"((local $needed i32)
    (local.set $needed (call $call.config (i32.const 0) (i32.const {}) (i32.const 100) (i32.const 10)))
    (drop (call $call.output-write (i32.const 100) (i32.const 4)))
    (local.get $needed))";
  const Ran found = run(fmt::format(fmt::runtime(kRead), 4), data_of("unit"));
  EXPECT_EQ(to_word(found.outcome), "returns 4");
  EXPECT_EQ(as_text(found.results.output), R"("km")");
  EXPECT_EQ(to_word(run(fmt::format(fmt::runtime(kRead), 3), data_of("uni")).outcome), "returns -3");
}

// ---- Log

constexpr std::string_view kLogFive = "(call $call.log (i32.const {}) (i32.const 0) (i32.const 5))";

TEST_F(CallFunctions, LogsWithALevel) {
  const Ran ran = run(fmt::format(fmt::runtime(kLogFive), 1), data_of("watch"));
  EXPECT_EQ(to_word(ran.outcome), "returns 0");
  EXPECT_THAT(ran.record.log, ElementsAre(capability::LogLine{capability::LogLevel::kWarn, "watch"}));
}

TEST_F(CallFunctions, RefusesALogLevelThatIsNone) {
  for (const int level : {-1, 5, 0x7fffffff}) {
    const Ran ran = run(fmt::format(fmt::runtime(kLogFive), level));
    EXPECT_EQ(to_word(ran.outcome), "returns -1");
    EXPECT_TRUE(ran.record.log.empty());
  }
}

TEST_F(CallFunctions, LogLinesAreSafeToPrint) {
  const Ran ran =
      run("(call $call.log (i32.const 0) (i32.const 0) (i32.const 12))", data_of("\\1b[2J\\0d\\0a\\ff\\e2\\80\\aeok"));
  ASSERT_EQ(ran.record.log.size(), 1U);
  const std::string& line = ran.record.log[0].text;
  EXPECT_TRUE(std::ranges::all_of(line, [](char c) { return c >= 0x20 && c < 0x7f; })) << line;
  EXPECT_THAT(line, ::testing::EndsWith("ok"));
}

TEST_F(CallFunctions, RefusesALogLineOverFourKilobytes) {
  const Ran at_cap = run("(call $call.log (i32.const 2) (i32.const 0) (i32.const 4096))", data_of("x"));
  EXPECT_EQ(to_word(at_cap.outcome), "returns 0");
  const Ran over = run("(call $call.log (i32.const 2) (i32.const 0) (i32.const 4097))");
  EXPECT_EQ(to_word(over.outcome), "returns -4");
  EXPECT_TRUE(over.record.log.empty());
}

TEST_F(CallFunctions, CountsLogLinesAfterTheThousandth) {
  const Ran ran = run(R"((local $n i32) (local $answer i32)
    (loop $again
      (local.set $answer (call $call.log (i32.const 2) (i32.const 0) (i32.const 1)))
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $n) (i32.const 1003))))
    (local.get $answer))",
                      data_of("x"));
  EXPECT_EQ(to_word(ran.outcome), "returns -5");
  EXPECT_EQ(ran.record.log.size(), 1000U);
  EXPECT_EQ(ran.record.log_lines_dropped, 3U);
}

// ---- Progress, time left, cancellation

TEST_F(CallFunctions, PassesProgressOn) {
  const Ran ran =
      run("(call $call.progress (i64.const 3) (i64.const 10) (i32.const 0) (i32.const 6))", data_of("rows\\07\\0a"));
  EXPECT_EQ(to_word(ran.outcome), "returns 0");
  EXPECT_THAT(progress.seen, ElementsAre("3/10 rows\\u{7}\\u{a}"));
  EXPECT_EQ(to_word(run("(call $call.progress (i64.const 3) (i64.const 10) (i32.const 0) (i32.const 4097))").outcome),
            "returns -4");
}

TEST_F(CallFunctions, PassesProgressOnTenTimesASecondAtMost) {
  CallState state(setup);
  for (int step = 0; step < 50; ++step) {
    if (state.takes_progress())
      state.report_progress({.done = static_cast<std::uint64_t>(step), .total = 0, .text = ""});
    clock.advance(std::chrono::milliseconds(20));
  }
  EXPECT_EQ(progress.seen.size(), 10U);
}

TEST_F(CallFunctions, ProgressWithoutAListenerIsFine) {
  setup.progress = nullptr;
  EXPECT_EQ(to_word(run("(call $call.progress (i64.const 1) (i64.const 0) (i32.const 0) (i32.const 0))").outcome),
            "returns 0");
}

TEST_F(CallFunctions, TellsTheTimeLeft) {
  limits.wall_clock_timeout = std::chrono::minutes(20);
  clock.advance(std::chrono::floor<std::chrono::milliseconds>(SystemClock().steady() - clock.steady()));
  clock.advance(std::chrono::minutes(10));
  const Ran ran = run(R"((i32.and
    (i64.le_s (call $call.deadline-ms) (i64.const 900000)) (i64.ge_s (call $call.deadline-ms) (i64.const 599000))))");
  EXPECT_EQ(to_word(ran.outcome), "returns 1");
}

TEST_F(CallFunctions, TellsThatTheCallerHasGone) {
  progress.then = [this] { cancel = true; };
  const Ran ran = run(R"(
    (i32.store8 (i32.const 0) (i32.add (i32.const 48) (call $call.cancelled)))
    (drop (call $call.progress (i64.const 1) (i64.const 1) (i32.const 0) (i32.const 0)))
    (i32.store8 (i32.const 1) (i32.add (i32.const 48) (call $call.cancelled)))
    (call $call.output-write (i32.const 0) (i32.const 2)))");
  EXPECT_EQ(as_text(ran.results.output), "01");
}

// ---- Rules for every function

TEST_F(CallFunctions, MovingBytesCostsFuel) {
  constexpr std::string_view kWrite = "(call $call.output-write (i32.const 0) (i32.const {}))";
  const auto fuel = [&](int bytes) { return run(fmt::format(fmt::runtime(kWrite), bytes)).record.fuel_used; };
  const std::uint64_t base = fuel(0);
  EXPECT_GE(base, 200U);
  EXPECT_EQ(fuel(5000), base + 5000);
}

TEST_F(CallFunctions, AWriteThatFuelDoesNotCoverIsNotMade) {
  limits.fuel_budget = 1'000;
  const Ran ran = run("(call $call.output-write (i32.const 0) (i32.const 5000))");
  EXPECT_EQ(to_word(ran.outcome), "exhausted:fuel");
  EXPECT_TRUE(ran.results.output.empty());
}

TEST_F(CallFunctions, ARangeOutsideMemoryIsJudgedBeforeItsCap) {
  for (const std::string_view body : {"(call $call.error-write (i32.const 65000) (i32.const 9000))",
                                      "(call $call.log (i32.const 99) (i32.const 65536) (i32.const 9000))",
                                      "(call $random.fill (i32.const 1) (i32.const 65537))",
                                      "(call $call.output-write (i32.const 65537) (i32.const 0))"}) {
    EXPECT_EQ(to_word(run(body).outcome), "trapped:guest_out_of_bounds") << body;
  }
}

TEST_F(CallFunctions, TheRecordSaysHowMuchWasReadAndWritten) {
  setup.arguments = as_bytes("{}");
  const Ran ran = run("(drop (call $call.input-length)) (call $call.output-write (i32.const 0) (i32.const 3))");
  EXPECT_EQ(ran.record.bytes_in, 2U);
  EXPECT_EQ(ran.record.bytes_out, 3U);
  EXPECT_EQ(ran.record.host_calls.size(), 2U);
}

// ---- Clock, random bytes, the older interface

TEST_F(CallFunctions, ClocksAreTheCallsClocks) {
  EXPECT_EQ(to_word(run("(i64.eq (call $clock.wall-ms) (i64.const 1795305600000))").outcome), "returns 1");
  EXPECT_EQ(to_word(run("(i64.eq (call $clock.monotonic-ms) (i64.const 1000))").outcome), "returns 1");
}

TEST_F(CallFunctions, TheMonotonicClockStartsWithTheCall) {
  const CallState state(setup);
  clock.advance(std::chrono::milliseconds(25));
  EXPECT_EQ(state.monotonic(), std::chrono::milliseconds(1025));
}

TEST_F(CallFunctions, FillsWithRandomBytes) {
  const Ran ran =
      run("(drop (call $random.fill (i32.const 0) (i32.const 3)))"
          "(call $call.output-write (i32.const 0) (i32.const 4))");
  EXPECT_EQ(as_text(ran.results.output), std::string_view("\7\10\11\0", 4));
}

TEST_F(CallFunctions, RandomBytesHaveACapAndMayBeUnavailable) {
  EXPECT_EQ(to_word(run("(call $random.fill (i32.const 0) (i32.const 65536))").outcome), "returns 0");
  EXPECT_EQ(
      to_word(run("(drop (memory.grow (i32.const 1))) (call $random.fill (i32.const 0) (i32.const 65537))").outcome),
      "returns -4");
  random.broken = true;
  EXPECT_EQ(to_word(run("(call $random.fill (i32.const 0) (i32.const 1))").outcome), "returns -6");
}

TEST(SystemRandomTest, FillsEveryByte) {
  Bytes bytes(4096);
  EXPECT_TRUE(SystemRandom().fill(bytes));
  EXPECT_LT(std::ranges::count(bytes, 0), 200);
}

TEST_F(CallFunctions, TheOlderInterfaceCountsAndNumbersGrants) {
  capability::HttpRule http;
  http.host = "a.example";
  capability::HttpRule other = http;
  other.host = "b.example";
  grants = *capability::CapabilityGrantSet::create({other, http, capability::SecretUse{.scope = "global", .key = "k"},
                                                    capability::StoragePrefix{.prefix = "cache/"},
                                                    capability::ChannelUse{.name = "alerts"}});
  const auto word = [&](std::string_view body) { return to_word(run(body).outcome); };
  EXPECT_EQ(word("(call $legacy.http-count)"), "returns 2");
  EXPECT_EQ(word("(call $legacy.secret-count)"), "returns 1");
  EXPECT_EQ(word("(call $legacy.storage-count)"), "returns 1");
  EXPECT_EQ(word("(call $legacy.channel-count)"), "returns 1");
  EXPECT_EQ(word("(call $legacy.http-handle (i32.const 1))"), "returns 10001");
  EXPECT_EQ(word("(call $legacy.secret-handle (i32.const 0))"), "returns 20000");
  EXPECT_EQ(word("(call $legacy.storage-handle (i32.const 0))"), "returns 30000");
  EXPECT_EQ(word("(call $legacy.channel-handle (i32.const 0))"), "returns 40000");
  EXPECT_EQ(word("(call $legacy.http-handle (i32.const 2))"), "returns -1");
  EXPECT_EQ(word("(call $legacy.secret-handle (i32.const -1))"), "returns -1");
}

TEST_F(CallFunctions, TheOlderInterfaceWithoutGrantsCountsNothing) {
  EXPECT_EQ(to_word(run("(call $legacy.http-count)").outcome), "returns 0");
  EXPECT_EQ(to_word(run("(call $legacy.http-handle (i32.const 0))").outcome), "returns -1");
}

}  // namespace
}  // namespace palyra::host
