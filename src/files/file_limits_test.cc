// SPDX-License-Identifier: Apache-2.0
// What a root may hold, whoever writes to it at once, and what a writer leaves behind that is killed.
#include "files_fixture.h"

#include <atomic>
#include <csignal>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <thread>

namespace palyra::files {
namespace {

using namespace capability;  // NOLINT(google-build-using-namespace): everything here is about its files
using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::HasSubstr;
using testing::IsOk;

// F06
TEST_F(SkillFilesTest, EveryWayToGrowIsCounted) {
  max_bytes_ = 100;
  max_files_ = 4;
  put("old", std::string(40, 'o'));  // what is there already counts
  SkillFiles files = make();
  auto file = files.open({.at = at("a"), .use = FileUse::kReadWrite, .if_missing = IfMissing::kCreate}).value();
  EXPECT_THAT(file->write_at(as_bytes(std::string(60, 'a')), 0), IsOk());
  EXPECT_THAT(file->append(as_bytes("x")), FailsWith(kFilesOverQuota));
  EXPECT_THAT(file->write_at(as_bytes("x"), 60), FailsWith(kFilesOverQuota));
  EXPECT_THAT(file->write_at(as_bytes("x"), 1'000'000), FailsWith(kFilesOverQuota));  // a hole
  EXPECT_THAT(file->resize(61), FailsWith(kFilesOverQuota));
  EXPECT_THAT(file->write_at(as_bytes("x"), 59), IsOk());  // in its place
  EXPECT_THAT(file->resize(50), IsOk());
  EXPECT_THAT(file->resize(60), IsOk());
  EXPECT_THAT(files.make_directory(at("d")), IsOk());
  EXPECT_THAT(files.open({.at = at("d/b"), .use = FileUse::kWrite, .if_missing = IfMissing::kCreate}), IsOk());
  EXPECT_THAT(files.make_directory(at("e")), FailsWith(kFilesOverQuota));
  EXPECT_THAT(files.open({.at = at("c"), .use = FileUse::kWrite, .if_missing = IfMissing::kCreate}),
              FailsWith(kFilesOverQuota));
  EXPECT_THAT(files.remove(at("old"), Removal::kFile), IsOk());
  EXPECT_THAT(file->resize(100), IsOk());
  EXPECT_THAT(file->resize(101), FailsWith(kFilesOverQuota));
  EXPECT_THAT(files.rename(at("d/b"), "a"), IsOk());                         // replaces the hundred bytes
  EXPECT_THAT(file->write_at(as_bytes("x"), 0), FailsWith(kFilesNotFound));  // it has no name any more
  auto other = files.open({.at = at("a"), .use = FileUse::kWrite}).value();
  EXPECT_THAT(other->resize(100), IsOk());
  EXPECT_THAT(other->resize(101), FailsWith(kFilesOverQuota));
}

TEST_F(SkillFilesTest, ARefusalOfALimitNamesItsSetting) {
  max_bytes_ = 3;
  max_files_ = 1;
  SkillFiles files = make();
  const auto file = files.open({.at = at("a"), .use = FileUse::kWrite, .if_missing = IfMissing::kCreate}).value();
  EXPECT_THAT(file->append(as_bytes("four")).error().message(), HasSubstr("files.max_bytes_per_root"));
  EXPECT_THAT(files.make_directory(at("b")).error().message(), HasSubstr("files.max_files_per_root"));
}

TEST_F(SkillFilesTest, WhatHoldsTooMuchAlreadyDoesNotGrow) {
  put("big", std::string(200, 'b'));
  put("small", "s");
  max_bytes_ = 100;
  SkillFiles files = make();
  const auto file = files.open({.at = at("small"), .use = FileUse::kWrite}).value();
  EXPECT_THAT(file->append(as_bytes("x")), FailsWith(kFilesOverQuota));
  EXPECT_THAT(file->write_at(as_bytes("S"), 0), IsOk());
  EXPECT_THAT(files.remove(at("big"), Removal::kFile), IsOk());
  EXPECT_THAT(file->append(as_bytes("x")), IsOk());
  max_files_ = 0;
  EXPECT_THAT(make().open({.at = at("small"), .use = FileUse::kWrite}).value()->append(as_bytes("x")),
              FailsWith(kFilesOverQuota));
}

// F06, F08
TEST_F(SkillFilesTest, ManyThreadsNeverPassALimitByAByte) {
  constexpr int kThreads = 64;
  max_bytes_ = 50'000;
  std::atomic<std::int64_t> written = 0;
  std::vector<std::jthread> threads;
  threads.reserve(kThreads);
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      SkillFiles files = make();
      auto file = files.open(
          {.at = at(fmt::format("f{}", thread % 8)), .use = FileUse::kWrite, .if_missing = IfMissing::kCreate});
      ASSERT_THAT(file, IsOk());
      for (int i = 0; i < 40; ++i) {
        const std::string chunk(static_cast<std::size_t>(1 + (thread * 7 + i) % 61), 'x');
        const auto end = (*file)->append(as_bytes(chunk));
        if (end) written += std::ssize(chunk);
        EXPECT_THAT(end, ::testing::AnyOf(IsOk(), FailsWith(kFilesOverQuota)));
      }
    });
  }
  threads.clear();
  std::int64_t total = 0;
  for (int i = 0; i < 8; ++i) total += std::ssize(content(fmt::format("f{}", i)));
  EXPECT_EQ(total, written);  // no append was lost or written over
  EXPECT_LE(total, max_bytes_);
  EXPECT_GT(total, max_bytes_ - 61);
}

