// SPDX-License-Identifier: Apache-2.0
#include <palyra/base/testing.h>
#include <palyra/capability/capability.h>
#include <palyra/capability/capability_names.h>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>
#include <string_view>
#include <vector>

namespace palyra::capability {
namespace {

using palyra::testing::FailsWith;
using palyra::testing::IsOk;

TEST(CapabilityNamesTest, AcceptsExactLowerCaseHostNamesOnly) {
  for (const auto* good : {"a.example.com", "xn--bcher-kva.example", "localhost", "1.a", "a-b.c"}) {
    EXPECT_TRUE(is_host_name(good)) << good;
  }
  const std::string long_label(64, 'a');
  const std::string long_name =
      std::string(63, 'a') + "." + std::string(63, 'b') + "." + std::string(63, 'c') + "." + std::string(61, 'd');
  EXPECT_TRUE(is_host_name(long_name));
  for (const std::string& bad :
       {std::string(), std::string("A.example"), std::string("*.example.com"), std::string("a."), std::string(".a"),
        std::string("a..b"), std::string("-a.b"), std::string("a-.b"), std::string("127.0.0.1"), std::string("a_b.c"),
        std::string("a b"), std::string("a:80"), long_label, long_name + "d"}) {
    EXPECT_FALSE(is_host_name(bad)) << bad;
  }
}

TEST(CapabilityNamesTest, AcceptsPathPrefixesThatNoServerReadsInTwoWays) {
  for (const auto* good : {"/", "/v1", "/v1/", "/a/.b/c..d", "/~a;b=c"}) EXPECT_TRUE(is_path_prefix(good)) << good;
  for (const auto* bad :
       {"", "v1", "//", "/a//b", "/.", "/a/../b", "/a/..", "/a?b", "/a#b", "/%2e", "/a\\b", "/a b", "/\xC3\xA9"}) {
    EXPECT_FALSE(is_path_prefix(bad)) << bad;
  }
}

TEST(CapabilityNamesTest, AcceptsNamesThatMeanTheSameOnEveryFileSystem) {
  for (const auto* good : {"data", "out/reports", ".hidden", "CONSOLE.txt", "com0", "a/b/c/d/e/f/g/h", "a.b"}) {
    EXPECT_TRUE(is_portable_name(good)) << good;
  }
  for (const std::string& bad :
       {std::string(), std::string("/a"), std::string("a/"), std::string("a//b"), std::string("."), std::string("../a"),
        std::string("a/.."), std::string("a."), std::string("a./b"), std::string("nul"), std::string("x/CoM1.txt"),
        std::string("lpt9"), std::string("a b"), std::string("a\\b"), std::string("a:b"), std::string(101, 'a'),
        std::string("a/b/c/d/e/f/g/h/i"), std::string("a\0b", 3)}) {
    EXPECT_FALSE(is_portable_name(bad)) << bad;
  }
  const std::string at_limit = std::string(100, 'a') + "/" + std::string(100, 'b') + "/" + std::string(38, 'c');
  EXPECT_TRUE(is_portable_name(at_limit));
  EXPECT_FALSE(is_portable_name(at_limit + "c"));
}

TEST(CapabilityNamesTest, AcceptsTheWordsOfSecretsStorageAndChannels) {
  for (const auto* good : {"global", "skill:a.b", "principal:admin:ops", "channel:discord:acct_1"}) {
    EXPECT_TRUE(is_secret_scope(good)) << good;
  }
  for (const auto* bad : {"", "user:me", "skill:", "Global", "global:x", "skill:a/b"})
    EXPECT_FALSE(is_secret_scope(bad)) << bad;
  for (const auto* good : {"bearer", "basic", "header:X-Api-Key", "query:key"})
    EXPECT_TRUE(is_secret_placement(good)) << good;
  for (const auto* bad : {"", "Bearer", "header:", "header:a b", "header:a:b", "query:", "query:a&b", "cookie:x"}) {
    EXPECT_FALSE(is_secret_placement(bad)) << bad;
  }
  EXPECT_TRUE(is_storage_prefix("a/b/"));
  for (const auto* bad : {"", "/", "a", "a//", "../"}) EXPECT_FALSE(is_storage_prefix(bad)) << bad;
  EXPECT_TRUE(is_name("a.b:c_d-1"));
  EXPECT_FALSE(is_name(std::string(129, 'a')));
  for (const auto* bad : {"", "A", "a/b", "a b"}) EXPECT_FALSE(is_name(bad)) << bad;
}

HttpRule weather() {
  return {.host = "api.example.com",
          .methods = {HttpMethod::kPost, HttpMethod::kGet},
          .path_prefix = "/v1/",
          .max_response_bytes = 65536,
          .redirects = 2,
          .secret = HttpSecret{"global/api_key", "header:X-Key"}};
}

TEST(CapabilityTest, HasOneCanonicalTextForEachClass) {
  EXPECT_EQ(canonical_text(weather()), "https://api.example.com:443/v1/ GET,POST");
  EXPECT_EQ(canonical_text(HttpRule{.host = "a", .scheme = HttpScheme::kHttp, .port = 80}), "http://a:80/ GET");
  EXPECT_EQ(canonical_text(SecretUse{"skill:a", "k"}), "skill:a/k");
  EXPECT_EQ(canonical_text(StoragePrefix{"cache/"}), "cache/");
  EXPECT_EQ(canonical_text(ChannelUse{"alerts", ChannelDirection::kBoth}), "alerts both");
  EXPECT_EQ(canonical_text(FilesystemRoot{"out/reports", FilesystemAccess::kReadWrite}), "out/reports rw");
}

TEST(CapabilityTest, SaysInWordsWhatItAllows) {
  EXPECT_EQ(
      describe(weather()),
      "send GET and POST requests to https://api.example.com/v1/, answers up to 64 KiB, following up to 2 redirects, "
      "with the secret global/api_key in the header X-Key");
  HttpRule open{.host = "a", .scheme = HttpScheme::kHttp, .port = 8080};
  open.methods.insert(std::begin(kHttpMethods), std::end(kHttpMethods));
  EXPECT_EQ(describe(open), "send any requests to http://a:8080/ without encryption, answers up to 4 MiB");
  EXPECT_EQ(describe(SecretUse{"global", "k", SecretPurpose::kHmacSha256}),
            "compute HMAC-SHA-256 with the secret global/k");
  EXPECT_EQ(describe(StoragePrefix{"cache/", 1}), "keep up to 1 byte of its own data under cache/");
  EXPECT_EQ(describe(ChannelUse{"inbox", ChannelDirection::kReceive}), "receive messages from the channel inbox");
  EXPECT_EQ(describe(FilesystemRoot{"data"}), "read files in the directory that you choose for data");
}

TEST(CapabilityTest, RefusesTextThatIsNotCanonical) {
  for (const auto* bad : {"",
                          "https://a:443/ POST,GET",
                          "https://a:443/ GET,GET",
                          "https://a:443/ TRACE",
                          "https://a/ GET",
                          "https://a:443/",
                          "https://a:0443/ GET",
                          "https://a:0/ GET",
                          "https://a:65536/ GET",
                          "ftp://a:443/ GET",
                          "https://A:443/ GET",
                          "https://a:443 GET",
                          "https://a:443/ GET,",
                          "https://a:443/../ GET",
                          "user:me/k",
                          "global",
                          "global/K",
                          "global/a/b",
                          "cache",
                          "../",
                          "alerts Send",
                          "alerts  send",
                          "data r",
                          " ro",
                          "../x rw"}) {
    EXPECT_THAT(parse_capability(bad), FailsWith(kCapabilityMalformed)) << bad;
  }
}

TEST(CapabilityTest, RefusesJsonThatItWouldNotWrite) {
  for (
      const std::string_view bad : {
          R"({})",
          R"([])",
          R"({"class":"storage","prefix":"a/"})",
          R"({"class":"storage","prefix":"a/","max_bytes":"1"})",
          R"({"class":"storage","prefix":"a/","max_bytes":0})",
          R"({"class":"storage","prefix":"a/","max_bytes":1099511627777})",
          R"({"class":"storage","prefix":"a","max_bytes":1})",
          R"({"class":"storage","prefix":"a/","max_bytes":1,"more":1})",
          R"({"class":"stores","prefix":"a/","max_bytes":1})",
          R"({"class":"secret","scope":"global","key":"k","use":"read"})",
          R"({"class":"channel","name":"a","direction":"none"})",
          R"({"class":"filesystem","root":"a","access":"x"})",
          R"({"class":"http","host":"a","scheme":"https","port":65536,"methods":["GET"],"path_prefix":"/","max_response_bytes":1,"redirects":0})",
          R"({"class":"http","host":"a","scheme":"https","port":1,"methods":[],"path_prefix":"/","max_response_bytes":1,"redirects":0})",
          R"({"class":"http","host":"a","scheme":"https","port":1,"methods":["GET"],"path_prefix":"/","max_response_bytes":67108865,"redirects":0})",
          R"({"class":"http","host":"a","scheme":"https","port":1,"methods":["GET"],"path_prefix":"/","max_response_bytes":1,"redirects":6})",
          R"({"class":"http","host":"a","scheme":"https","port":1,"methods":["GET"],"path_prefix":"/","max_response_bytes":1,"redirects":0,"secret":"global/k"})",
      }) {
    const auto json = parse_json(as_bytes(bad), {.max_bytes = 4096, .max_depth = 8});
    ASSERT_THAT(json, IsOk());
    EXPECT_THAT(capability_from_json(*json), FailsWith(kCapabilityMalformed)) << bad;
  }
}

std::string any_word() {
  const auto letters = rc::gen::container<std::string>(rc::gen::elementOf(std::string("abz019")));
  return "a" + *rc::gen::resize(12, letters);
}

// Any capability that is well-formed, every field at random.
Capability any_capability() {
  const std::string name = any_word();
  switch (*rc::gen::inRange(0, 5)) {
    case 0: {
      HttpRule rule{.host = "h" + name + ".example"};
      rule.scheme = *rc::gen::element(HttpScheme::kHttps, HttpScheme::kHttp);
      rule.port = *rc::gen::inRange<std::uint16_t>(1, 65535);
      rule.methods = *rc::gen::suchThat(rc::gen::container<std::set<HttpMethod>>(rc::gen::elementOf(
                                            std::vector<HttpMethod>(std::begin(kHttpMethods), std::end(kHttpMethods)))),
                                        [](const auto& methods) { return !methods.empty(); });
      rule.path_prefix = "/" + name + *rc::gen::element<std::string>("", "/", "/x");
      rule.max_response_bytes = *rc::gen::inRange<std::int64_t>(1, kMaxHttpResponseBytes + 1);
      rule.redirects = *rc::gen::inRange<std::int64_t>(0, kMaxHttpRedirects + 1);
      if (*rc::gen::arbitrary<bool>()) {
        rule.secret =
            HttpSecret{"global/" + name, *rc::gen::element<std::string>("bearer", "basic", "header:A", "query:b")};
      }
      return rule;
    }
    case 1:
      return SecretUse{*rc::gen::element<std::string>("global", "skill:" + name), name,
                       *rc::gen::element(SecretPurpose::kHttp, SecretPurpose::kHmacSha256)};
    case 2:
      return StoragePrefix{"p" + name + "/", *rc::gen::inRange<std::int64_t>(1, kMaxStorageBytes + 1)};
    case 3:
      return ChannelUse{
          name, *rc::gen::element(ChannelDirection::kSend, ChannelDirection::kReceive, ChannelDirection::kBoth)};
    default:
      return FilesystemRoot{"r" + name, *rc::gen::element(FilesystemAccess::kReadOnly, FilesystemAccess::kReadWrite)};
  }
}

TEST(CapabilityTest, KeepsItsTextThroughParsingAndEveryFieldThroughJson) {
  EXPECT_TRUE(rc::check([] {
    const Capability capability = any_capability();
    RC_ASSERT(is_well_formed(capability));
    const auto parsed = parse_capability(canonical_text(capability));
    RC_ASSERT(parsed.has_value());
    RC_ASSERT(class_of(*parsed) == class_of(capability));
    RC_ASSERT(canonical_text(*parsed) == canonical_text(capability));
    const auto read = capability_from_json(to_json(capability));
    RC_ASSERT(read.has_value());
    RC_ASSERT(*read == capability);
    RC_ASSERT(covers(capability, capability));
  }));
}

TEST(CapabilityTest, AcceptsOnlyTextThatItWouldWrite) {
  EXPECT_TRUE(rc::check([] {
    std::string text = canonical_text(any_capability());
    const auto place = *rc::gen::inRange<std::size_t>(0, text.size());
    text[place] = *rc::gen::elementOf(std::string(" ,/:.AZaz09G\x01\xC3"));
    const auto parsed = parse_capability(text);
    if (!parsed) return;
    RC_ASSERT(canonical_text(*parsed) == text);
    RC_ASSERT(is_well_formed(*parsed));
  }));
}

TEST(CapabilityTest, CoversWhatAsksForNoMore) {
  const HttpRule grant = weather();
  const auto with = [&grant](auto change) {
    HttpRule asked = grant;
    change(asked);
    return Capability(asked);
  };
  EXPECT_TRUE(covers(grant, with([](HttpRule& r) { r.methods = {HttpMethod::kPost}; })));
  EXPECT_TRUE(covers(grant, with([](HttpRule& r) { r.path_prefix = "/v1/x"; })));
  EXPECT_TRUE(covers(grant, with([](HttpRule& r) { r.secret.reset(); })));
  EXPECT_TRUE(covers(grant, with([](HttpRule& r) {
                       r.redirects = 0;
                       r.max_response_bytes = 1;
                     })));
  EXPECT_FALSE(covers(grant, with([](HttpRule& r) { r.methods.insert(HttpMethod::kPut); })));
  EXPECT_FALSE(covers(grant, with([](HttpRule& r) { r.path_prefix = "/v1"; })));
  EXPECT_FALSE(covers(grant, with([](HttpRule& r) { r.host = "b"; })));
  EXPECT_FALSE(covers(grant, with([](HttpRule& r) { r.port = 444; })));
  EXPECT_FALSE(covers(grant, with([](HttpRule& r) { r.scheme = HttpScheme::kHttp; })));
  EXPECT_FALSE(covers(grant, with([](HttpRule& r) { ++r.redirects; })));
  EXPECT_FALSE(covers(grant, with([](HttpRule& r) { ++r.max_response_bytes; })));
  EXPECT_FALSE(covers(grant, with([](HttpRule& r) { r.secret->placement = "bearer"; })));
  EXPECT_FALSE(covers(HttpRule{.host = "a", .path_prefix = "/v1"}, HttpRule{.host = "a", .path_prefix = "/v10"}));
  EXPECT_TRUE(covers(HttpRule{.host = "a", .path_prefix = "/v1"}, HttpRule{.host = "a", .path_prefix = "/v1/x"}));

  EXPECT_FALSE(covers(SecretUse{"global", "k"}, SecretUse{"global", "k", SecretPurpose::kHmacSha256}));
  EXPECT_TRUE(covers(StoragePrefix{"a/", 2}, StoragePrefix{"a/", 1}));
  EXPECT_FALSE(covers(StoragePrefix{"a/", 1}, StoragePrefix{"a/", 2}));
  EXPECT_FALSE(covers(StoragePrefix{"a/"}, StoragePrefix{"a/b/"}));
  EXPECT_TRUE(covers(ChannelUse{"c", ChannelDirection::kBoth}, ChannelUse{"c", ChannelDirection::kSend}));
  EXPECT_FALSE(covers(ChannelUse{"c", ChannelDirection::kSend}, ChannelUse{"c", ChannelDirection::kBoth}));
  EXPECT_TRUE(covers(FilesystemRoot{"r", FilesystemAccess::kReadWrite}, FilesystemRoot{"r"}));
  EXPECT_FALSE(covers(FilesystemRoot{"r"}, FilesystemRoot{"r", FilesystemAccess::kReadWrite}));
  EXPECT_FALSE(covers(FilesystemRoot{"r"}, ChannelUse{"r"}));
}

}  // namespace
}  // namespace palyra::capability
