// SPDX-License-Identifier: Apache-2.0
#include "http_fixture.h"

#include <palyra/base/hidden_secret.h>

namespace palyra::host {
namespace {

using capability::HttpReply;
using testing::HiddenSecret;
using testing::to_word;

class HeldSecret final : public capability::SecretPort {
 public:
  explicit HeldSecret(const HiddenSecret& secret) { value_.bytes = secret.reveal(); }
  [[nodiscard]] const capability::SecretValue* find(const capability::SecretUse& secret) const override {
    return secret.key == "token" || secret.key == "signing" ? &value_ : nullptr;
  }

 private:
  capability::SecretValue value_;
};

// Repeats what it gets, in a header, in the place a redirect leads to, and in the body.
class Repeater final : public capability::HttpPort {
 public:
  Result<HttpReply> exchange(const capability::HttpExchange& exchange) override {
    const std::string_view sent =
        exchange.fields.empty() ? exchange.target.substr(exchange.target.find('?')) : exchange.fields.back().value;
    HttpReply reply{.status = status, .fields = {}, .body = {}};
    status = 200;
    reply.fields.reserve(2);
    reply.fields.push_back({.name = "x-a", .value = std::string(sent)});
    if (reply.status == 302) reply.fields.push_back({.name = "location", .value = redirect_to(sent)});
    reply.body.reserve(3 * sent.size());
    for (int i = 0; i < 3; ++i) reply.body.insert(reply.body.end(), sent.begin(), sent.end());
    return reply;
  }
  int status = 200;

 private:
  // In one block, so that none is given back with the secret in it.
  static std::string redirect_to(std::string_view sent) {
    std::string place;
    place.reserve(sent.size() + 5);
    place.append("/v1/b").append(sent);
    return place;
  }
};

class SecretMemory : public testing::HttpGuestTest {
 protected:
  // What the call comes to, with a secret of this placement; the secret ends with the call.
  std::string call_with(const std::string& placement, std::string_view then) {
    capability::HttpRule placed = with_secret(rule("/v1"), placement);
    placed.redirects = 2;
    grants = capability::CapabilityGrantSet::create(
                 {placed, capability::SecretUse{.scope = "global", .key = "token"},
                  capability::SecretUse{
                      .scope = "global", .key = "signing", .purpose = capability::SecretPurpose::kHmacSha256}})
                 .value();
    const HeldSecret held(secret);
    setup.secrets = &held;
    setup.http = &server;
    const std::string ended = word("/v1", then);
    EXPECT_GT(secret.copies(), 0U);  // the search can find it
    setup.secrets = nullptr;
    return ended;
  }
  HiddenSecret secret;
  Repeater server;
};

// Grants are numbered in the order of their texts: global/signing, global/token.
constexpr std::string_view kSendWithSecret =
    "(drop (call $http.secret (local.get $r) (i32.const 20001))) (call $http.send (local.get $r))";
constexpr std::string_view kReadAll =
    R"((drop (call $http.response-read (local.get $r) (i32.const 5000) (i32.const 500)))
  (drop (call $call.output-write (i32.const 5000) (i32.const 500))))";

// S06
TEST_F(SecretMemory, ACallThatSendsASecretAndReadsItsEchoLeavesNoCopy) {
  for (const char* placement : {"bearer", "header:X-Key", "query:key"}) {
    for (const int status : {200, 404, 206, 302}) {
      server.status = status;
      const std::string then = fmt::format("(drop {}) {} (i32.const 7)", kSendWithSecret, kReadAll);
      EXPECT_EQ(call_with(placement, status == 206 ? kSendWithSecret : std::string_view(then)),
                status == 206 ? "returns -6" : "returns 7")
          << placement << " " << status;
      EXPECT_EQ(secret.copies(), 0U) << placement << " " << status;
    }
  }
}

// S06
TEST_F(SecretMemory, ACallThatSignsLeavesNoCopy) {
  EXPECT_EQ(call_with("bearer",
                      "(call $secret.hmac-sha256 (i32.const 20000) (i32.const 0) (i32.const 15)"
                      " (i32.const 4096))"),
            "returns 0");
  EXPECT_EQ(secret.copies(), 0U);
}

}  // namespace
}  // namespace palyra::host
