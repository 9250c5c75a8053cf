// SPDX-License-Identifier: Apache-2.0
#include <palyra/base/directory.h>
#include <palyra/base/testing.h>

namespace palyra {
namespace {

using testing::FailsWith;
using testing::IsOk;
using testing::TempDir;

TEST(DirectoryTest, WritesReadsListsAndRemovesBelowItself) {
  const TempDir dir;
  const Directory root = Directory::open(dir.path()).value();
  ASSERT_THAT(root.make_directory("sub"), IsOk());
  ASSERT_THAT(root.write_file("sub/a", as_bytes("1"), 0600, Overwrite::kNo), IsOk());
  ASSERT_THAT(root.write_file("b", as_bytes("2"), 0600, Overwrite::kNo), IsOk());
  EXPECT_EQ(as_text(root.read_file("sub/a", 9).value()), "1");
  EXPECT_EQ(root.list().value(), (std::vector<std::string>{"b", "sub"}));
  EXPECT_TRUE(root.exists("sub/a").value());
  ASSERT_THAT(root.remove_file("sub/a"), IsOk());
  EXPECT_FALSE(root.exists("sub/a").value());
  EXPECT_THAT(root.remove_file("sub/a"), FailsWith(kFileNotFound));
}

TEST(DirectoryTest, RefusesANameThatLeadsOut) {
  const TempDir dir;
  ASSERT_THAT(write_file_atomic(dir.file("outside"), as_bytes("x"), 0600, Overwrite::kNo), IsOk());
  const Directory root = Directory::make(dir.file("root")).value();
  for (const char* name : {"../outside", "/etc/passwd", "..", "a/../../outside"}) {
    EXPECT_FALSE(root.read_file(name, 99)) << name;
    EXPECT_FALSE(root.write_file(name, as_bytes("y"), 0600, Overwrite::kYes)) << name;
    EXPECT_FALSE(root.remove_file(name)) << name;
  }
  EXPECT_EQ(as_text(read_file(dir.file("outside"), 9).value()), "x");
}

TEST(DirectoryTest, ReadsAFileInPieces) {
  const TempDir dir;
  const Directory root = Directory::open(dir.path()).value();
  Bytes bytes(300'000);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i % 251);
  ASSERT_THAT(root.write_file("a", bytes, 0600, Overwrite::kNo), IsOk());
  Bytes read;
  std::size_t pieces = 0;
  const auto take = [&](BytesView piece) {
    read.insert(read.end(), piece.begin(), piece.end());
    ++pieces;
    return Result<>();
  };
  ASSERT_THAT(root.read_file("a", bytes.size(), take), IsOk());
  EXPECT_EQ(read, bytes);
  EXPECT_GT(pieces, 1U);
  EXPECT_THAT(root.read_file("a", bytes.size() - 1, take), FailsWith(kFileTooLarge));
  EXPECT_THAT(root.read_file("b", 1, take), FailsWith(kFileNotFound));
  EXPECT_THAT(root.read_file("a", bytes.size(), [](BytesView) -> Result<> { return fail(kFileFailed, "full"); }),
              FailsWith(kFileFailed));
}

TEST(DirectoryTest, FollowsNoLink) {
  const TempDir dir;
  ASSERT_THAT(write_file_atomic(dir.file("outside"), as_bytes("x"), 0600, Overwrite::kNo), IsOk());
  const Directory root = Directory::make(dir.file("root")).value();
  std::filesystem::create_symlink(dir.file("outside"), dir.file("root/link"));
  std::filesystem::create_directory_symlink(dir.path(), dir.file("root/up"));
  EXPECT_THAT(root.read_file("link", 9), FailsWith(kFileDenied));
  EXPECT_THAT(root.read_file("up/outside", 9), FailsWith(kFileDenied));
  EXPECT_THAT(root.write_file("up/new", as_bytes("x"), 0600, Overwrite::kYes), FailsWith(kFileDenied));
}

TEST(DirectoryTest, MakesMissingParentsForTheOwnerOnly) {
  const TempDir dir;
  ASSERT_THAT(Directory::make(dir.file("a/b/c")), IsOk());
  const auto mode = std::filesystem::status(dir.file("a/b")).permissions();
  EXPECT_EQ(mode, std::filesystem::perms::owner_all);
}

}  // namespace
}  // namespace palyra
