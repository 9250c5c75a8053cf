// SPDX-License-Identifier: Apache-2.0
#include "http_fixture.h"

namespace palyra::host {
namespace {

using capability::HttpMethod;
using capability::HttpRule;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kSend;
using testing::kSendWithSecret;
using testing::kShow;
using testing::kUseSecret;
using ::testing::Not;
using testing::OneSecret;
using testing::Ran;
using testing::to_word;
using HttpFunctions = testing::HttpGuestTest;

// ---- Secrets

TEST_F(HttpFunctions, ASecretGoesWhereItsRuleSays) {
  const std::map<std::string, std::string> expected{
      {"bearer", "GET https://api.example.com:443/v1\nAuthorization: Bearer tok_0123456789abcdef\n"},
      {"header:X-Key", "GET https://api.example.com:443/v1\nX-Key: tok_0123456789abcdef\n"},
      {"query:key", "GET https://api.example.com:443/v1?key=tok_0123456789abcdef\n"}};
  for (const auto& [placement, wire] : expected) {
    grant({with_secret(rule("/v1"), placement)});
    http.asked.clear();
    EXPECT_EQ(word("/v1", kSendWithSecret), "returns 200");
    EXPECT_THAT(http.asked, ElementsAre(wire));
    EXPECT_THAT(last.record.grants_used, ElementsAre("global/token", "https://api.example.com:443/v1 GET"));
    EXPECT_EQ(word("/v1", kSend), "returns 200");
    EXPECT_THAT(http.asked.back(), Not(HasSubstr("tok_"))) << "not asked for";
  }
  grant({with_secret(rule("/v1"), "query:key")});
  EXPECT_EQ(word("/v1?a=1", kSendWithSecret), "returns 200");
  EXPECT_THAT(http.asked.back(), HasSubstr("/v1?a=1&key=tok_"));
}

// S01
TEST_F(HttpFunctions, ASecretIsDeniedWhereTheRuleDoesNotNameIt) {
  EXPECT_EQ(word("/v1", "(call $http.secret (local.get $r) (i32.const 20000))"), "returns -2");
  EXPECT_THAT(denials_of(last),
              ElementsAre(AllOf(HasSubstr("allowed: no secret"), HasSubstr("secret = \"global/token\""))));
  grant({with_secret(rule("/v1"), "bearer")});
  EXPECT_EQ(word("/v1", "(call $http.secret (local.get $r) (i32.const 20001))"), "returns -2");
}

TEST_F(HttpFunctions, ASecretWithoutAValueFailsTheRequest) {
  grant({with_secret(rule("/v1"), "bearer", "global/unset")});
  EXPECT_EQ(word("/v1", "(drop (call $http.secret (local.get $r) (i32.const 20001))) (call $http.send (local.get $r))"),
            "returns -6");
  EXPECT_THAT(last.record.failures,
              ElementsAre(AllOf(HasSubstr("http.secret_unusable: "), HasSubstr("palyra secrets set global/unset"))));
  EXPECT_THAT(http.asked, IsEmpty());
}

TEST_F(HttpFunctions, ASecretThatDoesNotFitItsPlaceFailsTheRequest) {
  OneSecret two_lines("first line\nX-Other: second");
  setup.secrets = &two_lines;
  grant({with_secret(rule("/v1"), "bearer")});
  EXPECT_EQ(word("/v1", kSendWithSecret), "returns -6");
  EXPECT_THAT(last.record.failures, ElementsAre(HasSubstr("does not fit its place, bearer")));
  EXPECT_THAT(http.asked, IsEmpty());
}

TEST_F(HttpFunctions, TheHeaderThatASecretFillsIsNotTheGuests) {
  EXPECT_EQ(header_word("Authorization", "x"), "returns 0");
  grant({with_secret(rule("/v1"), "bearer")});
  EXPECT_EQ(header_word("Authorization", "x"), "returns -2");
  grant({with_secret(rule("/v1"), "header:X-Key")});
  EXPECT_EQ(header_word("x-key", "x"), "returns -2");
  EXPECT_EQ(header_word("Authorization", "x"), "returns 0");
}

// S02
TEST_F(HttpFunctions, AnEchoOfTheSecretIsRedactedInHeadersAndBody) {
  grant({with_secret(rule("/v1"), "bearer")});
  http.answer(200, {{"location", "/?k=tok_0123456789abcdef"}}, "you sent Bearer tok_0123456789abcdef!");
  const Ran ran = run(fmt::format(R"((local $r i32)
      (local.set $r (call $http.open (i32.const 10000) (i32.const 0) (i32.const 0) (i32.const 3))) {} {})",
                                  kUseSecret, kShow),
                      "(data (i32.const 0) \"/v1\") (data (i32.const 2048) \"location\")");
  EXPECT_EQ(to_word(ran.outcome), "returns 0");
  EXPECT_EQ(as_text(ran.results.output), "/?k=********************you sent Bearer ********************!");
}

TEST_F(HttpFunctions, AReplyThatCannotBeScannedFailsTheRequestWithASecret) {
  grant({with_secret(rule("/v1"), "bearer")});
  http.answer(206, {}, "part");
  EXPECT_EQ(word("/v1", kSendWithSecret), "returns -6");
  http.answer(200, {{"Content-Encoding", "gzip"}}, "zipped");
  EXPECT_EQ(word("/v1", kSendWithSecret), "returns -6");
  EXPECT_THAT(last.record.failures, ElementsAre(HasSubstr("encoded")));
  http.answer(200, {{"Content-Encoding", "identity"}, {"Content-Encoding", "gzip"}}, "zipped");
  EXPECT_EQ(word("/v1", kSendWithSecret), "returns -6");
  http.answer(200, {{"Transfer-Encoding", "gzip, chunked"}}, "zipped");
  EXPECT_EQ(word("/v1", kSendWithSecret), "returns -6");
  http.answer(200, {{"Transfer-Encoding", "Chunked"}}, "plain");
  EXPECT_EQ(word("/v1", kSendWithSecret), "returns 200");
  http.answer(200, {{"content-encoding", "identity"}}, "plain");
  EXPECT_EQ(word("/v1", kSendWithSecret), "returns 200");
}

// S04: a server that was not told the secret answers with what it tries.
TEST_F(HttpFunctions, AReplyWithASecretThatTheRequestDidNotCarryEndsTheSending) {
  http.answer(200, {}, "is it tok_0123456789abcdef?");
  const std::string twice = fmt::format(
      R"((drop {}) (drop (call $http.response-read (local.get $r) (i32.const 5000) (i32.const 500)))
        (call $http.send (call $http.open (local.get $g) (i32.const 0) (i32.const 1024) (i32.const 3))))",
      kSend);
  EXPECT_EQ(word("/v1", twice), "returns -5");
  EXPECT_THAT(last.results.output, IsEmpty());
  EXPECT_THAT(last.record.failures, ElementsAre(HasSubstr("a secret that the request did not carry")));
  EXPECT_EQ(http.asked.size(), 1U);
}

