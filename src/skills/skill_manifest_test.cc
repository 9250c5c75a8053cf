// SPDX-License-Identifier: Apache-2.0
// The document as a whole, its identity and its labels.
#include "manifest_license.h"
#include "manifest_testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace palyra::skills {
namespace {

using palyra::testing::FailsWith;
using palyra::testing::IsOk;
using testing::kGoodManifest;
using testing::ManifestTest;

using SkillManifestTest = ManifestTest;

TEST_F(SkillManifestTest, KeepsWhatItReads) {
  const auto manifest = parse(kGoodManifest);
  ASSERT_THAT(manifest, IsOk());
  EXPECT_EQ(manifest->identity, parse_skill_identity("acme", "acme.weather", "1.2.0"));
  EXPECT_EQ(manifest->name, "Weather");
  EXPECT_EQ(manifest->description, "Two\nlines.");
  EXPECT_EQ(manifest->license, "Apache-2.0 OR MIT");
  EXPECT_EQ(manifest->homepage, "https://example.com/weather?x=1");
  EXPECT_EQ(manifest->repository, "https://git.example.com/a/b");
  EXPECT_EQ(manifest->limits.wall_clock_timeout_ms, 1000);
  EXPECT_EQ(manifest->limits.fuel_budget, 1);
  EXPECT_EQ(manifest->limits.max_memory_bytes, 65536);
  ASSERT_TRUE(manifest->compatibility.has_value());
  EXPECT_EQ(manifest->compatibility->required_protocol_major, 1);
  EXPECT_EQ(manifest->compatibility->max_palyra_version, Version::parse("0.1.0"));
  ASSERT_EQ(manifest->config.size(), 5U);
  EXPECT_EQ(manifest->config[4].key, "unit");
  EXPECT_EQ(manifest->config[4].default_value, "\"C\"");
  EXPECT_TRUE(manifest->config[4].required);
  EXPECT_EQ(manifest->operator_notes.display_name, "Weather of today");
  ASSERT_NE(manifest->find_tool("acme.weather.scan"), nullptr);
  EXPECT_EQ(manifest->find_tool("acme.weather"), nullptr);
}

TEST_F(SkillManifestTest, AsksForNothingWhenItSaysNothing) {
  const auto manifest = parse(std::string(testing::kHead) + std::string(testing::kTool));
  ASSERT_THAT(manifest, IsOk());
  EXPECT_TRUE(manifest->capabilities.empty());
  EXPECT_EQ(manifest->limits.fuel_budget, std::nullopt);
  EXPECT_EQ(manifest->compatibility.has_value(), false);
  EXPECT_EQ(manifest->tools[0].module, "modules/weather.wasm");
  EXPECT_EQ(manifest->tools[0].export_name, "run");
  EXPECT_EQ(manifest->tools[0].output_schema, std::nullopt);
  EXPECT_FALSE(manifest->tools[0].requires_approval);
}

TEST_F(SkillManifestTest, RefusesWhatIsNotStrictToml) {
  EXPECT_THAT(parse("name = \"x"), FailsWith(kManifestNotToml));
  EXPECT_THAT(parse("name = \"\xFF\""), FailsWith(kManifestNotUtf8));
  EXPECT_THAT(parse("\xEF\xBB\xBFname = 1"), FailsWith(kManifestNotUtf8));
  EXPECT_THAT(parse(std::string_view("name = 1 #\0", 11)), FailsWith(kManifestNotUtf8));
  EXPECT_THAT(parse("name = 1\nname = 2"), FailsWith(kManifestDuplicateKey));
  EXPECT_THAT(parse("[a]\n[a]"), FailsWith(kManifestDuplicateKey));
  EXPECT_THAT(parse("[a]\nb = 1\n[a.b]"), FailsWith(kManifestDuplicateKey));
  EXPECT_THAT(parse("name = 2026-11-22"), FailsWith(kManifestDate));
  EXPECT_THAT(parse("name = inf"), FailsWith(kManifestFloat));
  EXPECT_THAT(parse("a = " + std::string(33, '[') + std::string(33, ']')), FailsWith(kManifestDepth));
  EXPECT_THAT(parse("a = \"" + std::string(4097, 'x') + "\""), FailsWith(kManifestSize));
  std::string array = "a = [";
  for (int i = 0; i < 1025; ++i) array += "1,";
  EXPECT_THAT(parse(array + "]"), FailsWith(kManifestSize));
  const std::string padding(kMaxManifestBytes - kGoodManifest.size() - 1, '#');
  EXPECT_THAT(parse(std::string(kGoodManifest) + "#" + padding), IsOk());
  EXPECT_THAT(parse(std::string(kGoodManifest) + "##" + padding), FailsWith(kManifestSize));
}

TEST_F(SkillManifestTest, RefusesVersionsThatAreNone) {
  expect_refused({{"manifest_version = 3", "manifest_version = 4", kManifestIntegerRange},
                  {"manifest_version = 3", "manifest_version = 0", kManifestIntegerRange},
                  {"manifest_version = 3", "manifest_version = 3.0", kManifestFloat},
                  {"manifest_version = 3", "manifest_version = \"3\"", kManifestWrongType}});
}

// M08, M10
TEST_F(SkillManifestTest, RefusesKeysItDoesNotKnow) {
  expect_refused(
      {{"[compat]", "[integrity]\n[compat]", kManifestUnknownKey},
       {"name = \"Weather\"", "name = \"Weather\"\nreview_status = \"approved\"", kManifestUnknownKey},
       {"[compat]", "[compat]\nmin_runtime_version = \"1.0.0\"", kManifestUnknownKey},
       {"[config.properties.unit]", "[config]\nschema_version = 1\n[config.properties.unit]", kManifestUnknownKey},
       {"required = true", "redacted = true", kManifestUnknownKey},
       {"[operator]", "[operator]\nconfig = {}", kManifestUnknownKey},
       {"[operator.plugin]", "[operator.plugin]\nmore = 1", kManifestUnknownKey},
       {"version = 1 }]", "version = 1, more = 1 }]", kManifestUnknownKey},
       {"[builder]", "[builder]\nmore = 1", kManifestUnknownKey},
       {"[builder.checklist]", "[builder.checklist]\nmore = 1", kManifestUnknownKey}});
}

// M09
TEST_F(SkillManifestTest, RefusesIdentitiesAgainstTheirGrammar) {
  expect_refused({{"publisher = \"acme\"\n", "", kManifestMissingKey},
                  {"\"acme\"", "\"Acme\"", kManifestPublisher},
                  {"\"acme\"", "3", kManifestWrongType},
                  {"skill_id = \"acme.weather\"\n", "", kManifestMissingKey},
                  {"\"acme.weather\"", "\"acme..weather\"", kManifestSkillId},
                  {"\"acme.weather\"", "\"globex.weather\"", kManifestSkillIdPrefix},
                  {"\"acme.weather\"", "\"acme\"", kManifestSkillIdPrefix},
                  {"version = \"1.2.0\"\n", "", kManifestMissingKey},
                  {"\"1.2.0\"", "\"1.2\"", kManifestVersion},
                  {"\"1.2.0\"", "\"1.2.0+a\"", kManifestVersion}});
  expect_accepted({{"\"1.2.0\"", "\"1.2.0-rc.1\""}});
}

TEST_F(SkillManifestTest, IsComparedWithWhatWasSignedBeforeOtherRules) {
  const std::string broken = edited("name = \"Weather\"", "name = \"\"\nmore = 1");
  const auto parse_signed = [&](std::string_view publisher, std::string_view skill_id, std::string_view version) {
    return parse_skill_manifest(as_bytes(broken),
                                {.entries = entries_.view(),
                                 .schemas = schemas_,
                                 .signed_identity = parse_skill_identity(publisher, skill_id, version)});
  };
  EXPECT_THAT(parse_signed("globex", "acme.weather", "1.2.0"), FailsWith(kManifestPublisherMismatch));
  EXPECT_THAT(parse_signed("acme", "acme.wind", "1.2.0"), FailsWith(kManifestSkillIdMismatch));
  EXPECT_THAT(parse_signed("acme", "acme.weather", "1.2.1"), FailsWith(kManifestVersionMismatch));
  EXPECT_THAT(parse_signed("acme", "acme.weather", "1.2.0"), FailsWith(kManifestTextBlank));
  EXPECT_EQ(parse_skill_identity("acme", "acme.weather", "1.2"), std::nullopt);
  EXPECT_EQ(parse_skill_identity("ACME", "acme.weather", "1.2.0"), std::nullopt);
  EXPECT_EQ(parse_skill_identity("acme", ".", "1.2.0"), std::nullopt);
}

// M06
TEST_F(SkillManifestTest, RefusesTextThatMisleadsPeople) {
  const std::string_view name = "name = \"Weather\"";
  const auto named = [](const std::string& text) { return "name = \"" + text + "\""; };
  expect_refused({{"name = \"Weather\"\n", "", kManifestMissingKey},
                  {name, named(""), kManifestTextBlank},
                  {name, named(" \\u00A0\\u200B"), kManifestTextBlank},
                  {name, named(std::string(81, 'n')), kManifestTextLength},
                  {name, named("a\\nb"), kManifestTextCharacter},
                  {name, named("a\\tb"), kManifestTextCharacter},
                  {name, named("a\\u0000b"), kManifestTextCharacter},
                  {name, named("a\\u001Bb"), kManifestTextCharacter},
                  {name, named("a\\u007Fb"), kManifestTextCharacter},
                  {name, named("a\\u0085b"), kManifestTextCharacter},
                  {name, named("a\\u2028b"), kManifestTextCharacter},
                  {name, named("a\\u2029b"), kManifestTextCharacter},
                  {name, named("a\\u061Cb"), kManifestTextCharacter},
                  {name, named("a\\u200Eb"), kManifestTextCharacter},
                  {name, named("a\\u202Eb"), kManifestTextCharacter},
                  {name, named("a\\u2066b"), kManifestTextCharacter},
                  {name, named("a\\uFEFFb"), kManifestTextCharacter},
                  {name, named("a\\uFFFEb"), kManifestTextCharacter},
                  {name, named("a\\uFDD0b"), kManifestTextCharacter},
                  {name, named("a\\U000E0041b"), kManifestTextCharacter},
                  {name, named("a\\U0010FFFFb"), kManifestTextCharacter},
                  {"\"Two\\nlines.\"", "\"Two\\rlines.\"", kManifestTextCharacter},
                  {"\"Two\\nlines.\"", "\"\\n\\t\"", kManifestTextBlank}});
  std::string eighty;
  for (int i = 0; i < 80; ++i) eighty += "ž";
  expect_accepted({{name, named(eighty)}, {name, named("Žluťoučký kůň 天気")}, {"Two\\nlines.", "Two\\tcolumns."}});
}

TEST_F(SkillManifestTest, RefusesLinksThatAreNotPlainHttps) {
  const std::string_view homepage = "https://example.com/weather?x=1";
  for (const char* bad :
       {"http://example.com/", "https://", "https:///x", "https://user@example.com/", "HTTPS://example.com",
        "https://example.com/a b", "https://example.com/\\u00E9", "https://ex\\\\ample.com", "javascript:x"}) {
    EXPECT_THAT(parse(edited(homepage, bad)), FailsWith(kManifestUrl)) << bad;
  }
  expect_refused({{homepage, "https://example.com/" + std::string(2029, 'a'), kManifestUrl},
                  {"https://git.example.com/a/b", "git.example.com", kManifestUrl},
                  {"https://example.com/docs", "http://example.com/docs", kManifestUrl},
                  {"https://example.com/docs", "https://example.com/docs#x", kManifestUrl}});
  expect_accepted(
      {{homepage, "https://example.com/" + std::string(2028, 'a')}, {homepage, "https://Example.com:8443#x"}});
}

TEST_F(SkillManifestTest, RefusesLicencesThatAreNoExpression) {
  expect_refused({{"Apache-2.0 OR MIT", "Apache 2.0", kManifestLicense},
                  {"Apache-2.0 OR MIT", "", kManifestLicense},
                  {"Apache-2.0 OR MIT", std::string(129, 'a'), kManifestLicense}});
  for (const auto* good :
       {"MIT", "GPL-2.0+", "(MIT)", "MIT AND (Apache-2.0 OR BSD-3-Clause)", "GPL-2.0-only WITH Classpath-exception-2.0",
        "LicenseRef-mine", "DocumentRef-x:LicenseRef-y", "((MIT))"}) {
    EXPECT_TRUE(is_license_expression(good)) << good;
  }
  for (const auto* bad :
       {"", " ", "MIT OR", "OR MIT", "MIT MIT", "(MIT", "MIT)", "()", "MIT or Apache-2.0", "MIT WITH", "(MIT) WITH x",
        "MIT WITH a WITH b", "MIT AND AND MIT", "a/b", "a:b", "DocumentRef-x:y", "+", "MIT++"}) {
    EXPECT_FALSE(is_license_expression(bad)) << bad;
  }
}

// M03, M14
TEST_F(SkillManifestTest, RefusesLimitsOutOfRange) {
  expect_refused({{"wall_clock_timeout_ms = 1000", "wall_clock_timeout_ms = 0", kManifestIntegerRange},
                  {"fuel_budget = 1", "fuel_budget = 0", kManifestIntegerRange},
                  {"fuel_budget = 1", "fuel_budget = 1e7", kManifestFloat},
                  {"fuel_budget = 1", "fuel_budget = true", kManifestWrongType},
                  {"max_memory_bytes = 65536", "max_memory_bytes = 65535", kManifestIntegerRange},
                  {"fuel_budget = 1", "fuel = 1", kManifestUnknownKey},
                  {"fuel_budget = 1", "fuel_budget = 9223372036854775808", kManifestNotToml}});
  expect_accepted({{"fuel_budget = 1", "fuel_budget = 9223372036854775807"}});
}

TEST_F(SkillManifestTest, RefusesCompatibilityThatNoHostHas) {
  expect_refused({{"max_palyra_version = \"0.1.0\"", "max_palyra_version = \"0.1.0-rc.1\"", kManifestCompatRange},
                  {"min_palyra_version = \"0.1.0\"", "min_palyra_version = \"0.1\"", kManifestVersion},
                  {"max_palyra_version = \"0.1.0\"", "max_palyra_version = \"1\"", kManifestVersion},
                  {"min_palyra_version = \"0.1.0\"\n", "", kManifestMissingKey},
                  {"required_protocol_major = 1\n", "", kManifestMissingKey},
                  {"required_protocol_major = 1", "required_protocol_major = 0", kManifestIntegerRange}});
  expect_accepted({{"max_palyra_version = \"0.1.0\"\n", ""}});
}

TEST_F(SkillManifestTest, RefusesSettingsThatContradictThemselves) {
  expect_refused({{"[config.properties.unit]", "[config.properties.Unit]", kManifestSyntax},
                  {"[config.properties.unit]", "[config.properties.\"a:b\"]", kManifestSyntax},
                  {"type = \"string\"\n", "", kManifestMissingKey},
                  {"type = \"string\"\n", "type = \"text\"\n", kManifestChoice},
                  {"default = \"C\"", "default = 1", kManifestWrongType},
                  {"default = \"C\"", "default = \"K\"", kManifestConfig},
                  {"default = 1.5", "default = \"1.5\"", kManifestWrongType},
                  {"default = 2", "default = 2.5", kManifestWrongType},
                  {"default = false", "default = 0", kManifestWrongType},
                  {"default = [\"Brno\"]", "default = [1]", kManifestWrongType},
                  {"default = [\"Brno\"]", "default = \"Brno\"", kManifestWrongType},
                  {"default = 1.5", "enum_values = [\"1\"]", kManifestConfig},
                  {"[\"C\", \"F\"]", "[\"C\", \"F\", \"C\"]", kManifestDuplicate},
                  {"[\"C\", \"F\"]", "[\"C\", \"\"]", kManifestTextBlank},
                  {"title = \"Unit\"", "title = \" \"", kManifestTextBlank},
                  {"\"Of temperatures.\"", "\"\\u202E\"", kManifestTextCharacter},
                  {"required = true", "required = 1", kManifestWrongType}});
  expect_accepted({{"default = 1.5", "default = 1"}, {"default = \"C\"\n", ""}});
}

TEST_F(SkillManifestTest, RefusesOperatorAndBuilderNotesOutOfForm) {
  expect_refused(
      {{"display_name = \"Weather of today\"", "display_name = \"\"", kManifestTextBlank},
       {"categories = [\"data\"]", "categories = [\"Data\"]", kManifestSyntax},
       {"tags = [\"weather.today\"]", "tags = [\"a:b\"]", kManifestSyntax},
       {"default_tool_id = \"acme.weather.now\"", "default_tool_id = \"acme.weather.none\"", kManifestSyntax},
       {"default_module_path = \"modules/weather.wasm\"", "default_module_path = \"modules/../x.wasm\"", kManifestPath},
       {"default_entrypoint = \"run\"", "default_entrypoint = \"run it\"", kManifestSyntax},
       {"kind = \"delivery_adapter\"", "kind = \"other\"", kManifestChoice},
       {"version = 1 }]", "version = 0 }]", kManifestIntegerRange},
       {"version = 1 }]", "version = 1 }, { kind = \"delivery_adapter\" }]", kManifestDuplicate},
       {"experimental = true", "experimental = false", kManifestChoice},
       {"experimental = true\n", "", kManifestChoice},
       {"source_ref = \"x\"", "source_ref = \"\"", kManifestTextBlank},
       {"rollout_flag = \"y\"\n", "", kManifestMissingKey},
       {"provenance_path = \"provenance.json\"", "provenance_path = \"/provenance.json\"", kManifestPath},
       {"test_harness_path = \"tests/harness.json\"\n", "", kManifestMissingKey}});
}

}  // namespace
}  // namespace palyra::skills
