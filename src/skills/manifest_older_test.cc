// SPDX-License-Identifier: Apache-2.0
// Manifests of versions 1 and 2: what they may hold, what they must, and where they differ from version 3.
#include "manifest_testing.h"

#include <palyra/crypto/sha256.h>

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
using ::testing::IsEmpty;

// Uses every key of version 2.
constexpr std::string_view kVersion2 = R"(manifest_version = 2
publisher = "acme"
skill_id = "weather.of.acme"
version = "1.2.0"
name = "Weather"

[[entrypoints.tools]]
id = "acme.weather.now"
name = "Now"
description = "Answers for one place."
input_schema = { type = "object" }
output_schema = { type = "object" }
risk = { default_sensitive = true, requires_approval = true }
[[entrypoints.tools]]
id = "acme.weather.soon"
name = "Soon"
description = "Answers for tomorrow."
input_schema = { type = "object" }
output_schema = { type = "object" }

[capabilities]
http_egress_allowlist = ["API.Example.com.", "api.example.com", "*.example.org"]
device_capabilities = ["camera", "*"]
node_capabilities = ["relay:eu"]
[capabilities.filesystem]
read_roots = ["data", "*"]
write_roots = ["out"]
[[capabilities.secrets]]
scope = "global"
key_names = ["api_key", "*"]
[capabilities.quotas]
fuel_budget = 5
[capabilities.wildcard_opt_in]
filesystem = true
http_egress = true
secrets = true
device = true
node = false

[compat]
required_protocol_major = 1
min_palyra_version = "0.1.0"
max_palyra_version = "0.2.0"

[[integrity.files]]
path = "modules/weather.wasm"
sha256 = "@DIGEST@"

[operator]
display_name = "Weather of today"
summary = "Short."
docs_url = "https://example.com/docs"
[operator.plugin]
default_tool_id = "acme.weather.now"
default_module_path = "modules/weather.wasm"
default_entrypoint = "run_now"
contracts = [{ kind = "delivery_adapter" }]
[operator.config]
schema_version = 7
required = ["unit"]
[operator.config.properties.unit]
type = "string"
enum_values = ["C", "F"]
default = "C"
[operator.config.properties.api_token]
type = "string"
redacted = true

[builder]
experimental = true
source_kind = "prompt"
source_ref = "x"
rollout_flag = "y"
[builder.checklist]
capability_declaration_path = "builder/capabilities.json"
provenance_path = "provenance.json"
test_harness_path = "tests/harness.json"
)";

// The least that version 1 wants.
constexpr std::string_view kVersion1 = R"(manifest_version = 1
publisher = "acme"
skill_id = "acme.weather"
version = "1.2.0"
name = "Weather"
[[entrypoints.tools]]
id = "acme.weather.now"
name = "Now"
description = "Answers for one place."
input_schema = { type = "object" }
output_schema = { type = "object" }
[capabilities]
[compat]
required_protocol_major = 1
min_palyra_version = "0.1.0"
)";

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string result(text);
  const std::size_t at = result.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? result : result.replace(at, from.size(), to);
}

class ManifestOlderTest : public testing::ManifestTest {
 protected:
  // The manifest of version 2 with the first `from` replaced.
  [[nodiscard]] std::string edited(std::string_view from, std::string_view to) const {
    return replaced(replaced(kVersion2, "@DIGEST@", crypto::to_hex(crypto::sha256(as_bytes("wasm")))), from, to);
  }
  void expect_refused(const std::vector<Edit>& edits) const {
    for (const auto& [from, to, code] : edits) EXPECT_THAT(parse(edited(from, to)), FailsWith(code)) << from << to;
  }
  void expect_accepted(const std::vector<GoodEdit>& edits) const {
    for (const auto& [from, to] : edits) EXPECT_THAT(parse(edited(from, to)), IsOk()) << from << to;
  }
  [[nodiscard]] std::vector<std::string> warnings(const std::string& toml) const {
    const auto manifest = parse(toml);
    EXPECT_THAT(manifest, IsOk()) << toml;
    std::vector<std::string> ids;
    if (!manifest) return ids;
    for (const ManifestWarning& warning : manifest->warnings) ids.emplace_back(warning.id);
    return ids;
  }
};

