// SPDX-License-Identifier: Apache-2.0
// Artifacts of format 1, made by tests/vectors/legacy/make.py.
#include <palyra/base/hex.h>
#include <palyra/base/json.h>
#include <palyra/base/testing.h>
#include <palyra/skills/fake_module_inspector.h>
#include <palyra/skills/fake_schema_compiler.h>
#include <palyra/skills/package_signer.h>
#include <palyra/skills/skill_manifest.h>
#include <palyra/skills/verify.h>

#include <string>

namespace palyra::skills {
namespace {

using palyra::testing::FailsWith;
using palyra::testing::IsOk;
using palyra::testing::must_read;
using ::testing::HasSubstr;

constexpr WallTime kNow{1'800'000'000};
constexpr std::string_view kGood = "v01-exit-code.palyra-skill";

const Json& index() {
  static const Json document = [] {
    const Bytes text = must_read(palyra::testing::test_file("vectors/legacy/index.json"));
    return parse_json(text, {.max_bytes = std::size_t{1} << 20U, .max_depth = 16}).value();
  }();
  return document;
}

Bytes sample(std::string_view name) {
  return must_read(palyra::testing::test_file("vectors/legacy/") + std::string(name));
}

const std::string& text_of(const Json& object, std::string_view key) { return *object.find(key)->as_string(); }

crypto::PublicKey key_of(std::string_view name) {
  const std::string& hex = text_of(*index().find("keys")->find(name), "public_key");
  return crypto::parse_public_key(parse_hex(hex).value()).value();
}

SkillTrustStore store_of(std::vector<crypto::PublicKey> keys, std::uint32_t threshold) {
  SkillTrustStore store;
  if (keys.empty()) return store;
  std::ranges::sort(keys);
  EXPECT_THAT(store.add_publisher("acme", {.keys = std::move(keys),
                                           .threshold = threshold,
                                           .source = PublisherSource::kOperator,
                                           .first_seen = kNow,
                                           .pinned_by = "test"}),
              IsOk());
  return store;
}

// The trust store of a row of the index.
SkillTrustStore store_of(const Json& trust) {
  std::vector<crypto::PublicKey> keys;
  for (const Json& name : *trust.find("keys")->as_array()) keys.push_back(key_of(*name.as_string()));
  return store_of(std::move(keys), static_cast<std::uint32_t>(*trust.find("threshold")->as_int()));
}

SkillTrustStore store_of_author() { return store_of({key_of("author")}, 1); }

Verification verify(BytesView file, const SkillTrustStore& trust, WallTime now = kNow) {
  const testing::FakeSchemaCompiler schemas;
  const testing::FakeModuleInspector modules;
  return verify_skill_artifact({.file = file,
                                .trust = &trust,
                                .schemas = &schemas,
                                .modules = &modules,
                                .now = now,
                                .policy = {.unknown_publisher = UnknownPublisher::kReport}});
}

void expect_judged(const Json& row, const Verification& verification) {
  const std::string& decision = text_of(*row.find("trust"), "decision");
  if (const std::string* code = row.find("code")->as_string()) {
    ASSERT_TRUE(verification.error.has_value());
    EXPECT_EQ(verification.error->code().id, *code) << verification.error->describe();
    EXPECT_EQ(to_text(*verification.failed_stage), code->substr(0, code->find('.')));
    EXPECT_FALSE(verification.skill.has_value());
  } else {
    ASSERT_FALSE(verification.error.has_value()) << verification.error->describe();
    EXPECT_EQ(verification.skill.has_value(), decision == "allowlisted");
    EXPECT_EQ(verification.artifact->format(), ArtifactFormat::kFormat1);
  }
  if (verification.trust) {
    EXPECT_EQ(to_text(verification.trust->verdict), decision);
  }
}

TEST(LegacyVectors, HaveTheVerdictOfTheirIndex) {
  std::size_t refused = 0;
  for (const Json& row : *index().find("samples")->as_array()) {
    SCOPED_TRACE(text_of(row, "file"));
    const Bytes file = sample(text_of(row, "file"));
    const SkillTrustStore store = store_of(*row.find("trust"));
    const Verification verification = verify(file, store);
    EXPECT_EQ(crypto::to_hex(verification.file_sha256), text_of(row, "sha256"));
    expect_judged(row, verification);
    if (verification.error) ++refused;
  }
  EXPECT_EQ(index().find("samples")->as_array()->size(), 53U);
  EXPECT_EQ(refused, 46U);
}

TEST(LegacyArtifactTest, MakesItsStatementFromTheProvenManifest) {
  const Bytes file = sample(kGood);
  const Verification verification = verify(file, store_of_author());
  ASSERT_TRUE(verification.skill.has_value()) << verification.error->describe();
  const Statement& statement = verification.skill->statement();
  EXPECT_EQ(statement.identity, verification.manifest->identity);
  EXPECT_EQ(statement.identity.skill_id, "acme.answer");
  EXPECT_EQ(statement.content_root, verification.artifact->content_root());
  EXPECT_EQ(statement.manifest_sha256, verification.artifact->at(kManifestEntry).sha256);
  EXPECT_EQ(statement.created.seconds, 1'700'000'000);
  EXPECT_EQ(statement.not_after.seconds, 0);
  EXPECT_EQ(statement.guest_abi, 1U);
  EXPECT_EQ(verification.signers, std::vector{key_of("author")});
  EXPECT_EQ(verification.legacy->signed_at_ms, 1'700'000'000'123);
  EXPECT_EQ(verification.legacy->payload_sha256, legacy_payload_sha256(verification.artifact->entries()));
}

TEST(LegacyArtifactTest, SaysThatItIsLegacyAndWhatIsNotSigned) {
  const Bytes file = sample(kGood);
  const Verification verification = verify(file, store_of_author());
  ASSERT_FALSE(verification.warnings.empty());
  EXPECT_THAT(verification.warnings.front(), HasSubstr("legacy format 1"));
  EXPECT_THAT(verification.warnings.front(), HasSubstr("expiry"));
}

TEST(LegacyArtifactTest, WarnsOfATimeInTheFuture) {
  const Bytes file = sample(kGood);
  const Verification verification = verify(file, store_of_author(), {1'600'000'000});
  EXPECT_TRUE(verification.skill.has_value());
  ASSERT_GE(verification.warnings.size(), 2U);
  EXPECT_THAT(verification.warnings.at(1), HasSubstr("lies in the future"));
}

TEST(LegacyArtifactTest, ReadsItsManifestBeforeTrustAndNotBeforeTheSignature) {
  const Bytes forged = sample("x36-other-keys-signature.palyra-skill");
  const Verification unproven = verify(forged, store_of_author());
  EXPECT_EQ(unproven.manifest, nullptr);
  EXPECT_FALSE(unproven.document.has_value());
  EXPECT_EQ(unproven.status(Stage::kManifest), StageStatus::kNotRun);
  const Bytes strangers = sample("x48-key-mismatch.palyra-skill");
  const Verification mismatch = verify(strangers, store_of({key_of("other")}, 1));
  EXPECT_EQ(mismatch.status(Stage::kManifest), StageStatus::kPass);
  EXPECT_EQ(mismatch.status(Stage::kTrust), StageStatus::kFail);
  EXPECT_EQ(mismatch.status(Stage::kSbom), StageStatus::kNotRun);
}

TEST(LegacyArtifactTest, NobodySignsItAgain) {
  const Bytes file = sample(kGood);
  const crypto::SigningKey key = crypto::SigningKey::from_seed(Secret(Bytes(crypto::kSeedBytes, 1)));
  const testing::FakeSchemaCompiler schemas;
  const testing::FakeModuleInspector inspector;
  EXPECT_THAT(
      add_signature({.file = file, .signing_key = &key, .schemas = &schemas, .inspector = &inspector, .now = kNow}),
      FailsWith(kPackageLegacy));
}

// Whatever bit is flipped: it is refused, or what the signature covers is the same to the last byte.
TEST(LegacyArtifactTest, IsRefusedOrSaysTheSameAtEveryFlippedBit) {
  const Bytes file = sample(kGood);
  const SkillTrustStore trust = store_of_author();
  const crypto::Sha256Digest root = verify(file, trust).artifact->content_root();
  std::size_t same = 0;
  for (std::size_t bit = 0; bit < file.size() * 8; ++bit) {
    Bytes flipped = file;
    flipped[bit / 8] = static_cast<std::uint8_t>(flipped[bit / 8] ^ 1U << bit % 8);
    const Verification verification = verify(flipped, trust);
    if (!verification.skill) continue;
    ++same;
    EXPECT_EQ(verification.skill->content_root(), root) << bit;
    EXPECT_EQ(verification.skill->signers(), std::vector{key_of("author")}) << bit;
  }
  EXPECT_LT(same, file.size());  // dates, versions and attributes of headers; what is signed is the payload
}

// A document of format 2 in the container of format 1 stays refused: nobody chooses the weaker rules for another.
TEST(LegacyArtifactTest, IsNotWhatADocumentOfFormat2BecomesInADeflatedContainer) {
  const Bytes file = must_read(palyra::testing::test_file("corpora/zip/refuse/r12-all-deflated.zip"));
  EXPECT_THAT(Artifact::read(file), FailsWith(kContainerC12));
}

// As in format 2, where trust is asked before the manifest is read.
TEST(LegacyArtifactTest, ShowsNoManifestOfWhomItMistrusts) {
  const Verification mismatched = verify(sample(kGood), store_of({key_of("other")}, 1));
  ASSERT_TRUE(mismatched.trust.has_value());
  EXPECT_EQ(mismatched.trust->verdict, TrustVerdict::kKeyMismatch);
  EXPECT_EQ(mismatched.manifest, nullptr);
  const Verification first_use = verify(sample(kGood), SkillTrustStore());
  EXPECT_EQ(first_use.trust->verdict, TrustVerdict::kFirstUse);
  EXPECT_NE(first_use.manifest, nullptr);
}

}  // namespace
}  // namespace palyra::skills
