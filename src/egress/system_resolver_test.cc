// SPDX-License-Identifier: Apache-2.0
#include <palyra/base/sanitized.h>
#include <palyra/base/testing.h>
#include <palyra/capability/http_port.h>
#include <palyra/egress/resolver.h>

namespace palyra::egress {
namespace {

using testing::FailsWith;
using testing::IsOk;

class SystemResolverTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (kThreadSanitized) GTEST_SKIP() << "the C library's own threads of lookups are none that the sanitizer knows";
  }
  Result<std::vector<IpAddress>> resolve(const std::string& host, std::chrono::milliseconds patience) {
    return resolver.resolve(host, {.deadline = std::chrono::steady_clock::now() + patience, .cancelled = cancelled});
  }
  SystemResolver resolver;
  std::function<bool()> cancelled = [] { return false; };
};

TEST_F(SystemResolverTest, FindsTheAddressesOfAName) {
  const auto addresses = resolve("localhost", std::chrono::seconds(20));
  ASSERT_THAT(addresses, IsOk());
  for (const IpAddress& address : *addresses) EXPECT_EQ(refusal_of(address).empty(), false);
}

// The forms of inet_aton(3): a resolver takes them for addresses, so they are judged as such.
TEST_F(SystemResolverTest, TakesAnAddressInDisguiseForTheAddress) {
  const auto addresses = resolve("0x7f000001", std::chrono::seconds(20));
  ASSERT_THAT(addresses, IsOk());
  ASSERT_EQ(addresses->size(), 1U);
  EXPECT_EQ(to_text(addresses->front()), "127.0.0.1");
}

TEST_F(SystemResolverTest, ANameThatIsNoneIsUnresolved) {
  EXPECT_THAT(resolve("no such name", std::chrono::seconds(60)), FailsWith(capability::kHttpNameUnresolved));
}

TEST_F(SystemResolverTest, ACallerWhoHasGoneOrIsOutOfTimeDoesNotWait) {
  EXPECT_THAT(resolve("a-name-that-takes-a-lookup.invalid", std::chrono::milliseconds(-1)),
              FailsWith(capability::kHttpTimedOut));
  cancelled = [] { return true; };
  EXPECT_THAT(resolve("another-name-that-takes-a-lookup.invalid", std::chrono::seconds(60)),
              FailsWith(capability::kHttpCancelled));
}

}  // namespace
}  // namespace palyra::egress
