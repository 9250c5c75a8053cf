// SPDX-License-Identifier: Apache-2.0
#include "palyra/skills/verify.h"

#include <palyra/base/hex.h>
#include <palyra/base/json.h>
#include <palyra/base/testing.h>
#include <palyra/skills/fake_schema_compiler.h>
#include <palyra/skills/skill_manifest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>

namespace palyra::skills {
namespace {

using palyra::testing::must_read;
using palyra::testing::scaled;

constexpr WallTime kNow{1'800'000'000};

const Json& index() {
  static const Json document = [] {
    const Bytes text = must_read(PALYRA_TEST_FILE("vectors/skill-v2/index.json"));
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
  return must_read(PALYRA_TEST_FILE("vectors/skill-v2/") + std::string(name));
}

Verification verify(BytesView file, const SkillTrustStore& trust, const TrustPolicy& policy = {}) {
  const testing::FakeSchemaCompiler schemas;
  return verify_skill_artifact({.file = file, .trust = &trust, .schemas = &schemas, .now = kNow, .policy = policy});
}

// A list of vectors that this version refuses for another reason than the index says.
const std::map<std::string, ErrorCode>& manifests_of_older_versions() {
  static const std::map<std::string, ErrorCode> vectors{
      {"v018-manifest-v2.palyra-skill", kManifestVersionUnsupported},
  };
  return vectors;
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
    if (manifests_of_older_versions().contains(name)) continue;
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
  EXPECT_EQ(valid, 18U);
  EXPECT_EQ(refused, 132U);
}

TEST(VerifyVectors, WithAnOlderManifestAreRefusedByItsVersion) {
  for (const auto& [name, code] : manifests_of_older_versions()) {
    const Bytes file = vector_file(name);
    const Verification verification = verify(file, store_of_author());
    ASSERT_TRUE(verification.error.has_value());
    EXPECT_TRUE(verification.error->is(code)) << verification.error->describe();
  }
}

TEST(VerifyTest, GivesASkillOnlyWhenTrustAllowsIt) {
  const Bytes file = vector_file("v001-one-signer.palyra-skill");
  const Verification verified = verify(file, store_of_author());
  ASSERT_TRUE(verified.skill.has_value());
  EXPECT_EQ(verified.skill->verdict(), TrustVerdict::kAllowlisted);
  EXPECT_EQ(verified.skill->statement().identity, verified.skill->manifest().identity);
  EXPECT_EQ(verified.skill->signers(), std::vector{key_of("author")});
  EXPECT_EQ(verified.status(Stage::kProvenance), StageStatus::kPass);
  EXPECT_EQ(verified.status(Stage::kAdmission), StageStatus::kNotRun);
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

TEST(VerifyTest, RefusesAnySingleFlippedBit) {
  Bytes file = vector_file("v001-one-signer.palyra-skill");
  const SkillTrustStore store = store_of_author();
  const std::size_t bits = 8 * file.size();
  const std::size_t step = std::max<std::size_t>(1, bits / scaled(bits));  // below a scale of 1: every so many
  for (std::size_t bit = 0; bit < bits; bit += step) {
    file.at(bit / 8) ^= static_cast<std::uint8_t>(1U << (bit % 8));
    const Verification verification = verify(file, store, {.unknown_publisher = UnknownPublisher::kReport});
    EXPECT_TRUE(verification.error.has_value()) << "bit " << bit;
    EXPECT_FALSE(verification.skill.has_value()) << "bit " << bit;
    file.at(bit / 8) ^= static_cast<std::uint8_t>(1U << (bit % 8));
  }
  EXPECT_TRUE(verify(file, store).skill.has_value());
}

TEST(VerifyTest, RefusesWhateverElseIsDoneToTheBytes) {
  const Bytes original = vector_file("v001-one-signer.palyra-skill");
  const SkillTrustStore store = store_of_author();
  std::minstd_rand random(7);  // NOLINT(cert-msc51-cpp): the same changes each time
  const auto below = [&random](std::size_t bound) { return static_cast<std::ptrdiff_t>(random() % bound); };
  for (std::size_t round = 0; round < scaled(2'000); ++round) {
    Bytes file = original;
    for (auto changes = 1 + below(3); changes > 0; --changes) {
      const auto at = file.begin() + below(file.size());
      switch (below(4)) {
        case 0:
          *at = static_cast<std::uint8_t>(below(256));
          break;
        case 1:
          file.erase(at);
          break;
        case 2:
          file.insert(at, static_cast<std::uint8_t>(below(256)));
          break;
        default:
          std::ranges::rotate(at, at + below(static_cast<std::size_t>(file.end() - at)), file.end());
      }
    }
    EXPECT_EQ(verify(file, store).skill.has_value(), file == original) << "round " << round;
  }
}

TEST(VerifyTest, RefusesEveryTruncation) {
  const Bytes file = vector_file("v001-one-signer.palyra-skill");
  const SkillTrustStore store = store_of_author();
  for (std::size_t size = 0; size < file.size(); ++size) {
    EXPECT_EQ(verify(BytesView(file).first(size), store).failed_stage, Stage::kContainer) << size;
  }
}

}  // namespace
}  // namespace palyra::skills
