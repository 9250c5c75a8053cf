// SPDX-License-Identifier: Apache-2.0
// Random histories, told to the product and to the model of trust_model.h: both must give the same answers.

#include "trust_model.h"

#include "trust_testing.h"

#include <iostream>
#include <random>

namespace palyra::skills {
namespace {

using model::Consent;
using model::kContents;
using model::kKeyCount;
using model::kNames;
using model::kOperator;
using model::kVersions;
using model::ModelArtifact;
using model::ModelEntry;
using model::ModelRevocations;
using model::ModelRotation;
using Keys = model::Keys;

testing::KeyNumbers numbers(const Keys& keys) { return {keys.begin(), keys.end()}; }
std::vector<crypto::PublicKey> to_keys(const Keys& keys) { return testing::public_keys(numbers(keys)); }
std::string name_of(int number) { return kNames.at(static_cast<std::size_t>(number)); }
std::string skill_id(int number) { return name_of(number) + ".tool"; }
Version version_of(int number) { return *Version::parse(kVersions.at(static_cast<std::size_t>(number)).text); }

crypto::Sha256Digest content_of(int number) {
  crypto::Sha256Digest digest;
  digest.bytes.back() = static_cast<std::uint8_t>(number);
  return digest;
}

Statement statement_of(const ModelArtifact& about) {
  return {.identity = {.publisher = name_of(about.publisher),
                       .skill_id = skill_id(about.skill),
                       .version = version_of(about.version)},
          .content_root = content_of(about.content),
          .manifest_sha256 = {},
          .created = {0},
          .not_after = {about.not_after}};
}

RevocationEntry entry_of(const ModelEntry& entry) {
  if (entry.kind == 0) return RevokedKey{testing::public_key(static_cast<std::uint8_t>(entry.a))};
  if (entry.kind == 1) return RevokedContent{content_of(entry.a)};
  return RevokedVersions{
      .skill_id = skill_id(entry.skill), .lowest = version_of(entry.a), .highest = version_of(entry.b)};
}

std::vector<RevocationEntry> entries_of(const std::set<ModelEntry>& entries) {
  std::vector<RevocationEntry> all;
  all.reserve(entries.size());
  for (const ModelEntry& entry : entries) all.push_back(entry_of(entry));
  return all;
}

// Another than the one that was signed.
template <class Document>
Document forged_when(bool forged, Document document) {
  if (forged) document.signatures.front().signature.front() ^= 1U;
  return document;
}

RotationDocument document_of(const ModelRotation& link) {
  const Rotation rotation{.publisher = name_of(link.publisher),
                          .sequence = static_cast<std::uint64_t>(link.sequence),
                          .old_keys = to_keys(link.old_keys),
                          .new_keys = to_keys(link.new_keys),
                          .new_threshold = static_cast<std::uint32_t>(link.threshold),
                          .not_before = {link.not_before},
                          .created = {0}};
  return sign_rotation({.rotation = rotation, .signatures = {}}, testing::signing_keys(numbers(link.signers))).value();
}

RevocationDocument document_of(const ModelRevocations& offered) {
  const RevocationList list{.issuer = name_of(offered.issuer),
                            .list_version = static_cast<std::uint64_t>(offered.list.version),
                            .created = {offered.list.created},
                            .expires = {offered.list.expires},
                            .entries = entries_of(offered.list.entries)};
  return sign_revocations({.list = list, .signatures = {}}, testing::signing_keys(numbers(offered.signers))).value();
}

std::string code_of(const Result<>& result) { return result ? "" : std::string(result.error().code().id); }

// R is still on the curve or not, as it happens: what counts is that a signature was refused.
std::string family(std::string code) {
  return code.starts_with("signature.") ? "signature.equation_cofactorless" : code;
}

// As state writes and reads it: rows, and entries by their encoding.
SkillTrustStore saved_and_restored(const SkillTrustStore& store) {
  SkillTrustStore copy;
  copy.set_generation(store.generation());
  for (const auto& [name, publisher] : store.publishers()) {
    EXPECT_THAT(copy.add_publisher(name, publisher), palyra::testing::IsOk());
  }
  for (const auto& [id, record] : store.skills()) copy.restore_skill(id, record);
  for (const auto& [name, record] : store.rotations()) copy.restore_rotation(name, record);
  for (const auto& [issuer, list] : store.revocations()) {
    RevocationList read = list;
    for (RevocationEntry& entry : read.entries) {
      entry = parse_revocation_entry(revocation_entry_bytes(entry)).value();
    }
    copy.restore_revocations(std::move(read));
  }
  return copy;
}

// One history: the product and the model side by side.
class History {
 public:
  explicit History(std::uint64_t seed) : random_(seed) {}