// S02: a server that decodes what it was sent answers with the half that matters.
TEST_F(HttpFunctions, AnEchoOfThePasswordAloneIsRedacted) {
  OneSecret pair("administrator:a-password-0123456789");
  setup.secrets = &pair;
  grant({with_secret(rule("/v1"), "basic")});
  http.answer(200, {}, R"({"password":"a-password-0123456789"})");
  const Ran ran = request("/v1", fmt::format("{} {}", kUseSecret, kShow));
  EXPECT_THAT(std::string(as_text(ran.results.output)), Not(HasSubstr("a-password")));
}

// S02: names are handed on in lower case.
TEST_F(HttpFunctions, ASecretInTheNameOfAHeaderIsRedacted) {
  grant({with_secret(rule("/v1"), "bearer")});
  http.answer(200, {{"Tok_0123456789Abcdef", "x"}});
  const Ran ran = request("/v1", fmt::format(R"({} (drop {})
      (drop (call $call.output-write (i32.const 5000)
        (call $http.response-header-names (local.get $r) (i32.const 5000) (i32.const 500)))) (i32.const 0))",
                                             kUseSecret, kSend));
  EXPECT_THAT(std::string(as_text(ran.results.output)), AllOf(HasSubstr("****"), Not(HasSubstr("tok_0123"))));
}

// H05
TEST_F(HttpFunctions, ARedirectThatRepeatsTheQueryDoesNotSendTheSecretTwice) {
  HttpRule hops = with_secret(rule("/v1"), "query:key");
  hops.redirects = 1;
  grant({hops});
  http.answer(302, {{"location", "/v1/b?a=1&key=tok_0123456789abcdef&c"}});
  EXPECT_EQ(word("/v1/a", kSendWithSecret), "returns 200");
  EXPECT_THAT(http.asked.back(), HasSubstr("/v1/b?a=1&c&key=tok_0123456789abcdef\n"));
}