TEST_F(ManifestOlderTest, BecomeTheOneModel) {
  const auto manifest = parse(edited("name", "name"));
  ASSERT_THAT(manifest, IsOk());
  EXPECT_EQ(manifest->manifest_version, ManifestVersion::k2);
  EXPECT_EQ(manifest->identity.skill_id, "weather.of.acme");  // belongs to its publisher by signature, not by name
  ASSERT_EQ(manifest->tools.size(), 2U);
  for (const SkillTool& tool : manifest->tools) {
    EXPECT_EQ(tool.module, "modules/weather.wasm");
    EXPECT_EQ(tool.export_name, "run_now");
    EXPECT_EQ(tool.abi, ToolAbi::kCore);
    EXPECT_EQ(tool.output_schema, R"({"type":"object"})");
  }
  EXPECT_TRUE(manifest->tools[0].requires_approval);
  EXPECT_EQ(manifest->limits.fuel_budget, 5);
  EXPECT_EQ(manifest->limits.max_memory_bytes, std::nullopt);
  EXPECT_EQ(manifest->compatibility->max_palyra_version, Version::parse("0.2.0"));
  ASSERT_EQ(manifest->config.size(), 2U);
  EXPECT_EQ(manifest->config[0].key, "api_token");
  EXPECT_TRUE(manifest->config[0].redacted);
  EXPECT_FALSE(manifest->config[0].required);
  EXPECT_TRUE(manifest->config[1].required);
  EXPECT_FALSE(manifest->config[1].redacted);
  EXPECT_EQ(manifest->operator_notes.display_name, "Weather of today");
  EXPECT_THAT(manifest->warnings, IsEmpty());
}

// M15
TEST_F(ManifestOlderTest, NeverTurnAWildcardOrADeviceIntoAGrant) {
  const auto manifest = parse(edited("name", "name"));
  ASSERT_THAT(manifest, IsOk());
  std::vector<std::string> grants;
  for (const auto& asked : manifest->capabilities.to_list()) grants.push_back(canonical_text(asked));
  EXPECT_THAT(grants, ElementsAre("https://api.example.com:443/ GET,HEAD,POST,PUT,PATCH,DELETE", "global/api_key",
                                  "data ro", "out rw"));
  EXPECT_THAT(manifest->ungrantable, ElementsAre(UngrantableAsk{OlderCapability::kDevice, "camera"},
                                                 UngrantableAsk{OlderCapability::kDevice, "*"},
                                                 UngrantableAsk{OlderCapability::kNode, "relay:eu"},
                                                 UngrantableAsk{OlderCapability::kHttpEgress, "*.example.org"},
                                                 UngrantableAsk{OlderCapability::kFilesystem, "*"},
                                                 UngrantableAsk{OlderCapability::kSecrets, "global/*"}));
  EXPECT_THAT(manifest->wildcard_opt_in, ElementsAre(OlderCapability::kFilesystem, OlderCapability::kHttpEgress,
                                                     OlderCapability::kSecrets, OlderCapability::kDevice));
  EXPECT_FALSE(manifest->ungrantable[0].is_wildcard());
  EXPECT_TRUE(manifest->ungrantable[3].is_wildcard());
}

TEST_F(ManifestOlderTest, RefuseEachWildcardThatItsSwitchDoesNotAllow) {
  expect_refused({{"filesystem = true", "filesystem = false", kManifestPath},
                  {"http_egress = true\n", "", kManifestHost},
                  {"secrets = true", "secrets = false", kManifestSyntax},
                  {"device = true\n", "", kManifestSyntax},
                  {"\"relay:eu\"", "\"*\"", kManifestSyntax},
                  {"device = true", "channel = true", kManifestUnknownKey},
                  {"device = true", "device = 1", kManifestWrongType}});
  expect_accepted({{"node = false\n", ""}});
  // A switch lets `*` stand alone, and nothing else by.
  expect_refused({{"\"data\", \"*\"", "\"data/*\"", kManifestPath},
                  {"\"api_key\", \"*\"", "\"api_*\"", kManifestSyntax},
                  {"\"camera\", \"*\"", "\"cam*\"", kManifestSyntax},
                  {"\"*.example.org\"", "\"*/path\"", kManifestHost},
                  {"\"*.example.org\"", "\"* .org\"", kManifestHost},
                  {"\"*.example.org\"", "\"*\\u202E.org\"", kManifestHost},
                  {"\"*.example.org\"", fmt::format("\"{}\"", std::string(254, '*')), kManifestHost}});
  expect_accepted({{"\"*.example.org\"", "\"*\""}, {"\"*.example.org\"", "\"API-*.Example.org.\""}});
}

TEST_F(ManifestOlderTest, AreOfVersion2WhenTheySayNothing) {
  const auto manifest = parse(edited("manifest_version = 2\n", ""));
  ASSERT_THAT(manifest, IsOk());
  EXPECT_EQ(manifest->manifest_version, ManifestVersion::k2);
  EXPECT_THAT(parse(""), FailsWith(kManifestMissingKey));
}

