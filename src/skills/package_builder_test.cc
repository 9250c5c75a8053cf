// SPDX-License-Identifier: Apache-2.0
#include "palyra/skills/package_builder.h"

#include <palyra/base/testing.h>
#include <palyra/skills/fake_module_inspector.h>
#include <palyra/skills/fake_schema_compiler.h>
#include <palyra/skills/manifest_codes.h>
#include <palyra/skills/provenance.h>
#include <palyra/skills/sbom.h>
#include <palyra/skills/signature_document.h>
#include <palyra/skills/verify.h>

#include <array>
#include <string>

namespace palyra::skills {
namespace {

using palyra::testing::FailsWith;
using palyra::testing::IsOk;

constexpr WallTime kCreated{1'795'305'600};
constexpr std::string_view kManifest = R"(manifest_version = 3
publisher = "acme"
skill_id = "acme.weather"
version = "1.2.0"
name = "Weather"

[[entrypoints.tools]]
id = "acme.weather.now"
name = "Now"
description = "Answers for one place."
[entrypoints.tools.input_schema]
type = "object"
)";

crypto::SigningKey author() { return crypto::SigningKey::from_seed(Secret(Bytes(crypto::kSeedBytes, 7))); }

// A request that succeeds, to be spoiled in one place by each test.
struct Ingredients {
  std::string manifest = std::string(kManifest);
  std::array<EntryContent, 1> modules{{{.name = "modules/main.wasm", .bytes = as_bytes("not looked at")}}};
  std::array<EntryContent, 2> assets{{{.name = "assets/cities.csv", .bytes = as_bytes("Bern,3\n")},
                                      {.name = "skill/SKILL.md", .bytes = as_bytes("# Weather\n")}}};
  crypto::SigningKey key = author();
  testing::FakeSchemaCompiler schemas;
  testing::FakeModuleInspector inspector;

  [[nodiscard]] PackageRequest request() const {
    return {.manifest = as_bytes(manifest),
            .modules = modules,
            .assets = assets,
            .sbom = std::nullopt,
            .provenance = std::nullopt,
            .signing_key = &key,
            .created = kCreated,
            .not_after = {0},
            .schemas = &schemas,
            .inspector = &inspector,
            .palyra_version = "0.1.0"};
  }
};

TEST(PackageBuilderTest, MakesAnArtifactThatVerifies) {
  const Ingredients ingredients;
  const auto package = build_signed_skill_artifact(ingredients.request());
  ASSERT_THAT(package, IsOk());
  EXPECT_EQ(package->sha256, crypto::sha256(package->bytes));
  const SkillTrustStore nobody;
  const Verification verification = verify_skill_artifact({.file = package->bytes,
                                                           .trust = &nobody,
                                                           .schemas = &ingredients.schemas,
                                                           .modules = &ingredients.inspector,
                                                           .now = kCreated,
                                                           .policy = {.unknown_publisher = UnknownPublisher::kReport}});
  EXPECT_FALSE(verification.error.has_value());
  EXPECT_EQ(verification.document->statement, package->statement);
  EXPECT_EQ(verification.artifact->entries().size(), 7U);
  EXPECT_EQ(as_text(verification.artifact->at("skill/SKILL.md").bytes), "# Weather\n");
}

TEST(PackageBuilderTest, MakesTheSameBytesOfTheSameInput) {
  const Ingredients ingredients;
  const auto first = build_signed_skill_artifact(ingredients.request());
  Ingredients shuffled;
  std::swap(shuffled.assets[0], shuffled.assets[1]);
  const auto second = build_signed_skill_artifact(shuffled.request());
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->bytes, second->bytes);

  PackageRequest later = ingredients.request();
  later.created = {kCreated.seconds + 1};
  const auto third = build_signed_skill_artifact(later);
  ASSERT_THAT(third, IsOk());
  EXPECT_NE(third->bytes, first->bytes);
}

TEST(PackageBuilderTest, TakesAnSbomAndProvenanceThatAreGivenAndChecksThem) {
  const Ingredients ingredients;
  PackageRequest request = ingredients.request();
  request.sbom = as_bytes("{}");
  EXPECT_THAT(build_signed_skill_artifact(request), FailsWith(kSbomFormat));
  request.sbom = std::nullopt;
  request.provenance = as_bytes("[]");
  EXPECT_THAT(build_signed_skill_artifact(request), FailsWith(kProvenanceNotObject));
}

TEST(PackageBuilderTest, HasModulesJudgedThatNoToolNames) {
  Ingredients ingredients;
  ingredients.manifest.insert(ingredients.manifest.find("[entrypoints.tools.input_schema]"),
                              "module = \"modules/main.wasm\"\n");
  const std::array<EntryContent, 2> modules{
      {ingredients.modules[0], {.name = "modules/spare.wasm", .bytes = as_bytes("not looked at either")}}};
  PackageRequest request = ingredients.request();
  request.modules = modules;
  ASSERT_THAT(build_signed_skill_artifact(request), IsOk());
  EXPECT_EQ(ingredients.inspector.asked, 2);
  ingredients.inspector.facts.imports.push_back({.module = "env", .name = "abort", .type = "()->()"});
  EXPECT_THAT(build_signed_skill_artifact(request), FailsWith(kAdmissionUnknownImport));
}

TEST(PackageBuilderTest, RefusesWhatNobodyWouldAccept) {
  Ingredients ingredients;
  ingredients.manifest.insert(0, "surprise = 1\n");
  EXPECT_THAT(build_signed_skill_artifact(ingredients.request()), FailsWith(kManifestUnknownKey));

  Ingredients misplaced;
  misplaced.assets[0].name = "cities.csv";
  EXPECT_THAT(build_signed_skill_artifact(misplaced.request()), FailsWith(kContainerC8));

  Ingredients without_entry;
  without_entry.inspector.facts.exports.clear();
  EXPECT_THAT(build_signed_skill_artifact(without_entry.request()), FailsWith(kAdmissionNoExport));

  const Ingredients good;
  PackageRequest expired = good.request();
  expired.not_after = {kCreated.seconds - 1};
  EXPECT_THAT(build_signed_skill_artifact(expired), FailsWith(kShapeNotAfter));
}

}  // namespace
}  // namespace palyra::skills
