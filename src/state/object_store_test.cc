// SPDX-License-Identifier: Apache-2.0
#include "object_store.h"

#include "directory_lock.h"

#include <palyra/base/testing.h>
#include <palyra/state/state_codes.h>

#include <gtest/gtest.h>

#include <algorithm>
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

  [[nodiscard]] Result<crypto::Sha256Digest> put(BytesView bytes) const {
    const ObjectWriter writer = PALYRA_TRY(store_.begin_writing());
    return writer.put(bytes);
  }

  testing::TempDir directory_;
  Directory root_ = Directory::open(directory_.path()).value();
  ObjectStore store_ = ObjectStore::open(root_).value();
};

TEST_F(ObjectStoreTest, GivesBackWhatWasPut) {
  const Bytes bytes = to_bytes("an object");
  const crypto::Sha256Digest digest = put(bytes).value();
  EXPECT_EQ(digest, crypto::sha256(bytes));
  EXPECT_EQ(as_text(store_.load(digest).value().view()), "an object");
  EXPECT_EQ(put(bytes).value(), digest);
  EXPECT_EQ(as_text(ObjectStore::open(root_).value().load(digest).value().view()), "an object");
}

TEST_F(ObjectStoreTest, AnEmptyObjectIsAnObject) {
  const crypto::Sha256Digest digest = put({}).value();
  EXPECT_TRUE(store_.load(digest).value().view().empty());
}

TEST_F(ObjectStoreTest, ObjectsAreReadOnlyAndDirectoriesPrivate) {
  const std::string file = file_of(put(as_bytes("x")).value());
  EXPECT_EQ(mode_of(file), 0444U);
  EXPECT_EQ(mode_of(file.substr(0, file.rfind('/'))), 0700U);
  EXPECT_EQ(mode_of(directory_.file("objects/sha256")), 0700U);
  EXPECT_EQ(mode_of(directory_.file("objects")), 0700U);
}

TEST_F(ObjectStoreTest, RefusesAnObjectWithAnyBitFlipped) {
  const Bytes bytes = to_bytes("content that is executed");
  const crypto::Sha256Digest digest = put(bytes).value();
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    Bytes flipped = bytes;
    flipped[bit / 8] = static_cast<std::uint8_t>(flipped[bit / 8] ^ (1U << (bit % 8)));
    overwrite(digest, flipped);
    EXPECT_THAT(store_.load(digest), FailsWith(kObjectDamaged)) << bit;
    EXPECT_THAT(store_.check(digest), FailsWith(kObjectDamaged)) << bit;
  }
}

TEST_F(ObjectStoreTest, RefusesAShorterAndALongerObject) {
  const crypto::Sha256Digest digest = put(as_bytes("abc")).value();
  for (const std::string_view other : {"", "ab", "abcd"}) {
    overwrite(digest, as_bytes(other));
    EXPECT_THAT(store_.load(digest), FailsWith(kObjectDamaged)) << other;
  }
}

TEST_F(ObjectStoreTest, RefusesAMissingObjectADirectoryAndALink) {
  const crypto::Sha256Digest digest = put(as_bytes("abc")).value();
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
  const crypto::Sha256Digest digest = put(as_bytes("abc")).value();
  overwrite(digest, as_bytes("abd"));
  ASSERT_THAT(put(as_bytes("abc")), IsOk());
  EXPECT_THAT(store_.load(digest), IsOk());
}

TEST_F(ObjectStoreTest, AWriterDoesNotWaitForeverForWhoeverHoldsTheDirectory) {
  const Directory locked = Directory::make(directory_.file("locked")).value();
  const auto held = DirectoryLock::take(locked, LockKind::kExclusive);
  ASSERT_THAT(held, IsOk());
  EXPECT_THAT(DirectoryLock::take(locked, LockKind::kShared), FailsWith(kStateBusy));
}

TEST_F(ObjectStoreTest, LoadedBytesCannotBeChangedByAnybody) {
  const crypto::Sha256Digest digest = put(as_bytes("abc")).value();
  const crypto::HashedBytes sealed = store_.load(digest).value();
  overwrite(digest, as_bytes("abd"));
  EXPECT_EQ(as_text(sealed.view()), "abc");
  // A shared mapping of a file sealed against writing never becomes writable.
  void* mapping = const_cast<std::uint8_t*>(sealed.view().data());  // NOLINT(cppcoreguidelines-pro-type-const-cast)
  EXPECT_EQ(::mprotect(mapping, sealed.view().size(), PROT_READ | PROT_WRITE), -1);
  EXPECT_EQ(errno, EACCES);
}

class DeadWriterTest : public ObjectStoreTest {
 protected:
  void SetUp() override {
    const pid_t pid = ::fork();
    if (pid == 0) {
      const rlimit limit{.rlim_cur = 50'000, .rlim_max = 50'000};
      ::setrlimit(RLIMIT_FSIZE, &limit);
      const auto written = put(bytes_);  // SIGXFSZ ends the process in the middle
      ::_exit(written ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(pid, &status, 0), pid);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ) << status;
    ASSERT_EQ(temporary_files(), 1);
  }
  [[nodiscard]] std::ptrdiff_t temporary_files() const {
    const std::filesystem::recursive_directory_iterator files(directory_.file("objects"));
    return std::count_if(begin(files), end(files),
                         [](const auto& file) { return is_temporary_name(file.path().filename().string()); });
  }

  Bytes bytes_ = Bytes(100'000, 'x');
};

TEST_F(DeadWriterTest, LeavesNoObject) {
  EXPECT_THAT(store_.load(crypto::sha256(bytes_)), FailsWith(kObjectMissing));
  EXPECT_THAT(put(bytes_), IsOk());
  EXPECT_THAT(store_.load(crypto::sha256(bytes_)), IsOk());
}

TEST_F(DeadWriterTest, IsSweptUpAfterByTheNextWriterWhateverItWrites) {
  ASSERT_THAT(put(as_bytes("something else")), IsOk());
  EXPECT_EQ(temporary_files(), 0);
}

TEST_F(DeadWriterTest, IsNotSweptUpAfterWhileSomebodyWrites) {
  const auto other = ObjectStore::open(root_).value();
  {
    const auto writing = other.begin_writing().value();
    // The next write sweeps; this file could be the other's.
    const auto digest = crypto::to_hex(crypto::sha256(as_bytes("unfinished")));
    std::filesystem::create_directories(directory_.file("objects/sha256/" + digest.substr(0, 2)));
    std::ofstream(directory_.file("objects/sha256/" + digest.substr(0, 2) + "/." + digest + ".1.0.tmp")) << "unf";
    ASSERT_THAT(put(as_bytes("something else")), IsOk());
    EXPECT_EQ(temporary_files(), 1);
  }
  ASSERT_THAT(put(as_bytes("a third")), IsOk());
  EXPECT_EQ(temporary_files(), 0);
}

}  // namespace
}  // namespace palyra::state
