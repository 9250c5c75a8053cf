// SPDX-License-Identifier: Apache-2.0
#include "hosted_guest.h"

#include <palyra/capability/abi_table.h>

#include <algorithm>
#include <set>
#include <string>

namespace palyra::host {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::must_read;
using testing::Ran;
using testing::to_word;

class Wasi : public testing::HostTest {
 protected:
  Ran run_program(const std::string& name) {
    setup.kind = runtime::EntryKind::kWasi;
    return run_module(must_read(palyra::testing::test_file("guests/wasi/") + name), "_start");
  }
  std::string word(std::string_view body, std::string_view data = "") { return to_word(run(body, data).outcome); }
  // Of a body that writes to standard output or error.
  Ran run_as(runtime::EntryKind kind, std::string_view body, std::string_view data = "") {
    setup.kind = kind;
    if (kind == runtime::EntryKind::kCore) return run(body, data);
    const std::string text = testing::guest_text(body, data);
    const std::string start = fmt::format("{} (func (export \"_start\") (call $wasi.proc_exit (call $main))))",
                                          std::string_view(text).substr(0, text.size() - 1));
    std::string named = start;
    constexpr std::string_view kRun = "(func (export \"run\")";
    named.replace(named.find(kRun), kRun.size(), "(func $main");
    const auto wasm = runtime::parse_wat(named);
    EXPECT_THAT(wasm, testing::IsOk());
    return wasm ? run_module(*wasm, "_start") : Ran{};
  }
};

// ---- Programs of a C compiler and wasi-libc (tests/guests/wasi)

std::string type_of(const capability::AbiFunction& row) {
  std::string text = "(";
  for (const capability::ValueType type : row.parameters) {
    if (text.size() > 1) text += ' ';
    text += type == capability::ValueType::kI32 ? "i32" : "i64";
  }
  return text + (row.result ? ")->(i32)" : ")->()");
}

TEST_F(Wasi, TheTableHasTheTypesThatALibcImports) {
  const auto description = runtime::describe_module(
      must_read(palyra::testing::test_file("guests/wasi/every_import.wasm")), runtime::DescribeInThisProcess{});
  ASSERT_THAT(description, testing::IsOk());
  std::set<std::string> seen;
  for (const capability::ModuleImport& import : description->imports) {
    const capability::AbiFunction* const row = capability::find_abi_function(import.module, import.name);
    ASSERT_NE(row, nullptr) << import.name;
    EXPECT_EQ(type_of(*row), import.type) << import.name;
    seen.insert(import.name);
  }
  EXPECT_EQ(seen.size(), 46U);
}

TEST_F(Wasi, AProgramThatImportsEverythingRuns) {
  const Ran ran = run_program("every_import.wasm");
  EXPECT_THAT(to_word(ran.outcome), ::testing::AnyOf("returns 0", "exits 0"));
}

TEST_F(Wasi, AnOrdinaryProgramIsATool) {
  setup.arguments = as_bytes(R"({"rows":3})");
  setup.standard_input = setup.arguments;
  const std::vector<std::string> words{"--in", "data.csv"};
  setup.program_arguments = words;
  const Ran ran = run_program("report.wasm");
  EXPECT_THAT(to_word(ran.outcome), ::testing::AnyOf("returns 0", "exits 0"));
  EXPECT_EQ(as_text(ran.results.output),
            "demo.tool: 3 argument(s), pi is 3.14159, 0000beef, snprintf works\n"
            "input of 10 bytes: {\"rows\":3}\n");
  EXPECT_THAT(ran.record.log, ElementsAre(capability::LogLine{capability::LogLevel::kInfo, "read 10 bytes"}));
}

TEST_F(Wasi, AProgramThatFailsSaysSoOnStandardError) {
  setup.standard_input = as_bytes(R"({"fail":true})");
  const Ran ran = run_program("report.wasm");
  EXPECT_EQ(to_word(ran.outcome), "exits 3");
  EXPECT_EQ(ran.results.failure_message, "read 13 bytes\nasked to fail\n");
}

TEST_F(Wasi, AProgramSeesClocksRandomBytesAndNoFiles) {
  const Ran ran = run_program("surroundings.wasm");
  EXPECT_THAT(to_word(ran.outcome), ::testing::AnyOf("returns 0", "exits 0"));
  const std::string output(as_text(ran.results.output));
  EXPECT_THAT(output, HasSubstr("realtime 1795305600.000\n"));
  EXPECT_THAT(output, HasSubstr("random 0708\n"));
  EXPECT_THAT(output, HasSubstr("done\n"));
}

// ---- Standard streams

// "hello\n" at 64, and an I/O vector of it at 0.
constexpr std::string_view kHello =
    "(data (i32.const 0) \"\\40\\00\\00\\00\\06\\00\\00\\00\") (data (i32.const 64) \"hello\\0a\")";
constexpr std::string_view kWriteHello =
    "(call $wasi.fd_write (i32.const {}) (i32.const 0) (i32.const 1) (i32.const 32))";

std::string write_hello(int descriptor) { return fmt::format(fmt::runtime(kWriteHello), descriptor); }

TEST_F(Wasi, OutputOfAModuleThatIsNoProgramGoesToTheLog) {
  const Ran ran =
      run_as(runtime::EntryKind::kCore, fmt::format("(drop {}) {}", write_hello(1), write_hello(2)), kHello);
  EXPECT_EQ(to_word(ran.outcome), "returns 0");
  EXPECT_TRUE(ran.results.output.empty());
  EXPECT_TRUE(ran.results.failure_message.empty());
  EXPECT_THAT(ran.record.log, ::testing::SizeIs(2));
}

TEST_F(Wasi, AModuleThatIsNoProgramHasNoInput) {
  setup.arguments = setup.standard_input = as_bytes("{}");
  EXPECT_EQ(word("(drop (call $wasi.fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 32)))"
                 "(i32.load (i32.const 32))",
                 kHello),
            "returns 0");
}

TEST_F(Wasi, OutputOfAProgramIsTheToolsOutput) {
  const Ran ran = run_as(runtime::EntryKind::kWasi, write_hello(1), kHello);
  EXPECT_EQ(to_word(ran.outcome), "exits 0");
  EXPECT_EQ(as_text(ran.results.output), "hello\n");
  EXPECT_TRUE(ran.record.log.empty());
}

TEST_F(Wasi, OutputOfAProgramHasTheCapOfAnyOutput) {
  setup.max_output_bytes = 11;
  const Ran ran =
      run_as(runtime::EntryKind::kWasi, fmt::format("(drop {}) {}", write_hello(1), write_hello(1)), kHello);
  EXPECT_EQ(to_word(ran.outcome), "exits 22");  // EFBIG
  EXPECT_EQ(as_text(ran.results.output), "hello\n");
  EXPECT_TRUE(ran.results.output_over_cap);
}

TEST_F(Wasi, AMessageOfTheToolGoesBeforeStandardError) {
  const Ran ran =
      run_as(runtime::EntryKind::kWasi,
             fmt::format("(drop {}) (call $call.error-write (i32.const 64) (i32.const 2))", write_hello(2)), kHello);
  EXPECT_EQ(ran.results.failure_message, "he");
}

TEST_F(Wasi, InputIsReadIntoEachVectorUntilItsEnd) {
  setup.standard_input = as_bytes("abcdefg");
  // Two vectors: 4 bytes at 100, 8 at 110. The second read finds the end.
  const Ran ran = run_as(runtime::EntryKind::kWasi, R"(
    (drop (call $wasi.fd_read (i32.const 0) (i32.const 0) (i32.const 2) (i32.const 32)))
    (drop (call $call.output-write (i32.const 100) (i32.const 18)))
    (drop (call $wasi.fd_read (i32.const 0) (i32.const 0) (i32.const 2) (i32.const 36)))
    (i32.add (i32.mul (i32.load (i32.const 32)) (i32.const 10)) (i32.load (i32.const 36))))",
                         R"((data (i32.const 0) "\64\00\00\00\04\00\00\00\6e\00\00\00\08\00\00\00"))");
  EXPECT_EQ(to_word(ran.outcome), "exits 70");
  EXPECT_EQ(as_text(ran.results.output), std::string_view("abcd\0\0\0\0\0\0efg\0\0\0\0\0", 18));
}