// H11: what came encoded stays encoded.
TEST_F(HttpFunctions, WithoutASecretAnEncodedReplyIsHandedOnAsItIs) {
  http.answer(200, {{"content-encoding", "gzip"}}, "zipped");
  EXPECT_EQ(
      word("/v1", "(drop (call $http.send (local.get $r))) (i32.wrap_i64 (call $http.response-length (local.get $r)))"),
      "returns 6");
}

// ---- Redirects

TEST_F(HttpFunctions, RedirectsAreNotFollowedUnlessTheRuleSaysSo) {
  http.answer(302, {{"location", "/v1/b"}});
  EXPECT_EQ(word("/v1/a", kSend), "returns 302");
  EXPECT_EQ(http.asked.size(), 1U);
}

// H04
TEST_F(HttpFunctions, AtMostTheRulesHopsAreFollowed) {
  HttpRule hops = rule("/v1");
  hops.redirects = 2;
  grant({hops});
  http.answer(302, {{"location", "b"}});
  http.answer(307, {{"location", "/v1/c"}});
  EXPECT_EQ(word("/v1/a", kSend), "returns 200");
  EXPECT_THAT(http.asked,
              ElementsAre("GET https://api.example.com:443/v1/a\n", "GET https://api.example.com:443/v1/b\n",
                          "GET https://api.example.com:443/v1/c\n"));
  http.asked.clear();
  for (int i = 0; i < 100; ++i) http.answer(302, {{"location", "/v1/a"}});
  EXPECT_EQ(word("/v1/a", kSend), "returns 302") << "a loop";
  EXPECT_EQ(http.asked.size(), 3U);
}

// H04, H05: every hop is judged like a first request, and a secret stays with its origin.
TEST_F(HttpFunctions, ARedirectOutOfTheRuleIsHandedOnAndRecorded) {
  HttpRule hops = with_secret(rule("/v1"), "bearer");
  hops.redirects = 5;
  HttpRule other = rule("/v1");
  other.host = "www.example.com";
  grant({hops, rule("/other"), other});
  for (const std::string_view location :
       {"https://evil.example/", "http://api.example.com/v1/b", "https://api.example.com:444/v1", "/admin", "/other",
        "https://www.example.com/v1/b", "/v1/%2e%2e/admin", "//127.0.0.1/", "https://api.example.com@127.0.0.1/v1"}) {
    http.asked.clear();
    http.answer(302, {{"location", std::string(location)}});
    EXPECT_EQ(word("/v1/a", kSendWithSecret), "returns 302") << location;
    EXPECT_EQ(http.asked.size(), 1U) << location;
    EXPECT_THAT(denials_of(last),
                ElementsAre(HasSubstr("http.not_granted: the redirect of GET https://api.example.com:443/v1/a to ")));
  }
  http.answer(302, {{"location", "/v1/a"}, {"Location", "/v1/b"}});
  http.asked.clear();
  EXPECT_EQ(word("/v1/a", kSendWithSecret), "returns 302") << "two places";
  EXPECT_EQ(http.asked.size(), 1U);
}

TEST_F(HttpFunctions, ARedirectedPostBecomesAGetWithoutItsBody) {
  HttpRule hops = rule("/v1", {HttpMethod::kGet, HttpMethod::kPost});
  hops.redirects = 1;
  grant({hops});
  constexpr std::string_view kPost = R"((drop (call $http.body (local.get $r) (i32.const 0) (i32.const 3)))
    (call $http.send (local.get $r)))";
  http.answer(303, {{"location", "/v1/done"}});
  EXPECT_EQ(word("/v1/a", kPost, 2), "returns 200");
  EXPECT_EQ(http.asked.back(), "GET https://api.example.com:443/v1/done\n");
  http.answer(308, {{"location", "/v1/again"}});
  EXPECT_EQ(word("/v1/a", kPost, 2), "returns 200");
  EXPECT_EQ(http.asked.back(), "POST https://api.example.com:443/v1/again\napi");
}

TEST_F(HttpFunctions, TheHopsCountAsRequests) {
  HttpRule hops = rule("/v1");
  hops.redirects = 5;
  grant({hops});
  for (int i = 0; i < 100; ++i) http.answer(302, {{"location", "/v1/a"}});
  EXPECT_EQ(to_word(run(R"((local $i i32) (local $answer i32)
    (loop $next
      (local.set $answer (call $http.send (call $http.open (i32.const 10000) (i32.const 0) (i32.const 0) (i32.const 3))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 3))))
    (local.get $answer))",
                        "(data (i32.const 0) \"/v1\")")
                        .outcome),
            "returns -5");
  EXPECT_EQ(http.asked.size(), 16U);
}

}  // namespace
}  // namespace palyra::host
