// SPDX-License-Identifier: Apache-2.0
#include "http_fixture.h"

namespace palyra::host {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kSend;
using testing::Ran;
using testing::to_word;
using HttpFunctions = testing::HttpGuestTest;

TEST_F(HttpFunctions, ARequestGoesOutAndItsReplyComesBack) {
  http.answer(201, {{"X-One", "a"}, {"x-one", "b"}, {"Etag", "\"1\""}}, "hello");
  const Ran ran = request("/v1/x?q=1", kSend);
  EXPECT_EQ(to_word(ran.outcome), "returns 201");
  EXPECT_THAT(http.asked, ElementsAre("GET https://api.example.com:443/v1/x?q=1\n"));
  EXPECT_THAT(ran.record.grants_used, ElementsAre("https://api.example.com:443/v1 GET,HEAD,POST"));
  EXPECT_THAT(denials_of(ran), IsEmpty());
}

TEST_F(HttpFunctions, NamesHeadersOnceInLowerCaseAndJoinsTheirValues) {
  http.answer(200, {{"X-One", "a"}, {"x-one", "b"}, {"Etag", "1"}});
  EXPECT_EQ(word("/v1", R"((drop (call $http.send (local.get $r)))
    (drop (call $call.output-write (i32.const 4096)
      (call $http.response-header-names (local.get $r) (i32.const 4096) (i32.const 500))))
    (i32.store8 (i32.const 0) (i32.const 88)) (i32.store (i32.const 1) (i32.const 0x656e4f2d))
    (drop (call $call.output-write (i32.const 4096)
      (call $http.response-header (local.get $r) (i32.const 0) (i32.const 5) (i32.const 4096) (i32.const 500))))
    (call $http.response-header (local.get $r) (i32.const 0) (i32.const 4) (i32.const 4096) (i32.const 500)))"),
            "returns -3");
  EXPECT_EQ(as_text(last.results.output), "x-one\netaga, b");
}

TEST_F(HttpFunctions, TheBodyIsReadInSequence) {
  http.answer(200, {}, "hello world");
  EXPECT_EQ(word("/v1", R"((drop (call $http.send (local.get $r)))
    (drop (call $call.output-write (i32.const 4096) (call $http.response-read (local.get $r) (i32.const 4096) (i32.const 6))))
    (drop (call $call.output-write (i32.const 4096) (call $http.response-read (local.get $r) (i32.const 4096) (i32.const 60))))
    (i32.add (i32.mul (i32.const 100) (i32.wrap_i64 (call $http.response-length (local.get $r))))
      (call $http.response-read (local.get $r) (i32.const 4096) (i32.const 60))))"),
            "returns 1100");
  EXPECT_EQ(as_text(last.results.output), "hello world");
}

TEST_F(HttpFunctions, AByteThatIsSentOrReadIsAUnitOfFuel) {
  EXPECT_EQ(request("/v1/abc", "(i32.const 0)").record.fuel_used,
            request("/v1/a", "(i32.const 0)").record.fuel_used + 2);
  const auto fuel_of_field = [&](std::string_view name, std::string_view value) {
    EXPECT_EQ(header_word(name, value), "returns 0");
    return last.record.fuel_used;
  };
  EXPECT_EQ(fuel_of_field("x-abc", "12"), fuel_of_field("x-a", "1") + 3);
  const auto fuel_of_body = [&](int bytes) {
    return request("/v1", fmt::format("(call $http.body (local.get $r) (i32.const 0) (i32.const {}))", bytes), 2)
        .record.fuel_used;
  };
  EXPECT_EQ(fuel_of_body(9), fuel_of_body(1) + 8);
  const auto fuel_of_reply = [&](std::string_view body, int name) {
    http.answer(200, {}, body);
    return request("/v1", fmt::format(R"((drop (call $http.send (local.get $r)))
      (drop (call $http.response-header (local.get $r) (i32.const 0) (i32.const {}) (i32.const 4096) (i32.const 9)))
      (call $http.response-read (local.get $r) (i32.const 4096) (i32.const 60)))",
                                      name))
        .record.fuel_used;
  };
  EXPECT_EQ(fuel_of_reply("hello", 1), fuel_of_reply("", 1) + 5);
  EXPECT_EQ(fuel_of_reply("hello", 4), fuel_of_reply("hello", 1) + 3);
}

