// SPDX-License-Identifier: Apache-2.0
#include <palyra/base/hex.h>
#include <palyra/base/testing.h>
#include <palyra/crypto/hmac.h>

namespace palyra::crypto {
namespace {

struct Vector {
  Bytes key;
  Bytes message;
  const char* tag;
};

// RFC 4231, cases 1, 2, 6 (a key longer than a block) and 7.
TEST(HmacSha256Test, AgreesWithThePublishedVectors) {
  const Vector vectors[] = {
      {Bytes(20, 0x0b), to_bytes("Hi There"), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
      {to_bytes("Jefe"), to_bytes("what do ya want for nothing?"),
       "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
      {Bytes(131, 0xaa), to_bytes("Test Using Larger Than Block-Size Key - Hash Key First"),
       "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
      {Bytes(131, 0xaa),
       to_bytes("This is a test using a larger than block-size key and a larger than block-size data. The key needs to "
                "be hashed before being used by the HMAC algorithm."),
       "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"}};
  for (const Vector& vector : vectors) EXPECT_EQ(to_hex(hmac_sha256(vector.key, vector.message)), vector.tag);
}

TEST(HmacSha256Test, TakesAnEmptyKeyAndAnEmptyMessage) {
  EXPECT_EQ(to_hex(hmac_sha256({}, {})), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

}  // namespace
}  // namespace palyra::crypto