TEST_F(Wasi, StreamsHaveADirection) {
  EXPECT_EQ(word(write_hello(0), kHello), "returns 8");
  EXPECT_EQ(word(write_hello(3), kHello), "returns 8");
  EXPECT_EQ(word("(call $wasi.fd_read (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32))", kHello), "returns 8");
}

TEST_F(Wasi, IoVectorsMustLieWithinMemory) {
  // The table, one of its vectors, and the place for the result.
  constexpr std::string_view kOutside = "trapped:guest_out_of_bounds";
  EXPECT_EQ(word("(call $wasi.fd_write (i32.const 1) (i32.const 65532) (i32.const 1) (i32.const 32))"), kOutside);
  EXPECT_EQ(word("(call $wasi.fd_write (i32.const 1) (i32.const 0) (i32.const 0x20000000) (i32.const 32))"), kOutside);
  EXPECT_EQ(word("(call $wasi.fd_write (i32.const 1) (i32.const 0) (i32.const -1) (i32.const 32))"), kOutside);
  EXPECT_EQ(word(write_hello(1), R"((data (i32.const 0) "\ff\ff\00\00\02\00\00\00"))"), kOutside);
  EXPECT_EQ(word(write_hello(1), R"((data (i32.const 0) "\ff\ff\ff\ff\02\00\00\00"))"), kOutside);
  EXPECT_EQ(word("(call $wasi.fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 65533))", kHello),
            kOutside);
}