TEST_F(HttpFunctions, AReplyThatTheFuelDoesNotReachIsNotRead) {
  http.answer(200, {}, std::string(60'000, 'x'));
  limits.fuel_budget = 50'000;
  const Ran ran = request("/v1",
                          "(drop (call $http.send (local.get $r))) "
                          "(call $http.response-read (local.get $r) (i32.const 0) (i32.const 60000))");
  EXPECT_TRUE(std::holds_alternative<runtime::Exhausted>(ran.outcome)) << to_word(ran.outcome);
}

TEST_F(HttpFunctions, AnOriginThatIsNotGrantedIsNotFoundAndRecorded) {
  const Ran ran = run("(call $http.grant (i32.const 0) (i32.const 15))", "(data (i32.const 0) \"www.example.com\")");
  EXPECT_EQ(to_word(ran.outcome), "returns -3");
  EXPECT_THAT(denials_of(ran),
              ElementsAre(AllOf(HasSubstr("http.not_granted: http grant \"www.example.com\"; allowed: https://"),
                                HasSubstr("needs https://www.example.com:443/ "))));
  EXPECT_EQ(to_word(run("(call $http.grant (i32.const 0) (i32.const 271))").outcome), "returns -4");
}

TEST_F(HttpFunctions, ARequestOutsideTheRulesIsDeniedWithTheGrantThatWouldAllowIt) {
  EXPECT_EQ(word("/v2/x?q", "(local.get $r)"), "returns -2");
  EXPECT_THAT(denials_of(last),
              ElementsAre(AllOf(HasSubstr("http.not_granted: GET https://api.example.com:443/v2/x; allowed: "),
                                HasSubstr("needs https://api.example.com:443/v2/x GET"))));
  EXPECT_EQ(word("/v1/x", "(local.get $r)", 5), "returns -2");
  EXPECT_EQ(word("/v1/../admin", "(local.get $r)"), "returns -2");
  EXPECT_EQ(word("/v10", "(local.get $r)"), "returns -2");
  EXPECT_THAT(http.asked, IsEmpty());
}

// H09: only the numbers of the six methods, and only their words go on the wire.
TEST_F(HttpFunctions, MethodsAreSixNumbers) {
  grant({rule("/v1", {std::begin(capability::kHttpMethods), std::end(capability::kHttpMethods)})});
  for (const int method : {-1, 6, 7, 8, 100, 0x7FFF'FFFF}) {
    EXPECT_EQ(word("/v1", "(local.get $r)", method), "returns -1") << method;
  }
  for (int method = 0; method < 6; ++method) EXPECT_EQ(word("/v1", kSend, method), "returns 200");
  EXPECT_THAT(http.asked,
              ElementsAre("GET https://api.example.com:443/v1\n", "HEAD https://api.example.com:443/v1\n",
                          "POST https://api.example.com:443/v1\n", "PUT https://api.example.com:443/v1\n",
                          "PATCH https://api.example.com:443/v1\n", "DELETE https://api.example.com:443/v1\n"));
}

// H24
TEST_F(HttpFunctions, EscapedStructureInAPathIsInvalid) {
  for (const std::string_view path : {"/v1/%2e%2e/admin", "/v1/..%2fadmin", "/v1/..;/admin", "/v1//x", "v1", ""}) {
    EXPECT_EQ(word(path, "(local.get $r)"), "returns -1") << path;
  }
  EXPECT_EQ(word("/v1/" + std::string(4'093, 'a'), "(local.get $r)"), "returns -4");
  EXPECT_THAT(http.asked, IsEmpty());
}

// H07
TEST_F(HttpFunctions, HeadersAreTokensAndVisibleText) {
  EXPECT_EQ(header_word("X-Name", "a value\twith ~"), "returns 0");
  EXPECT_EQ(header_word("!#$%&'*+-.^_`|~0aZ", ""), "returns 0");
  for (unsigned byte = 0; byte < 256; ++byte) {
    const std::string c(1, static_cast<char>(byte));
    const bool token = std::isalnum(static_cast<int>(byte)) != 0 || std::string_view("!#$%&'*+-.^_`|~").contains(c);
    EXPECT_EQ(header_word("X" + c, "v"), byte != 0 && token && byte < 128 ? "returns 0" : "returns -1") << byte;
    const bool visible = byte == '\t' || (byte >= ' ' && byte < 0x7F);
    EXPECT_EQ(header_word("X", "v" + c + "w"), visible ? "returns 0" : "returns -1") << byte;
  }
  EXPECT_EQ(header_word("", "v"), "returns -1");
  EXPECT_EQ(header_word("X-A\r\nHost", "v"), "returns -1");
  EXPECT_EQ(header_word("X-A", "v\r\n folded"), "returns -1");
}

// H08
TEST_F(HttpFunctions, TheHostsOwnHeadersAreDeniedInAnyCase) {
  for (const std::string_view name :
       {"Host", "HOST", "content-length", "Transfer-Encoding", "TE", "Trailer", "Connection", "Upgrade", "Expect",
        "Proxy-Authorization", "Accept-Encoding", "Range"}) {
    EXPECT_EQ(header_word(name, "1"), "returns -2") << name;
    EXPECT_THAT(denials_of(last), ElementsAre(AllOf(HasSubstr("http.header_refused: "),
                                                    HasSubstr("headers that the host does not set"))));
  }
  EXPECT_EQ(header_word(":authority", "x"), "returns -1");
}

// H07
TEST_F(HttpFunctions, HeadersAreCountedWeighedAndNeverDoubled) {
  EXPECT_EQ(word("/v1", R"((i64.store (i32.const 2000) (i64.const 0x4141414141414141))
    (drop (call $http.header (local.get $r) (i32.const 2000) (i32.const 4) (i32.const 2000) (i32.const 4)))
    (call $http.header (local.get $r) (i32.const 2000) (i32.const 4) (i32.const 2000) (i32.const 1)))"),
            "returns -1");
  EXPECT_EQ(header_word("X", std::string(8'191, 'v')), "returns 0");
  EXPECT_EQ(header_word("X", std::string(8'192, 'v')), "returns -4");
}

TEST_F(HttpFunctions, TheThirtyThirdHeaderIsTooMany) {
  std::string calls;
  std::string data;
  for (int i = 0; i < 33; ++i) {
    calls += fmt::format(
        "(local.set $g (call $http.header (local.get $r) (i32.const {}) (i32.const 3) (i32.const 0) (i32.const 3)))",
        2000 + i * 3);
    data += fmt::format("h{:02}", i);
    if (i == 31) calls += "(if (local.get $g) (then (unreachable)))";
  }
  const Ran ran = run(fmt::format(R"((local $g i32) (local $r i32)
      (local.set $r (call $http.open (i32.const 10000) (i32.const 0) (i32.const 0) (i32.const 3))) {} (local.get $g))",
                                  calls),
                      fmt::format("(data (i32.const 0) \"/v1\") (data (i32.const 2000) \"{}\")", data));
  EXPECT_EQ(to_word(ran.outcome), "returns -4");
}

TEST_F(HttpFunctions, GetAndHeadHaveNoBody) {
  constexpr std::string_view kBody = "(call $http.body (local.get $r) (i32.const 0) (i32.const 3))";
  EXPECT_EQ(word("/v1", kBody, 0), "returns -1");
  EXPECT_EQ(word("/v1", kBody, 1), "returns -1");
  EXPECT_EQ(word("/v1", fmt::format("(drop {0}) (drop {0}) {1}", kBody, kSend), 2), "returns 200");
  EXPECT_THAT(http.asked, ElementsAre(HasSubstr("\napiapi")));
}

// H18
TEST_F(HttpFunctions, BodiesOfOneCallAreEightMebibytesAtMost) {
  constexpr std::string_view kMebibytes = R"((local.set $g (i32.const 0))
    (drop (memory.grow (i32.const 16)))
    (loop $next
      (if (i32.ne (call $http.body (local.get $r) (i32.const 0) (i32.const 1048576)) (i32.const 0)) (then (unreachable)))
      (local.set $g (i32.add (local.get $g) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $g) (i32.const 8)))) )";
  EXPECT_EQ(word("/v1", fmt::format("{} (call $http.body (local.get $r) (i32.const 0) (i32.const 0))", kMebibytes), 2),
            "returns 0");
  EXPECT_EQ(word("/v1", fmt::format("{} (call $http.body (local.get $r) (i32.const 0) (i32.const 1))", kMebibytes), 2),
            "returns -5");
}

// H18
TEST_F(HttpFunctions, TheSeventeenthRequestIsRefused) {
  constexpr std::string_view kMany = R"((local $i i32) (local $r i32) (local $answer i32)
    (loop $next
      (local.set $r (call $http.open (i32.const 10000) (i32.const 0) (i32.const 0) (i32.const 3)))
      (local.set $answer (call $http.send (local.get $r)))
      (drop (call $http.close (local.get $r)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const {}))))
    (local.get $answer))";
  const auto many = [&](int count) {
    std::string body(kMany);
    body.replace(body.find("{}"), 2, std::to_string(count));
    return to_word(run(body, "(data (i32.const 0) \"/v1\")").outcome);
  };
  EXPECT_EQ(many(16), "returns 200");
  EXPECT_EQ(many(17), "returns -5");
  EXPECT_EQ(http.asked.size(), 32U);
}

TEST_F(HttpFunctions, ARequestIsSentOnce) {
  EXPECT_EQ(word("/v1", fmt::format("(drop {0}) {0}", kSend)), "returns -1");
  EXPECT_EQ(
      word("/v1",
           fmt::format(
               "(drop {}) (call $http.header (local.get $r) (i32.const 0) (i32.const 3) (i32.const 0) (i32.const 3))",
               kSend)),
      "returns -1");
  EXPECT_EQ(
      word("/v1", fmt::format("(drop {}) (call $http.body (local.get $r) (i32.const 0) (i32.const 3))", kSend), 2),
      "returns -1");
  EXPECT_EQ(word("/v1", fmt::format("(drop {}) (call $http.secret (local.get $r) (i32.const 20000))", kSend)),
            "returns -1");
}

TEST_F(HttpFunctions, BeforeTheReplyThereIsNothingToRead) {
  EXPECT_EQ(word("/v1", "(call $http.response-read (local.get $r) (i32.const 0) (i32.const 3))"), "returns -1");
  EXPECT_EQ(word("/v1", "(i32.wrap_i64 (call $http.response-length (local.get $r)))"), "returns -1");
  EXPECT_EQ(word("/v1", "(call $http.response-header-names (local.get $r) (i32.const 0) (i32.const 3))"), "returns -1");
  EXPECT_EQ(word("/v1",
                 "(call $http.response-header (local.get $r) (i32.const 0) (i32.const 3) (i32.const 0) (i32.const 3))"),
            "returns -1");
}

TEST_F(HttpFunctions, AClosedRequestIsInvalid) {
  for (const std::string_view after : {"(call $http.close (local.get $r))", "(call $http.send (local.get $r))",
                                       "(call $http.body (local.get $r) (i32.const 0) (i32.const 0))",
                                       "(call $http.response-read (local.get $r) (i32.const 0) (i32.const 0))"}) {
    EXPECT_EQ(word("/v1", fmt::format("(drop (call $http.close (local.get $r))) {}", after)), "returns -1") << after;
  }
}

TEST_F(HttpFunctions, ANumberThatWasNeverGivenOutEndsTheRun) {
  for (const std::string_view body : {"(call $http.open (i32.const 10001) (i32.const 0) (i32.const 0) (i32.const 0))",
                                      "(call $http.open (i32.const 20000) (i32.const 0) (i32.const 0) (i32.const 0))",
                                      "(call $http.open (i32.const -3) (i32.const 0) (i32.const 0) (i32.const 0))",
                                      "(call $http.send (i32.const 100000))", "(call $http.send (i32.const 10000))",
                                      "(call $http.close (i32.const 0))"}) {
    const Ran ran = run(body);
    EXPECT_EQ(to_word(ran.outcome), "denied") << body;
    EXPECT_EQ(ran.record.denials.size(), 1U);
  }
  EXPECT_EQ(word("/v1", "(call $http.secret (local.get $r) (i32.const 20002))"), "denied");
  EXPECT_EQ(word("/v1", "(call $http.secret (local.get $r) (i32.const 10000))"), "denied");
}

TEST_F(HttpFunctions, ANumberOfAnotherClassEndsTheRun) {
  testing::MapAssets assets;
  assets.add("api.example.com", "x");
  setup.assets = &assets;
  EXPECT_EQ(word("/v1", "(drop (call $assets.open (i32.const 0) (i32.const 15))) (call $http.send (i32.const 100001))"),
            "denied");
  EXPECT_EQ(word("/v1", "(i32.wrap_i64 (call $assets.size (local.get $r)))"), "denied");
}

TEST_F(HttpFunctions, WithoutAWayOutRequestsAreUnavailable) {
  setup.http = nullptr;
  EXPECT_EQ(word("/v1", kSend), "returns -6");
  EXPECT_THAT(last.record.failures, ElementsAre(HasSubstr("GET https://api.example.com:443/v1: ")));
}

// H19: the guest sees one number; the operator sees the cause.
TEST_F(HttpFunctions, EveryFailureOfTheNetworkLooksTheSameToTheGuest) {
  for (const ErrorCode code :
       {capability::kHttpNameUnresolved, capability::kHttpConnectFailed, capability::kHttpTlsFailed,
        capability::kHttpReplyBroken, capability::kHttpReplyTooSlow, capability::kHttpUnusable}) {
    http.answers.emplace_back(fail(code, "cause"));
    EXPECT_EQ(word("/v1", kSend), "returns -6") << code.id;
    EXPECT_THAT(last.record.failures,
                ElementsAre(fmt::format("{}: GET https://api.example.com:443/v1: cause", code.id)));
    EXPECT_THAT(denials_of(last), IsEmpty());
  }
  http.answers.emplace_back(
      std::unexpected(fail(capability::kHttpAddressRefused, "loopback").error().with_next("--allow-address x")));
  EXPECT_EQ(word("/v1", kSend), "returns -6");
  EXPECT_THAT(
      denials_of(last),
      ElementsAre("http.address_refused: GET https://api.example.com:443/v1: loopback; allowed: public addresses, "
                  "and those that an operator names; --allow-address x"));
}

TEST_F(HttpFunctions, ATooLargeReplyIsToldApart) {
  http.answers.emplace_back(fail(capability::kHttpReplyTooLarge, "big"));
  EXPECT_EQ(word("/v1", kSend), "returns -4");
  EXPECT_EQ(http.max_reply_bytes, std::size_t{4} << 20U);
}

TEST_F(HttpFunctions, TheDeadlineAndACallerWhoWentEndTheRun) {
  http.answers.emplace_back(fail(capability::kHttpTimedOut, "late"));
  EXPECT_EQ(word("/v1", kSend), "timed_out");
  http.answers.emplace_back(fail(capability::kHttpCancelled, "gone"));
  EXPECT_EQ(word("/v1", kSend), "cancelled");
}

TEST_F(HttpFunctions, AnOperatorsBindingGoesWithTheRequestsOfItsOrigin) {
  const std::vector<capability::AddressBinding> bindings{
      {.host = "api.example.com", .port = 444, .address = "10.0.0.1"},
      {.host = "api.example.com", .port = 443, .address = "127.0.0.1"}};
  setup.http_bindings = bindings;
  EXPECT_EQ(word("/v1", kSend), "returns 200");
  EXPECT_EQ(http.bound, "127.0.0.1");
}

}  // namespace
}  // namespace palyra::host
