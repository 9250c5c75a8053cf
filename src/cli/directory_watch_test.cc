// SPDX-License-Identifier: Apache-2.0
#include "directory_watch.h"

#include <palyra/base/testing.h>
#include <palyra/base/unique_fd.h>

#include <atomic>
#include <fstream>
#include <sys/eventfd.h>
#include <thread>
#include <unistd.h>

namespace palyra::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::chrono::milliseconds kQuiet{10};

class DirectoryWatchTest : public ::testing::Test {
 protected:
  DirectoryWatchTest() {
    std::string pattern = (fs::temp_directory_path() / "palyra-watch-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
  }
  ~DirectoryWatchTest() override { fs::remove_all(directory_); }
  void write(const std::string& name, const std::string& text) const {
    fs::create_directories(fs::path(directory_ + "/" + name).parent_path());
    std::ofstream(directory_ + "/" + name) << text;
  }

  std::string directory_;
  UniqueFd interruption_{::eventfd(0, EFD_CLOEXEC)};
};

TEST_F(DirectoryWatchTest, OnlyVisibleFilesThatAreNoPackagesCount) {
  const DirectorySnapshot before = take_snapshot(directory_);
  write("skill.toml", "a");
  write("src/main.c", "b");
  write(".git/index", "c");
  write("out.palyra-skill", "d");
  EXPECT_THAT(changed_paths(before, take_snapshot(directory_)), ElementsAre("skill.toml", "src/main.c"));
}

TEST_F(DirectoryWatchTest, AFileThatGrewOrWentHasChanged) {
  write("grows", "a");
  write("goes", "b");
  write("stays", "c");
  const DirectorySnapshot before = take_snapshot(directory_);
  write("grows", "longer");
  fs::remove(directory_ + "/goes");
  EXPECT_THAT(changed_paths(before, take_snapshot(directory_)), ElementsAre("goes", "grows"));
  EXPECT_THAT(changed_paths(before, before), IsEmpty());
}

TEST_F(DirectoryWatchTest, WhatChangedBeforeWaitingIsNotMissed) {
  auto watch = DirectoryWatch::open(directory_);
  ASSERT_TRUE(watch);
  const DirectorySnapshot seen = take_snapshot(directory_);
  write("skill.toml", "a");
  EXPECT_EQ(watch->wait(seen, kQuiet, interruption_.get()).value(), Wakeup::kChanged);
}

TEST_F(DirectoryWatchTest, AFileInADirectoryMadeWhileWaitingWakesIt) {
  auto watch = DirectoryWatch::open(directory_);
  ASSERT_TRUE(watch);
  const DirectorySnapshot seen = take_snapshot(directory_);
  const std::jthread other([this] { write("new/deep/file", "a"); });
  EXPECT_EQ(watch->wait(seen, kQuiet, interruption_.get()).value(), Wakeup::kChanged);
}

TEST_F(DirectoryWatchTest, AnInterruptionEndsIt) {
  auto watch = DirectoryWatch::open(directory_);
  ASSERT_TRUE(watch);
  ASSERT_EQ(::eventfd_write(interruption_.get(), 1), 0);
  EXPECT_EQ(watch->wait(take_snapshot(directory_), kQuiet, interruption_.get()).value(), Wakeup::kInterrupted);
}

TEST_F(DirectoryWatchTest, WhatIsNoDirectoryCannotBeWatched) {
  EXPECT_FALSE(DirectoryWatch::open(directory_ + "/none"));
  write("file", "a");
  EXPECT_FALSE(DirectoryWatch::open(directory_ + "/file"));
}

}  // namespace
}  // namespace palyra::cli