TEST_F(Wasi, IoVectorsAreCounted) {
  constexpr std::string_view kWriteMany =
      "(call $wasi.fd_write (i32.const 1) (i32.const 1000) (i32.const {}) (i32.const 32))";
  EXPECT_EQ(word(fmt::format(fmt::runtime(kWriteMany), 1024)), "returns 0");
  EXPECT_EQ(word(fmt::format(fmt::runtime(kWriteMany), 1025)), "returns 28");
  EXPECT_EQ(word(fmt::format(fmt::runtime(kWriteMany), 0)), "returns 0");
}

TEST_F(Wasi, MovingBytesCostsFuel) {
  const auto fuel = [&](int vectors) {
    return run(fmt::format("(call $wasi.fd_write (i32.const 1) (i32.const 0) (i32.const {}) (i32.const 32))", vectors),
               R"((data (i32.const 0) "\00\00\00\00\e8\03\00\00"))")
        .record.fuel_used;
  };
  EXPECT_EQ(fuel(1) - fuel(0), 8U + 1000U);
  limits.fuel_budget = 1'000;
  EXPECT_EQ(word("(call $wasi.fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32))",
                 R"((data (i32.const 0) "\00\00\00\00\e8\03\00\00"))"),
            "exhausted:fuel");
}

// ---- File descriptors

TEST_F(Wasi, AnswersForAnOpenDescriptorAndForNone) {
  struct Case {
    std::string_view call;  // {} is the descriptor
    int open;
  };
  for (const Case& it : std::initializer_list<Case>{
           {"(call $wasi.fd_advise (i32.const {}) (i64.const 0) (i64.const 0) (i32.const 0))", 70},
           {"(call $wasi.fd_allocate (i32.const {}) (i64.const 0) (i64.const 1))", 58},
           {"(call $wasi.fd_close (i32.const {}))", 0},
           {"(call $wasi.fd_datasync (i32.const {}))", 0},
           {"(call $wasi.fd_fdstat_get (i32.const {}) (i32.const 0))", 0},
           {"(call $wasi.fd_fdstat_set_flags (i32.const {}) (i32.const 5))", 0},
           {"(call $wasi.fd_fdstat_set_flags (i32.const {}) (i32.const 2))", 58},
           {"(call $wasi.fd_fdstat_set_rights (i32.const {}) (i64.const 0) (i64.const 0))", 58},
           {"(call $wasi.fd_filestat_get (i32.const {}) (i32.const 0))", 0},
           {"(call $wasi.fd_filestat_set_size (i32.const {}) (i64.const 0))", 28},
           {"(call $wasi.fd_filestat_set_times (i32.const {}) (i64.const 0) (i64.const 0) (i32.const 0))", 58},
           {"(call $wasi.fd_pread (i32.const {}) (i32.const 0) (i32.const 0) (i64.const 0) (i32.const 0))", 70},
           {"(call $wasi.fd_prestat_get (i32.const {}) (i32.const 0))", 8},
           {"(call $wasi.fd_prestat_dir_name (i32.const {}) (i32.const 0) (i32.const 1))", 8},
           {"(call $wasi.fd_pwrite (i32.const {}) (i32.const 0) (i32.const 0) (i64.const 0) (i32.const 0))", 70},
           {"(call $wasi.fd_readdir (i32.const {}) (i32.const 0) (i32.const 9) (i64.const 0) (i32.const 0))", 54},
           {"(call $wasi.fd_renumber (i32.const {}) (i32.const 1))", 0},
           {"(call $wasi.fd_seek (i32.const {}) (i64.const 0) (i32.const 1) (i32.const 0))", 70},
           {"(call $wasi.fd_sync (i32.const {}))", 0},
           {"(call $wasi.fd_tell (i32.const {}) (i32.const 0))", 70},
       }) {
    EXPECT_EQ(word(fmt::format(fmt::runtime(it.call), 1)), fmt::format("returns {}", it.open)) << it.call;
    EXPECT_EQ(word(fmt::format(fmt::runtime(it.call), 3)), "returns 8") << it.call;
    EXPECT_EQ(word(fmt::format(fmt::runtime(it.call), -1)), "returns 8") << it.call;
  }
}

