// SPDX-License-Identifier: Apache-2.0
#include "egress_fixture.h"

#include <openssl/ssl.h>

namespace palyra::egress {
namespace {

using testing::FailsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::kOkReply;
using testing::ScriptedServer;
using testing::TlsSetup;

class HttpTlsTest : public testing::EgressTest {
 protected:
  HttpTlsTest() { scheme = capability::HttpScheme::kHttps; }

  // With the server's own certificate as the authority.
  Result<capability::HttpReply> ask_trusting(const ScriptedServer& server) {
    const std::string file = folder.path() + "/ca.pem";
    EXPECT_THAT(write_file_atomic(file, as_bytes(server.certificate()), 0600, Overwrite::kYes), IsOk());
    settings.ca_file = file;
    return ask(server);
  }

  testing::TempDir folder;
};

TEST_F(HttpTlsTest, ACertificateOfTheConfiguredAuthorityIsAccepted) {
  const ScriptedServer server(std::string(kOkReply), TlsSetup{});
  ASSERT_THAT(ask_trusting(server), IsOk());
  EXPECT_THAT(server.requests().front(), HasSubstr("Host: api.example.com\r\n"));
}

// H14
TEST_F(HttpTlsTest, EveryOtherCertificateIsRefusedBeforeTheRequest) {
  const ScriptedServer unknown(std::string(kOkReply), TlsSetup{});
  EXPECT_THAT(ask(unknown), FailsWith(capability::kHttpTlsFailed)) << "self-signed";
  const ScriptedServer other(std::string(kOkReply), {.name = "www.example.com"});
  EXPECT_THAT(ask_trusting(other), FailsWith(capability::kHttpTlsFailed)) << "another name";
  const ScriptedServer wild(std::string(kOkReply), {.name = "*.com"});
  EXPECT_THAT(ask_trusting(wild), FailsWith(capability::kHttpTlsFailed)) << "a wildcard too wide";
  const ScriptedServer expired(std::string(kOkReply), {.ends_in_seconds = -60});
  EXPECT_THAT(ask_trusting(expired), FailsWith(capability::kHttpTlsFailed)) << "expired";
  const ScriptedServer another(std::string(kOkReply), TlsSetup{});
  const auto refused = ask(another);
  EXPECT_THAT(refused, FailsWith(capability::kHttpTlsFailed)) << "not the authority's";
  for (const ScriptedServer* server : {&unknown, &other, &wild, &expired, &another}) {
    for (const std::string& request : server->requests()) EXPECT_THAT(request, IsEmpty());
  }
}

// H14
TEST_F(HttpTlsTest, OldVersionsAreRefused) {
  for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
    const ScriptedServer server(std::string(kOkReply), {.highest_version = version});
    EXPECT_THAT(ask_trusting(server), FailsWith(capability::kHttpTlsFailed)) << version;
  }
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const ScriptedServer server(std::string(kOkReply), {.highest_version = version});
    EXPECT_THAT(ask_trusting(server), IsOk()) << version;
  }
}

TEST_F(HttpTlsTest, AServerWithoutTlsIsNotAskedInTheClear) {
  Guarded<std::string> heard;
  {
    const ScriptedServer server([&](testing::ServedConnection& connection) {
      connection.write(kOkReply);
      *heard.lock() = connection.read_request();
    });
    EXPECT_THAT(ask(server), FailsWith(capability::kHttpTlsFailed));
  }
  EXPECT_THAT(*heard.lock(), ::testing::Not(HasSubstr("GET")));
}

TEST_F(HttpTlsTest, AnAuthorityFileThatIsNoneFailsEveryRequest) {
  const ScriptedServer server(std::string(kOkReply), TlsSetup{});
  settings.ca_file = folder.path() + "/none.pem";
  EXPECT_THAT(ask(server), FailsWith(capability::kHttpUnusable));
}

}  // namespace
}  // namespace palyra::egress