  void run(std::size_t steps) {
    add();
    add();
    for (std::size_t i = 0; i < steps && !::testing::Test::HasFailure(); ++i) step();
    compare_stores();
  }

  static inline std::map<std::string, std::size_t> answers;  // how often each was given

 private:
  int below(int n) { return static_cast<int>(random_() % static_cast<std::uint64_t>(n)); }
  bool one_in(int n) { return below(n) == 0; }

  Keys some_keys(int most) {
    Keys keys;
    const int wanted = 1 + below(most);
    while (static_cast<int>(keys.size()) < wanted) keys.insert(1 + below(kKeyCount));
    return keys;
  }

  // Mostly acme: histories of one publisher go deeper.
  int some_name() { return one_in(3) ? below(static_cast<int>(kNames.size())) : 0; }
  Keys keys_now(int name) {
    const auto known = model_.publishers.find(name);
    return known == model_.publishers.end() || one_in(5) ? some_keys(2) : known->second.keys;
  }
  int sequence_seen(int name) const {
    const auto seen = model_.rotations.find(name);
    return seen == model_.rotations.end() ? 0 : seen->second.sequence;
  }
  Keys most_of(const Keys& keys) {
    Keys chosen;
    for (const int key : keys) {
      if (!one_in(6)) chosen.insert(key);
    }
    return chosen.empty() ? keys : chosen;
  }

  void step() {
    switch (below(12)) {
      case 0:
        return add();
      case 1:
        return one_in(4) ? remove() : pass_time();
      case 2:
      case 3:
      case 4:
        return rotate();
      case 5:
        return one_in(3) ? revoke_by_operator() : revoke_by_publisher();
      case 6:
        return revoke_by_publisher();
      case 7:
        store_ = saved_and_restored(store_);
        return compare_stores();
      default:
        return offer();
    }
  }

  void add() {
    const int name = some_name();
    const Keys keys = some_keys(3);
    const int threshold = 1 + below(static_cast<int>(keys.size()));
    const auto added = store_.add_publisher(
        name_of(name), testing::publisher_with(numbers(keys), static_cast<std::uint32_t>(threshold)));
    EXPECT_EQ(added.has_value(), !model_.publishers.contains(name));
    if (added) model_.publishers[name] = {.keys = keys, .threshold = threshold, .first_use = false};
  }

  void remove() {
    const int name = some_name();
    EXPECT_EQ(store_.remove_publisher(name_of(name)), model_.publishers.erase(name) == 1);
  }

