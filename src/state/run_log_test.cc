// SPDX-License-Identifier: Apache-2.0
// Writing the runs log: what is in it, what is lost, and by whom.
#include "run_segment.h"
#include "state_fixture.h"

#include <palyra/state/run_history.h>
#include <palyra/state/run_log.h>

#include <csignal>
#include <filesystem>
#include <sys/resource.h>
#include <sys/stat.h>
#include <thread>

namespace palyra::state {
namespace {

namespace fs = std::filesystem;
using testing::FailsWith;
using testing::IsOk;

RunEntry entry_number(std::uint64_t number) {
  RunEntry entry;
  entry.run_id = fmt::format("{:032x}", number);
  entry.subject = std::make_shared<const RunSubject>(
      RunSubject{.tool_id = "acme.demo.run",
                 .skill = RunSkill{.id = "acme.demo", .version = "1.0.0", .content_root = crypto::sha256({})},
                 .actor = "uid 1000 (ann)"});
  entry.started = std::chrono::milliseconds(1'795'305'600'123 + static_cast<std::int64_t>(number));
  entry.argument_bytes = number;
  return entry;
}

class RunLogTest : public StateTest {
 protected:
  [[nodiscard]] std::string runs() const { return root() + "/runs"; }
  [[nodiscard]] std::vector<std::string> segments() const {
    std::vector<std::string> names;
    if (!fs::exists(runs())) return names;
    for (const auto& file : fs::directory_iterator(runs())) names.push_back(file.path().filename().string());
    std::ranges::sort(names);
    return names;
  }
  [[nodiscard]] RunsFound everything() const { return find_runs(root(), {.limit = 1'000'000}).value(); }
  [[nodiscard]] Result<RunLogFacts> check() const { return check_run_log(root(), {}); }

