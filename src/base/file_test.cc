// SPDX-License-Identifier: Apache-2.0
#include <palyra/base/file.h>
#include <palyra/base/testing.h>

#include <sys/stat.h>

namespace palyra {
namespace {

using testing::FailsWith;
using testing::IsOk;
using testing::TempDir;

TEST(FileTest, ReadsBackWhatItWrote) {
  const TempDir dir;
  ASSERT_THAT(write_file_atomic(dir.file("a"), as_bytes("text"), 0600, Overwrite::kNo), IsOk());
  EXPECT_EQ(as_text(read_file(dir.file("a"), 4).value()), "text");
}

TEST(FileTest, GivesTheFileExactlyTheModeAskedFor) {
  const TempDir dir;
  ASSERT_THAT(write_file_atomic(dir.file("a"), as_bytes("x"), 0444, Overwrite::kNo), IsOk());
  struct stat status{};
  ASSERT_EQ(::stat(dir.file("a").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0444U);
}

TEST(FileTest, RefusesToReplaceUnlessToldTo) {
  const TempDir dir;
  ASSERT_THAT(write_file_atomic(dir.file("a"), as_bytes("old"), 0600, Overwrite::kNo), IsOk());
  EXPECT_THAT(write_file_atomic(dir.file("a"), as_bytes("new"), 0600, Overwrite::kNo), FailsWith(kFileExists));
  EXPECT_EQ(as_text(read_file(dir.file("a"), 9).value()), "old");
  EXPECT_THAT(write_file_atomic(dir.file("a"), as_bytes("new"), 0600, Overwrite::kYes), IsOk());
  EXPECT_EQ(as_text(read_file(dir.file("a"), 9).value()), "new");
}

TEST(FileTest, LeavesNothingBehindWhenItFails) {
  const TempDir dir;
  ASSERT_THAT(write_file_atomic(dir.file("a"), as_bytes("old"), 0600, Overwrite::kNo), IsOk());
  EXPECT_THAT(write_file_atomic(dir.file("a"), as_bytes("new"), 0600, Overwrite::kNo), FailsWith(kFileExists));
  const std::filesystem::directory_iterator entries(dir.path());
  EXPECT_EQ(std::distance(begin(entries), end(entries)), 1);
}

TEST(FileTest, RefusesAFileOverTheLimit) {
  const TempDir dir;
  ASSERT_THAT(write_file_atomic(dir.file("a"), as_bytes("12345"), 0600, Overwrite::kNo), IsOk());
  EXPECT_THAT(read_file(dir.file("a"), 4), FailsWith(kFileTooLarge));
}

TEST(FileTest, RefusesADirectoryAFifoAndWhatIsNotThere) {
  const TempDir dir;
  EXPECT_THAT(read_file(dir.path(), 9), FailsWith(kFileNotRegular));
  ASSERT_EQ(::mkfifo(dir.file("pipe").c_str(), 0600), 0);
  EXPECT_THAT(read_file(dir.file("pipe"), 9), FailsWith(kFileNotRegular));
  EXPECT_THAT(read_file("/dev/zero", 9), FailsWith(kFileNotRegular));
  EXPECT_THAT(read_file(dir.file("none"), 9), FailsWith(kFileNotFound));
  EXPECT_THAT(write_file_atomic(dir.file("no/such"), as_bytes("x"), 0600, Overwrite::kYes), FailsWith(kFileNotFound));
}

}  // namespace
}  // namespace palyra