// F07
TEST_F(SkillFilesTest, ADiskKeepsRoomForOthers) {
  max_bytes_ = std::int64_t{1} << 62U;
  SkillFiles files = make();
  const auto file = files.open({.at = at("a"), .use = FileUse::kWrite, .if_missing = IfMissing::kCreate}).value();
  EXPECT_THAT(file->resize(std::uint64_t{1} << 61U), FailsWith(kFilesDiskFull));
  EXPECT_EQ(content("a"), "");
  EXPECT_THAT(file->append(as_bytes("x")), IsOk());
}

// F13
TEST_F(SkillFilesTest, AWriterThatIsKilledLeavesNothingBehindThatStopsTheNext) {
  max_bytes_ = 1'000'000;
  for (int round = 0; round < 8; ++round) {
    const pid_t child = ::fork();
    if (child == 0) {
      SkillFiles files = make();
      auto file = files.open({.at = at("log"), .use = FileUse::kWrite, .if_missing = IfMissing::kCreate});
      while (file && (*file)->append(as_bytes("0123456789"))) {
        static_cast<void>((*file)->resize(100));
      }
      ::_exit(0);
    }
    while (content("log").empty()) std::this_thread::yield();
    for (int i = 0; i < round * 5; ++i) std::this_thread::yield();
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    SkillFiles files = make();
    auto file = files.open({.at = at("log"), .use = FileUse::kWrite}).value();
    EXPECT_THAT(file->resize(1'000'000), IsOk());  // counted anew: all of it is there to be had
    EXPECT_THAT(file->append(as_bytes("x")), FailsWith(kFilesOverQuota));
    EXPECT_THAT(file->resize(0), IsOk());
  }
  EXPECT_THAT(names("", 10), ElementsAre("log"));
}

TEST_F(SkillFilesTest, AWriterWaitsForAnotherUntilItsTimeIsOver) {
  SkillFiles files = make();
  EXPECT_THAT(files.make_directory(at("a")), IsOk());
  struct stat status{};
  ASSERT_EQ(::stat(root_.c_str(), &status), 0);
  const std::string ledger = fmt::format("{}/{}-{}", dir_.file("ledgers"), status.st_dev, status.st_ino);
  const int holder = ::open(ledger.c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_EQ(::flock(holder, LOCK_EX), 0);
  deadline_ = Deadline(clock_.steady());
  EXPECT_THAT(make().make_directory(at("b")), FailsWith(kFilesUnavailable));
  EXPECT_THAT(make().stat(at("a")), IsOk());  // a reader does not wait
  ::close(holder);
  deadline_ = Deadline::after(clock_, std::chrono::hours(1));
  EXPECT_THAT(make().make_directory(at("b")), IsOk());
}

}  // namespace
}  // namespace palyra::files
