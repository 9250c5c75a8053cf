// SPDX-License-Identifier: Apache-2.0
// What a name may lead to. The socket hook of scripted_server.h sees every connect(2) of the process, and a server on
// loopback counts who comes.
#include "egress_fixture.h"

#include <palyra/base/sanitized.h>
#include <palyra/base/testing.h>

#include <string>
#include <vector>

namespace palyra::egress {
namespace {

using ::testing::Each;
using testing::FailsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::kOkReply;
using testing::ScriptedServer;

constexpr std::string_view kGood = "93.184.216.34";

std::vector<std::string> refused_addresses() {
  std::vector<std::string> all;
  const std::vector<std::string> v4{
      "0.0.0.0",       "0.1.2.3",     "10.0.0.1",     "10.255.255.255",  "100.64.0.1",      "100.100.100.200",
      "127.0.0.1",     "127.0.0.2",   "127.1.2.3",    "127.255.255.254", "169.254.0.1",     "169.254.169.254",
      "169.254.170.2", "172.16.0.1",  "172.31.255.1", "192.0.0.1",       "192.0.0.192",     "192.0.2.1",
      "192.88.99.1",   "192.168.0.1", "192.168.1.1",  "198.18.0.1",      "198.19.255.255",  "198.51.100.1",
      "203.0.113.1",   "224.0.0.1",   "239.1.1.1",    "240.0.0.1",       "255.255.255.255", "168.63.129.16"};
  for (const std::string& address : v4) {
    all.push_back(address);
    all.push_back("::ffff:" + address);
    all.push_back("64:ff9b::" + address);
    all.push_back("2606:4700::5efe:" + address);
    all.push_back("2606:4700::200:5efe:" + address);
    all.push_back("::" + address);
  }
  for (const std::string_view address : {"::",
                                         "::1",
                                         "100::1",
                                         "fc00::1",
                                         "fd00::1",
                                         "fd00:ec2::254",
                                         "fe80::1",
                                         "fec0::1",
                                         "ff02::1",
                                         "2001::1",
                                         "2001:db8::1",
                                         "2002:7f00:1::",
                                         "2002:a00:1::1",
                                         "2002:a9fe:a9fe::1",
                                         "2002:808:808::1",
                                         "3fff::1",
                                         "64:ff9b:1::7f00:1",
                                         "4000::1",
                                         "::ffff:0:7f00:1",
                                         "2001:10::1"}) {
    all.emplace_back(address);
  }
  return all;
}

class SsrfTest : public testing::EgressTest {
 protected:
  SsrfTest() { settings.connect_timeout = std::chrono::milliseconds(1); }
};

// H01, H02: alone, before a good answer, and after one.
TEST_F(SsrfTest, NoAnswerOfTheResolverMayBeARefusedAddress) {
  const ScriptedServer server{std::string(kOkReply)};
  int forms = 0;
  for (const std::string& bad : refused_addresses()) {
    for (const std::vector<std::string>& answers :
         std::vector<std::vector<std::string>>{{bad}, {std::string(kGood), bad}, {bad, std::string(kGood)}}) {
      resolver.add("api.example.com", answers);
      EXPECT_THAT(ask_at("api.example.com", server.port()), FailsWith(capability::kHttpAddressRefused)) << bad;
      ++forms;
    }
  }
  EXPECT_GE(forms, 300);
  EXPECT_THAT(testing::take_connects(), IsEmpty());
  EXPECT_EQ(server.accepted(), 0);
}

TEST_F(SsrfTest, ARefusalNamesTheAddressAndHowAnOperatorAllowsIt) {
  resolver.add("api.example.com", {"10.0.0.7"});
  const auto reply = ask_at("api.example.com", 443);
  ASSERT_THAT(reply, FailsWith(capability::kHttpAddressRefused));
  EXPECT_THAT(reply.error().message(), HasSubstr("10.0.0.7, which is a private network"));
  ASSERT_EQ(reply.error().next().size(), 1U);
  EXPECT_THAT(reply.error().next().front(), HasSubstr("--allow-address 'api.example.com:443=10.0.0.7:443'"));
}

// The control: the hook sees a connection when there is one, so that seeing none says something.
TEST_F(SsrfTest, AGoodAddressIsConnectedTo) {
  settings.connect_timeout = std::chrono::milliseconds(500);  // a busy machine has not begun to connect in one
  resolver.add("api.example.com", {std::string(kGood), "2606:4700::1111"});
  EXPECT_THAT(ask_at("api.example.com", 443), FailsWith(capability::kHttpConnectFailed));
  const std::vector<std::string> seen = testing::take_connects();
  EXPECT_THAT(seen, ::testing::IsSupersetOf({std::string(kGood) + ":443"}));
}

// H03: the answer changes with every lookup. What was judged is what is connected to.
TEST_F(SsrfTest, ARebindingNameNeverReachesTheSecondAnswer) {
  const ScriptedServer server{std::string(kOkReply)};
  const std::vector<IpAddress> good{*parse_ip(kGood)};
  const std::vector<IpAddress> bad{*parse_ip("127.0.0.1")};
  resolver.names["api.example.com"] = [&](int asked) { return asked % 2 == 1 ? good : bad; };
  const int rounds = static_cast<int>(palyra::testing::scaled(10'000));
  for (int i = 0; i < rounds; ++i) {
    const auto reply = ask_at("api.example.com", server.port());
    EXPECT_THAT(reply, FailsWith(i % 2 == 0 ? capability::kHttpConnectFailed : capability::kHttpAddressRefused));
  }
  EXPECT_EQ(resolver.asked(), rounds) << "one lookup an exchange";
  EXPECT_THAT(testing::take_connects(), Each(fmt::format("{}:{}", kGood, server.port())));
  EXPECT_EQ(server.accepted(), 0);
}

// H01: names that are addresses to libcurl but not to us. The resolver's word is good; the socket's address is not.
TEST_F(SsrfTest, AnAddressInDisguiseIsCaughtAtTheSocket) {
  settings.connect_timeout = std::chrono::milliseconds(500);
  const ScriptedServer server{std::string(kOkReply)};
  for (const std::string host : {"0x7f000001", "0x7f000002", "0xa9fea9fe", "0x0", "0xa000001", "0xc0a80101"}) {
    resolver.add(host, {std::string(kGood)});
    EXPECT_THAT(ask_at(host, server.port()), FailsWith(capability::kHttpAddressRefused)) << host;
  }
  EXPECT_THAT(testing::take_connects(), IsEmpty());
  EXPECT_EQ(server.accepted(), 0);
}

// H01: through a proxy, which decides on names, an address in disguise is still an address.
TEST_F(SsrfTest, AnAddressInDisguiseDoesNotGoToTheProxy) {
  const ScriptedServer proxy{std::string(kOkReply)};
  settings.proxy = fmt::format("http://127.0.0.1:{}", proxy.port());
  for (const std::string_view host : {"0x7f000001", "0xa9fea9fe", "metadata.google.internal"}) {
    EXPECT_THAT(ask_at(host, 80), FailsWith(capability::kHttpAddressRefused)) << host;
  }
  EXPECT_EQ(proxy.accepted(), 0);
}

TEST_F(SsrfTest, MetadataNamesAreRefusedWhereverTheyLead) {
  for (const std::string host : {"metadata.google.internal", "metadata", "instance-data", "metadata.goog"}) {
    resolver.add(host, {std::string(kGood)});
    EXPECT_THAT(ask_at(host, 80), FailsWith(capability::kHttpAddressRefused)) << host;
  }
  EXPECT_THAT(testing::take_connects(), IsEmpty());
}

// H23: the system's resolver, with the names under which a machine knows itself.
TEST_F(SsrfTest, TheMachinesOwnNamesLeadNowhere) {
  if (kThreadSanitized) GTEST_SKIP() << "the C library's own threads of lookups are none that the sanitizer knows";
  const ScriptedServer server{std::string(kOkReply)};
  SystemResolver system;
  HttpEgress egress(settings, system);
  char own[256] = "";
  ASSERT_EQ(::gethostname(own, sizeof own - 1), 0);
  for (const std::string_view host : {std::string_view("localhost"), std::string_view("localhost.localdomain"),
                                      std::string_view("ip6-localhost"), std::string_view(own)}) {
    EXPECT_THAT(egress.exchange({.scheme = scheme,
                                 .host = host,
                                 .port = server.port(),
                                 .target = "/",
                                 .fields = {},
                                 .body = {},
                                 .max_reply_bytes = 100,
                                 .binding = nullptr,
                                 .deadline = std::chrono::steady_clock::now() + patience,
                                 .cancelled = cancelled}),
                ::testing::Not(IsOk()))
        << host;
  }
  EXPECT_EQ(server.accepted(), 0);
}

TEST_F(SsrfTest, ABindingIsForItsOwnOriginOnly) {
  settings.connect_timeout = std::chrono::milliseconds(500);
  const ScriptedServer server{std::string(kOkReply)};
  binding.port = 80;
  binding.address_port = server.port();
  EXPECT_THAT(ask_at("api.example.com", 80, &binding), IsOk());
  EXPECT_THAT(testing::take_connects(), Each(fmt::format("127.0.0.1:{}", server.port())));
  binding.address = "localhost";
  EXPECT_THAT(ask_at("api.example.com", 80, &binding), FailsWith(capability::kHttpUnusable));
}

}  // namespace
}  // namespace palyra::egress
