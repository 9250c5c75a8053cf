// SPDX-License-Identifier: Apache-2.0
#include <palyra/base/byte_reader.h>
#include <palyra/base/testing.h>

#include <array>
#include <limits>

namespace palyra {
namespace {

TEST(ByteReaderTest, ReadsLittleEndianNumbersOfEverySize) {
  const std::array<std::uint8_t, 15> bytes{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  ByteReader reader(bytes);
  EXPECT_EQ(reader.little_endian<std::uint8_t>(), 0x01);
  EXPECT_EQ(reader.little_endian<std::uint16_t>(), 0x0302);
  EXPECT_EQ(reader.little_endian<std::uint32_t>(), 0x07060504U);
  EXPECT_EQ(reader.little_endian<std::uint64_t>(), 0x0f0e0d0c0b0a0908ULL);
  EXPECT_EQ(reader.remaining(), 0U);
}

TEST(ByteReaderTest, MovesNothingWhenTooFewBytesAreLeft) {
  const std::array<std::uint8_t, 3> bytes{1, 2, 3};
  ByteReader reader(bytes);
  EXPECT_EQ(reader.little_endian<std::uint32_t>(), std::nullopt);
  EXPECT_FALSE(reader.take(4));
  EXPECT_FALSE(reader.take(std::numeric_limits<std::size_t>::max()));
  EXPECT_EQ(reader.offset(), 0U);
  EXPECT_TRUE(reader.take(3));
  EXPECT_TRUE(reader.take(0));
  EXPECT_FALSE(reader.take(1));
}

}  // namespace
}  // namespace palyra