TEST_F(ManifestOlderTest, OfVersion1MayNotHaveAnOperatorsTable) {
  const auto manifest = parse(kVersion1);
  ASSERT_THAT(manifest, IsOk());
  EXPECT_EQ(manifest->manifest_version, ManifestVersion::k1);
  EXPECT_TRUE(manifest->capabilities.empty());
  EXPECT_EQ(manifest->tools[0].export_name, "run");
  EXPECT_THAT(parse(std::string(kVersion1) + "[operator]\ndisplay_name = \"x\"\n"), FailsWith(kManifestUnknownKey));
  EXPECT_THAT(parse(std::string(kVersion1) + "[operator]\n"), FailsWith(kManifestUnknownKey));
  const std::string all =
      replaced(edited("manifest_version = 2", "manifest_version = 1"), "node = false", "node = true");
  const std::size_t at = all.find("[operator]");
  EXPECT_THAT(parse(all.substr(0, at) + all.substr(all.find("[builder]"))), IsOk());
}

TEST_F(ManifestOlderTest, MustHaveWhatVersion3MayLeaveOut) {
  expect_refused({{"output_schema = { type = \"object\" }\n", "", kManifestMissingKey}});
  EXPECT_THAT(parse(replaced(kVersion1, "[capabilities]\n", "")), FailsWith(kManifestMissingKey));
  const std::string_view compat = "[compat]\nrequired_protocol_major = 1\nmin_palyra_version = \"0.1.0\"\n";
  EXPECT_THAT(parse(replaced(kVersion1, compat, "")), FailsWith(kManifestMissingKey));
}

TEST_F(ManifestOlderTest, RefuseTheKeysOfVersion3) {
  const std::string_view top = "name = \"Weather\"\n";
  for (const char* key : {"description = \"x\"", "license = \"MIT\"", "homepage = \"https://example.com\"",
                          "repository = \"https://example.com\"", "config = {}"}) {
    EXPECT_THAT(parse(edited(top, fmt::format("{}{}\n", top, key))), FailsWith(kManifestUnknownKey)) << key;
  }
  const std::string_view tool = "description = \"Answers for one place.\"\n";
  for (const char* key : {"module = \"modules/weather.wasm\"", "export = \"run\"", "abi = \"core\"", "wasi = {}",
                          "hints = {}", "examples = []"}) {
    EXPECT_THAT(parse(edited(tool, fmt::format("{}{}\n", tool, key))), FailsWith(kManifestUnknownKey)) << key;
  }
  for (const char* key : {"http = []", "storage = []", "channels = []"}) {
    EXPECT_THAT(parse(edited("[capabilities]\n", fmt::format("[capabilities]\n{}\n", key))),
                FailsWith(kManifestUnknownKey))
        << key;
  }
  expect_refused({{"scope = \"global\"", "scope = \"global\"\nuses = [\"http\"]", kManifestUnknownKey},
                  {"redacted = true", "required = true", kManifestUnknownKey},
                  {"input_schema = { type = \"object\" }", "input_schema = \"assets/out.json\"", kManifestWrongType},
                  {"version = \"1.2.0\"", "version = \"1.2.0-rc.1\"", kManifestVersion},
                  {"min_palyra_version = \"0.1.0\"", "min_palyra_version = \"0.1.0-rc.1\"", kManifestVersion}});
}

TEST_F(ManifestOlderTest, ObeyTheRulesThatAllVersionsShare) {
  expect_refused({{"publisher = \"acme\"", "publisher = \"ac:me\"", kManifestPublisher},
                  {"\"weather.of.acme\"", "\"weather..acme\"", kManifestSkillId},
                  {"name = \"Weather\"", "name = \" \"", kManifestTextBlank},
                  {"id = \"acme.weather.soon\"", "id = \"other.weather.soon\"", kManifestToolIdPrefix},
                  {"id = \"acme.weather.soon\"", "id = \"acme.weather.now\"", kManifestToolIdDuplicate},
                  {"input_schema = { type = \"object\" }", "input_schema = {}", kManifestSchemaRootType},
                  {"input_schema = { type = \"object\" }", "input_schema = { type = \"object\", \"$ref\" = \"x\" }",
                   kSchemaRemoteRef},
                  {"output_schema = { type = \"object\" }", "output_schema = {}", kManifestSchemaRootType},
                  {"\"api.example.com\"", "\"10.0.0.1\"", kManifestHost},
                  {"\"api.example.com\"", "\"a..b\"", kManifestHost},
                  {"\"data\"", "\"../data\"", kManifestPath},
                  {"scope = \"global\"", "scope = \"user:x\"", kManifestSecretScope},
                  {"key_names = [\"api_key\", \"*\"]", "key_names = []", kManifestCount},
                  {"fuel_budget = 5", "fuel_budget = 0", kManifestIntegerRange},
                  {"max_palyra_version = \"0.2.0\"", "max_palyra_version = \"0.0.9\"", kManifestCompatRange},
                  {"\"camera\"", "\"Camera\"", kManifestSyntax},
                  {"\"relay:eu\"", "\"\"", kManifestSyntax},
                  {"experimental = true", "experimental = false", kManifestChoice}});
}

