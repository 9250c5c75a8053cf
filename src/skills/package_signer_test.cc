// SPDX-License-Identifier: Apache-2.0
#include "palyra/skills/package_signer.h"

#include <palyra/base/testing.h>
#include <palyra/skills/fake_module_inspector.h>
#include <palyra/skills/fake_schema_compiler.h>
#include <palyra/skills/package_builder.h>
#include <palyra/skills/signature_document.h>
#include <palyra/skills/verify.h>

#include <array>

namespace palyra::skills {
namespace {

using palyra::testing::FailsWith;
using palyra::testing::IsOk;

constexpr WallTime kCreated{1'795'305'600};

crypto::SigningKey key(std::uint8_t first) {
  return crypto::SigningKey::from_seed(Secret(Bytes(crypto::kSeedBytes, first)));
}

class PackageSignerTest : public ::testing::Test {
 protected:
  [[nodiscard]] Bytes built(const crypto::SigningKey& author) const {
    constexpr std::string_view kManifest =
        "manifest_version = 3\npublisher = \"acme\"\nskill_id = \"acme.weather\"\nversion = \"1.2.0\"\n"
        "name = \"Weather\"\n[[entrypoints.tools]]\nid = \"acme.weather.now\"\nname = \"Now\"\n"
        "description = \"Answers.\"\ninput_schema = { type = \"object\" }\n";
    const std::array<EntryContent, 1> modules{{{.name = "modules/main.wasm", .bytes = as_bytes("not looked at")}}};
    return build_signed_skill_artifact({.manifest = as_bytes(kManifest),
                                        .modules = modules,
                                        .assets = {},
                                        .sbom = std::nullopt,
                                        .provenance = std::nullopt,
                                        .signing_key = &author,
                                        .created = kCreated,
                                        .not_after = {0},
                                        .schemas = &schemas_,
                                        .inspector = &inspector_,
                                        .palyra_version = "0.1.0"})
        ->bytes;
  }

  [[nodiscard]] Result<CountersignedPackage> sign(BytesView file, const crypto::SigningKey& with) const {
    return add_signature(
        {.file = file, .signing_key = &with, .schemas = &schemas_, .inspector = &inspector_, .now = kCreated});
  }

  [[nodiscard]] Verification verify(BytesView file, const SkillTrustStore& trust) const {
    return verify_skill_artifact({.file = file,
                                  .trust = &trust,
                                  .schemas = &schemas_,
                                  .modules = &inspector_,
                                  .now = kCreated,
                                  .policy = {.unknown_publisher = UnknownPublisher::kRefuse, .pin_fingerprint = {}}});
  }

  testing::FakeSchemaCompiler schemas_;
  testing::FakeModuleInspector inspector_;
};

TEST_F(PackageSignerTest, MeetsAThresholdThatOneSignatureDoesNot) {
  const Bytes once = built(key(1));
  const auto twice = sign(once, key(2));
  ASSERT_THAT(twice, IsOk());
  EXPECT_EQ(twice->signers.size(), 2U);
  EXPECT_EQ(twice->sha256, crypto::sha256(twice->bytes));

  SkillTrustStore trust;
  ASSERT_THAT(trust.add_publisher("acme", {.keys = {key(1).public_key(), key(2).public_key()},
                                           .threshold = 2,
                                           .first_seen = kCreated,
                                           .pinned_by = {}}),
              IsOk());
  const Verification before = verify(once, trust);
  ASSERT_TRUE(before.error.has_value());
  EXPECT_EQ(before.error->code().id, "trust.threshold_not_met");
  const Verification after = verify(twice->bytes, trust);
  ASSERT_FALSE(after.error.has_value()) << after.error->describe();
  EXPECT_EQ(after.skill->verdict(), TrustVerdict::kAllowlisted);
  EXPECT_EQ(after.skill->content_root(), before.artifact->content_root());
}

TEST_F(PackageSignerTest, GivesTheSameBytesInWhateverOrderTheySign) {
  const auto ab = sign(sign(built(key(1)), key(2))->bytes, key(3));
  const auto ba = sign(sign(built(key(3)), key(1))->bytes, key(2));
  ASSERT_THAT(ab, IsOk());
  ASSERT_THAT(ba, IsOk());
  EXPECT_EQ(ab->bytes, ba->bytes);
}

TEST_F(PackageSignerTest, RefusesAKeyThatHasSignedAlready) {
  EXPECT_THAT(sign(built(key(1)), key(1)), FailsWith(kPackageAlreadySigned));
}

TEST_F(PackageSignerTest, RefusesANinthSignature) {
  Bytes file = built(key(1));
  for (std::uint8_t i = 2; i <= kMaxSignatures; ++i) file = sign(file, key(i))->bytes;
  EXPECT_THAT(sign(file, key(9)), FailsWith(kShapeSignatureCount));
}

TEST_F(PackageSignerTest, SignsNothingThatDoesNotVerify) {
  Bytes broken = built(key(1));
  broken.back() ^= 1U;
  EXPECT_FALSE(sign(broken, key(2)).has_value());
  EXPECT_FALSE(sign(as_bytes("no artifact"), key(2)).has_value());

  // Good to the signature, and still of no use to anybody: its container was written around another statement.
  const Bytes good = built(key(1));
  const Artifact artifact = Artifact::read(good).value();
  std::vector<ArtifactEntry> entries(artifact.entries().begin(), artifact.entries().end());
  for (ArtifactEntry& entry : entries) {
    if (entry.name == "modules/main.wasm") entry = make_entry(entry.name, as_bytes("something else"));
  }
  const Bytes swapped = write_artifact(entries).value();
  EXPECT_THAT(sign(swapped, key(2)), FailsWith(kContentRootMismatch));
}

}  // namespace
}  // namespace palyra::skills
