// SPDX-License-Identifier: Apache-2.0
#include "palyra/skills/verify.h"

#include <palyra/base/hex.h>
#include <palyra/base/json.h>
#include <palyra/base/testing.h>
#include <palyra/skills/fake_module_inspector.h>
#include <palyra/skills/fake_schema_compiler.h>
#include <palyra/skills/skill_manifest.h>

#include <string>

namespace palyra::skills {
namespace {

using palyra::testing::must_read;

constexpr WallTime kNow{1'800'000'000};

const Json& index() {
  static const Json document = [] {
    const Bytes text = must_read(palyra::testing::test_file("vectors/skill-v2/index.json"));
    auto parsed = parse_json(text, {.max_bytes = std::size_t{1} << 20U, .max_depth = 16});
    EXPECT_THAT(parsed, palyra::testing::IsOk());
    return parsed ? *std::move(parsed) : Json();
  }();
  return document;
}

const std::string* text_of(const Json& object, std::string_view key) { return object.find(key)->as_string(); }

crypto::PublicKey key_of(std::string_view name) {
  const Json& key = *index().find("keys")->find(name);
  return crypto::parse_public_key(parse_hex(*text_of(key, "public_key")).value()).value();
}

// The trust store of a row of the index.
SkillTrustStore store_of(const Json& trust) {
  Json document;
  document.set("format", "palyra/trust/1");
  document.set("publishers", *trust.find("publishers"));
  const std::string text = to_text(document);
  auto store = parse_trust_document(as_bytes(text), kNow);
  EXPECT_THAT(store, palyra::testing::IsOk());
  return store ? *std::move(store) : SkillTrustStore();
}

SkillTrustStore store_of_author() {
  SkillTrustStore store;
  EXPECT_THAT(store.add_publisher("acme", {.keys = {key_of("author")},
                                           .threshold = 1,
                                           .source = PublisherSource::kOperator,
                                           .first_seen = kNow,
                                           .pinned_by = "test"}),
              palyra::testing::IsOk());
  return store;
}

Bytes vector_file(std::string_view name) {
  return must_read(palyra::testing::test_file("vectors/skill-v2/") + std::string(name));
}

Verification verify_with(const ModuleInspector& modules, BytesView file, const SkillTrustStore& trust,
                         const TrustPolicy& policy = {}) {
  const testing::FakeSchemaCompiler schemas;
  return verify_skill_artifact(
      {.file = file, .trust = &trust, .schemas = &schemas, .modules = &modules, .now = kNow, .policy = policy});
}

Verification verify(BytesView file, const SkillTrustStore& trust, const TrustPolicy& policy = {}) {
  testing::FakeModuleInspector modules;
  modules.facts.exports.push_back(
      {.name = "_run-2", .kind = capability::ExternKind::kFunction, .type = "()->(i32)"});  // of v013
  return verify_with(modules, file, trust, policy);
}

void expect_valid(const Json& row, const Verification& verification) {
  const std::string& decision = *text_of(*row.find("trust"), "decision");
  ASSERT_FALSE(verification.error.has_value()) << verification.error->describe();
  ASSERT_TRUE(verification.trust.has_value());
  EXPECT_EQ(to_text(verification.trust->verdict), decision);
  EXPECT_EQ(verification.skill.has_value(), decision == "allowlisted");
  EXPECT_NE(verification.manifest, nullptr);
  const auto rewritten = write_artifact(verification.artifact->entries());
  ASSERT_THAT(rewritten, palyra::testing::IsOk());
  EXPECT_EQ(crypto::sha256(*rewritten), verification.file_sha256);
  EXPECT_EQ(crypto::to_hex(verification.artifact->content_root()), *text_of(row, "content_root"));
  EXPECT_EQ(crypto::to_hex(crypto::sha256(statement_bytes(verification.document->statement))),
            *text_of(row, "statement_sha256"));
  const Json::Array& fingerprints = *row.find("fingerprints")->as_array();
  ASSERT_EQ(verification.signers->size(), fingerprints.size());
  for (std::size_t i = 0; i < fingerprints.size(); ++i) {
    EXPECT_EQ(crypto::fingerprint(verification.signers->at(i)), *fingerprints[i].as_string());
  }
}

void expect_refused(const Json& row, const Verification& verification) {
  const std::string stage = *text_of(row, "stage");
  std::string reason = *text_of(row, "reason");
  if (stage == "container") reason.front() = 'c';  // C7 is container.c7
  ASSERT_TRUE(verification.error.has_value());
  EXPECT_EQ(verification.error->code().id, stage + "." + reason) << verification.error->describe();
  EXPECT_EQ(to_text(*verification.failed_stage), stage);
  EXPECT_EQ(verification.status(*verification.failed_stage), StageStatus::kFail);
  EXPECT_FALSE(verification.skill.has_value());
  for (auto later = static_cast<std::size_t>(*verification.failed_stage) + 1; later < kStages; ++later) {
    EXPECT_EQ(verification.stages.at(later), StageStatus::kNotRun) << later;
  }
  if (const std::string* decision = text_of(*row.find("trust"), "decision")) {
    EXPECT_EQ(to_text(verification.trust->verdict), *decision);
  } else {
    EXPECT_FALSE(verification.trust.has_value());
  }
}

TEST(VerifyVectors, HaveTheVerdictStageAndReasonOfTheirIndex) {
  std::size_t valid = 0;
  std::size_t refused = 0;
  for (const Json& row : *index().find("vectors")->as_array()) {
    const std::string& name = *text_of(row, "file");
    SCOPED_TRACE(name);
    const Bytes file = vector_file(name);
    const SkillTrustStore store = store_of(*row.find("trust"));
    EXPECT_EQ(*row.find("trust")->find("now")->as_int(), kNow.seconds);
    const Verification verification = verify(file, store, {.unknown_publisher = UnknownPublisher::kReport});
    EXPECT_EQ(crypto::to_hex(verification.file_sha256), *text_of(row, "sha256"));
    if (*text_of(row, "verdict") == "valid") {
      ++valid;
      expect_valid(row, verification);
    } else {
      ++refused;
      expect_refused(row, verification);
    }
  }
  EXPECT_EQ(valid, 19U);
  EXPECT_EQ(refused, 132U);
}

TEST(VerifyTest, GivesASkillOnlyWhenTrustAllowsIt) {
  const Bytes file = vector_file("v001-one-signer.palyra-skill");
  const Verification verified = verify(file, store_of_author());
  ASSERT_TRUE(verified.skill.has_value());
  EXPECT_EQ(verified.skill->verdict(), TrustVerdict::kAllowlisted);
  EXPECT_EQ(verified.skill->statement().identity, verified.skill->manifest().identity);
  EXPECT_EQ(verified.skill->signers(), std::vector{key_of("author")});
  EXPECT_EQ(verified.status(Stage::kProvenance), StageStatus::kPass);
  EXPECT_EQ(verified.status(Stage::kAdmission), StageStatus::kPass);
}

TEST(VerifyTest, TellsWhatTheSkillOfAnUnknownPublisherIs) {
  const Bytes file = vector_file("v001-one-signer.palyra-skill");
  const Verification looked = verify(file, {}, {.unknown_publisher = UnknownPublisher::kReport});
  EXPECT_EQ(looked.status(Stage::kTrust), StageStatus::kWarn);
  EXPECT_FALSE(looked.error || looked.skill);
  EXPECT_NE(looked.manifest, nullptr);

  const Verification needed = verify(file, {});
  EXPECT_EQ(needed.status(Stage::kTrust), StageStatus::kFail);
  EXPECT_EQ(needed.status(Stage::kProvenance), StageStatus::kPass);
  ASSERT_TRUE(needed.error.has_value());
  EXPECT_TRUE(needed.error->is(kTrustUntrusted));
  EXPECT_EQ(needed.failed_stage, Stage::kTrust);
  EXPECT_FALSE(needed.skill.has_value());
  EXPECT_NE(needed.manifest, nullptr);

  const Verification consented = verify(file, {}, {.unknown_publisher = UnknownPublisher::kPin});
  ASSERT_TRUE(consented.skill.has_value());
  EXPECT_EQ(consented.skill->pin()->publisher, "acme");
}

TEST(VerifyTest, LooksAtEveryModule) {
  testing::FakeModuleInspector modules;
  modules.facts.exports.push_back({.name = "_run-2", .kind = capability::ExternKind::kFunction, .type = "()->(i32)"});
  const Bytes sixteen = vector_file("v013-modules.palyra-skill");
  const Verification verification = verify_with(modules, sixteen, store_of_author());
  ASSERT_TRUE(verification.skill.has_value());
  EXPECT_EQ(modules.asked, 16);
  ASSERT_EQ(verification.modules.size(), 16U);
  EXPECT_EQ(verification.modules.front().name, "modules/m00.wasm");
}

TEST(VerifyTest, RefusesASkillWithAModuleThatIsNotAdmitted) {
  const Bytes file = vector_file("v001-one-signer.palyra-skill");
  const auto expect_refused_with = [&](const testing::FakeModuleInspector& modules, ErrorCode code) {
    const Verification refused = verify_with(modules, file, store_of_author());
    ASSERT_TRUE(refused.error.has_value());
    EXPECT_TRUE(refused.error->is(code)) << refused.error->describe();
    EXPECT_EQ(refused.failed_stage, Stage::kAdmission);
    EXPECT_EQ(refused.status(Stage::kAdmission), StageStatus::kFail);
    EXPECT_FALSE(refused.skill.has_value());
  };
  testing::FakeModuleInspector unreadable;
  unreadable.error = Error(kAdmissionFeatureDisabled, "SIMD");
  expect_refused_with(unreadable, kAdmissionFeatureDisabled);
  testing::FakeModuleInspector importing;
  importing.facts.imports.push_back({.module = "env", .name = "abort", .type = "()->()"});
  expect_refused_with(importing, kAdmissionUnknownImport);
  testing::FakeModuleInspector without_entry;
  without_entry.facts.exports.clear();
  expect_refused_with(without_entry, kAdmissionNoExport);
  testing::FakeModuleInspector large;
  large.facts.memories = {{.minimum = 65'536, .maximum = std::nullopt}};
  expect_refused_with(large, kAdmissionMemoryQuota);
}

TEST(VerifyTest, NeverBelievesModulesThatNobodyCouldLookAt) {
  constexpr ErrorCode kOurs{ErrorKind::kUnavailable, "run.worker_missing"};
  testing::FakeModuleInspector modules;
  modules.error = Error(kOurs, "there is nobody to look");
  const Bytes file = vector_file("v001-one-signer.palyra-skill");
  const Verification verification = verify_with(modules, file, store_of_author());
  ASSERT_TRUE(verification.error.has_value());
  EXPECT_TRUE(verification.error->is(kOurs));
  EXPECT_EQ(verification.failed_stage, Stage::kAdmission);
  EXPECT_EQ(verification.status(Stage::kAdmission), StageStatus::kNotRun);
  EXPECT_FALSE(verification.skill.has_value());
}

TEST(VerifyTest, AdmitsTheModulesOfAnUnknownPublisherToo) {
  testing::FakeModuleInspector modules;
  modules.facts.exports.clear();
  const Bytes file = vector_file("v001-one-signer.palyra-skill");
  const Verification looked = verify_with(modules, file, {}, {.unknown_publisher = UnknownPublisher::kReport});
  ASSERT_TRUE(looked.error.has_value());
  EXPECT_TRUE(looked.error->is(kAdmissionNoExport));
}

TEST(VerifyTest, DoesNotReadTheManifestOfAMismatchedKey) {
  const Bytes file = vector_file("x095-key-mismatch.palyra-skill");
  const Verification verification = verify(file, store_of_author());
  EXPECT_EQ(verification.manifest, nullptr);
  EXPECT_TRUE(verification.signers.has_value());  // and yet: who signed is known
}

TEST(VerifyTest, WarnsOfASignatureFromTheFuture) {
  const Bytes future = vector_file("v011-created-limits.palyra-skill");
  EXPECT_EQ(verify(future, store_of_author()).warnings.size(), 1U);
  const Bytes usual = vector_file("v001-one-signer.palyra-skill");
  EXPECT_TRUE(verify(usual, store_of_author()).warnings.empty());
}

TEST(VerifyTest, TellsWhatAnOlderManifestLacksAndWhatNobodyCanGrant) {
  const Bytes file = vector_file("v018-manifest-v2.palyra-skill");
  EXPECT_THAT(verify(file, store_of_author()).warnings,
              ::testing::ElementsAre("the manifest asks for device \"camera\", which no operator can grant"));
}

}  // namespace
}  // namespace palyra::skills