TEST_F(ManifestOlderTest, TakeTheOtherNamesOfCompatibility) {
  const auto manifest = parse(replaced(edited("required_protocol_major = 1", "min_protocol_major = 0"),
                                       "min_palyra_version", "min_runtime_version"));
  ASSERT_THAT(manifest, IsOk());
  EXPECT_EQ(manifest->compatibility->required_protocol_major, 0);
  EXPECT_EQ(manifest->compatibility->min_palyra_version, Version::parse("0.1.0"));
  expect_refused(
      {{"required_protocol_major = 1", "required_protocol_major = 1\nmin_protocol_major = 1", kManifestDuplicateKey},
       {"min_palyra_version = \"0.1.0\"", "min_palyra_version = \"0.1.0\"\nmin_runtime_version = \"0.1.0\"",
        kManifestDuplicateKey},
       {"required_protocol_major = 1\n", "", kManifestMissingKey},
       {"min_palyra_version = \"0.1.0\"\n", "", kManifestMissingKey},
       {"required_protocol_major = 1", "min_protocol_major = -1", kManifestIntegerRange}});
}

TEST_F(ManifestOlderTest, RefuseAnIntegrityListThatLies) {
  const std::string digest = crypto::to_hex(crypto::sha256(as_bytes("wasm")));
  const std::string entry = fmt::format("path = \"modules/weather.wasm\"\nsha256 = \"{}\"\n", digest);
  expect_refused({{"path = \"modules/weather.wasm\"", "path = \"modules/other.wasm\"", kManifestIntegrity},
                  {digest, std::string(64, '0'), kManifestIntegrity},
                  {digest, "", kManifestIntegrity},
                  {entry, entry + "[[integrity.files]]\n" + entry, kManifestDuplicate},
                  {entry, entry + "size = 4\n", kManifestUnknownKey},
                  {"path = \"modules/weather.wasm\"\n", "", kManifestMissingKey},
                  {fmt::format("sha256 = \"{}\"\n", digest), "", kManifestMissingKey},
                  {"[operator]\n", "[integrity]\nmore = 1\n[operator]\n", kManifestUnknownKey},
                  {"[[integrity.files]]\n" + entry, "[integrity]\nfiles = [1]\n", kManifestWrongType}});
  expect_accepted(
      {{"[[integrity.files]]\n" + entry, ""}, {"[[integrity.files]]\n" + entry, "[integrity]\nfiles = []\n"}});
}

TEST_F(ManifestOlderTest, HaveTheFilesThatAnInstalledSkillDoesNotKeepComparedInTheWholeArtifact) {
  const auto listing = [](std::string_view path) {
    return std::string(kVersion1) +
           fmt::format("[[integrity.files]]\npath = \"{}\"\nsha256 = \"{}\"\n", path, std::string(64, '0'));
  };
  const auto parse_with = [&](const testing::TestEntries& entries, std::string_view path) {
    return parse_skill_manifest(as_bytes(listing(path)), {.entries = entries.view(), .schemas = schemas_});
  };
  const testing::TestEntries installed{{"modules/a.wasm", "a"}};
  EXPECT_THAT(parse_with(installed, kSbomEntry), IsOk());
  EXPECT_THAT(parse_with(installed, "skill/SKILL.md"), IsOk());
  EXPECT_THAT(parse_with(installed, "assets/a.json"), FailsWith(kManifestIntegrity));
  EXPECT_THAT(parse_with(installed, "modules/b.wasm"), FailsWith(kManifestIntegrity));
  const testing::TestEntries whole{{"modules/a.wasm", "a"}, {std::string(kSbomEntry), "{}"}};
  EXPECT_THAT(parse_with(whole, kSbomEntry), FailsWith(kManifestIntegrity));
  EXPECT_THAT(parse_with(whole, "skill/SKILL.md"), FailsWith(kManifestIntegrity));
}