TEST_F(Wasi, LinksAndSocketsAreNotSupported) {
  for (const capability::AbiFunction& row : capability::abi_table()) {
    if (row.name != "path_link" && row.name != "path_symlink" && !row.name.starts_with("sock_")) continue;
    std::string call = fmt::format("(call $wasi.{}", row.name);
    for (const capability::ValueType type : row.parameters) {
      call += type == capability::ValueType::kI32 ? " (i32.const 0)" : " (i64.const 0)";
    }
    EXPECT_EQ(word(call + ")"), "returns 58") << row.name;
  }
  EXPECT_EQ(word("(call $wasi.proc_raise (i32.const 6))"), "returns 58");
}

TEST_F(Wasi, AClosedStreamIsNotOpen) {
  EXPECT_EQ(word(fmt::format("(drop (call $wasi.fd_close (i32.const 1))) {}", write_hello(1)), kHello), "returns 8");
  EXPECT_EQ(word("(drop (call $wasi.fd_close (i32.const 1))) (call $wasi.fd_close (i32.const 1))"), "returns 8");
}

TEST_F(Wasi, ARenumberedStreamIsTheOther) {
  const Ran ran = run_as(runtime::EntryKind::kWasi,
                         fmt::format("(drop (call $wasi.fd_renumber (i32.const 1) (i32.const 2))) (drop {}) {}",
                                     write_hello(2), write_hello(1)),
                         kHello);
  EXPECT_EQ(to_word(ran.outcome), "exits 8");
  EXPECT_EQ(as_text(ran.results.output), "hello\n");
  setup.kind = runtime::EntryKind::kCore;
  EXPECT_EQ(word("(call $wasi.fd_renumber (i32.const 1) (i32.const 3))"), "returns 8");
}

TEST_F(Wasi, AStreamIsOfUnknownTypeWithItsFlagsAndRights) {
  const Ran ran = run(R"((drop (call $wasi.fd_fdstat_set_flags (i32.const 0) (i32.const 4)))
    (drop (call $wasi.fd_fdstat_get (i32.const 0) (i32.const 0)))
    (drop (call $wasi.fd_fdstat_get (i32.const 1) (i32.const 24)))
    (call $call.output-write (i32.const 0) (i32.const 48)))");
  const BytesView out = ran.results.output;
  ASSERT_EQ(out.size(), 48U);
  EXPECT_EQ(out[0], 0);
  EXPECT_EQ(out[2], 4);
  EXPECT_EQ(out[8] & 0x42U, 0x02U);       // may be read, not written
  EXPECT_EQ(out[24 + 8] & 0x42U, 0x40U);  // may be written, not read
  EXPECT_EQ(out[24 + 8] & 0x24U, 0U);     // no seek, no tell
}

// ---- Arguments, clocks, random bytes

TEST_F(Wasi, ArgumentsAreTheToolsNameAndWhatTheManifestMaps) {
  const std::vector<std::string> words{"-n", ""};
  setup.program_arguments = words;
  const Ran ran = run(R"(
    (drop (call $wasi.args_sizes_get (i32.const 0) (i32.const 4)))
    (drop (call $wasi.args_get (i32.const 8) (i32.const 32)))
    (call $call.output-write (i32.const 0) (i32.const 46)))");
  const std::string_view out = as_text(ran.results.output);
  EXPECT_EQ(out.substr(0, 8), std::string_view("\3\0\0\0\16\0\0\0", 8));
  EXPECT_EQ(out.substr(8, 12), std::string_view("\40\0\0\0\52\0\0\0\55\0\0\0", 12));
  EXPECT_EQ(out.substr(32), std::string_view("demo.tool\0-n\0\0", 14));
}

