// SPDX-License-Identifier: Apache-2.0
// Who waits for swap where none comes. What happens when it comes is in swap_test.cc.
#include "swap_watch.h"

#include <palyra/base/testing.h>
#include <palyra/runtime/runtime.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace palyra::runtime {
namespace {

using testing::IsOk;

std::string first_line(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// Whether soon so many threads of this process wait for swap.
bool soon_watch(std::ptrdiff_t count) {
  for (int i = 0; i < 1'000; ++i) {
    const std::filesystem::directory_iterator threads("/proc/self/task");
    const auto watching = std::count_if(begin(threads), end(threads), [](const auto& thread) {
      return first_line(thread.path() / "comm") == "palyra-swap";
    });
    if (watching == count) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

TEST(SwapWatchTest, OneThreadWatchesWhileAPoolKeepsPagesAndEndsWithIt) {
  auto runtime = WasmRuntime::create(PoolOptions{.slots = 1});
  ASSERT_THAT(runtime, IsOk());
  if ((*runtime)->pool_facts().kept != KeptPages::kFew) GTEST_SKIP() << "no page may be kept on this machine";
  EXPECT_TRUE(soon_watch(1));
  runtime->reset();
  EXPECT_TRUE(soon_watch(0));
}

TEST(SwapWatchTest, NobodyWatchesForARuntimeWithoutAPool) {
  const auto runtime = WasmRuntime::create();
  ASSERT_THAT(runtime, IsOk());
  EXPECT_TRUE(soon_watch(0));
}

// A container's file in the place of proc's says the same and never reports a change.
TEST(SwapWatchTest, IsNoneWhereNobodyTellsOfSwap) {
  const testing::TempDir directory;
  const std::string file = directory.file("swaps");
  ASSERT_THAT(write_file_atomic(file, as_bytes("Filename\tType\tSize\tUsed\tPriority\n"), 0600, Overwrite::kYes),
              IsOk());
  EXPECT_EQ(SwapWatch::begin(file), nullptr);
  EXPECT_EQ(SwapWatch::begin(directory.file("absent")), nullptr);
}

// A signal that every other thread blocks stays with the process until one of those takes it.
TEST(SwapWatchTest, TakesNoSignals) {
  const auto watch = SwapWatch::begin();
  if (watch == nullptr) GTEST_SKIP() << "no page may be kept on this machine";
  ASSERT_TRUE(soon_watch(1));
  const std::filesystem::directory_iterator threads("/proc/self/task");
  const auto watching = std::find_if(begin(threads), end(threads), [](const auto& thread) {
    return first_line(thread.path() / "comm") == "palyra-swap";
  });
  ASSERT_NE(watching, end(threads));
  std::ifstream status(watching->path() / "status");
  std::string blocked;
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("SigBlk:")) blocked = line.substr(8);
  }
  ASSERT_EQ(blocked.size(), 16U);
  const std::uint64_t mask = std::stoull(blocked, nullptr, 16);
  for (const int signal : {SIGHUP, SIGINT, SIGTERM, SIGCHLD, SIGALRM, SIGUSR1, SIGPROF}) {
    EXPECT_NE(mask & (std::uint64_t{1} << (signal - 1)), 0U) << signal;
  }
}

}  // namespace
}  // namespace palyra::runtime
