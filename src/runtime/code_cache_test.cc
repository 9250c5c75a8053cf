// SPDX-License-Identifier: Apache-2.0
#include "code_cache_fixture.h"

#include <array>
#include <fcntl.h>
#include <filesystem>
#include <string>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace palyra::runtime {
namespace {

using testing::FailsWith;
using testing::IsOk;
using ::testing::SizeIs;

TEST_F(CodeCacheTest, GivesBackWhatWasStored) {
  const CodeCache cache = open();
  EXPECT_EQ(cache.load(module("a"), kEngine), std::nullopt);
  store(cache, "a", "code of a");
  store(cache, "b", "code of b");
  EXPECT_TRUE(holds(cache, "a", "code of a"));
  EXPECT_TRUE(holds(open(), "b", "code of b"));
  store(cache, "a", "other code");
  EXPECT_TRUE(holds(cache, "a", "other code"));
}

TEST_F(CodeCacheTest, IsForItsOwnerAlone) {
  const CodeCache cache = open();
  store(cache, "a", "code");
  struct stat about{};
  ASSERT_EQ(::stat(directory().c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777U, 0700U);
  ASSERT_EQ(::stat(only_file().c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777U, 0600U);
}

TEST_F(CodeCacheTest, AnotherEngineFindsNothing) {
  const CodeCache cache = open();
  store(cache, "a", "code");
  EXPECT_EQ(cache.load(module("a"), kEngine + 1), std::nullopt);
}

TEST_F(CodeCacheTest, AnotherKeyIsAMissAndReplacesTheFile) {
  store(open(), "a", "code");
  const CodeCache other = open(1 << 20, 8);
  EXPECT_EQ(other.load(module("a"), kEngine), std::nullopt);
  store(other, "a", "new code");
  EXPECT_TRUE(holds(other, "a", "new code"));
  EXPECT_FALSE(open().load(module("a"), kEngine).has_value());
}

TEST_F(CodeCacheTest, EveryFlippedBitAndEveryTruncationIsAMiss) {
  const CodeCache cache = open();
  store(cache, "a", "some native code");
  const std::string file = only_file();
  const Bytes good = testing::must_read(file);
  const auto is_a_miss = [&](const Bytes& bytes) {
    EXPECT_THAT(write_file_atomic(file, bytes, 0600, Overwrite::kYes), IsOk());
    return !cache.load(module("a"), kEngine).has_value();
  };
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const int bit : {0, 3, 7}) {
      Bytes changed = good;
      changed[at] = static_cast<std::uint8_t>(changed[at] ^ (1U << bit));
      EXPECT_TRUE(is_a_miss(changed)) << "byte " << at;
    }
    EXPECT_TRUE(is_a_miss(Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(at)))) << at << " bytes";
  }
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_TRUE(is_a_miss(longer));
  EXPECT_FALSE(is_a_miss(good));
}

TEST_F(CodeCacheTest, TheFileOfAnotherModuleIsAMiss) {
  const CodeCache cache = open();
  store(cache, "a", "code of a");
  const std::string file = only_file();
  store(cache, "b", "code of b");
  const std::string a_name = crypto::to_hex(module("a"));
  std::string b_file = file;
  b_file.replace(b_file.find(a_name), a_name.size(), crypto::to_hex(module("b")));
  std::filesystem::rename(file, b_file);
  EXPECT_EQ(cache.load(module("b"), kEngine), std::nullopt);
}

TEST_F(CodeCacheTest, AFileThatOthersCanReachIsAMiss) {
  const CodeCache cache = open();
  store(cache, "a", "code");
  const std::string file = only_file();
  for (const mode_t mode : {0640U, 0604U, 0620U, 0602U, 0700U, 0400U}) {
    ASSERT_EQ(::chmod(file.c_str(), mode), 0);
    EXPECT_EQ(cache.load(module("a"), kEngine), std::nullopt) << mode;
  }
  ASSERT_EQ(::chmod(file.c_str(), 0600), 0);
  EXPECT_TRUE(holds(cache, "a", "code"));
  if (::geteuid() == 0) {
    ASSERT_EQ(::chown(file.c_str(), 12345, 0), 0);
    EXPECT_EQ(cache.load(module("a"), kEngine), std::nullopt);
  }
}

