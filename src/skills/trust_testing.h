// SPDX-License-Identifier: Apache-2.0
#pragma once
// Keys, publishers and signed documents for the tests of trust.

#include <palyra/base/testing.h>
#include <palyra/skills/trust_decision.h>

#include <initializer_list>
#include <map>
#include <string>
#include <vector>

namespace palyra::skills::testing {

inline constexpr WallTime kNow{1'800'000'000};
inline constexpr std::int64_t kDay = std::int64_t{24} * 60 * 60;

// The n-th test key; the same every time.
inline crypto::SigningKey signing_key(std::uint8_t number) {
  Bytes seed(crypto::kSeedBytes);
  seed.front() = number;
  return crypto::SigningKey::from_seed(Secret(std::move(seed)));
}

inline const crypto::PublicKey& public_key(std::uint8_t number) {
  static std::map<std::uint8_t, crypto::PublicKey> keys;
  const auto found = keys.find(number);
  return found != keys.end() ? found->second : keys.emplace(number, signing_key(number).public_key()).first->second;
}

using KeyNumbers = std::vector<std::uint8_t>;

// Sorted, as documents have them.
inline std::vector<crypto::PublicKey> public_keys(const KeyNumbers& numbers) {
  std::vector<crypto::PublicKey> keys;
  keys.reserve(numbers.size());
  for (const std::uint8_t number : numbers) keys.push_back(public_key(number));
  std::ranges::sort(keys);
  return keys;
}

inline std::vector<crypto::SigningKey> signing_keys(const KeyNumbers& numbers) {
  std::vector<crypto::SigningKey> keys;
  keys.reserve(numbers.size());
  for (const std::uint8_t number : numbers) keys.push_back(signing_key(number));
  return keys;
}

inline Publisher publisher_with(const KeyNumbers& numbers, std::uint32_t threshold = 1,
                                PublisherSource source = PublisherSource::kOperator) {
  return {
      .keys = public_keys(numbers), .threshold = threshold, .source = source, .first_seen = kNow, .pinned_by = "test"};
}

inline SkillTrustStore store_with(const Publisher& who) {
  SkillTrustStore store;
  EXPECT_THAT(store.add_publisher("acme", who), palyra::testing::IsOk());
  return store;
}

inline Rotation rotation_of(std::uint64_t sequence, const KeyNumbers& old_keys, const KeyNumbers& new_keys,
                            std::uint32_t threshold = 1) {
  return {.publisher = "acme",
          .sequence = sequence,
          .old_keys = public_keys(old_keys),
          .new_keys = public_keys(new_keys),
          .new_threshold = threshold,
          .not_before = {0},
          .created = kNow};
}

inline RotationDocument signed_by(const Rotation& rotation, const KeyNumbers& signers) {
  auto document = sign_rotation({.rotation = rotation, .signatures = {}}, signing_keys(signers));
  EXPECT_THAT(document, palyra::testing::IsOk());
  return document.value();
}

inline RevocationList list_of(std::uint64_t version, std::vector<RevocationEntry> entries) {
  return {.issuer = "acme",
          .list_version = version,
          .created = kNow,
          .expires = {kNow.seconds + 30 * kDay},
          .entries = std::move(entries)};
}

inline RevocationDocument signed_by(const RevocationList& list, const KeyNumbers& signers) {
  auto document = sign_revocations({.list = list, .signatures = {}}, signing_keys(signers));
  EXPECT_THAT(document, palyra::testing::IsOk());
  return document.value();
}

inline RevokedVersions versions(std::string skill_id, const char* lowest, const char* highest) {
  return {.skill_id = std::move(skill_id), .lowest = Version::parse(lowest), .highest = Version::parse(highest)};
}

inline Statement statement_of(std::string_view version = "1.2.0", std::uint8_t content = 0) {
  Statement result{
      .identity = {.publisher = "acme", .skill_id = "acme.weather", .version = Version::parse(version).value()},
      .content_root = {},
      .manifest_sha256 = {},
      .created = {1'795'305'600},
      .not_after = {0}};
  result.content_root.bytes.front() = content;
  return result;
}

}  // namespace palyra::skills::testing
