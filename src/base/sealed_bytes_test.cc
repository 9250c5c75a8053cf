// SPDX-License-Identifier: Apache-2.0
#include <palyra/base/sealed_bytes.h>
#include <palyra/base/testing.h>

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace palyra {
namespace {

using testing::IsOk;

SealedFile sealed(std::string_view text) {
  SealedFile::Writer writer = SealedFile::Writer::make().value();
  for (const char letter : text) EXPECT_THAT(writer.append(as_bytes({&letter, 1})), IsOk());
  return std::move(writer).seal().value();
}

TEST(SealedBytesTest, HoldsACopy) {
  Bytes bytes = to_bytes("module");
  const auto copy = SealedBytes::copy_of(bytes);
  ASSERT_THAT(copy, IsOk());
  bytes.front() = 'x';
  EXPECT_EQ(as_text(copy->view()), "module");
  EXPECT_TRUE(SealedBytes::copy_of({}).value().view().empty());
}

TEST(SealedFileTest, IsReadThroughItsPathAndItsMapping) {
  const SealedFile file = sealed("native code");
  EXPECT_EQ(file.size(), 11U);
  EXPECT_EQ(as_text(testing::must_read(file.path())), "native code");
  EXPECT_EQ(as_text(file.map().value().view()), "native code");
}

TEST(SealedFileTest, CannotBeChangedByAnybody) {
  const SealedFile file = sealed("native code");
  const UniqueFd again(::open(file.path().c_str(), O_RDWR | O_CLOEXEC));
  ASSERT_TRUE(again.valid());
  EXPECT_EQ(::pwrite(again.get(), "x", 1, 0), -1);
  EXPECT_EQ(errno, EPERM);
  EXPECT_EQ(::ftruncate(again.get(), 0), -1);
  EXPECT_EQ(::ftruncate(again.get(), 100), -1);
}

TEST(SealedFileTest, AMappingOutlivesTheFile) {
  const SealedBytes bytes = sealed("native code").map().value();
  EXPECT_EQ(as_text(bytes.view()), "native code");
}

}  // namespace
}  // namespace palyra
