// SPDX-License-Identifier: Apache-2.0
#include "egress_fixture.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <thread>

namespace palyra::egress {
namespace {

using capability::HttpMethod;
using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::kOkReply;
using ::testing::Not;
using testing::ScriptedServer;
using testing::ServedConnection;

using HttpEgressTest = testing::EgressTest;

// First in this file: nothing before it may have asked for the library.
TEST_F(HttpEgressTest, LoadsTheLibraryAtTheFirstRequestOnly) {
  const auto loaded = [] { return ::dlopen("libcurl.so.4", RTLD_NOLOAD | RTLD_LAZY) != nullptr; };
  HttpEgress egress(settings, resolver);
  EXPECT_FALSE(loaded());
  EXPECT_THAT(ask_at("nowhere.example", 443), FailsWith(capability::kHttpNameUnresolved));
  EXPECT_FALSE(loaded()) << "a refusal needs no library";
  const ScriptedServer server{std::string(kOkReply)};
  EXPECT_THAT(ask(server), IsOk());
  EXPECT_TRUE(loaded());
}

TEST_F(HttpEgressTest, BringsStatusFieldsAndBody) {
  const ScriptedServer server("HTTP/1.1 404 Not Found\r\nX-A:  one \r\nx-a: two\r\nContent-Length: 5\r\n\r\nhello");
  const auto reply = ask(server);
  ASSERT_THAT(reply, IsOk());
  EXPECT_EQ(reply->status, 404);
  const std::vector<capability::HttpReplyField> expected{{"X-A", "one"}, {"x-a", "two"}, {"Content-Length", "5"}};
  EXPECT_EQ(reply->fields, expected);
  EXPECT_EQ(as_text(reply->body), "hello");
}

// H07, H08: what goes on the wire is what was asked for and nothing else.
TEST_F(HttpEgressTest, SendsExactlyTheRequestThatWasAskedFor) {
  const ScriptedServer server{std::string(kOkReply)};
  target = "/v1/%41;x?q=%2e%2e/&r=[1]";
  fields = {{"X-One", "a  b\t"}, {"X-Empty", ""}, {"X-Blank", "  "}};
  ASSERT_THAT(ask(server), IsOk());
  EXPECT_THAT(server.requests(),
              ElementsAre("GET /v1/%41;x?q=%2e%2e/&r=[1] HTTP/1.1\r\nHost: api.example.com\r\n"
                          "Accept: */*\r\nX-One: a  b\r\nX-Empty:\r\nX-Blank:\r\n"
                          "Accept-Encoding: identity\r\nConnection: close\r\nUser-Agent: palyra\r\n\r\n"));
}

// H09
TEST_F(HttpEgressTest, SendsEachMethodWithItsBody) {
  const ScriptedServer server{std::string(kOkReply)};
  body = "data";
  for (const HttpMethod each : {HttpMethod::kPost, HttpMethod::kPut, HttpMethod::kPatch, HttpMethod::kDelete}) {
    method = each;
    ASSERT_THAT(ask(server), IsOk());
    EXPECT_THAT(server.requests().back(), ::testing::StartsWith(fmt::format("{} / HTTP/1.1\r\n", to_text(each))));
    EXPECT_THAT(server.requests().back(), ::testing::EndsWith("\r\n\r\ndata"));
    EXPECT_THAT(server.requests().back(), HasSubstr("\r\nContent-Length: 4\r\n"));
    EXPECT_THAT(server.requests().back(), Not(HasSubstr("Expect")));
    EXPECT_THAT(server.requests().back(), Not(HasSubstr("Content-Type")));
  }
  body = "";
  method = HttpMethod::kPut;
  ASSERT_THAT(ask(server), IsOk());
  EXPECT_THAT(server.requests().back(), HasSubstr("\r\nContent-Length: 0\r\n"));
  method = HttpMethod::kDelete;
  ASSERT_THAT(ask(server), IsOk());
  EXPECT_THAT(server.requests().back(), Not(HasSubstr("Content-Length")));
  body = "x";
  method = HttpMethod::kPost;
  fields = {{"Content-Type", "text/plain"}, {"user-agent", "mine"}};
  ASSERT_THAT(ask(server), IsOk());
  EXPECT_THAT(server.requests().back(), HasSubstr("\r\nContent-Type: text/plain\r\nuser-agent: mine\r\n"));
  EXPECT_THAT(server.requests().back(), Not(HasSubstr("palyra")));
}

TEST_F(HttpEgressTest, AReplyToHeadHasNoBody) {
  const ScriptedServer server("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n");
  method = HttpMethod::kHead;
  const auto reply = ask(server);
  ASSERT_THAT(reply, IsOk());
  EXPECT_THAT(reply->body, IsEmpty());
  EXPECT_EQ(reply->fields.size(), 1U);
}

// H04
TEST_F(HttpEgressTest, FollowsNoRedirect) {
  const ScriptedServer server("HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n");
  const auto reply = ask(server);
  ASSERT_THAT(reply, IsOk());
  EXPECT_EQ(reply->status, 302);
  EXPECT_EQ(server.accepted(), 1);
}

// H06
TEST_F(HttpEgressTest, TakesNothingFromTheEnvironment) {
  const testing::TempDir home;
  ASSERT_THAT(
      write_file_atomic(home.path() + "/.netrc", as_bytes("default login user password word\n"), 0600, Overwrite::kNo),
      IsOk());
  ASSERT_THAT(write_file_atomic(home.path() + "/.curlrc", as_bytes("proxy = 127.0.0.1:1\n"), 0600, Overwrite::kNo),
              IsOk());
  const ScriptedServer server{std::string(kOkReply)};
  const std::vector<std::pair<const char*, std::string>> variables{{"HOME", home.path()},
                                                                   {"CURL_HOME", home.path()},
                                                                   {"NETRC", home.path() + "/.netrc"},
                                                                   {"http_proxy", "http://127.0.0.1:1"},
                                                                   {"HTTP_PROXY", "http://127.0.0.1:1"},
                                                                   {"ALL_PROXY", "socks5://127.0.0.1:1"},
                                                                   {"all_proxy", "socks5h://127.0.0.1:1"},
                                                                   {"no_proxy", "x"}};
  std::vector<std::string> before;
  for (const auto& [name, value] : variables) {
    const char* const old = ::getenv(name);
    before.emplace_back(old == nullptr ? "" : old);
    ::setenv(name, value.c_str(), 1);
  }
  EXPECT_THAT(ask(server), IsOk());
  for (std::size_t i = 0; i < variables.size(); ++i) {
    if (before[i].empty()) ::unsetenv(variables[i].first);
    if (!before[i].empty()) ::setenv(variables[i].first, before[i].c_str(), 1);
  }
  ASSERT_EQ(server.requests().size(), 1U);
  EXPECT_THAT(server.requests().front(), Not(HasSubstr("Authorization")));
}

TEST_F(HttpEgressTest, UsesTheOperatorsProxyForOriginsThatAreNotBound) {
  const ScriptedServer proxy{std::string(kOkReply)};
  settings.proxy = fmt::format("http://127.0.0.1:{}", proxy.port());
  ASSERT_THAT(ask_at("www.example.com", 80), IsOk());
  EXPECT_THAT(proxy.requests(), ElementsAre(HasSubstr("GET http://www.example.com/ HTTP/1.1\r\n")));
  EXPECT_EQ(resolver.asked(), 0);
  const ScriptedServer server{std::string(kOkReply)};
  ASSERT_THAT(ask(server), IsOk());
  EXPECT_EQ(proxy.accepted(), 1);
}

// H17, H20
TEST_F(HttpEgressTest, RefusesAProxyOfAnotherKind) {
  for (const std::string_view text :
       {"127.0.0.1:80", "https://127.0.0.1:80", "socks5://127.0.0.1:80", "http://127.0.0.1", "http://127.0.0.1:0",
        "http://user@127.0.0.1:80", "http:///run/proxy.sock:80", "http://127.0.0.1:80/x", "unix:///run/proxy.sock",
        "http://127.0.0.1:99999"}) {
    settings.connect_timeout = std::chrono::milliseconds(1);
    settings.proxy = text;
    EXPECT_THAT(ask_at("www.example.com", 80), FailsWith(capability::kHttpUnusable)) << text;
  }
  EXPECT_THAT(testing::take_connects(), IsEmpty());
}

TEST_F(HttpEgressTest, AProxyThatRefusesTheTunnelIsNoReply) {
  const ScriptedServer proxy("HTTP/1.1 407 No\r\nContent-Length: 2\r\n\r\nno");
  settings.proxy = fmt::format("http://127.0.0.1:{}", proxy.port());
  scheme = capability::HttpScheme::kHttps;
  fields = {{"Authorization", "Bearer canary"}};
  EXPECT_THAT(ask_at("www.example.com", 443), ::testing::Not(IsOk()));
  EXPECT_THAT(proxy.requests(), ElementsAre(::testing::StartsWith("CONNECT www.example.com:443 ")));
  EXPECT_THAT(proxy.requests().front(), Not(HasSubstr("canary"))) << "the tunnel's own request";
}

// H10
TEST_F(HttpEgressTest, RefusesAReplyOverItsCap) {
  max_reply_bytes = 1'000;
  const std::string fits(1'000, 'x');
  const ScriptedServer exact("HTTP/1.1 200 OK\r\n\r\n" + fits);
  const auto reply = ask(exact);
  ASSERT_THAT(reply, IsOk());
  EXPECT_EQ(reply->body.size(), 1'000U);
  const ScriptedServer over("HTTP/1.1 200 OK\r\n\r\n" + fits + "x");
  EXPECT_THAT(ask(over), FailsWith(capability::kHttpReplyTooLarge));
  const ScriptedServer announced("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n" + fits + "x");
  EXPECT_THAT(ask(announced), FailsWith(capability::kHttpReplyTooLarge));
  const ScriptedServer chunked("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" + fits +
                               "x\r\n0\r\n\r\n");
  EXPECT_THAT(ask(chunked), FailsWith(capability::kHttpReplyTooLarge));
  max_reply_bytes = 0;
  const ScriptedServer empty("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  EXPECT_THAT(ask(empty), IsOk());
}

// H10: floods that never end.
TEST_F(HttpEgressTest, EndsFloodsAtTheCap) {
  const auto flood = [](std::string head, std::string again) {
    return [head = std::move(head), again = std::move(again)](ServedConnection& connection) {
      connection.read_request();
      if (!connection.write(head)) return;
      while (connection.write(again)) {
      }
    };
  };
  max_reply_bytes = 100'000;
  for (const auto& [head, again] : std::vector<std::pair<std::string, std::string>>{
           {"HTTP/1.1 200 OK\r\n\r\n", std::string(1'000, 'x')},
           {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "a\r\n0123456789\r\n"},
           {"HTTP/1.1 200 OK\r\n", "X-A: b\r\n"},
           {"HTTP/1.1 200 OK\r\n", "X-A: " + std::string(30'000, 'x') + "\r\n"},
           {"", "HTTP/1.1 100 Continue\r\n\r\n"},
           {"", "HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n"},
           {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n", "X-Trailer: y\r\n"},
       }) {
    const ScriptedServer server(flood(head, again));
    EXPECT_THAT(ask(server), FailsWith(capability::kHttpReplyTooLarge)) << head << again.substr(0, 30);
  }
  const ScriptedServer line(flood("HTTP/1.1 200 OK\r\nX-A: ", std::string(1'000, 'x')));
  EXPECT_THAT(ask(line), ::testing::Not(IsOk()));
}

TEST_F(HttpEgressTest, AHundredHeaderLinesAreTheMost) {
  const auto lines = [](int count) {
    std::string text = "HTTP/1.1 200 OK\r\n";
    for (int i = 0; i < count; ++i) text += fmt::format("X-{}: v\r\n", i);
    return text + "\r\n";
  };
  const ScriptedServer most(lines(100));
  const auto reply = ask(most);
  ASSERT_THAT(reply, IsOk());
  EXPECT_EQ(reply->fields.size(), 100U);
  const ScriptedServer more(lines(101));
  EXPECT_THAT(ask(more), FailsWith(capability::kHttpReplyTooLarge));
}

// H12, H17: lengths that lie, and protocols to switch to. Bounded, and an answer for each.
TEST_F(HttpEgressTest, LyingLengthsEnd) {
  patience = std::chrono::milliseconds(2'000);
  for (const std::string_view reply :
       {"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nx",
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        "HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", "HTTP/1.1 200 OK\r\nContent-Le", "",
        "nonsense\r\n\r\n", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n",
        "HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n"}) {
    const ScriptedServer server{std::string(reply)};
    EXPECT_THAT(ask(server), FailsWith(capability::kHttpReplyBroken)) << reply;
  }
  for (const std::string_view reply :
       {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok and more"}) {
    const ScriptedServer server{std::string(reply)};
    const auto got = ask(server);
    ASSERT_THAT(got, IsOk()) << reply;
    EXPECT_EQ(as_text(got->body), "ok");
  }
}

// H11
TEST_F(HttpEgressTest, UndoesNoEncoding) {
  const ScriptedServer server("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1F\x8B\x08\x01");
  const auto reply = ask(server);
  ASSERT_THAT(reply, IsOk());
  EXPECT_EQ(as_text(reply->body), "\x1F\x8B\x08\x01");
}

// H13
TEST_F(HttpEgressTest, ControlCharactersInAHeaderBecomeSpaces) {
  const ScriptedServer server("HTTP/1.1 200 OK\r\nX-A: a\x1B[31m\rb\x7F\tc\"\r\nBad Name: x\r\nX-B: \xC3\xBC\r\n\r\n");
  const auto reply = ask(server);
  ASSERT_THAT(reply, IsOk());
  ASSERT_EQ(reply->fields.size(), 2U);
  EXPECT_EQ(reply->fields[0].value, "a [31m b \tc\"");
  EXPECT_EQ(reply->fields[1].value, "\xC3\xBC");
}

// H15, H16: nothing is kept from one exchange for the next, and nothing is upgraded.
TEST_F(HttpEgressTest, EveryExchangeHasItsOwnConnection) {
  const ScriptedServer server(
      "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nSet-Cookie: a=b\r\n"
      "Alt-Svc: h2=\":1\"\r\nStrict-Transport-Security: max-age=9999\r\nContent-Length: 2\r\n\r\nok");
  for (int i = 0; i < 3; ++i) ASSERT_THAT(ask(server), IsOk());
  EXPECT_EQ(server.accepted(), 3);
  EXPECT_EQ(testing::take_connects().size(), 3U);
  for (const std::string& request : server.requests()) {
    EXPECT_THAT(request, HasSubstr(" HTTP/1.1\r\n"));
    EXPECT_THAT(request, Not(HasSubstr("Cookie")));
    EXPECT_THAT(request, Not(HasSubstr("Upgrade")));
  }
}

// H10
TEST_F(HttpEgressTest, AReplyThatDripsIsGivenUp) {
  settings.slow_window = std::chrono::milliseconds(200);
  const ScriptedServer server([](ServedConnection& connection) {
    connection.read_request();
    connection.write("HTTP/1.1 200 OK\r\n\r\n");
    while (connection.write("x")) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  });
  EXPECT_THAT(ask(server), FailsWith(capability::kHttpReplyTooSlow));
}

TEST_F(HttpEgressTest, AServerMayThinkForAsLongAsItLikes) {
  settings.slow_window = std::chrono::milliseconds(50);
  const ScriptedServer server([](ServedConnection& connection) {
    connection.read_request();
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    connection.write(kOkReply);
  });
  EXPECT_THAT(ask(server), IsOk());
}

TEST_F(HttpEgressTest, TheDeadlineEndsAnExchangeThatNobodyAnswers) {
  patience = std::chrono::milliseconds(100);
  const ScriptedServer server([](ServedConnection& connection) {
    connection.read_request();
    connection.read_request();
  });
  EXPECT_THAT(ask(server), FailsWith(capability::kHttpTimedOut));
}

TEST_F(HttpEgressTest, ACallerWhoGoesEndsTheExchange) {
  std::atomic<bool> gone = false;
  cancelled = [&] { return gone.load(); };
  const ScriptedServer server([&](ServedConnection& connection) {
    connection.read_request();
    gone = true;
    connection.read_request();
  });
  EXPECT_THAT(ask(server), FailsWith(capability::kHttpCancelled));
}

// A listener whose queue is full: what connects hears nothing, as behind a filter.
class SilentPort {
 public:
  SilentPort() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(listener_.get(), any, size), 0);
    EXPECT_EQ(::listen(listener_.get(), 0), 0);
    EXPECT_EQ(::getsockname(listener_.get(), any, &size), 0);
    port_ = ntohs(address.sin_port);
    for (int i = 0; i < 8; ++i) {
      waiting_.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
      static_cast<void>(::connect(waiting_.back().get(), any, size));
    }
  }
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  UniqueFd listener_;
  std::vector<UniqueFd> waiting_;
  std::uint16_t port_ = 0;
};

// H19: refused, closed and silent take the same time; the one number of the test is the promise itself.
TEST_F(HttpEgressTest, EveryFailureToConnectTakesWholeSteps) {
  settings.connect_timeout = std::chrono::milliseconds(200);
  resolver.add("private.example", {"10.0.0.1"});
  resolver.add("unreachable.example", {"93.184.216.34"});
  const auto time = [&](const auto& act) {
    const auto began = std::chrono::steady_clock::now();
    EXPECT_THAT(act(), ::testing::Not(IsOk()));
    return (std::chrono::steady_clock::now() - began) / settings.connect_timeout;
  };
  binding.port = 80;
  binding.address_port = 1;  // nobody listens
  EXPECT_EQ(time([&] { return ask_at("private.example", 443); }), 1);
  EXPECT_EQ(time([&] { return ask_at("unreachable.example", 443); }), 1);
  EXPECT_EQ(time([&] { return ask_at("nowhere.example", 443); }), 1);
  EXPECT_EQ(time([&] { return ask_at("api.example.com", 80, &binding); }), 1);
  const SilentPort silent;
  binding.address_port = silent.port();
  EXPECT_EQ(time([&] { return ask_at("api.example.com", 80, &binding); }), 1);
}

// H19: and the caller is told the same.
TEST_F(HttpEgressTest, ASilentPortAnswersAsAClosedOneDoes) {
  settings.connect_timeout = std::chrono::milliseconds(200);
  binding.port = 80;
  binding.address_port = 1;
  EXPECT_THAT(ask_at("api.example.com", 80, &binding), FailsWith(capability::kHttpConnectFailed));
  const SilentPort silent;
  binding.address_port = silent.port();
  EXPECT_THAT(ask_at("api.example.com", 80, &binding), FailsWith(capability::kHttpConnectFailed));
}

// H18, H22
TEST_F(HttpEgressTest, NoMoreExchangesRunAtOnceThanTheSettingSays) {
  settings.max_concurrent = 3;
  std::atomic<int> now = 0;
  std::atomic<int> most = 0;
  const ScriptedServer server([&](ServedConnection& connection) {
    connection.read_request();
    const int here = ++now;
    int seen = most;
    while (seen < here && !most.compare_exchange_weak(seen, here)) {
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    --now;
    connection.write(kOkReply);
  });
  binding.port = 80;
  binding.address_port = server.port();
  HttpEgress egress(settings, resolver);
  {
    std::vector<std::jthread> callers;
    for (int i = 0; i < 20; ++i) {
      callers.emplace_back([&] {
        EXPECT_THAT(egress.exchange({.scheme = scheme,
                                     .host = "api.example.com",
                                     .port = 80,
                                     .target = "/",
                                     .fields = {},
                                     .body = {},
                                     .max_reply_bytes = 100,
                                     .binding = &binding,
                                     .deadline = std::chrono::steady_clock::now() + patience,
                                     .cancelled = cancelled}),
                    IsOk());
      });
    }
  }
  EXPECT_EQ(server.accepted(), 20);
  EXPECT_LE(most, 3);
  EXPECT_GE(most, 2);
}

// H21
TEST_F(HttpEgressTest, SocketsAreNotInherited) {
  bool all_close = true;
  const ScriptedServer server([&](ServedConnection& connection) {
    connection.read_request();
    constexpr int kMany = 256;
    for (int fd = 3; fd < kMany; ++fd) {
      const int flags = ::fcntl(fd, F_GETFD);
      sockaddr address{};
      socklen_t size = sizeof address;
      if (flags < 0 || ::getpeername(fd, &address, &size) != 0 || address.sa_family != AF_INET) continue;
      all_close = all_close && (flags & FD_CLOEXEC) != 0;
    }
    connection.write(kOkReply);
  });
  EXPECT_THAT(ask(server), IsOk());
  EXPECT_TRUE(all_close);
}

// H21
TEST_F(HttpEgressTest, APeerThatResetsDoesNotKillTheProcess) {
  method = HttpMethod::kPost;
  body = std::string(4'000'000, 'x');
  const ScriptedServer server([](ServedConnection&) {});
  for (int i = 0; i < 20; ++i) EXPECT_THAT(ask(server), ::testing::Not(IsOk()));
}

TEST_F(HttpEgressTest, RefusesARequestThatIsNotWellFormed) {
  const ScriptedServer server{std::string(kOkReply)};
  for (const std::string_view bad : {"", "x", "/a b", "/a\r\nHost: x", "/a#b", "/a\\b", "/\x7F", "/\xC3\xBC"}) {
    target = bad;
    EXPECT_THAT(ask(server), FailsWith(capability::kHttpUnusable)) << bad;
  }
  target = "/";
  for (const std::string_view host : {"", "127.0.0.1", "API.example.com", "a@b", "a/b", "a.example.", "[::1]", "a b"}) {
    EXPECT_THAT(ask_at(host, 80), FailsWith(capability::kHttpUnusable)) << host;
  }
  EXPECT_THAT(ask_at("api.example.com", 0), FailsWith(capability::kHttpUnusable));
  EXPECT_EQ(server.accepted(), 0);
}

}  // namespace
}  // namespace palyra::egress
