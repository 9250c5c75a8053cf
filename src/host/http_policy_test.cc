// SPDX-License-Identifier: Apache-2.0
#include "http_policy.h"

#include <palyra/base/testing.h>
#include <palyra/capability/capability_names.h>

#include <array>
#include <set>
#include <string>

namespace palyra::host {
namespace {

using capability::Capability;
using capability::CapabilityGrantSet;
using capability::HttpMethod;
using capability::HttpRule;
using capability::HttpScheme;
using capability::path_holds;

HttpRule rule(std::string path_prefix, std::set<HttpMethod> methods = {HttpMethod::kGet}) {
  return {.host = "api.example.com", .methods = std::move(methods), .path_prefix = std::move(path_prefix)};
}

TEST(HttpOriginTest, ReadsSchemeHostAndPort) {
  const HttpOrigin secure{.scheme = HttpScheme::kHttps, .host = "api.example.com", .port = 443};
  EXPECT_EQ(parse_origin("api.example.com"), secure);
  EXPECT_EQ(parse_origin("https://api.example.com"), secure);
  EXPECT_EQ(parse_origin("https://api.example.com:443"), secure);
  EXPECT_EQ(parse_origin("http://api.example.com")->port, 80);
  EXPECT_EQ(parse_origin("api.example.com:8443")->port, 8443);
  EXPECT_EQ(parse_origin("http://api.example.com:65535")->scheme, HttpScheme::kHttp);
}

// H20: names of sockets are no origins.
TEST(HttpOriginTest, RefusesEveryOtherForm) {
  for (const std::string_view text : {"",
                                      "https://",
                                      "http://",
                                      "ftp://api.example.com",
                                      "gopher://api.example.com",
                                      "file:///etc/passwd",
                                      "unix:///run/docker.sock",
                                      "http+unix://api.example.com",
                                      "http://unix:/run/docker.sock",
                                      "HTTPS://api.example.com",
                                      "https://API.example.com",
                                      "https://api.example.com/",
                                      "https://api.example.com?x",
                                      "https://api.example.com#x",
                                      "https://api.example.com.",
                                      "https://api.example.com:",
                                      "https://api.example.com:0",
                                      "https://api.example.com:00443",
                                      "https://api.example.com:65536",
                                      "https://api.example.com:+443",
                                      "https://api.example.com: 443",
                                      "https://api.example.com:443:443",
                                      "https://api.ok.com@127.0.0.1",
                                      "https://user:word@api.example.com",
                                      "https://api.ok.com\\@127.0.0.1",
                                      "https://api.ok.com%2f@127.0.0.1",
                                      "https://127.0.0.1",
                                      "https://127.1",
                                      "https://2130706433",
                                      "https://0177.0.0.1",
                                      "https://0x7f.1",
                                      "https://0",
                                      "https://[::1]",
                                      "https://[::ffff:127.0.0.1]",
                                      "https://[fe80::1%25eth0]",
                                      "https://::1",
                                      "https:///127.0.0.1",
                                      "https:api.example.com",
                                      "//api.example.com",
                                      "https://api_x.example.com",
                                      "https://-a.example.com",
                                      "https://*.example.com",
                                      "https://b\xC3\xBC"
                                      "cher.example",
                                      "https://\xE2\x91\xA0.example",
                                      " https://api.example.com",
                                      "https://api.example.com\n",
                                      "https://api.example.com\r\nHost: x",
                                      "https://api..example.com"}) {
    EXPECT_EQ(parse_origin(text), std::nullopt) << text;
  }
  EXPECT_EQ(parse_origin(std::string_view("api.example.com\0x", 17)), std::nullopt);
}

struct Normalised {
  std::string_view text;
  std::string_view target;
};

TEST(HttpTargetTest, ResolvesDotsAndUndoesNeedlessEscapes) {
  for (const auto& [text, target] :
       std::to_array<Normalised>({{"/", "/"},
                                  {"/v1/items", "/v1/items"},
                                  {"/v1/items/", "/v1/items/"},
                                  {"/v1/./items", "/v1/items"},
                                  {"/v1/items/.", "/v1/items/"},
                                  {"/v1/x/..", "/v1/"},
                                  {"/v1/../admin", "/admin"},
                                  {"/a/b/../../c", "/c"},
                                  {"/%61%2D%5f%7E", "/a-_~"},
                                  {"/a%c3%bc", "/a%C3%BC"},
                                  {"/100%25", "/100%25"},
                                  {"/a;v=1/b", "/a;v=1/b"},
                                  {"/a.b/..c/d..", "/a.b/..c/d.."},
                                  {"/?", "/?"},
                                  {"/s?q=%2e%2E/..//&f[a]=b?", "/s?q=%2e%2E/..//&f[a]=b?"}})) {
    EXPECT_EQ(normalise_target(text), target) << text;
  }
}

// H24: everything that some server reads as a step in the path.
TEST(HttpTargetTest, RefusesWhatServersReadInDifferentWays) {
  for (const std::string_view text : {"",
                                      "x",
                                      "v1/x",
                                      "?q",
                                      "*",
                                      "//",
                                      "//admin",
                                      "/v1//admin",
                                      "/v1/x//",
                                      "/..",
                                      "/../",
                                      "/../x",
                                      "/v1/../..",
                                      "/v1/../../x",
                                      "/%2e%2e/x",
                                      "/v1/%2e%2e/admin",
                                      "/v1/%2E%2E/admin",
                                      "/v1/.%2e/admin",
                                      "/v1/%2e./admin",
                                      "/v1/%2e/admin",
                                      "/v1%2fadmin",
                                      "/v1%2Fadmin",
                                      "/v1/..%2fadmin",
                                      "/v1%5cadmin",
                                      "/v1/..%5Cadmin",
                                      "/v1/..%3Bx/admin",
                                      "/v1/..%3b/admin",
                                      "/v1/..%20/admin",
                                      "/v1/.%3B/admin",
                                      "/v1/..%C0%AF",
                                      "/v1\\admin",
                                      "/v1/..\\admin",
                                      "/v1/..;/admin",
                                      "/v1/..;x=1/admin",
                                      "/v1/.;/admin",
                                      "/..;",
                                      "/v1/%252e%252e/admin",
                                      "/v1%252fadmin",
                                      "/%25%32%65",
                                      "/%",
                                      "/%2",
                                      "/%zz",
                                      "/%2g",
                                      "/a%",
                                      "/%00",
                                      "/%0a",
                                      "/%0d%0aHost:x",
                                      "/%7f",
                                      "/%1b",
                                      "/a b",
                                      "/a\tb",
                                      "/a\r\nb",
                                      "/a#b",
                                      "/a?b#c",
                                      "/a\x7F",
                                      "/\xC3\xBC",
                                      "/a\"b",
                                      "/<a>",
                                      "/{a}",
                                      "/a|b",
                                      "/a^b",
                                      "/a`b",
                                      "/[a]",
                                      "/a?b c",
                                      "/a?%",
                                      "/a?%zz",
                                      "/a?\"",
                                      "/a?\\",
                                      "/a?\n",
                                      "http://api.example.com/",
                                      "https://api.example.com/x"}) {
    EXPECT_EQ(normalise_target(text), std::nullopt) << text;
  }
  EXPECT_EQ(normalise_target(std::string_view("/a\0b", 4)), std::nullopt);
  EXPECT_TRUE(normalise_target("/" + std::string(kMaxHttpTargetBytes - 1, 'a')));
  EXPECT_EQ(normalise_target("/" + std::string(kMaxHttpTargetBytes, 'a')), std::nullopt);
}

// Every way to write a step up that is accepted at all ends outside the prefix, and is judged there.
TEST(HttpTargetTest, NoSpellingOfAStepUpStaysBelowThePrefixByName) {
  int tried = 0;
  for (const std::string_view dots :
       {"..", ".%2e", "%2e.", "%2e%2e", "%2E%2E", "%252e%252e", "..;", "..;a", "...", "%2e%2e;"}) {
    for (const std::string_view slash : {"/", "%2f", "%2F", "\\", "%5c", "%252f", "//", ";/"}) {
      for (const std::string_view before : {"", "x/", "x/y/../"}) {
        const auto target = normalise_target(fmt::format("/v1/{}{}{}admin", before, dots, slash));
        ++tried;
        if (!target) continue;
        const bool below = path_holds("/v1", path_of(*target));
        EXPECT_TRUE(!below || target->find("..") == std::string::npos || target->find("...") != std::string::npos)
            << *target;
      }
    }
  }
  EXPECT_GE(tried, 200);
}

TEST(HttpRuleChoiceTest, HoldsPathsByWholeSegments) {
  for (const std::string_view path : {"/v1", "/v1/", "/v1/x"}) EXPECT_TRUE(path_holds("/v1", path)) << path;
  for (const std::string_view path : {"/", "/v", "/v10", "/v1x/y", "/v1;x", "/V1", "/x/v1"}) {
    EXPECT_FALSE(path_holds("/v1", path)) << path;
  }
  EXPECT_TRUE(path_holds("/v1/", "/v1/x"));
  EXPECT_FALSE(path_holds("/v1/", "/v1"));
  EXPECT_TRUE(path_holds("/", "/x"));
}

TEST(HttpRuleChoiceTest, TakesTheLongestPrefixThatAllowsTheMethod) {
  const std::set reads{HttpMethod::kGet, HttpMethod::kHead};
  const auto grants =
      CapabilityGrantSet::create({rule("/"), rule("/v1", reads), rule("/v1/items", {HttpMethod::kPost})}).value();
  const HttpOrigin origin = *parse_origin("api.example.com");
  const auto prefix_for = [&](HttpMethod method, std::string_view path) {
    const HttpRule* const chosen = choose_rule(grants, origin, method, path);
    return chosen == nullptr ? "none" : chosen->path_prefix;
  };
  EXPECT_EQ(prefix_for(HttpMethod::kGet, "/v1/items/3"), "/v1");
  EXPECT_EQ(prefix_for(HttpMethod::kPost, "/v1/items/3"), "/v1/items");
  EXPECT_EQ(prefix_for(HttpMethod::kPost, "/v1/item"), "none");
  EXPECT_EQ(prefix_for(HttpMethod::kGet, "/v2"), "/");
  EXPECT_EQ(prefix_for(HttpMethod::kDelete, "/v1/items"), "none");
  EXPECT_EQ(choose_rule(grants, *parse_origin("http://api.example.com"), HttpMethod::kGet, "/"), nullptr);
  EXPECT_EQ(choose_rule(grants, *parse_origin("api.example.com:444"), HttpMethod::kGet, "/"), nullptr);
  EXPECT_EQ(choose_rule(grants, *parse_origin("www.example.com"), HttpMethod::kGet, "/"), nullptr);
}

// H08
TEST(HttpHeaderTest, TheHostsOwnFieldsAreNotTheGuests) {
  using capability::is_host_header;
  for (const std::string_view name : {"x-http-method",
                                      "x-http-method-override",
                                      "X-HTTP-Method-Override",
                                      "x-method-override",
                                      "x-original-url",
                                      "x-rewrite-url",
                                      "Host",
                                      "host",
                                      "content-length",
                                      "transfer-encoding",
                                      "te",
                                      "trailer",
                                      "connection",
                                      "upgrade",
                                      "expect",
                                      "keep-alive",
                                      "proxy-authorization",
                                      "proxy-connection",
                                      "proxy-",
                                      "accept-encoding",
                                      "range",
                                      "if-range",
                                      "cookie2",
                                      "http2-settings"}) {
    EXPECT_TRUE(is_host_header(name)) << name;
  }
  for (const std::string_view name :
       {"accept", "authorization", "cookie", "content-type", "user-agent", "x-host", "proxy"}) {
    EXPECT_FALSE(is_host_header(name)) << name;
  }
}

TEST(HttpHeaderTest, ValuesAreVisibleAsciiSpacesAndTabs) {
  for (unsigned byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    EXPECT_EQ(is_header_value(std::string("a") + c + "b"), byte == '\t' || (byte >= 0x20 && byte < 0x7F)) << byte;
  }
  EXPECT_TRUE(is_header_value(""));
}

TEST(HttpHeaderTest, KnowsWhichFieldASecretFills) {
  HttpRule with = rule("/");
  EXPECT_EQ(secret_header(with), "");
  with.secret = capability::HttpSecret{.secret = "global/key", .placement = "bearer"};
  EXPECT_EQ(secret_header(with), "authorization");
  with.secret->placement = "basic";
  EXPECT_EQ(secret_header(with), "authorization");
  with.secret->placement = "header:X-Api-Key";
  EXPECT_EQ(secret_header(with), "x-api-key");
  with.secret->placement = "query:key";
  EXPECT_EQ(secret_header(with), "");
}

struct Redirect {
  std::string_view location;
  std::string_view target;
};

TEST(HttpRedirectTest, StaysWithinTheOrigin) {
  const HttpOrigin origin = *parse_origin("https://api.example.com");
  for (const auto& [location, target] : std::to_array<Redirect>({{"/b", "/b"},
                                                                 {"/b?x#frag", "/b?x"},
                                                                 {"b", "/v1/b"},
                                                                 {"../b", "/b"},
                                                                 {"?y=2", "/v1/a?y=2"},
                                                                 {"", "/v1/a?x=1"},
                                                                 {"#frag", "/v1/a?x=1"},
                                                                 {"https://api.example.com/b", "/b"},
                                                                 {"HTTPS://API.example.COM:443/b", "/b"},
                                                                 {"https://api.example.com", "/"},
                                                                 {"https://api.example.com?z", "/?z"},
                                                                 {"//api.example.com/b", "/b"},
                                                                 {"b?u=https://other/", "/v1/b?u=https://other/"}})) {
    EXPECT_EQ(redirect_target(origin, "/v1/a?x=1", location), target) << location;
  }
}

// H04, H05: other scheme, port and host, and every odd spelling of them.
TEST(HttpRedirectTest, LeadsNowhereElse) {
  const HttpOrigin origin = *parse_origin("https://api.example.com");
  for (const std::string_view location : {"http://api.example.com/b",
                                          "https://api.example.com:444/b",
                                          "https://evil.example/",
                                          "//evil.example/",
                                          "https://api.example.com.evil.example/",
                                          "https://api.example.com@evil.example/",
                                          "https://evil.example\\@api.example.com/",
                                          "https://api.example.com./",
                                          "https://api.example.com%2f@evil/",
                                          "https:///evil.example/",
                                          "https:/evil.example",
                                          "https:evil.example",
                                          "https://127.0.0.1/",
                                          "https://[::1]/",
                                          "https://2130706433/",
                                          "ftp://api.example.com/",
                                          "file:///etc/passwd",
                                          "gopher://api.example.com/",
                                          "javascript:alert(1)",
                                          "data:,x",
                                          "\\\\evil.example",
                                          "/\\evil.example",
                                          "///evil.example",
                                          "/b\r\nHost: x",
                                          "/../../x",
                                          "/%2e%2e/x",
                                          "/b c",
                                          " /b",
                                          "https://api.example.com:443:443/",
                                          "https://user@api.example.com/"}) {
    EXPECT_EQ(redirect_target(origin, "/v1/a", location), std::nullopt) << location;
  }
}

TEST(HttpRedirectTest, ChangesTheMethodAsBrowsersDo) {
  EXPECT_EQ(redirect_method(HttpMethod::kPost, 301), HttpMethod::kGet);
  EXPECT_EQ(redirect_method(HttpMethod::kPost, 302), HttpMethod::kGet);
  EXPECT_EQ(redirect_method(HttpMethod::kPut, 302), HttpMethod::kPut);
  EXPECT_EQ(redirect_method(HttpMethod::kDelete, 303), HttpMethod::kGet);
  EXPECT_EQ(redirect_method(HttpMethod::kHead, 303), HttpMethod::kHead);
  EXPECT_EQ(redirect_method(HttpMethod::kPost, 307), HttpMethod::kPost);
  EXPECT_EQ(redirect_method(HttpMethod::kPost, 308), HttpMethod::kPost);
  for (const int status : {200, 300, 304, 305, 306, 309, 404}) EXPECT_FALSE(is_redirect(status)) << status;
}

}  // namespace
}  // namespace palyra::host