TEST_F(Wasi, ArgumentsMustFitIntoMemory) {
  EXPECT_EQ(word("(call $wasi.args_get (i32.const 0) (i32.const 65527))"), "trapped:guest_out_of_bounds");
  EXPECT_EQ(word("(call $wasi.args_get (i32.const 65533) (i32.const 0))"), "trapped:guest_out_of_bounds");
}

TEST_F(Wasi, TheEnvironmentIsEmpty) {
  EXPECT_EQ(word(R"((i32.store (i32.const 0) (i32.const 9)) (i32.store (i32.const 4) (i32.const 9))
    (drop (call $wasi.environ_sizes_get (i32.const 0) (i32.const 4)))
    (i32.add (i32.load (i32.const 0)) (i32.load (i32.const 4))))"),
            "returns 0");
  EXPECT_EQ(word("(call $wasi.environ_get (i32.const 0) (i32.const 0))"), "returns 0");
  EXPECT_EQ(word("(call $wasi.environ_get (i32.const 65537) (i32.const 0))"), "trapped:guest_out_of_bounds");
}

TEST_F(Wasi, ClocksHaveAResolutionOfAMillisecond) {
  EXPECT_EQ(word(R"((drop (call $wasi.clock_time_get (i32.const 0) (i64.const 1) (i32.const 0)))
    (i64.eq (i64.load (i32.const 0)) (i64.const 1795305600000000000)))"),
            "returns 1");
  EXPECT_EQ(word(R"((drop (call $wasi.clock_time_get (i32.const 1) (i64.const 1) (i32.const 0)))
    (i64.eq (i64.load (i32.const 0)) (i64.const 1000000000)))"),
            "returns 1");
  EXPECT_EQ(word("(drop (call $wasi.clock_res_get (i32.const 1) (i32.const 0))) (i32.load (i32.const 0))"),
            "returns 1000000");
  EXPECT_EQ(word("(call $wasi.clock_time_get (i32.const 2) (i64.const 1) (i32.const 0))"), "returns 58");
  EXPECT_EQ(word("(call $wasi.clock_time_get (i32.const 4) (i64.const 1) (i32.const 0))"), "returns 28");
  EXPECT_EQ(word("(call $wasi.clock_res_get (i32.const 3) (i32.const 0))"), "returns 58");
}

TEST_F(Wasi, NanosecondsSaturate) {
  clock = testing::FakeClock(std::int64_t{1} << 53);
  EXPECT_EQ(word(R"((drop (call $wasi.clock_time_get (i32.const 0) (i64.const 1) (i32.const 0)))
    (i64.eq (i64.load (i32.const 0)) (i64.const -1)))"),
            "returns 1");
}

TEST_F(Wasi, RandomBytesHaveACapAndMayBeUnavailable) {
  EXPECT_EQ(word("(drop (call $wasi.random_get (i32.const 0) (i32.const 2))) (i32.load16_u (i32.const 0))"),
            fmt::format("returns {}", 0x0807));
  EXPECT_EQ(word("(drop (memory.grow (i32.const 1))) (call $wasi.random_get (i32.const 0) (i32.const 65537))"),
            "returns 28");
  random.broken = true;
  EXPECT_EQ(word("(call $wasi.random_get (i32.const 0) (i32.const 2))"), "returns 29");
}

TEST_F(Wasi, ExitEndsTheRunWithItsCode) {
  EXPECT_EQ(word("(call $wasi.proc_exit (i32.const 0)) (i32.const 5)"), "exits 0");
  EXPECT_EQ(word("(call $wasi.proc_exit (i32.const 7)) (i32.const 5)"), "exits 7");
  EXPECT_EQ(word("(call $wasi.sched_yield)"), "returns 0");
}

// ---- Waiting

// One subscription at `address`: {userdata, tag, clock or descriptor, timeout, flags}.
std::string subscribe(int address, int user_data, int tag, int id, std::int64_t timeout = 0, int flags = 0) {
  return fmt::format(
      "(i64.store (i32.const {0}) (i64.const {1})) (i32.store8 offset=8 (i32.const {0}) (i32.const {2}))"
      "(i32.store offset=16 (i32.const {0}) (i32.const {3})) (i64.store offset=24 (i32.const {0}) (i64.const {4}))"
      "(i32.store16 offset=40 (i32.const {0}) (i32.const {5}))",
      address, user_data, tag, id, timeout, flags);
}