TEST_F(CodeCacheTest, ALinkADirectoryOrAFifoIsAMiss) {
  const CodeCache cache = open();
  store(cache, "a", "code");
  const std::string file = only_file();
  std::filesystem::rename(file, directory() + "/elsewhere");
  std::filesystem::create_symlink("elsewhere", file);
  EXPECT_EQ(cache.load(module("a"), kEngine), std::nullopt);
  std::filesystem::remove(file);
  ASSERT_EQ(::mkfifo(file.c_str(), 0600), 0);
  EXPECT_EQ(cache.load(module("a"), kEngine), std::nullopt);
  std::filesystem::remove(file);
  std::filesystem::create_directory(file);
  EXPECT_EQ(cache.load(module("a"), kEngine), std::nullopt);
}

TEST_F(CodeCacheTest, WhatWasUsedLongestAgoGoesFirst) {
  const std::string code(1000, 'x');
  const CodeCache cache = open(3500);
  const auto set_age = [&](std::string_view name, std::int64_t seconds) {
    for (const auto& entry : std::filesystem::directory_iterator(directory())) {
      if (!entry.path().filename().string().starts_with(crypto::to_hex(module(name)))) continue;
      const std::array<timespec, 2> times{timespec{.tv_sec = seconds, .tv_nsec = 0},
                                          timespec{.tv_sec = seconds, .tv_nsec = 0}};
      ASSERT_EQ(::utimensat(AT_FDCWD, entry.path().c_str(), times.data(), 0), 0);
    }
  };
  store(cache, "a", code);
  store(cache, "b", code);
  store(cache, "c", code);
  set_age("a", 100);
  set_age("b", 200);
  set_age("c", 300);
  EXPECT_TRUE(holds(cache, "a", code));  // used: now the youngest
  store(cache, "d", code);
  EXPECT_TRUE(holds(cache, "a", code));
  EXPECT_FALSE(cache.load(module("b"), kEngine).has_value());
  EXPECT_TRUE(holds(cache, "c", code));
  EXPECT_TRUE(holds(cache, "d", code));
}

TEST_F(CodeCacheTest, CodeOverItsLimitIsNotKept) {
  const CodeCache cache = open(100);
  EXPECT_THAT(cache.store(module("a"), kEngine, sealed(Bytes(101, 0))), FailsWith(kFileTooLarge));
  EXPECT_EQ(cache.facts(kEngine)->files, 0U);
}

TEST_F(CodeCacheTest, CountsAndRemovesWhatAnotherBuildLeft) {
  const CodeCache cache = open();
  store(cache, "a", "code");
  EXPECT_THAT(cache.store(module("a"), kEngine + 1, sealed(as_bytes("old"))), IsOk());
  for (const char* name : {"/being-written", "/left-by-a-writer"}) {
    EXPECT_THAT(write_file_atomic(directory() + name, Bytes(10), 0600, Overwrite::kNo), IsOk());
  }
  const std::array<timespec, 2> long_ago{};
  ASSERT_EQ(::utimensat(AT_FDCWD, (directory() + "/left-by-a-writer").c_str(), long_ago.data(), 0), 0);
  const auto facts = cache.facts(kEngine);
  ASSERT_THAT(facts, IsOk());
  EXPECT_EQ(facts->files, 4U);
  EXPECT_EQ(facts->stale_files, 2U);
  EXPECT_GT(facts->bytes, facts->stale_bytes);
  const auto removed = cache.remove_stale(kEngine);
  ASSERT_THAT(removed, IsOk());
  EXPECT_EQ(removed->stale_files, 2U);
  EXPECT_EQ(cache.facts(kEngine)->stale_files, 0U);
  EXPECT_TRUE(holds(cache, "a", "code"));
}

// Readers beside writers see nothing or the whole: four processes store and load the same names.
TEST_F(CodeCacheTest, ProcessesThatStoreAtOnceNeverSeeHalfAFile) {
  const std::string code(50'000, 'c');
  const auto rounds = testing::scaled(200);
  open();  // makes the directory
  std::vector<pid_t> children;
  for (int k = 0; k < 4; ++k) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      const CodeCache cache = open(60'000);
      bool whole = true;
      for (std::size_t i = 0; i < rounds; ++i) {
        const std::string_view name = i % 2 == 0 ? "a" : "b";
        whole = whole && cache.store(module(name), kEngine, sealed(as_bytes(code))).has_value();
        const auto found = cache.load(module(name), kEngine);
        whole = whole && (!found || as_text(found->map().value().view()) == code);
      }
      ::_exit(whole ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
}

}  // namespace
}  // namespace palyra::runtime