  void pass_time() { model_.now += below(20) * 86'400; }

  void expect_same(const Result<>& result, const std::string& expected) {
    EXPECT_EQ(family(code_of(result)), expected) << (result ? "" : result.error().describe());
    ++answers[expected.empty() ? "applied" : expected];
  }

  void rotate() {
    ModelRotation link;
    if (!links_.empty() && one_in(6)) {
      link = links_[static_cast<std::size_t>(below(static_cast<int>(links_.size())))];
    } else {
      link.publisher = some_name();
      link.sequence = one_in(6) ? 1 + below(5) : sequence_seen(link.publisher) + 1;
      link.old_keys = keys_now(link.publisher);
      link.new_keys = one_in(8) ? keys_now(link.publisher) : some_keys(3);
      link.threshold = 1 + below(static_cast<int>(link.new_keys.size()));
      link.not_before = one_in(8) ? model_.now + 1 - below(3) : 0;
      Keys both = link.old_keys;
      both.insert(link.new_keys.begin(), link.new_keys.end());
      link.signers = one_in(10) ? link.old_keys : one_in(10) ? link.new_keys : most_of(both);
      link.forged = one_in(20);
      links_.push_back(link);
    }
    const SkillTrustStore before = store_;
    const auto result = store_.apply_rotation(forged_when(link.forged, document_of(link)), {model_.now});
    expect_same(result, model_.rotate(link));
    if (!result) {
      EXPECT_TRUE(store_ == before);
    }
  }

  ModelEntry some_entry(int name) {
    switch (below(3)) {
      case 0: {
        const Keys own = keys_now(name);
        return {.kind = 0, .a = one_in(4) ? 1 + below(kKeyCount) : *own.begin()};
      }
      case 1:
        return {.kind = 1, .a = below(kContents)};
      default: {
        const int a = below(static_cast<int>(kVersions.size()));
        const int b = a + below(static_cast<int>(kVersions.size()) - a);
        return {.kind = 2, .a = a, .b = b, .skill = one_in(6) ? some_name() : name};
      }
    }
  }

  void revoke_by_operator() {
    const ModelEntry entry = some_entry(some_name());
    const std::vector<RevocationEntry> entries{entry_of(entry)};
    store_.revoke(entries, {model_.now});
    model::ModelList& list = model_.lists[kOperator];
    ++list.version;
    list.entries.insert(entry);
    ++answers["revoked by operator"];
  }

  void revoke_by_publisher() {
    ModelRevocations offered;
    if (!offers_.empty() && one_in(6)) {
      offered = offers_[static_cast<std::size_t>(below(static_cast<int>(offers_.size())))];
    } else {
      offered.issuer = some_name();
      const auto kept = model_.lists.find(offered.issuer);
      const int last = kept == model_.lists.end() ? 0 : kept->second.version;
      offered.list = {.version = one_in(6) ? 1 + below(4) : last + 1,
                      .created = model_.now,
                      .expires = model_.now + 1 + below(30) * 86'400,
                      .entries = {}};
      for (int i = below(3); i > 0; --i) offered.list.entries.insert(some_entry(offered.issuer));
      offered.signers = most_of(keys_now(offered.issuer));
      offered.forged = one_in(20);
      offers_.push_back(offered);
    }
    const SkillTrustStore before = store_;
    const auto result = store_.apply_revocations(forged_when(offered.forged, document_of(offered)));
    expect_same(result, model_.take_list(offered));
    if (!result) {
      EXPECT_TRUE(store_ == before);
    }
  }

  // An artifact is looked at, installed or promoted, with or without consent and downgrade.
  void offer() {
    const int name = some_name();
    const ModelArtifact about{.publisher = name,
                              .skill = one_in(8) ? some_name() : name,
                              .version = below(static_cast<int>(kVersions.size())),
                              .content = one_in(2) ? 0 : below(kContents),
                              .not_after = one_in(8) ? model_.now + 1 - below(3) : 0,
                              .signers = most_of(keys_now(name))};
    const auto consent = static_cast<Consent>(below(3));
    const int fingerprint = one_in(3) ? 1 + below(kKeyCount) : 0;
    const bool downgrade = one_in(3);
    const model::ModelAnswer expected = model_.decide(about, consent, fingerprint, downgrade);
    const TrustDecision decision = ask(about, consent, fingerprint, downgrade);
    EXPECT_EQ(to_text(decision.verdict), expected.verdict) << (decision.error ? decision.error->describe() : "allowed");
    EXPECT_EQ(decision.allows(), expected.verdict == "allowlisted" || expected.verdict == "tofu_pinned");
    EXPECT_NE(decision.allows(), decision.error.has_value());
    EXPECT_EQ(decision.pin.has_value(), expected.pinned != 0);
    EXPECT_EQ(is_fast_forward(store_, statement_of(about)), model_.fast_forward(about));
    ++answers[expected.verdict];
    if (!decision.allows() || one_in(4)) return;
    if (decision.pin) {
      EXPECT_EQ(decision.pin->record.keys, to_keys({expected.pinned}));
      ASSERT_THAT(store_.add_publisher(decision.pin->publisher, decision.pin->record), palyra::testing::IsOk());
      model_.publishers[name] = {.keys = {expected.pinned}, .threshold = 1, .first_use = true};
    }
    const bool promote = one_in(2);
    promote ? store_.record_promotion(statement_of(about)) : store_.record_install(statement_of(about));
    model_.record(about, promote);
  }

  TrustDecision ask(const ModelArtifact& about, Consent consent, int fingerprint, bool downgrade) {
    const Statement statement = statement_of(about);
    const std::vector<crypto::PublicKey> signers = to_keys(about.signers);
    TrustPolicy policy{.unknown_publisher = static_cast<UnknownPublisher>(consent),
                       .pin_fingerprint = std::nullopt,
                       .downgrade = downgrade ? Downgrade::kAllow : Downgrade::kRefuse};
    if (fingerprint != 0) {
      policy.pin_fingerprint = crypto::fingerprint(testing::public_key(static_cast<std::uint8_t>(fingerprint)));
    }
    const SkillTrustStore before = store_;
    const TrustDecision decision =
        decide_trust(store_, {.statement = &statement, .signers = signers, .now = {model_.now}, .policy = policy});
    EXPECT_TRUE(store_ == before);
    return decision;
  }

  void compare_stores() const {
    ASSERT_EQ(store_.publishers().size(), model_.publishers.size());
    for (const auto& [name, known] : model_.publishers) {
      const Publisher* publisher = store_.find_publisher(name_of(name));
      ASSERT_NE(publisher, nullptr);
      EXPECT_EQ(publisher->keys, to_keys(known.keys));
      EXPECT_EQ(static_cast<int>(publisher->threshold), known.threshold);
      EXPECT_EQ(publisher->source == PublisherSource::kTofu, known.first_use);
    }
    ASSERT_EQ(store_.rotations().size(), model_.rotations.size());
    for (const auto& [name, seen] : model_.rotations) {
      const RotationRecord& record = store_.rotations().at(name_of(name));
      EXPECT_EQ(static_cast<int>(record.sequence), seen.sequence);
      EXPECT_EQ(record.retired, to_keys(seen.retired));
    }
    ASSERT_EQ(store_.revocations().size(), model_.lists.size());
    for (const auto& [issuer, expected] : model_.lists) {
      const RevocationList& list =
          store_.revocations().at(issuer == kOperator ? std::string(kOperatorIssuer) : name_of(issuer));
      EXPECT_EQ(static_cast<int>(list.list_version), expected.version);
      EXPECT_EQ(list.entries, merged_entries(entries_of(expected.entries), {}));
    }
    ASSERT_EQ(store_.skills().size(), model_.skills.size());
    for (const auto& [number, skill] : model_.skills) {
      const SkillRecord& record = store_.skills().at(skill_id(number));
      EXPECT_EQ(record.highest_version.has_value(), skill.highest >= 0);
      if (record.highest_version) {
        EXPECT_EQ(*record.highest_version, version_of(skill.highest));
      }
      EXPECT_EQ(record.content.size(), skill.content.size());
    }
  }

  std::mt19937_64 random_;
  SkillTrustStore store_;
  model::Model model_;
  std::vector<ModelRotation> links_;
  std::vector<ModelRevocations> offers_;
};

// K11, K12, K14, K15, K21
TEST(TrustModelTest, GivesTheAnswersOfTheModelInRandomHistories) {
  constexpr std::size_t kSteps = 24;
  const std::uint64_t seed = std::random_device{}();
  const std::size_t histories = palyra::testing::scaled(10'000);
  for (std::size_t i = 0; i < histories; ++i) {
    SCOPED_TRACE(fmt::format("seed {}", seed + i));
    History(seed + i).run(kSteps);
    ASSERT_FALSE(HasFailure());
  }
  std::cout << histories << " histories of " << kSteps << " steps, seeds from " << seed << "\n";
  for (const auto& [answer, times] : History::answers) std::cout << "  " << answer << ": " << times << "\n";
}

}  // namespace
}  // namespace palyra::skills