// Polls `count` subscriptions at 0 with events at 1000; answers the number of events and outputs them.
std::string poll(int count) {
  return fmt::format(
      "(if (call $wasi.poll_oneoff (i32.const 0) (i32.const 1000) (i32.const {}) (i32.const 900)) (then unreachable))"
      "(drop (call $call.output-write (i32.const 1000) (i32.mul (i32.load (i32.const 900)) (i32.const 32))))"
      "(i32.load (i32.const 900))",
      count);
}

constexpr std::int64_t kHour = 3'600'000'000'000;

TEST_F(Wasi, ReadyStreamsEndAWait) {
  setup.standard_input = as_bytes("abc");
  const Ran ran = run_as(runtime::EntryKind::kWasi,
                         subscribe(0, 11, 0, 1, kHour) + subscribe(48, 12, 1, 0) + subscribe(96, 13, 2, 1) + poll(3));
  EXPECT_EQ(to_word(ran.outcome), "exits 2");
  ASSERT_EQ(ran.results.output.size(), 64U);
  EXPECT_EQ(ran.results.output[0], 12);
  EXPECT_EQ(ran.results.output[10], 1);  // fd_read
  EXPECT_EQ(ran.results.output[16], 3);  // bytes
  EXPECT_EQ(ran.results.output[32], 13);
  EXPECT_EQ(ran.results.output[42], 2);  // fd_write
}

TEST_F(Wasi, WaitsForTheEarliestClock) {
  const Ran ran = run(subscribe(0, 1, 0, 1, kHour) + subscribe(48, 2, 0, 0, 1'000'000) + poll(2));
  EXPECT_EQ(to_word(ran.outcome), "returns 1");
  EXPECT_EQ(ran.results.output[0], 2);
  EXPECT_GE(ran.record.duration, std::chrono::milliseconds(1));
}

TEST_F(Wasi, ATimeThatHasComeIsNotWaitedFor) {
  EXPECT_EQ(word(subscribe(0, 1, 0, 1, 1'000'000'000, 1) + poll(1)), "returns 1");
  EXPECT_EQ(word(subscribe(0, 1, 0, 0, 5, 1) + poll(1)), "returns 1");
  EXPECT_EQ(word(subscribe(0, 1, 0, 1, 0) + poll(1)), "returns 1");
}

TEST_F(Wasi, AWaitEndsAtTheDeadline) {
  limits.wall_clock_timeout = std::chrono::milliseconds(20);
  EXPECT_EQ(word(subscribe(0, 1, 0, 1, kHour) + poll(1)), "timed_out");
  EXPECT_EQ(word(subscribe(0, 1, 0, 1, -1) + poll(1)), "timed_out");
}

TEST_F(Wasi, AWaitEndsWhenTheCallerHasGone) {
  progress.then = [this] { cancel = true; };
  EXPECT_EQ(word("(drop (call $call.progress (i64.const 1) (i64.const 1) (i32.const 0) (i32.const 0)))" +
                 subscribe(0, 1, 0, 1, kHour) + poll(1)),
            "cancelled");
}

TEST_F(Wasi, WrongSubscriptionsAreReportedOneByOne) {
  const Ran ran = run(subscribe(0, 1, 0, 9, kHour) + subscribe(48, 2, 1, 1) + subscribe(96, 3, 2, 7) +
                      subscribe(144, 4, 77, 0) + subscribe(192, 5, 0, 2, kHour) + poll(5));
  EXPECT_EQ(to_word(ran.outcome), "returns 5");
  const std::array<int, 5> errors{28, 8, 8, 28, 58};
  for (std::size_t i = 0; i < errors.size(); ++i) EXPECT_EQ(ran.results.output[i * 32 + 8], errors[i]) << i;
}

TEST_F(Wasi, SubscriptionsAreBounded) {
  constexpr std::string_view kPoll =
      "(call $wasi.poll_oneoff (i32.const 0) (i32.const 0) (i32.const {}) (i32.const 0))";
  const auto polled = [&](std::string_view count) { return word(fmt::format(fmt::runtime(kPoll), count)); };
  EXPECT_EQ(polled("0"), "returns 28");
  EXPECT_EQ(polled("1025"), "returns 28");
  EXPECT_EQ(polled("1024"), "returns 0");
  EXPECT_EQ(polled("1400"), "trapped:guest_out_of_bounds");
  EXPECT_EQ(polled("-1"), "trapped:guest_out_of_bounds");
}

}  // namespace
}  // namespace palyra::host
