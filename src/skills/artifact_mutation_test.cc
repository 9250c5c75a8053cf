// SPDX-License-Identifier: Apache-2.0
// Three small artifacts of different shape, damaged in every way a seeded generator comes upon: nothing but the
// artifacts themselves is ever believed. Every round is made from its number alone.
#include <palyra/base/testing.h>
#include <palyra/skills/fake_module_inspector.h>
#include <palyra/skills/fake_schema_compiler.h>
#include <palyra/skills/package_builder.h>
#include <palyra/skills/signature_document.h>
#include <palyra/skills/verify.h>

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace palyra::skills {
namespace {

using palyra::testing::IsOk;
using palyra::testing::scaled;

constexpr WallTime kNow{1'795'305'600};
constexpr std::string_view kManifest = R"(manifest_version = 3
publisher = "acme"
skill_id = "acme.weather"
version = "1.2.0"
name = "Weather"
[[entrypoints.tools]]
id = "acme.weather.now"
name = "Now"
description = "Answers for one place."
input_schema = { type = "object" }
)";

struct Sample {
  std::string name;
  Bytes file;
  std::vector<crypto::PublicKey> keys;  // every one of them must sign
};

std::vector<crypto::SigningKey> signers(std::size_t count) {
  std::vector<crypto::SigningKey> keys;
  for (std::size_t i = 0; i < count; ++i) {
    keys.push_back(crypto::SigningKey::from_seed(Secret(Bytes(crypto::kSeedBytes, static_cast<std::uint8_t>(i + 1)))));
  }
  return keys;
}

// `file` with the signatures of `keys` instead of those it has.
Bytes signed_by(const Package& package, std::span<const crypto::SigningKey> keys) {
  const Artifact artifact = Artifact::read(package.bytes).value();
  std::vector<ArtifactEntry> entries(artifact.entries().begin(), artifact.entries().end());
  std::erase_if(entries, [](const ArtifactEntry& entry) { return entry.name == kSignatureEntry; });
  const std::string document = format_signature_document(sign_statement(package.statement, keys).value());
  entries.push_back(make_entry(std::string(kSignatureEntry), as_bytes(document)));
  return write_artifact(entries).value();
}

Sample sample(const std::string& name, std::span<const EntryContent> assets, std::size_t signer_count) {
  const std::vector<crypto::SigningKey> keys = signers(signer_count);
  const std::array<EntryContent, 1> modules{{{.name = "modules/main.wasm", .bytes = as_bytes("not looked at")}}};
  const testing::FakeSchemaCompiler schemas;
  const testing::FakeModuleInspector inspector;
  const Package package = build_signed_skill_artifact({.manifest = as_bytes(kManifest),
                                                       .modules = modules,
                                                       .assets = assets,
                                                       .sbom = std::nullopt,
                                                       .provenance = std::nullopt,
                                                       .signing_key = &keys.front(),
                                                       .created = kNow,
                                                       .not_after = {0},
                                                       .schemas = &schemas,
                                                       .inspector = &inspector,
                                                       .palyra_version = "0.1.0"})
                              .value();
  Sample made{.name = name, .file = signed_by(package, keys), .keys = {}};
  for (const crypto::SigningKey& key : keys) made.keys.push_back(key.public_key());
  return made;
}

const std::vector<Sample>& samples() {
  static const std::vector<Sample> all = [] {
    const std::array<EntryContent, 3> assets{{{.name = "assets/a.csv", .bytes = as_bytes("Bern,3\n")},
                                              {.name = "assets/b.csv", .bytes = as_bytes("Brno,7\n")},
                                              {.name = "skill/SKILL.md", .bytes = as_bytes("# Weather\n")}}};
    return std::vector<Sample>{sample("one signer", {}, 1), sample("three signers", {}, 3),
                               sample("assets", assets, 1)};
  }();
  return all;
}

// Verifies as one who knows the publisher.
class Judge {
 public:
  explicit Judge(const Sample& sample) {
    EXPECT_THAT(trust_.add_publisher("acme", {.keys = sample.keys,
                                              .threshold = static_cast<std::uint32_t>(sample.keys.size()),
                                              .source = PublisherSource::kOperator,
                                              .first_seen = kNow,
                                              .pinned_by = "test"}),
                IsOk());
  }

  // The stage that refused; nullopt when the file was believed.
  [[nodiscard]] std::optional<Stage> refusing_stage(BytesView file) const {
    const Verification verification = verify_skill_artifact(
        {.file = file, .trust = &trust_, .schemas = &schemas_, .modules = &modules_, .now = kNow, .policy = {}});
    EXPECT_EQ(verification.skill.has_value(), !verification.error.has_value());
    return verification.failed_stage;
  }

 private:
  SkillTrustStore trust_;
  testing::FakeSchemaCompiler schemas_;
  testing::FakeModuleInspector modules_;
};

class Mutator {
 public:
  explicit Mutator(std::size_t round)
      : random_(static_cast<std::minstd_rand::result_type>(round + 1)) {}  // NOLINT(cert-msc51-cpp)

  // Of a copy of `file`; `other` is what parts of it are replaced by.
  Bytes damaged(const Bytes& file, const Bytes& other) {
    Bytes copy = file;
    for (std::size_t changes = 1 + below(3); changes > 0; --changes) change(copy, other);
    return copy;
  }

  // One entry damaged, and a container around it in which everything agrees again.
  Bytes repacked(const Bytes& file, const Bytes& other) {
    const Artifact artifact = Artifact::read(file).value();
    std::vector<ArtifactEntry> entries(artifact.entries().begin(), artifact.entries().end());
    ArtifactEntry& entry = entries.at(below(entries.size()));
    const Bytes content = damaged(Bytes(entry.bytes.begin(), entry.bytes.end()), other);
    entry = make_entry(entry.name, content);
    return write_artifact(entries).value();
  }

  std::size_t below(std::size_t bound) { return random_() % bound; }

 private:
  struct Range {
    std::size_t first;
    std::size_t size;
  };
  Range range_of(const Bytes& bytes) {
    const std::size_t first = below(bytes.size());
    return {first, 1 + below(std::min<std::size_t>(bytes.size() - first, 64))};
  }
  static Bytes cut(const Bytes& bytes, Range range) {
    const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(range.first);
    return {begin, begin + static_cast<std::ptrdiff_t>(range.size)};
  }

  void change(Bytes& bytes, const Bytes& other) {
    if (bytes.empty()) bytes.push_back(0);
    switch (below(7)) {
      case 0:
        bytes.at(below(bytes.size())) = static_cast<std::uint8_t>(below(256));
        break;
      case 1:
        bytes.insert(place_in(bytes), static_cast<std::uint8_t>(below(256)));
        break;
      case 2:
        erase(bytes, range_of(bytes));
        break;
      case 3:  // two bytes change places
        std::swap(bytes.at(below(bytes.size())), bytes.at(below(bytes.size())));
        break;
      case 4:
        insert(bytes, cut(bytes, range_of(bytes)));
        break;
      case 5:  // the front of one and the rest of the other
        splice(bytes, other);
        break;
      default:
        overwrite(bytes, cut(other, range_of(other)));
    }
  }

  Bytes::iterator place_in(Bytes& bytes) { return bytes.begin() + static_cast<std::ptrdiff_t>(below(bytes.size())); }
  static void erase(Bytes& bytes, Range range) {
    const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(range.first);
    bytes.erase(begin, begin + static_cast<std::ptrdiff_t>(range.size));
  }
  void insert(Bytes& bytes, const Bytes& part) { bytes.insert(place_in(bytes), part.begin(), part.end()); }
  void splice(Bytes& bytes, const Bytes& other) {
    bytes.resize(below(bytes.size()));
    bytes.insert(bytes.end(), other.begin() + static_cast<std::ptrdiff_t>(below(other.size())), other.end());
  }
  void overwrite(Bytes& bytes, const Bytes& part) {
    const std::size_t at = below(bytes.size());
    const std::size_t size = std::min(part.size(), bytes.size() - at);
    std::copy_n(part.begin(), size, bytes.begin() + static_cast<std::ptrdiff_t>(at));
  }

  std::minstd_rand random_;
};

TEST(ArtifactMutationTest, BelievesTheArtifactsThatItDamages) {
  for (const Sample& sample : samples()) {
    EXPECT_EQ(Judge(sample).refusing_stage(sample.file), std::nullopt) << sample.name;
    EXPECT_LT(sample.file.size(), 8'192U) << sample.name;
  }
}

TEST(ArtifactMutationTest, RefusesEverySingleFlippedBit) {
  for (const Sample& sample : samples()) {
    const Judge judge(sample);
    Bytes file = sample.file;
    const std::size_t bits = 8 * file.size();
    const std::size_t step = bits / scaled(bits);  // below a scale of 1: every so many
    for (std::size_t bit = 0; bit < bits; bit += step) {
      std::uint8_t& byte = file.at(bit / 8);
      byte ^= static_cast<std::uint8_t>(1U << (bit % 8));
      EXPECT_NE(judge.refusing_stage(file), std::nullopt) << sample.name << ", bit " << bit;
      byte ^= static_cast<std::uint8_t>(1U << (bit % 8));
    }
    EXPECT_EQ(file, sample.file);
  }
}

TEST(ArtifactMutationTest, RefusesEveryTruncationOfEitherEnd) {
  for (const Sample& sample : samples()) {
    const Judge judge(sample);
    const BytesView file = sample.file;
    for (std::size_t size = 0; size < file.size(); ++size) {
      EXPECT_EQ(judge.refusing_stage(file.first(size)), Stage::kContainer) << sample.name << ", first " << size;
      EXPECT_EQ(judge.refusing_stage(file.last(size)), Stage::kContainer) << sample.name << ", last " << size;
    }
  }
}

TEST(ArtifactMutationTest, RefusesEveryRandomMutation) {
  std::map<Stage, std::size_t> refusals;
  std::size_t equal = 0;
  const std::vector<Judge> judges(samples().begin(), samples().end());
  const std::size_t rounds = scaled(100'000);
  for (std::size_t round = 0; round < rounds; ++round) {
    Mutator mutator(round);
    const std::size_t of = round % samples().size();
    const Bytes& file = samples()[of].file;
    const Bytes& other = samples()[mutator.below(samples().size())].file;
    const Bytes mutation = round % 2 == 0 ? mutator.damaged(file, other) : mutator.repacked(file, other);
    // A splice can make one of the others of it, which is as good.
    if (std::ranges::find(samples(), mutation, &Sample::file) != samples().end()) {
      ++equal;
      continue;
    }
    const auto stage = judges[of].refusing_stage(mutation);
    ASSERT_NE(stage, std::nullopt) << "round " << round;
    ++refusals[*stage];
  }
  for (const auto& [stage, count] : refusals) RecordProperty(std::string(to_text(stage)), static_cast<int>(count));
  EXPECT_LT(equal, rounds / 10);
  EXPECT_GT(refusals[Stage::kContainer], 0U);
  EXPECT_GT(refusals[Stage::kContentRoot], 0U);
}

}  // namespace
}  // namespace palyra::skills
