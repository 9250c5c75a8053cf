// SPDX-License-Identifier: Apache-2.0
#include "palyra/crypto/hashed_bytes.h"

#include <palyra/base/testing.h>

namespace palyra::crypto {
namespace {

using testing::IsOk;

TEST(HashedBytesTest, AViewHasTheDigestOfItsBytes) {
  const Bytes bytes = to_bytes("module");
  const HashedView view(bytes);
  EXPECT_EQ(view.bytes().data(), bytes.data());
  EXPECT_EQ(view.sha256(), sha256(bytes));
  EXPECT_EQ(HashedView().sha256(), sha256({}));
}

TEST(HashedBytesTest, PiecesMakeOneWholeWithItsDigest) {
  auto writer = HashedBytes::Writer::make().value();
  Bytes piece = to_bytes("mod");
  ASSERT_THAT(writer.append(piece), IsOk());
  piece = to_bytes("ule");
  ASSERT_THAT(writer.append(piece), IsOk());
  const HashedBytes bytes = std::move(writer).finish().value();
  EXPECT_EQ(as_text(bytes.view()), "module");
  EXPECT_EQ(bytes.sha256(), sha256(as_bytes("module")));
  EXPECT_EQ(bytes.hashed().bytes().data(), bytes.view().data());
  EXPECT_EQ(bytes.hashed().sha256(), bytes.sha256());
}

TEST(HashedBytesTest, NothingIsSomethingToo) {
  const HashedBytes bytes = HashedBytes::Writer::make().value().finish().value();
  EXPECT_TRUE(bytes.view().empty());
  EXPECT_EQ(bytes.sha256(), sha256({}));
}

}  // namespace
}  // namespace palyra::crypto
