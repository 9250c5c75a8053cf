// SPDX-License-Identifier: Apache-2.0
// Every vector of tests/vectors/trust, which another program made from the documentation, ends as its index says.

#include <palyra/base/hex.h>
#include <palyra/base/json.h>
#include <palyra/base/testing.h>
#include <palyra/skills/trust_decision.h>

namespace palyra::skills {
namespace {

using palyra::testing::IsOk;
using palyra::testing::must_read;

constexpr JsonLimits kLimits{.max_bytes = std::size_t{4} << 20U, .max_depth = 16};
constexpr WallTime kCreated{1'795'305'600};

std::string text_of(const Json& object, std::string_view key) {
  const Json* value = object.find(key);
  return value == nullptr || value->as_string() == nullptr ? std::string() : *value->as_string();
}

std::uint64_t number_of(const Json& object, std::string_view key) {
  return static_cast<std::uint64_t>(*object.find(key)->as_int());
}

std::vector<crypto::PublicKey> keys_of(const Json& object, std::string_view key) {
  std::vector<crypto::PublicKey> keys;
  for (const Json& value : *object.find(key)->as_array()) {
    keys.push_back(crypto::parse_public_key(parse_hex(*value.as_string()).value()).value());
  }
  return keys;
}

SkillTrustStore store_of(const Json& described) {
  SkillTrustStore store;
  const std::string name = text_of(described, "publisher");
  EXPECT_THAT(store.add_publisher(name, {.keys = keys_of(described, "keys"),
                                         .threshold = static_cast<std::uint32_t>(number_of(described, "threshold")),
                                         .source = PublisherSource::kTofu,
                                         .first_seen = kCreated,
                                         .pinned_by = "vector"}),
              IsOk());
  if (number_of(described, "sequence") > 0) {
    store.restore_rotation(name,
                           {.sequence = number_of(described, "sequence"), .retired = keys_of(described, "retired")});
  }
  if (number_of(described, "list_version") == 0) return store;
  RevocationList list{.issuer = name,
                      .list_version = number_of(described, "list_version"),
                      .created = kCreated,
                      .expires = {kCreated.seconds + std::int64_t{30} * 86'400},
                      .entries = {}};
  for (const crypto::PublicKey& key : keys_of(described, "revoked_keys")) list.entries.emplace_back(RevokedKey{key});
  store.restore_revocations(std::move(list));
  return store;
}

// The bytes that were signed, and what became of the store.
struct Judged {
  Result<> result;
  std::string signed_hex{};
};

Judged judge(const std::string& file, WallTime now, SkillTrustStore& store) {
  const Bytes bytes = must_read(palyra::testing::test_file("vectors/trust/" + file));
  if (file.ends_with(".palyra-rotation")) {
    const auto document = parse_rotation_document(bytes);
    if (!document) return {std::unexpected(document.error())};
    EXPECT_EQ(format_rotation_document(*document), as_text(bytes));
    return {store.apply_rotation(*document, now), to_hex(rotation_bytes(document->rotation))};
  }
  const auto document = parse_revocation_document(bytes);
  if (!document) return {std::unexpected(document.error())};
  EXPECT_EQ(format_revocation_document(*document), as_text(bytes));
  return {store.apply_revocations(*document), to_hex(revocation_bytes(document->list))};
}

std::vector<RevokedKey> revoked_keys(const SkillTrustStore& store) {
  std::vector<RevokedKey> keys;
  const auto found = store.revocations().find("acme");
  if (found == store.revocations().end()) return keys;
  for (const RevocationEntry& entry : found->second.entries) {
    if (const auto* revoked = std::get_if<RevokedKey>(&entry)) keys.push_back(*revoked);
  }
  return keys;
}

std::uint64_t list_version(const SkillTrustStore& store) {
  const auto found = store.revocations().find("acme");
  return found == store.revocations().end() ? 0 : found->second.list_version;
}

TEST(TrustVectors, EndAsTheirIndexSays) {
  const auto index = parse_json(must_read(palyra::testing::test_file("vectors/trust/index.json")), kLimits);
  ASSERT_THAT(index, IsOk());
  const Json::Array& vectors = *index->find("vectors")->as_array();
  EXPECT_GT(vectors.size(), 100U);
  for (const Json& vector : vectors) {
    const std::string file = text_of(vector, "file");
    SCOPED_TRACE(file);
    SkillTrustStore store = store_of(*vector.find("store"));
    const SkillTrustStore before = store;
    const Judged judged = judge(file, {static_cast<std::int64_t>(number_of(vector, "now"))}, store);
    if (vector.find("signed") != nullptr) {
      EXPECT_EQ(judged.signed_hex, text_of(vector, "signed"));
    }
    if (vector.find("code")->is_null()) {
      ASSERT_THAT(judged.result, IsOk());
      const SkillTrustStore after = store_of(*vector.find("after"));
      EXPECT_EQ(store.publishers(), after.publishers());
      EXPECT_EQ(store.rotations(), after.rotations());
      EXPECT_EQ(revoked_keys(store), revoked_keys(after));
      EXPECT_EQ(list_version(store), list_version(after));
      continue;
    }
    ASSERT_FALSE(judged.result.has_value());
    EXPECT_EQ(judged.result.error().code().id, text_of(vector, "code")) << judged.result.error().describe();
    EXPECT_TRUE(judged.result.error().message().starts_with(text_of(vector, "reason")))
        << judged.result.error().describe();
    EXPECT_EQ(store, before);
  }
}

}  // namespace
}  // namespace palyra::skills
