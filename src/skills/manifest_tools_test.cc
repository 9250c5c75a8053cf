// SPDX-License-Identifier: Apache-2.0
#include "manifest_testing.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace palyra::skills {
namespace {

using palyra::testing::FailsWith;
using palyra::testing::IsOk;
using ::testing::ElementsAre;
using testing::kGoodManifest;
using testing::ManifestTest;

using ManifestToolsTest = ManifestTest;

TEST_F(ManifestToolsTest, KeepsWhatItReads) {
  const auto manifest = parse(kGoodManifest);
  ASSERT_THAT(manifest, IsOk());
  const SkillTool& now = manifest->tools[0];
  EXPECT_EQ(now.input_schema, R"({"properties":{"t":{"minimum":-0.5,"type":"number"}},"type":"object"})");
  EXPECT_EQ(now.output_schema, R"({"type":"object","maximum":1.5})");
  EXPECT_EQ(now.export_name, "run_now");
  EXPECT_TRUE(now.default_sensitive && now.requires_approval);
  EXPECT_EQ(now.hints.read_only, false);
  EXPECT_EQ(now.hints.destructive, true);
  ASSERT_EQ(now.examples.size(), 2U);
  EXPECT_EQ(now.examples[0].input, R"({"t":1.5})");
  EXPECT_EQ(now.examples[0].output, R"({"type":"object","maximum":1.5})");
  EXPECT_EQ(now.examples[1].error, "no");
  ASSERT_EQ(now.examples[1].http.size(), 1U);
  EXPECT_EQ(now.examples[1].http[0].status, 404);
  EXPECT_EQ(now.examples[1].http[0].headers[0].second, "text/plain");

  const SkillTool& scan = manifest->tools[1];
  EXPECT_EQ(scan.abi, ToolAbi::kWasi);
  EXPECT_EQ(scan.export_name, "_start");
  ASSERT_TRUE(scan.wasi.has_value());
  EXPECT_THAT(scan.wasi->args, ElementsAre("--in", "{path}"));
  EXPECT_EQ(scan.wasi->standard_input, "{text}");
  EXPECT_EQ(scan.hints.read_only, std::nullopt);
}

std::string with_tools(int count) {
  std::string toml =
      "manifest_version = 3\npublisher = \"acme\"\nskill_id = \"acme.w\"\nversion = \"1.0.0\"\nname = \"W\"\n";
  for (int i = 0; i < count; ++i) {
    toml += fmt::format(
        "[[entrypoints.tools]]\nid = \"acme.w.t{}\"\nname = \"T\"\ndescription = \"D\"\ninput_schema = {{ type = "
        "\"object\" }}\n",
        i);
  }
  return toml;
}

// In a manifest that nothing else is wrong with.
TEST_F(ManifestToolsTest, AnIdOfTheWrongShapeIsEnoughToBeRefused) {
  std::string toml = with_tools(1);
  toml.replace(toml.find("acme.w.t0"), 9, "acme.w.T0");
  EXPECT_THAT(parse(toml), FailsWith(kManifestSyntax));
}

TEST_F(ManifestToolsTest, HintsThatContradictEachOtherAreRefusedWhateverTheSkillAsksFor) {
  EXPECT_THAT(parse(with_tools(1) + "hints = { read_only = true }\n"), IsOk());
  EXPECT_THAT(parse(with_tools(1) + "hints = { read_only = true, destructive = true }\n"), FailsWith(kManifestHints));
}

TEST_F(ManifestToolsTest, HasBetweenOneAndSixtyFour) {
  EXPECT_THAT(parse(with_tools(0)), FailsWith(kManifestMissingKey));
  EXPECT_THAT(parse(with_tools(0) + "[entrypoints]\n"), FailsWith(kManifestMissingKey));
  EXPECT_THAT(parse(with_tools(0) + "[entrypoints]\ntools = []\n"), FailsWith(kManifestCount));
  EXPECT_THAT(parse(with_tools(0) + "[entrypoints]\ntools = [1]\n"), FailsWith(kManifestWrongType));
  EXPECT_THAT(parse(with_tools(1)), IsOk());
  EXPECT_THAT(parse(with_tools(1) + "[entrypoints.more]\n"), FailsWith(kManifestUnknownKey));
  EXPECT_THAT(parse(with_tools(64)), IsOk());
  EXPECT_THAT(parse(with_tools(65)), FailsWith(kManifestCount));
}

TEST_F(ManifestToolsTest, RefusesNamesOutOfForm) {
  const std::string_view id = "id = \"acme.weather.now\"";
  const std::string_view name = "name = \"Now\"";
  const std::string_view description = "description = \"Answers for one place.\"";
  expect_refused({{"id = \"acme.weather.now\"\n", "", kManifestMissingKey},
                  {id, "id = \"acme..now\"", kManifestSyntax},
                  {id, "id = \"acme.Now\"", kManifestSyntax},
                  {id, "id = \"acme." + std::string(124, 'a') + "\"", kManifestSyntax},
                  {id, "id = \"globex.weather.now\"", kManifestToolIdPrefix},
                  {id, "id = \"acme\"", kManifestToolIdPrefix},
                  {id, "id = \"acme.weather.scan\"", kManifestToolIdDuplicate},
                  {"name = \"Now\"\n", "", kManifestMissingKey},
                  {name, "name = \"" + std::string(81, 'n') + "\"", kManifestTextLength},
                  {name, "name = \"a\\nb\"", kManifestTextCharacter},
                  {"description = \"Answers for one place.\"\n", "", kManifestMissingKey},
                  {description, "description = \"" + std::string(2049, 'd') + "\"", kManifestTextLength},
                  {description, "description = \"\\u2067\"", kManifestTextCharacter},
                  {id, "id = \"acme.weather.now\"\nentrypoint = \"run\"", kManifestUnknownKey}});
  expect_accepted({{description, "description = \"" + std::string(2048, 'd') + "\""}});
}

TEST_F(ManifestToolsTest, RefusesSchemasThatAreNotOnesOfObjects) {
  const std::string_view output = "output_schema = \"assets/out.json\"";
  const std::string_view input = "input_schema = { type = \"object\" }";
  expect_refused({{"input_schema = { type = \"object\" }\n", "", kManifestMissingKey},
                  {input, "input_schema = 1", kManifestWrongType},
                  {input, "input_schema = {}", kManifestSchemaRootType},
                  {input, "input_schema = { type = \"string\" }", kManifestSchemaRootType},
                  {input, "input_schema = { type = [\"object\"] }", kManifestSchemaRootType},
                  {output, "output_schema = \"assets/in.json\"", kManifestSchemaEntryMissing},
                  {output, "output_schema = \"assets/text.txt\"", kManifestPath},
                  {output, "output_schema = \"skill.toml\"", kManifestPath},
                  {output, "output_schema = \"assets/../assets/out.json\"", kManifestPath},
                  {output, "output_schema = \"assets/array.json\"", kManifestSchemaRootType},
                  {output, "output_schema = \"assets/broken.json\"", kSchemaRefused},
                  {"type = \"number\"", "type = \"float\"", kSchemaRefused},
                  {"minimum = -0.5", "\"$ref\" = \"https://example.com/s.json\"", kSchemaRemoteRef}});
  expect_accepted({{output, ""}, {input, "input_schema = \"assets/out.json\""}});
}

TEST_F(ManifestToolsTest, RefusesModulesThatAreNotThere) {
  const std::string_view module = "module = \"modules/weather.wasm\"";
  expect_refused({{module, "module = \"modules/other.wasm\"", kManifestToolModule},
                  {module, "module = \"modules/../modules/weather.wasm\"", kManifestPath},
                  {module, "module = \"modules/a/weather.wasm\"", kManifestPath},
                  {module, "module = \"modules/.wasm\"", kManifestPath},
                  {module, "module = \"modules/weather.WASM\"", kManifestPath},
                  {module, "module = \"assets/out.json\"", kManifestPath}});
  const testing::TestEntries two{{"modules/a.wasm", "a"}, {"modules/b.wasm", "b"}};
  EXPECT_THAT(parse_skill_manifest(as_bytes(with_tools(1)), {.entries = two.view(), .schemas = schemas_}),
              FailsWith(kManifestToolModule));
  const testing::TestEntries none{{"assets/a", "a"}};
  EXPECT_THAT(parse_skill_manifest(as_bytes(with_tools(1)), {.entries = none.view(), .schemas = schemas_}),
              FailsWith(kManifestToolModule));
}

TEST_F(ManifestToolsTest, RefusesEntriesOutOfForm) {
  const std::string_view entry = "export = \"run_now\"";
  const std::string_view wasi = "wasi = { args = [\"--in\", \"{path}\"], stdin = \"{text}\" }";
  expect_refused({{entry, "export = \"run now\"", kManifestSyntax},
                  {entry, "export = \"\"", kManifestSyntax},
                  {entry, "export = \"" + std::string(129, 'e') + "\"", kManifestSyntax},
                  {"abi = \"core\"", "abi = \"component\"", kManifestChoice},
                  {"abi = \"core\"", "abi = \"core\"\nwasi = {}", kManifestWasi},
                  {wasi, "export = \"run\"", kManifestWasi},
                  {wasi, "wasi = { stdin = \"text\" }", kManifestWasi},
                  {wasi, "wasi = { stdin = \"{}\" }", kManifestWasi},
                  {wasi, "wasi = { stdin = \"{a}{b}\" }", kManifestWasi},
                  {wasi, "wasi = { args = [\"a\\u0000b\"] }", kManifestWasi},
                  {wasi, "wasi = { args = \"a\" }", kManifestWrongType},
                  {wasi, "wasi = { arguments = [] }", kManifestUnknownKey}});
  expect_accepted({{wasi, "export = \"_start\""}, {wasi, "wasi = { stdin = \"none\" }"}, {wasi, ""}});
}

TEST_F(ManifestToolsTest, RefusesRiskAndHintsOutOfForm) {
  const std::string_view hints = "hints = { read_only = false, idempotent = false, destructive = true }";
  expect_refused({{"requires_approval = true }", "requires_approval = \"true\" }", kManifestWrongType},
                  {"requires_approval = true }", "approved = true }", kManifestUnknownKey},
                  {hints, "hints = { read_only = 1 }", kManifestWrongType},
                  {hints, "hints = { open_world = true }", kManifestUnknownKey},
                  {hints, "hints = { read_only = true, destructive = true }", kManifestHints},
                  {hints, "hints = { read_only = true }", kManifestHints}});
}

TEST_F(ManifestToolsTest, MayBeReadOnlyOnlyInASkillThatAsksForNothingThatWrites) {
  const std::string read_only = with_tools(1) + "[entrypoints.tools.hints]\nread_only = true\n[capabilities]\n";
  for (const char* good : {"[[capabilities.http]]\nhost = \"a\"\nmethods = [\"GET\", \"HEAD\"]\n",
                           "[capabilities.filesystem]\nread_roots = [\"a\"]\n",
                           "[[capabilities.channels]]\nname = \"a\"\ndirection = \"receive\"\n",
                           "[[capabilities.secrets]]\nscope = \"global\"\nkey_names = [\"k\"]\n"}) {
    EXPECT_THAT(parse(read_only + good), IsOk()) << good;
  }
  for (const char* bad :
       {"http_egress_allowlist = [\"a\"]\n", "[[capabilities.http]]\nhost = \"a\"\nmethods = [\"POST\"]\n",
        "[capabilities.filesystem]\nwrite_roots = [\"a\"]\n", "[[capabilities.storage]]\nprefix = \"a/\"\n",
        "[[capabilities.channels]]\nname = \"a\"\n",
        "[[capabilities.channels]]\nname = \"a\"\ndirection = \"both\"\n"}) {
    EXPECT_THAT(parse(read_only + bad), FailsWith(kManifestHints)) << bad;
  }
}

std::string with_examples(int count) {
  std::string toml = with_tools(1) + "examples = [";
  for (int i = 0; i < count; ++i) toml += fmt::format("{{ name = \"e{}\", input = {{}} }},", i);
  return toml + "]\n";
}

TEST_F(ManifestToolsTest, RefusesExamplesThatCannotBeJudged) {
  EXPECT_THAT(parse(with_examples(16)), IsOk());
  EXPECT_THAT(parse(with_examples(17)), FailsWith(kManifestCount));
  expect_refused({{"name = \"two\"", "name = \"one\"", kManifestExample},
                  {"name = \"two\"", "name = \"\"", kManifestTextBlank},
                  {"input = { t = 2 }\n", "", kManifestMissingKey},
                  {"input = { t = 2 }", "input = \"assets/out.json\"", kManifestWrongType},
                  {"error = \"no\"", "error = \"no\"\noutput = 1", kManifestExample},
                  {"error = \"no\"", "error = 1", kManifestWrongType},
                  {"output = \"assets/out.json\"\n[", "output = \"assets/none.json\"\n[", kManifestExample},
                  {"output = \"assets/out.json\"\n[", "output = \"assets/broken.json\"\n[", kManifestExample},
                  {"error = \"no\"", "expect = 1", kManifestUnknownKey}});
  expect_accepted({{"error = \"no\"\n", ""}, {"output = \"assets/out.json\"\n[", "output = \"text\"\n["}});
}

TEST_F(ManifestToolsTest, BoundsTheAssetsThatTheExamplesOfOneToolName) {
  const std::string half = '"' + std::string(kMaxExampleAssetBytes / 2 - 2, 'x') + '"';
  const testing::TestEntries entries{{"assets/half.json", half}, {"assets/small.json", "1"}, {"modules/w.wasm", "w"}};
  const auto naming = [&](std::vector<std::string_view> assets) {
    std::string toml = with_tools(1) + "examples = [";
    for (const std::string_view asset : assets) {
      toml += fmt::format("{{ name = \"e{}\", input = {{}}, output = \"assets/{}.json\" }},", toml.size(), asset);
    }
    return parse_skill_manifest(as_bytes(toml + "]\n"), {.entries = entries.view(), .schemas = schemas_});
  };
  EXPECT_THAT(naming({"half", "half"}), IsOk());
  EXPECT_THAT(naming({"half", "half", "small"}), FailsWith(kManifestExample));
}

TEST_F(ManifestToolsTest, RefusesRecordedRepliesOutOfForm) {
  expect_refused({{"method = \"GET\"", "method = \"TRACE\"", kManifestHttpMethod},
                  {"method = \"GET\"\n", "", kManifestMissingKey},
                  {"url = \"https://api", "url = \"ftp://api", kManifestUrl},
                  {"url = \"https://api", "url = \"https:// api", kManifestUrl},
                  {"status = 404", "status = 99", kManifestIntegerRange},
                  {"status = 404", "status = 600", kManifestIntegerRange},
                  {"Content-Type = \"text/plain\"", "\"a b\" = \"x\"", kManifestExample},
                  {"Content-Type = \"text/plain\"", "a = \"x\\ny\"", kManifestExample},
                  {"Content-Type = \"text/plain\"", "a = 1", kManifestWrongType},
                  {"body = \"none\"", "body = 1", kManifestWrongType},
                  {"body = \"none\"", "more = 1", kManifestUnknownKey}});
  std::string replies = "[[entrypoints.tools.examples]]\nname = \"e\"\ninput = {}\nhttp = [";
  for (int i = 0; i < 17; ++i) replies += "{ method = \"GET\", url = \"https://a/\" },";
  EXPECT_THAT(parse(with_tools(1) + replies + "]\n"), FailsWith(kManifestCount));
}

}  // namespace
}  // namespace palyra::skills
