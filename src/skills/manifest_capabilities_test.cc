// SPDX-License-Identifier: Apache-2.0
#include "manifest_testing.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace palyra::skills {
namespace {

using palyra::testing::FailsWith;
using palyra::testing::IsOk;
using ::testing::ElementsAre;
using testing::kGoodManifest;
using testing::ManifestTest;

using ManifestCapabilitiesTest = ManifestTest;

TEST_F(ManifestCapabilitiesTest, BecomeGrantsThatCanBeAsked) {
  const auto manifest = parse(kGoodManifest);
  ASSERT_THAT(manifest, IsOk());
  std::vector<std::string> texts;
  for (const auto& capability : manifest->capabilities.to_list()) texts.push_back(canonical_text(capability));
  EXPECT_THAT(texts, ElementsAre("http://old.example.com:80/ GET", "https://api.example.com:8443/v1/ GET,POST",
                                 "https://status.example.com:443/ GET,HEAD,POST,PUT,PATCH,DELETE", "global/api_key",
                                 "global/other", "skill:acme.weather/mac", "a/b/", "cache/", "alerts send",
                                 "inbox receive", "both rw", "data ro", "out/reports rw"));
  const auto& rule =
      std::get<capability::HttpRule>(*manifest->capabilities.find("https://api.example.com:8443/v1/ GET,POST"));
  EXPECT_EQ(rule.max_response_bytes, 65536);
  EXPECT_EQ(rule.redirects, 5);
  EXPECT_EQ(rule.secret, (capability::HttpSecret{"global/api_key", "header:X-Key"}));
  const auto& mac = std::get<capability::SecretUse>(*manifest->capabilities.find("skill:acme.weather/mac"));
  EXPECT_EQ(mac.purpose, capability::SecretPurpose::kHmacSha256);
  EXPECT_EQ(std::get<capability::StoragePrefix>(*manifest->capabilities.find("a/b/")).max_bytes, 4096);
  EXPECT_EQ(std::get<capability::StoragePrefix>(*manifest->capabilities.find("cache/")).max_bytes, 1 << 20);
}

TEST_F(ManifestCapabilitiesTest, RefuseWhatOnlyOlderManifestsMayHold) {
  for (const char* key : {"device_capabilities = []", "node_capabilities = []", "wildcard_opt_in = {}"}) {
    EXPECT_THAT(parse(edited("[capabilities]\n", fmt::format("[capabilities]\n{}\n", key))),
                FailsWith(kManifestUnknownKey))
        << key;
  }
}

// M15
TEST_F(ManifestCapabilitiesTest, RefuseHttpRulesOutOfForm) {
  expect_refused({{"\"status.example.com\"", "\"*.example.com\"", kManifestHost},
                  {"\"status.example.com\"", "\"10.0.0.1\"", kManifestHost},
                  {"\"status.example.com\"", "1", kManifestWrongType},
                  {"host = \"api.example.com\"\n", "", kManifestMissingKey},
                  {"host = \"api.example.com\"", "host = \"API.example.com\"", kManifestHost},
                  {"scheme = \"https\"", "scheme = \"ftp\"", kManifestChoice},
                  {"port = 8443", "port = 0", kManifestIntegerRange},
                  {"port = 8443", "port = 65536", kManifestIntegerRange},
                  {"[\"GET\", \"POST\"]", "[\"GET\", \"TRACE\"]", kManifestHttpMethod},
                  {"[\"GET\", \"POST\"]", "[\"get\"]", kManifestHttpMethod},
                  {"[\"GET\", \"POST\"]", "[]", kManifestHttpMethod},
                  {"[\"GET\", \"POST\"]", "\"GET\"", kManifestWrongType},
                  {"path_prefix = \"/v1/\"", "path_prefix = \"/v1/../admin/\"", kManifestPath},
                  {"path_prefix = \"/v1/\"", "path_prefix = \"v1\"", kManifestPath},
                  {"path_prefix = \"/v1/\"", "path_prefix = \"/%2e\"", kManifestPath},
                  {"max_response_bytes = 65536", "max_response_bytes = 67108865", kManifestIntegerRange},
                  {"max_response_bytes = 65536", "max_response_bytes = 0", kManifestIntegerRange},
                  {"redirects = 5", "redirects = 6", kManifestIntegerRange},
                  {"redirects = 5", "redirects = -1", kManifestIntegerRange},
                  {"redirects = 5", "proxy = 5", kManifestUnknownKey}});
}

TEST_F(ManifestCapabilitiesTest, RefuseSecretsInRulesThatAreNotDeclaredForThem) {
  const std::string_view secret = "secret = \"global/api_key\"";
  const std::string_view placement = "secret_placement = \"header:X-Key\"";
  expect_refused({{"secret = \"global/api_key\"\n", "", kManifestHttpSecret},
                  {"secret_placement = \"header:X-Key\"\n", "", kManifestHttpSecret},
                  {placement, "secret_placement = \"cookie:a\"", kManifestHttpSecret},
                  {placement, "secret_placement = \"header:a b\"", kManifestHttpSecret},
                  {secret, "secret = \"global/none\"", kManifestHttpSecret},
                  {secret, "secret = \"skill:acme.weather/mac\"", kManifestHttpSecret},
                  {secret, "secret = \"no such form\"", kManifestHttpSecret}});
  expect_accepted({{placement, "secret_placement = \"bearer\""}, {placement, "secret_placement = \"query:key\""}});
}

TEST_F(ManifestCapabilitiesTest, RefuseRootsThatAreNotRelativeNames) {
  expect_refused({{"read_roots = [\"data\"", "read_roots = [\"../data\"", kManifestPath},
                  {"read_roots = [\"data\"", "read_roots = [\"/data\"", kManifestPath},
                  {"write_roots = [\"out/reports\"", "write_roots = [\"out//reports\"", kManifestPath},
                  {"write_roots = [\"out/reports\"", "write_roots = [\"*\"", kManifestPath},
                  {"[capabilities.filesystem]", "[capabilities.filesystem]\nroots = []", kManifestUnknownKey}});
}

TEST_F(ManifestCapabilitiesTest, RefuseSecretsOutOfForm) {
  expect_refused({{"scope = \"global\"", "scope = \"user:me\"", kManifestSecretScope},
                  {"scope = \"global\"\n", "", kManifestMissingKey},
                  {"key_names = [\"mac\"]", "key_names = []", kManifestCount},
                  {"key_names = [\"mac\"]\n", "", kManifestCount},
                  {"key_names = [\"mac\"]", "key_names = [\"*\"]", kManifestSyntax},
                  {"key_names = [\"mac\"]", "key_names = [\"a/b\"]", kManifestSyntax},
                  {"uses = [\"hmac-sha256\"]", "uses = [\"read\"]", kManifestChoice},
                  {"uses = [\"hmac-sha256\"]", "uses = [\"hmac-sha256\", \"http\"]", kManifestSecretUses},
                  {"uses = [\"hmac-sha256\"]", "value = \"x\"", kManifestUnknownKey}});
}

// M16
TEST_F(ManifestCapabilitiesTest, RefuseStorageOutOfForm) {
  expect_refused({{"prefix = \"cache/\"", "prefix = \"cache\"", kManifestStoragePrefix},
                  {"prefix = \"cache/\"", "prefix = \"../\"", kManifestStoragePrefix},
                  {"prefix = \"cache/\"", "prefix = \"/\"", kManifestStoragePrefix},
                  {"prefix = \"cache/\"", "prefix = \"a/\"", kManifestStoragePrefix},
                  {"prefix = \"cache/\"", "prefix = \"a/b/c/d/\"", kManifestStoragePrefix},
                  {"prefix = \"cache/\"\n", "", kManifestMissingKey},
                  {"max_bytes = 4096", "max_bytes = 0", kManifestIntegerRange},
                  {"max_bytes = 4096", "max_bytes = 1099511627777", kManifestIntegerRange},
                  {"prefix = \"cache/\"", "prefix = \"a/b/\"", kManifestConflict},
                  {"max_bytes = 4096", "quota = 1", kManifestUnknownKey}});
  expect_accepted({{"prefix = \"cache/\"", "prefix = \"a/bc/\""}, {"max_bytes = 4096", "max_bytes = 1099511627776"}});
}

TEST_F(ManifestCapabilitiesTest, RefuseChannelsOutOfForm) {
  expect_refused({{"name = \"alerts\"", "name = \"Alerts\"", kManifestSyntax},
                  {"name = \"alerts\"\n", "", kManifestMissingKey},
                  {"name = \"alerts\"", "name = \"inbox\"", kManifestDuplicate},
                  {"direction = \"receive\"", "direction = \"read\"", kManifestChoice},
                  {"direction = \"receive\"", "rights = \"receive\"", kManifestUnknownKey}});
}

TEST_F(ManifestCapabilitiesTest, AreAtMostAThousandOfAClass) {
  std::string keys;
  for (int i = 0; i < 1000; ++i) keys += fmt::format("\"k{}\",", i);
  const std::string_view place = "key_names = [\"api_key\", \"other\"]";
  EXPECT_THAT(parse(edited(place, fmt::format("key_names = [{}\"api_key\"]", keys))), FailsWith(kManifestCount));
  EXPECT_THAT(parse(edited(place, fmt::format("key_names = [{}\"api_key\"]", keys.substr(0, keys.find("\"k998\""))))),
              IsOk());
}

}  // namespace
}  // namespace palyra::skills
