// SPDX-License-Identifier: Apache-2.0
#pragma once
// A guest that sends requests, a network that answers from a list, and one secret.

#include "hosted_guest.h"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace palyra::testing {

using capability::HttpMethod;
using capability::HttpReply;
using capability::HttpRule;

inline constexpr std::string_view kSecretValue = "tok_0123456789abcdef";

// Answers from a list, and keeps what it was asked.
class FakeHttp final : public capability::HttpPort {
 public:
  Result<HttpReply> exchange(const capability::HttpExchange& exchange) override {
    std::string text = fmt::format("{} {}://{}:{}{}\n", to_text(exchange.method), to_text(exchange.scheme),
                                   exchange.host, exchange.port, exchange.target);
    for (const capability::HttpField& field : exchange.fields) text += fmt::format("{}: {}\n", field.name, field.value);
    asked.push_back(text + std::string(as_text(exchange.body)));
    max_reply_bytes = exchange.max_reply_bytes;
    bound = exchange.binding == nullptr ? "" : exchange.binding->address;
    if (answers.empty()) return HttpReply{.status = 200, .fields = {}, .body = to_bytes("ok")};
    auto answer = std::move(answers.front());
    answers.erase(answers.begin());
    return answer;
  }

  void answer(int status, std::vector<capability::HttpReplyField> fields = {}, std::string_view body = "") {
    answers.emplace_back(HttpReply{.status = status, .fields = std::move(fields), .body = to_bytes(body)});
  }

  std::vector<std::string> asked;
  std::vector<Result<HttpReply>> answers;
  std::size_t max_reply_bytes = 0;
  std::string bound;
};

class OneSecret final : public capability::SecretPort {
 public:
  explicit OneSecret(std::string_view value) { value_.bytes = LockedBytes::copy_of(as_bytes(value)); }
  [[nodiscard]] const capability::SecretValue* find(const capability::SecretUse& secret) const override {
    return secret.key == "token" ? &value_ : nullptr;
  }

 private:
  capability::SecretValue value_;
};

class HttpGuestTest : public HostTest {
 protected:
  HttpGuestTest() {
    setup.http = &http;
    setup.secrets = &secrets;
    grant({rule("/v1", {HttpMethod::kGet, HttpMethod::kHead, HttpMethod::kPost})});
  }

  static HttpRule rule(std::string path_prefix, std::set<HttpMethod> methods = {HttpMethod::kGet}) {
    return {.host = "api.example.com", .methods = std::move(methods), .path_prefix = std::move(path_prefix)};
  }

  void grant(std::vector<HttpRule> rules) {
    std::vector<capability::Capability> all(rules.begin(), rules.end());
    all.emplace_back(capability::SecretUse{.scope = "global", .key = "token"});
    all.emplace_back(capability::SecretUse{.scope = "global", .key = "unset"});
    grants = capability::CapabilityGrantSet::create(std::move(all)).value();
  }

  static HttpRule with_secret(HttpRule rule, std::string placement, std::string secret = "global/token") {
    rule.secret = capability::HttpSecret{.secret = std::move(secret), .placement = std::move(placement)};
    return rule;
  }

  // `then` runs with $g, the grant of api.example.com, and $r, a request of that method to `path`.
  Ran request(std::string_view path, std::string_view then, int method = 0) {
    return run(fmt::format(R"((local $g i32) (local $r i32)
      (local.set $g (call $http.grant (i32.const 0) (i32.const 15)))
      (local.set $r (call $http.open (local.get $g) (i32.const {}) (i32.const 1024) (i32.const {})))
      {})",
                           method, path.size(), then),
               fmt::format(R"((data (i32.const 0) "api.example.com") (data (i32.const 1024) "{}"))", path));
  }
  std::string word(std::string_view path, std::string_view then, int method = 0) {
    last = request(path, then, method);
    return to_word(last.outcome);
  }
  // The answer of `header` for the field, sent or not.
  std::string header_word(std::string_view name, std::string_view value) {
    last = run(
        fmt::format(R"((local $r i32)
      (local.set $r (call $http.open (i32.const 10000) (i32.const 0) (i32.const 0) (i32.const 5)))
      (call $http.header (local.get $r) (i32.const 5) (i32.const {}) (i32.const 20000) (i32.const {})))",
                    name.size(), value.size()),
        fmt::format("(data (i32.const 0) \"/v1/x{}\") (data (i32.const 20000) \"{}\")", escaped(name), escaped(value)));
    return to_word(last.outcome);
  }
  static std::string escaped(std::string_view bytes) {
    std::string text;
    for (const char c : bytes) text += fmt::format("\\{:02x}", static_cast<unsigned char>(c));
    return text;
  }

  FakeHttp http;
  OneSecret secrets{kSecretValue};
  Ran last;
};

inline constexpr std::string_view kSend = "(call $http.send (local.get $r))";
inline constexpr std::string_view kUseSecret = "(drop (call $http.secret (local.get $r) (i32.const 20000)))";
inline constexpr std::string_view kSendWithSecret =
    "(drop (call $http.secret (local.get $r) (i32.const 20000))) (call $http.send (local.get $r))";
// Sends, and writes the reply's header named at 2048 (8 bytes) and its body to the output.
inline constexpr std::string_view kShow = R"((drop (call $http.send (local.get $r)))
  (drop (call $call.output-write (i32.const 4096)
    (call $http.response-header (local.get $r) (i32.const 2048) (i32.const 8) (i32.const 4096) (i32.const 500))))
  (drop (call $call.output-write (i32.const 5000) (call $http.response-read (local.get $r) (i32.const 5000) (i32.const 500))))
  (i32.const 0))";

}  // namespace palyra::testing