  StateStore store_ = must_init();
};

TEST_F(RunLogTest, AnEntryComesBackAsItWas) {
  RunEntry failed = entry_number(1);
  failed.subject = std::make_shared<const RunSubject>(
      RunSubject{.tool_id = "mine.wat", .origin = RunOrigin::kDevelopment, .actor = "uid 1000 (ann)"});
  failed.error_kind = "TimedOut";
  failed.error_code = "run.timed_out";
  failed.record.log = {{.level = capability::LogLevel::kWarn, .text = "a \"quote\", \xc3\xa4 and a tab \t"}};
  failed.record.duration = std::chrono::nanoseconds(1'234'567);
  {
    RunLog log(root());
    log.append(entry_number(0));
    log.append(failed);
  }
  EXPECT_EQ(everything().entries, (std::vector{failed, entry_number(0)}));
  EXPECT_EQ(check().value().runs, 2U);
}

TEST_F(RunLogTest, OnlyTheSizeOfTheArgumentsIsKept) {
  const Json json = to_json(entry_number(7));
  std::vector<std::string> keys;
  for (const Json::Member& member : *json.as_object()) keys.push_back(member.first);
  EXPECT_EQ(keys, (std::vector<std::string>{"run_id", "tool", "origin", "skill", "actor", "started", "arguments_bytes",
                                            "outcome", "record"}));
}

TEST_F(RunLogTest, AnEntryThatLacksAMemberIsRefused) {
  RunEntry entry = entry_number(1);
  entry.error_kind = "TimedOut";
  entry.error_code = "run.timed_out";
  const Json whole = to_json(entry);
  for (const Json::Member& left_out : *whole.as_object()) {
    if (left_out.first == "skill") continue;  // absent when none was found
    Json without;
    Json other;
    for (const auto& [key, value] : *whole.as_object()) {
      if (key != left_out.first) without.set(key, value);
      other.set(key, key == left_out.first ? Json(true) : value);
    }
    EXPECT_THAT(run_entry_from_json(without), FailsWith(kRunLogBroken)) << left_out.first;
    if (left_out.first == "run_id" || left_out.first == "tool" || left_out.first == "actor") continue;
    EXPECT_THAT(run_entry_from_json(other), FailsWith(kRunLogBroken)) << left_out.first;
  }
}

TEST_F(RunLogTest, AnEntryWithAValueThatNobodyWritesIsRefused) {
  RunEntry entry = entry_number(1);
  entry.error_kind = "TimedOut";
  entry.error_code = "run.timed_out";
  const Json good = to_json(entry);
  ASSERT_THAT(run_entry_from_json(good), IsOk());
  const std::vector<Json::Member> bad{
      {"origin", "elsewhere"},
      {"started", "yesterday"},
      {"started", "2026-02-30T00:00:00.000Z"},
      {"arguments_bytes", -1},
      {"outcome", ""},
      {"code", ""},
      {"skill", Json::Object{{"id", "acme.demo"}, {"version", "1.0.0"}, {"content_root", "ab"}}},
      {"record", Json::Object{}}};
  for (const auto& [key, value] : bad) {
    Json json;
    for (const auto& [each, there] : *good.as_object()) json.set(each, each == key ? value : there);
    EXPECT_THAT(run_entry_from_json(json), FailsWith(kRunLogBroken)) << key << ' ' << to_text(value);
  }
}

TEST_F(RunLogTest, NothingIsMadeBeforeTheFirstEntry) {
  {
    RunLog log(root());
    EXPECT_THAT(log.flush(), IsOk());
  }
  EXPECT_FALSE(fs::exists(runs()));
}

TEST_F(RunLogTest, NothingIsMadeWhereThereIsNoStore) {
  for (const char* name : {"none", "empty"}) {
    const std::string elsewhere = directory_.file(name);
    if (name == std::string_view("empty")) fs::create_directory(elsewhere);
    RunLog log(elsewhere);
    log.append(entry_number(1));
    EXPECT_THAT(log.flush(), IsOk());
    EXPECT_FALSE(fs::exists(elsewhere + "/runs"));
    EXPECT_THAT(find_runs(elsewhere, {}), FailsWith(kNotInitialised));
  }
  EXPECT_FALSE(fs::exists(directory_.file("none")));
}

TEST_F(RunLogTest, FilesAreForTheirOwnerAlone) {
  RunLog log(root());
  log.append(entry_number(1));
  ASSERT_THAT(log.flush(), IsOk());
  ASSERT_EQ(segments().size(), 1U);
  EXPECT_EQ(fs::status(runs()).permissions(), fs::perms::owner_all);
  EXPECT_EQ(fs::status(runs() + "/" + segments().front()).permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(RunLogTest, ADirectoryThatOthersMayWriteIsNotWrittenTo) {
  ASSERT_EQ(::chmod(root().c_str(), 0777), 0);
  RunLog log(root());
  log.append(entry_number(1));
  EXPECT_THAT(log.flush(), FailsWith(kStateNotPrivate));
  EXPECT_FALSE(fs::exists(runs()));
}

TEST_F(RunLogTest, AFullBatchDropsAndTheLogSaysHowMany) {
  RunLog log(root(), {.entries = 0});
  for (std::uint64_t i = 0; i < 5; ++i) log.append(entry_number(i));
  ASSERT_THAT(log.flush(), IsOk());
  EXPECT_EQ(everything().dropped, 5U);
  EXPECT_TRUE(everything().entries.empty());
  EXPECT_EQ(check().value().dropped, 5U);
}

TEST_F(RunLogTest, MoreThanABatchHoldsDoesNotMakeTheWriterWorkMore) {
  RunLog log(root(), {.entries = 10});
  const auto begun = std::chrono::steady_clock::now();
  std::uint64_t appended = 0;
  while (std::chrono::steady_clock::now() - begun < 5 * kMaxLag) log.append(entry_number(++appended));
  ASSERT_THAT(log.flush(), IsOk());
  const auto lasted = std::chrono::steady_clock::now() - begun;
  const RunsFound found = everything();
  EXPECT_EQ(found.entries.size() + found.dropped, appended);
  const auto intervals = static_cast<std::size_t>(lasted / (kMaxLag / 2));
  EXPECT_LE(found.entries.size(), 10 * (intervals + 2)) << "a batch for each, and two for the flush";
  EXPECT_GT(found.dropped, 0U);
}

TEST_F(RunLogTest, GuestTextThatTheBatchCannotHoldIsDroppedToo) {
  RunLog log(root(), {.entries = 100, .text_bytes = 10});
  RunEntry wordy = entry_number(1);
  wordy.record.log = {{.level = capability::LogLevel::kInfo, .text = std::string(11, 'x')}};
  log.append(wordy);
  log.append(entry_number(2));
  ASSERT_THAT(log.flush(), IsOk());
  EXPECT_EQ(everything().dropped, 1U);
  EXPECT_EQ(everything().entries, std::vector{entry_number(2)});
}

TEST_F(RunLogTest, OfManyThreadsEveryEntryIsWrittenOrCounted) {
  constexpr std::uint64_t kThreads = 4;
  const std::uint64_t each = testing::scaled(5'000);
  RunLog log(root(), {.entries = 64});
  {
    std::vector<std::jthread> threads;
    for (std::uint64_t thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&log, thread, each] {
        for (std::uint64_t i = 0; i < each; ++i) log.append(entry_number(thread * each + i));
      });
    }
  }
  ASSERT_THAT(log.flush(), IsOk());
  const RunsFound found = everything();
  EXPECT_EQ(found.entries.size() + found.dropped, kThreads * each);
  EXPECT_GT(found.entries.size(), 0U);
  EXPECT_THAT(check(), IsOk());
  EXPECT_EQ(segments().size(), 1U);
}

TEST_F(RunLogTest, TheLogOfAGuestIsBoundedAndCounted) {
  RunEntry wordy = entry_number(1);
  wordy.record.log.assign(100, {.level = capability::LogLevel::kInfo, .text = std::string(1'000, '"')});
  wordy.record.log_lines_dropped = 3;
  {
    RunLog log(root());
    log.append(wordy);
  }
  const RunEntry read = everything().entries.at(0);
  EXPECT_EQ(read.record.log.size(), kMaxRunLogBytes / 1'000);
  EXPECT_EQ(read.record.log.size() + read.record.log_lines_dropped, 103U);
}

TEST_F(RunLogTest, AnEntryThatNoLineCanHoldIsCountedAndCostsNoOther) {
  RunEntry endless = entry_number(1);
  endless.record.grants_held = std::vector<std::string>(1'000, std::string(2'000, 'g'));
  {
    RunLog log(root());
    log.append(endless);
    log.append(entry_number(2));
  }
  EXPECT_EQ(everything().entries, std::vector{entry_number(2)});
  EXPECT_EQ(everything().dropped, 1U);
}

TEST_F(RunLogTest, WhatCannotBeWrittenIsReportedOnceAndCountedLater) {
  ASSERT_THAT(write_file_atomic(runs(), as_bytes("no directory"), 0600, Overwrite::kNo), IsOk());
  RunLog log(root());
  log.append(entry_number(1));
  log.append(entry_number(2));
  EXPECT_FALSE(log.flush().has_value());
  EXPECT_THAT(log.flush(), IsOk());
  fs::remove(runs());
  log.append(entry_number(3));
  EXPECT_THAT(log.flush(), IsOk());
  EXPECT_EQ(everything().entries, std::vector{entry_number(3)});
  EXPECT_EQ(everything().dropped, 2U);
}

TEST_F(RunLogTest, AFullDiskLeavesNoHalfLine) {
  EXPECT_EQ(in_child([&] {
              static_cast<void>(::signal(SIGXFSZ, SIG_IGN));
              RunLog log(root());
              log.append(entry_number(1));
              if (!log.flush()) ::_exit(1);
              const auto size = fs::file_size(runs() + "/" + segments().at(0));
              const rlimit full{.rlim_cur = size + 100, .rlim_max = RLIM_INFINITY};
              ::setrlimit(RLIMIT_FSIZE, &full);
              log.append(entry_number(2));
              if (log.flush()) ::_exit(2);
              if (fs::file_size(runs() + "/" + segments().at(0)) != size) ::_exit(3);
              const rlimit enough{.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
              ::setrlimit(RLIMIT_FSIZE, &enough);
              log.append(entry_number(3));
              if (!log.flush()) ::_exit(4);
            }),
            0);
  EXPECT_EQ(everything().entries, (std::vector{entry_number(3), entry_number(1)}));
  EXPECT_EQ(check().value().dropped, 1U);
  EXPECT_EQ(segments().size(), 1U);
}

TEST_F(RunLogTest, AProcessKilledInTheMiddleOfALineLeavesATornEndAndNothingElse) {
  EXPECT_EQ(in_child([&] {
              RunLog log(root());
              log.append(entry_number(1));
              if (!log.flush()) ::_exit(1);
              const auto size = fs::file_size(runs() + "/" + segments().at(0));
              const rlimit full{.rlim_cur = size + 100, .rlim_max = size + 100};
              ::setrlimit(RLIMIT_FSIZE, &full);  // the write that reaches it is cut, the next one kills
              log.append(entry_number(2));
              static_cast<void>(log.flush().has_value());
            }),
            -SIGXFSZ);
  const RunLogFacts facts = check().value();
  EXPECT_EQ(facts.torn_segments, 1U);
  EXPECT_EQ(facts.runs, 1U);
  EXPECT_EQ(everything().entries, std::vector{entry_number(1)});
  RunLog log(root());
  log.append(entry_number(3));
  ASSERT_THAT(log.flush(), IsOk());
  EXPECT_EQ(check().value().segments, 2U) << "the next process has a segment of its own";
}

TEST_F(RunLogTest, AKilledProcessLosesNothingThatWasFlushed) {
  EXPECT_EQ(in_child([&] {
              RunLog log(root());
              for (std::uint64_t i = 0; i < 10; ++i) log.append(entry_number(i));
              if (!log.flush()) ::_exit(1);
              log.append(entry_number(10));
              static_cast<void>(::raise(SIGKILL));
            }),
            -SIGKILL);
  const std::size_t kept = everything().entries.size();
  EXPECT_TRUE(kept == 10 || kept == 11) << kept;
  EXPECT_THAT(check(), IsOk());
}

TEST_F(RunLogTest, AnEntryIsWrittenWithoutAnybodyWaitingForIt) {
  RunLog log(root());
  log.append(entry_number(1));
  // Bounded by the test's own time limit.
  while (everything().entries.empty()) std::this_thread::yield();
  EXPECT_EQ(everything().entries, std::vector{entry_number(1)});
}

TEST_F(RunLogTest, TwoProcessesThatWriteAtOnceHaveASegmentEach) {
  const std::uint64_t each = testing::scaled(500);
  std::vector<pid_t> children;
  for (std::uint64_t child = 0; child < 2; ++child) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      RunLog log(root());
      bool good = true;
      for (std::uint64_t i = 0; i < each; ++i) {
        log.append(entry_number(child * each + i));
        if (i % 10 == 0) good = log.flush().has_value() && good;
      }
      ::_exit(log.flush() && good ? 0 : 1);
    }
    children.push_back(pid);
  }
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(segments().size(), 2U);
  EXPECT_EQ(check().value().runs, 2 * each);
  EXPECT_EQ(everything().dropped, 0U);
}

TEST_F(RunLogTest, ALongSegmentIsFollowedByANewOne) {
  const Directory state = Directory::open(root()).value();
  const Directory directory = state.make_directory("runs").value();
  SegmentWriter writer = SegmentWriter::create(directory, std::chrono::milliseconds(1)).value();
  const std::string filler(kMaxLineBytes - 200, 'x');
  const std::string large = fmt::format(R"({{"dropped":1,"filler":"{}"}})", filler);
  std::size_t lines = 0;
  for (; !writer.ended(); ++lines) ASSERT_THAT(writer.write({&large, 1}), IsOk());
  EXPECT_EQ(lines, kSegmentBytes / kMaxLineBytes + 1);
  // Of the same process and the same millisecond.
  ASSERT_THAT(SegmentWriter::create(directory, std::chrono::milliseconds(1)), IsOk());
  EXPECT_EQ(segments().size(), 2U);
  EXPECT_EQ(check().value().dropped, lines);
}

}  // namespace
}  // namespace palyra::state