TEST_F(ManifestOlderTest, FindTheirModuleByTheOperatorsTableWhenThereAreSeveral) {
  const testing::TestEntries several{{"modules/a.wasm", "a"}, {"modules/b.wasm", "b"}};
  const auto parse_with = [&](const std::string& toml) {
    return parse_skill_manifest(as_bytes(toml), {.entries = several.view(), .schemas = schemas_});
  };
  EXPECT_THAT(parse_with(std::string(kVersion1)), FailsWith(kManifestToolModule));
  const std::string version2 = replaced(kVersion1, "manifest_version = 1", "manifest_version = 2");
  EXPECT_THAT(parse_with(version2), FailsWith(kManifestToolModule));
  const auto named = parse_with(version2 + "[operator.plugin]\ndefault_module_path = \"modules/b.wasm\"\n");
  ASSERT_THAT(named, IsOk());
  EXPECT_EQ(named->tools[0].module, "modules/b.wasm");
  EXPECT_EQ(named->tools[0].export_name, "run");
  EXPECT_THAT(parse_with(version2 + "[operator.plugin]\ndefault_module_path = \"modules/c.wasm\"\n"),
              FailsWith(kManifestToolModule));
  const testing::TestEntries none{{"assets/a.json", "{}"}};
  EXPECT_THAT(parse_skill_manifest(as_bytes(kVersion1), {.entries = none.view(), .schemas = schemas_}),
              FailsWith(kManifestToolModule));
}

TEST_F(ManifestOlderTest, RefuseOperatorTablesOutOfForm) {
  expect_refused(
      {{"schema_version = 7", "schema_version = 0", kManifestIntegerRange},
       {"schema_version = 7", "schema_version = \"7\"", kManifestWrongType},
       {"required = [\"unit\"]", "required = [\"none\"]", kManifestConfig},
       {"required = [\"unit\"]", "more = 1", kManifestUnknownKey},
       {"[operator.config.properties.unit]", "[operator.config.properties.Unit]", kManifestSyntax},
       {"default = \"C\"", "default = \"K\"", kManifestConfig},
       {"redacted = true", "redacted = 1", kManifestWrongType},
       {"type = \"string\"\nredacted", "type = \"text\"\nredacted", kManifestChoice},
       {"default_tool_id = \"acme.weather.now\"", "default_tool_id = \"acme.none\"", kManifestSyntax},
       {"default_module_path = \"modules/weather.wasm\"", "default_module_path = \"weather.wasm\"", kManifestPath},
       {"default_entrypoint = \"run_now\"", "default_entrypoint = \"Run\"", kManifestSyntax},
       {"default_entrypoint = \"run_now\"", "default_entrypoint = \"run it\"", kManifestSyntax},
       {"kind = \"delivery_adapter\"", "kind = \"delivery_adapter\", version = 2", kManifestIntegerRange},
       {"[operator]\n", "[operator]\nmore = 1\n", kManifestUnknownKey}});
}

TEST_F(ManifestOlderTest, WarnOfTheFiveThingsAPublisherCouldDoBetter) {
  const std::string version2 = replaced(kVersion1, "manifest_version = 1", "manifest_version = 2");
  EXPECT_THAT(warnings(std::string(kVersion1)), ElementsAre("legacy_manifest_version"));
  EXPECT_THAT(warnings(version2), ElementsAre("missing_operator_metadata"));
  EXPECT_THAT(warnings(version2 + "[operator]\n"), ElementsAre("missing_operator_metadata"));
  EXPECT_THAT(warnings(version2 + "[operator]\nsummary = \"x\"\n"), ElementsAre("missing_operator_display_name"));
  EXPECT_THAT(warnings(version2 + "[operator]\ndisplay_name = \"x\"\n"), IsEmpty());
  EXPECT_THAT(warnings(version2 + "[operator]\ndisplay_name = \"x\"\n[operator.config]\n"),
              ElementsAre("empty_operator_config_contract"));
  for (const char* word : {"secret", "token", "password", "api_key", "client_key"}) {
    const std::string property = fmt::format(
        "[operator]\ndisplay_name = \"x\"\n[operator.config.properties.my_{}_1]\ntype = \"string\"\n", word);
    EXPECT_THAT(warnings(version2 + property), ElementsAre("operator_config_redaction_recommended")) << word;
    EXPECT_THAT(warnings(version2 + property + "redacted = true\n"), IsEmpty()) << word;
  }
  EXPECT_THAT(warnings(std::string(testing::kHead) + std::string(testing::kTool)), IsEmpty());
}

}  // namespace
}  // namespace palyra::skills
