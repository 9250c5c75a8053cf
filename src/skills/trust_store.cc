// SPDX-License-Identifier: Apache-2.0
#include "palyra/skills/trust_decision.h"

#include <palyra/base/check.h>
#include <palyra/base/utf8.h>
#include <palyra/skills/artifact.h>

#include <algorithm>
#include <array>

namespace palyra::skills {
namespace {

constexpr std::array<std::string_view, 12> kReservedPublishers{"admin",    "administrator", "official", "operator",
                                                               "palyra",   "palyrad",       "registry", "root",
                                                               "security", "support",       "system",   "verified"};

}  // namespace

std::span<const std::string_view> reserved_publishers() { return kReservedPublishers; }

bool is_reserved_publisher(std::string_view name) {
  // C7 refuses the segments that are Windows devices, and otherwise allows every publisher name.
  return std::ranges::find(kReservedPublishers, name) != kReservedPublishers.end() || name.starts_with("palyra-") ||
         !check_entry_name(name);
}

bool is_development(const Version& version) { return version.pre_release.starts_with("dev"); }

std::string_view to_text(PublisherSource source) {
  switch (source) {
    case PublisherSource::kOperator:
      return "operator";
    case PublisherSource::kTofu:
      return "tofu";
  }
  return {};
}

const Publisher* SkillTrustStore::find_publisher(std::string_view name) const {
  const auto found = publishers_.find(name);
  return found == publishers_.end() ? nullptr : &found->second;
}

const SkillRecord* SkillTrustStore::find_skill(std::string_view skill_id) const {
  const auto found = skills_.find(skill_id);
  return found == skills_.end() ? nullptr : &found->second;
}

Result<> SkillTrustStore::add_publisher(std::string name, Publisher publisher) {
  if (!is_publisher_name(name)) return fail(kTrustPublisherInvalid, "'{}' is no publisher name", printable(name));
  std::ranges::sort(publisher.keys);
  if (publisher.keys.empty() || publisher.keys.size() > kMaxPublisherKeys) {
    return fail(kTrustPublisherInvalid, "publisher '{}' has {} keys, not 1 to {}", name, publisher.keys.size(),
                kMaxPublisherKeys);
  }
  if (std::ranges::adjacent_find(publisher.keys) != publisher.keys.end()) {
    return fail(kTrustPublisherInvalid, "publisher '{}' has a key twice", name);
  }
  if (publisher.threshold == 0 || publisher.threshold > publisher.keys.size()) {
    return fail(kTrustPublisherInvalid, "publisher '{}' has threshold {}, not 1 to its {} keys", name,
                publisher.threshold, publisher.keys.size());
  }
  if (publishers_.contains(name)) return fail(kTrustPublisherExists, "publisher '{}' is known already", name);
  publishers_.emplace(std::move(name), std::move(publisher));
  return {};
}

bool SkillTrustStore::remove_publisher(std::string_view name) {
  const auto found = publishers_.find(name);
  if (found == publishers_.end()) return false;
  publishers_.erase(found);
  return true;
}

void SkillTrustStore::record_install(const Statement& statement) {
  const SkillIdentity& identity = statement.identity;
  SkillRecord& record =
      skills_.try_emplace(identity.skill_id, SkillRecord{.publisher = identity.publisher}).first->second;
  PALYRA_CHECK(record.publisher == identity.publisher);  // an allowing decision has seen to it
  if (is_development(identity.version)) return;
  const auto [pinned, added] = record.content.try_emplace(identity.version, statement.content_root);
  PALYRA_CHECK(added || pinned->second == statement.content_root);  // likewise
}

void SkillTrustStore::record_promotion(const Statement& statement) {
  record_install(statement);
  std::optional<Version>& highest = skills_.find(statement.identity.skill_id)->second.highest_version;
  if (!highest || *highest < statement.identity.version) highest = statement.identity.version;
}

}  // namespace palyra::skills
