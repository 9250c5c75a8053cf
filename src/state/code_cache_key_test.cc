// SPDX-License-Identifier: Apache-2.0
#include <palyra/base/testing.h>
#include <palyra/state/code_cache_key.h>

#include <algorithm>
#include <filesystem>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace palyra::state {
namespace {

using testing::FailsWith;
using testing::IsOk;

class CodeCacheKeyTest : public ::testing::Test {
 protected:
  CodeCacheKeyTest() { std::filesystem::create_directory(root_.file("keys")); }
  const std::string& root() { return root_.path(); }
  std::string file() { return root_.file("keys/code-cache"); }

 private:
  testing::TempDir root_;
};

TEST_F(CodeCacheKeyTest, IsMadeOnceAndForItsOwnerAlone) {
  const auto key = load_code_cache_key(root());
  ASSERT_THAT(key, IsOk());
  EXPECT_EQ(key->reveal().size(), 32U);
  struct stat about{};
  ASSERT_EQ(::stat(file().c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777U, 0600U);
  const auto again = load_code_cache_key(root());
  ASSERT_THAT(again, IsOk());
  EXPECT_TRUE(std::ranges::equal(key->reveal(), again->reveal()));
}

TEST_F(CodeCacheKeyTest, AFileThatOthersCanReachIsRefused) {
  ASSERT_THAT(load_code_cache_key(root()), IsOk());
  for (const mode_t mode : {0640U, 0604U, 0620U, 0602U, 0400U}) {
    ASSERT_EQ(::chmod(file().c_str(), mode), 0);
    EXPECT_THAT(load_code_cache_key(root()),
                FailsWith(::geteuid() == 0 || (mode & 0400U) != 0 ? kCodeCacheKeyUnsafe : kFileDenied));
  }
  ASSERT_EQ(::chmod(file().c_str(), 0600), 0);
  EXPECT_THAT(load_code_cache_key(root()), IsOk());
}

TEST_F(CodeCacheKeyTest, AnotherSizeOrALinkIsRefused) {
  for (const std::size_t size : {0U, 31U, 33U}) {
    ASSERT_THAT(write_file_atomic(file(), Bytes(size), 0600, Overwrite::kYes), IsOk());
    EXPECT_THAT(load_code_cache_key(root()), FailsWith(kCodeCacheKeyUnsafe)) << size;
  }
  ASSERT_THAT(write_file_atomic(root() + "/elsewhere", Bytes(32), 0600, Overwrite::kYes), IsOk());
  std::filesystem::remove(file());
  std::filesystem::create_symlink(root() + "/elsewhere", file());
  EXPECT_THAT(load_code_cache_key(root()), FailsWith(kCodeCacheKeyUnsafe));
}

TEST_F(CodeCacheKeyTest, NoStateDirectoryIsMadeForIt) {
  EXPECT_THAT(load_code_cache_key(root() + "/nothing"), FailsWith(kFileNotFound));
  EXPECT_FALSE(std::filesystem::exists(root() + "/nothing"));
}

// Each child exits with a byte of the key that it got; all must be the byte of the key that stayed.
TEST_F(CodeCacheKeyTest, ProcessesThatMakeItAtOnceGetTheSame) {
  for (std::size_t round = 0; round < testing::scaled(30); ++round) {
    std::filesystem::remove(file());
    std::vector<pid_t> children;
    for (int k = 0; k < 4; ++k) {
      const pid_t child = ::fork();
      ASSERT_GE(child, 0);
      if (child == 0) {
        const auto key = load_code_cache_key(root());
        ::_exit(key ? key->reveal()[5] & 0x7F : 255);
      }
      children.push_back(child);
    }
    const auto key = load_code_cache_key(root());
    ASSERT_THAT(key, IsOk());
    for (const pid_t child : children) {
      int status = -1;
      ASSERT_EQ(::waitpid(child, &status, 0), child);
      EXPECT_EQ(WEXITSTATUS(status), key->reveal()[5] & 0x7F);
    }
  }
}

}  // namespace
}  // namespace palyra::state
