// SPDX-License-Identifier: Apache-2.0
#include "object_store.h"

#include <palyra/base/testing.h>

#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace palyra::state {
namespace {

using testing::FailsWith;
using testing::IsOk;

class ObjectStoreTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::string file_of(const crypto::Sha256Digest& digest) const {
    const std::string hex = crypto::to_hex(digest);
    return directory_.file("objects/sha256/" + hex.substr(0, 2) + "/" + hex);
  }
  void overwrite(const crypto::Sha256Digest& digest, BytesView bytes) const {
    std::filesystem::remove(file_of(digest));
    std::ofstream(file_of(digest), std::ios::binary) << as_text(bytes);
  }
  static mode_t mode_of(const std::string& path) {
    struct stat status{};
    EXPECT_EQ(::lstat(path.c_str(), &status), 0) << path;
    return status.st_mode & 07777U;
  }

  testing::TempDir directory_;
  Directory root_ = Directory::open(directory_.path()).value();
  ObjectStore store_ = ObjectStore::open(root_).value();
};

TEST_F(ObjectStoreTest, GivesBackWhatWasPut) {
  const Bytes bytes = to_bytes("an object");
  const crypto::Sha256Digest digest = store_.put(bytes).value();
  EXPECT_EQ(digest, crypto::sha256(bytes));
  EXPECT_EQ(as_text(store_.load(digest).value().view()), "an object");
  EXPECT_EQ(store_.put(bytes).value(), digest);
  EXPECT_EQ(as_text(ObjectStore::open(root_).value().load(digest).value().view()), "an object");
}

TEST_F(ObjectStoreTest, AnEmptyObjectIsAnObject) {
  const crypto::Sha256Digest digest = store_.put({}).value();
  EXPECT_TRUE(store_.load(digest).value().view().empty());
}

TEST_F(ObjectStoreTest, ObjectsAreReadOnlyAndDirectoriesPrivate) {
  const std::string file = file_of(store_.put(as_bytes("x")).value());
  EXPECT_EQ(mode_of(file), 0444U);
  EXPECT_EQ(mode_of(file.substr(0, file.rfind('/'))), 0700U);
  EXPECT_EQ(mode_of(directory_.file("objects/sha256")), 0700U);
  EXPECT_EQ(mode_of(directory_.file("objects")), 0700U);
}

TEST_F(ObjectStoreTest, RefusesAnObjectWithAnyBitFlipped) {
  const Bytes bytes = to_bytes("content that is executed");
  const crypto::Sha256Digest digest = store_.put(bytes).value();
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    Bytes flipped = bytes;
    flipped[bit / 8] = static_cast<std::uint8_t>(flipped[bit / 8] ^ (1U << (bit % 8)));
    overwrite(digest, flipped);
    EXPECT_THAT(store_.load(digest), FailsWith(kObjectDamaged)) << bit;
  }
}

TEST_F(ObjectStoreTest, RefusesAShorterAndALongerObject) {
  const crypto::Sha256Digest digest = store_.put(as_bytes("abc")).value();
  for (const std::string_view other : {"", "ab", "abcd"}) {
    overwrite(digest, as_bytes(other));
    EXPECT_THAT(store_.load(digest), FailsWith(kObjectDamaged)) << other;
  }
}

TEST_F(ObjectStoreTest, RefusesAMissingObjectADirectoryAndALink) {
  const crypto::Sha256Digest digest = store_.put(as_bytes("abc")).value();
  const std::string file = file_of(digest);
  ASSERT_EQ(::rename(file.c_str(), directory_.file("aside").c_str()), 0);
  EXPECT_THAT(store_.load(digest), FailsWith(kObjectMissing));
  ASSERT_EQ(::symlink(directory_.file("aside").c_str(), file.c_str()), 0);
  EXPECT_THAT(store_.load(digest), FailsWith(kFileDenied));
  ASSERT_EQ(::unlink(file.c_str()), 0);
  ASSERT_EQ(::mkdir(file.c_str(), 0700), 0);
  EXPECT_THAT(store_.load(digest), FailsWith(kObjectDamaged));
}

TEST_F(ObjectStoreTest, PuttingAnObjectAgainRepairsIt) {
  const crypto::Sha256Digest digest = store_.put(as_bytes("abc")).value();
  overwrite(digest, as_bytes("abd"));
  ASSERT_THAT(store_.put(as_bytes("abc")), IsOk());
  EXPECT_THAT(store_.load(digest), IsOk());
}

TEST_F(ObjectStoreTest, LoadedBytesCannotBeChangedByAnybody) {
  const crypto::Sha256Digest digest = store_.put(as_bytes("abc")).value();
  const SealedBytes sealed = store_.load(digest).value();
  overwrite(digest, as_bytes("abd"));
  EXPECT_EQ(as_text(sealed.view()), "abc");
  // A shared mapping of a file sealed against writing never becomes writable.
  void* mapping = const_cast<std::uint8_t*>(sealed.view().data());  // NOLINT(cppcoreguidelines-pro-type-const-cast)
  EXPECT_EQ(::mprotect(mapping, sealed.view().size(), PROT_READ | PROT_WRITE), -1);
  EXPECT_EQ(errno, EACCES);
}

TEST_F(ObjectStoreTest, AProcessKilledWhileWritingLeavesNoObject) {
  const Bytes bytes(100'000, 'x');
  const pid_t pid = ::fork();
  if (pid == 0) {
    const rlimit limit{.rlim_cur = 50'000, .rlim_max = 50'000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const auto written = store_.put(bytes);  // SIGXFSZ ends the process in the middle
    ::_exit(written ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(pid, &status, 0), pid);
  ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ) << status;
  EXPECT_THAT(store_.load(crypto::sha256(bytes)), FailsWith(kObjectMissing));
  EXPECT_THAT(store_.put(bytes), IsOk());
  EXPECT_THAT(store_.load(crypto::sha256(bytes)), IsOk());
}

}  // namespace
}  // namespace palyra::state
