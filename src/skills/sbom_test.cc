// SPDX-License-Identifier: Apache-2.0
#include "manifest_testing.h"

#include <palyra/skills/sbom.h>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

namespace palyra::skills {
namespace {

using palyra::testing::FailsWith;
using palyra::testing::IsOk;
using testing::TestEntries;

Result<> check(const std::string& sbom) {
  const TestEntries entries{{"assets/a.txt", "asset"}, {"modules/w.wasm", "wasm"}, {std::string(kSbomEntry), sbom}};
  return check_sbom(entries.view());
}

std::string hash_of(std::string_view content) {
  return fmt::format(R"({{"alg":"SHA-256","content":"{}"}})", crypto::to_hex(crypto::sha256(as_bytes(content))));
}

std::string component(std::string_view name, std::string_view hashes, std::string_view more = "") {
  return fmt::format(R"({{"type":"file","name":"{}","hashes":[{}]{}}})", name, hashes, more);
}

std::string module() { return component("modules/w.wasm", hash_of("wasm")); }

std::string document(std::string_view components) {
  return fmt::format(R"({{"bomFormat":"CycloneDX","specVersion":"1.5","more":[],"components":[{}]}})", components);
}

TEST(SbomTest, AcceptsAListThatTellsTheTruth) {
  EXPECT_THAT(check(document(module())), IsOk());
  EXPECT_THAT(check(document(module() + "," +
                             component("assets/a.txt", R"({"alg":"SHA-1","content":"x"},)" + hash_of("asset")))),
              IsOk());
  EXPECT_THAT(
      check(document(module() + R"(,{"type":"library","name":"assets/a.txt"},{"type":"file","name":"src/main.c"})")),
      IsOk());
  EXPECT_THAT(check(document(fmt::format(R"({{"type":"application","name":"w","components":[{}]}})", module()))),
              IsOk());
}

TEST(SbomTest, RefusesWhatIsNotStrictJson) {
  const TestEntries none{{"modules/w.wasm", "wasm"}};
  EXPECT_THAT(check_sbom(none.view()), FailsWith(kSbomMissing));
  EXPECT_THAT(check("<bom/>"), FailsWith(kSbomNotJson));
  EXPECT_THAT(check("\"\xFF\""), FailsWith(kSbomNotJson));
  EXPECT_THAT(check(R"({"a":1,"a":2})"), FailsWith(kSbomDuplicateKey));
  EXPECT_THAT(check("[]"), FailsWith(kSbomNotObject));
  EXPECT_THAT(check(std::string(33, '[') + std::string(33, ']')), FailsWith(kSbomDepth));
  EXPECT_THAT(check(std::string((4U << 20U) + 1, ' ')), FailsWith(kSbomSize));
}

TEST(SbomTest, RefusesOtherFormatsAndVersions) {
  EXPECT_THAT(check(R"({"bomFormat":"SPDX","specVersion":"1.6"})"), FailsWith(kSbomFormat));
  EXPECT_THAT(check(R"({"specVersion":"1.6"})"), FailsWith(kSbomFormat));
  for (const auto* version : {"", "1.3", "1.10", "2.0", "1.6.0"}) {
    EXPECT_THAT(check(fmt::format(R"({{"bomFormat":"CycloneDX","specVersion":"{}"}})", version)),
                FailsWith(kSbomSpecVersion))
        << version;
  }
  EXPECT_THAT(check(R"({"bomFormat":"CycloneDX","specVersion":1.6})"), FailsWith(kSbomSpecVersion));
}

TEST(SbomTest, RefusesListsThatLie) {
  EXPECT_THAT(check(R"({"bomFormat":"CycloneDX","specVersion":"1.6","components":{}})"), FailsWith(kSbomComponent));
  EXPECT_THAT(check(document("1")), FailsWith(kSbomComponent));
  EXPECT_THAT(check(document(module() + "," + module())), FailsWith(kSbomDuplicate));
  EXPECT_THAT(check(document(component("modules/w.wasm", ""))), FailsWith(kSbomHashCount));
  EXPECT_THAT(check(document(R"({"type":"file","name":"modules/w.wasm"})")), FailsWith(kSbomHashCount));
  EXPECT_THAT(check(document(component("modules/w.wasm", hash_of("wasm") + "," + hash_of("wasm")))),
              FailsWith(kSbomHashCount));
  EXPECT_THAT(check(document(component("modules/w.wasm", hash_of("other")))), FailsWith(kSbomDigestMismatch));
  EXPECT_THAT(check(document(component("modules/w.wasm", R"({"alg":"SHA-256","content":1})"))),
              FailsWith(kSbomDigestMismatch));
  EXPECT_THAT(check(document(module() + "," + component("assets/a.txt", hash_of("wasm")))),
              FailsWith(kSbomDigestMismatch));
  EXPECT_THAT(check(document(fmt::format(R"({},{{"type":"library","name":"x","components":[{}]}})", module(),
                                         component("assets/a.txt", hash_of("wasm"))))),
              FailsWith(kSbomDigestMismatch));
  EXPECT_THAT(check(document("")), FailsWith(kSbomModuleMissing));
  EXPECT_THAT(check(R"({"bomFormat":"CycloneDX","specVersion":"1.6"})"), FailsWith(kSbomModuleMissing));
  EXPECT_THAT(check(document(component("assets/a.txt", hash_of("asset")))), FailsWith(kSbomModuleMissing));
}

TEST(SbomTest, OfFormat1NeedsNoModulesButTellsNoLies) {
  const auto check_legacy = [](const std::string& sbom) {
    const TestEntries entries{{"modules/w.wasm", "wasm"}, {std::string(kSbomEntry), sbom}};
    return check_legacy_sbom(entries.view());
  };
  EXPECT_THAT(check_legacy(document("")), IsOk());
  EXPECT_THAT(check_legacy(document(module())), IsOk());
  EXPECT_THAT(check_legacy(document(component("modules/w.wasm", hash_of("other")))), FailsWith(kSbomDigestMismatch));
  EXPECT_THAT(check_legacy(R"({"bomFormat":"SPDX","specVersion":"1.6"})"), FailsWith(kSbomFormat));
}

BuildFacts example_facts() {
  return {.identity = *parse_skill_identity("acme", "acme.w", "1.0.0"),
          .name = "Žluťoučký \"kůň\"",
          .license = "MIT",
          .created = {1'795'305'600},
          .palyra_version = "0.1.0",
          .producers = {{"modules/w.wasm", {{"language", "C_plus_plus_14", ""}, {"processed-by", "clang", "19.1"}}}}};
}

Json made_sbom(const BuildFacts& facts) {
  const TestEntries content{{"assets/a.txt", "asset"}, {"modules/w.wasm", "wasm"}, {"skill.toml", "x"}};
  return parse_json(as_bytes(make_sbom(facts, content.view())), {.max_bytes = 1 << 20, .max_depth = 32}).value();
}

const Json& component_of(const Json& sbom, std::string_view name) {
  for (const Json& each : *sbom.find("components")->as_array()) {
    if (*each.find("name")->as_string() == name) return each;
  }
  ADD_FAILURE() << "no component " << name;
  static const Json none;
  return none;
}

TEST(SbomTest, MadeOnesSayWhatTheModulesSayOfTheirTools) {
  const Json sbom = made_sbom(example_facts());
  const Json expected = Json::Array{Json::Object{{"name", "palyra:producers:language"}, {"value", "C_plus_plus_14"}},
                                    Json::Object{{"name", "palyra:producers:processed-by"}, {"value", "clang 19.1"}}};
  EXPECT_EQ(*component_of(sbom, "modules/w.wasm").find("properties"), expected);
  EXPECT_EQ(component_of(sbom, "assets/a.txt").find("properties"), nullptr);
  EXPECT_EQ(*component_of(sbom, "modules/w.wasm").find("mime-type"), Json("application/wasm"));
}

TEST(SbomTest, MadeOnesNameTheSkillItsLicenseItsToolAndWhatItDependsOn) {
  const Json sbom = made_sbom(example_facts());
  const Json& metadata = *sbom.find("metadata");
  const Json& skill = *metadata.find("component");
  EXPECT_EQ(*skill.find("purl"), Json("pkg:generic/acme/acme.w@1.0.0"));
  EXPECT_EQ(*skill.find("licenses"), Json(Json::Array{Json::Object{{"expression", "MIT"}}}));
  const Json& tool = metadata.find("tools")->find("components")->as_array()->front();
  EXPECT_EQ(*tool.find("name"), Json("palyra"));
  EXPECT_EQ(*tool.find("version"), Json("0.1.0"));
  const Json& dependency = sbom.find("dependencies")->as_array()->front();
  EXPECT_EQ(*dependency.find("ref"), *skill.find("bom-ref"));
  EXPECT_EQ(*dependency.find("dependsOn"),
            Json(Json::Array{"entry:assets/a.txt", "entry:modules/w.wasm", "entry:skill.toml"}));
}

TEST(SbomTest, MadeOnesHaveASerialNumberThatFollowsTheContent) {
  const auto serial = [](const BuildFacts& facts) { return *made_sbom(facts).find("serialNumber")->as_string(); };
  const std::string number = serial(example_facts());
  ASSERT_EQ(number.size(), std::string_view("urn:uuid:00000000-0000-8000-8000-000000000000").size());
  EXPECT_EQ(number.at(9 + 14), '8');                                                    // version
  EXPECT_NE(std::string_view("89ab").find(number.at(9 + 19)), std::string_view::npos);  // variant
  EXPECT_EQ(number, serial(example_facts()));
  BuildFacts other = example_facts();
  other.license = "Apache-2.0";
  EXPECT_NE(number, serial(other));
}

TEST(SbomTest, MadeOnesAreAcceptedAndAlwaysTheSame) {
  const BuildFacts facts = example_facts();
  const TestEntries content{{"assets/a.txt", "asset"}, {"modules/w.wasm", "wasm"}, {"skill.toml", "x"}};
  const std::string made = make_sbom(facts, content.view());
  EXPECT_EQ(made, make_sbom(facts, content.view()));
  EXPECT_THAT(check(made), IsOk());
  const auto json = parse_json(as_bytes(made), {.max_bytes = 1 << 20, .max_depth = 32});
  ASSERT_THAT(json, IsOk());
  EXPECT_EQ(*json->find("metadata")->find("timestamp")->as_string(), "2026-11-22T00:00:00Z");
  EXPECT_EQ(json->find("components")->as_array()->size(), 3U);
  BuildFacts late = facts;
  late.created = {(std::int64_t{1} << 53) - 1};
  EXPECT_EQ(make_sbom(late, content.view()).find("timestamp"), std::string::npos);
}

}  // namespace
}  // namespace palyra::skills
