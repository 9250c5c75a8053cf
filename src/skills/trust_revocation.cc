// SPDX-License-Identifier: Apache-2.0
// What revocations change in the trust store, and what they say of an artifact.

#include "canonical_json.h"

#include <palyra/skills/trust_decision.h>

#include <algorithm>

namespace palyra::skills {
namespace {

bool is_among(const std::vector<RevocationEntry>& entries, const RevocationEntry& entry) {
  return std::ranges::find(entries, entry) != entries.end();
}

// Keys that this installation has never seen as the publisher's, of all his lists: of a time before it met him.
constexpr std::size_t kMaxUnknownRevokedKeys = 64;

bool is_own_skill(const SkillTrustStore& store, const std::string& issuer, const std::string& skill_id) {
  const SkillRecord* record = store.find_skill(skill_id);
  return is_of_publisher(skill_id, issuer) || (record != nullptr && record->publisher == issuer);
}

// The skills are the publisher's own. Any key may be named, since it counts for his artifacts only; not any number.
Result<> check_scope(const SkillTrustStore& store, const Publisher& publisher, const RevocationList& kept,
                     const RevocationList& merged) {
  std::size_t unknown = 0;
  for (const RevocationEntry& entry : merged.entries) {
    const auto* versions = std::get_if<RevokedVersions>(&entry);
    if (versions != nullptr && !is_own_skill(store, merged.issuer, versions->skill_id) &&
        !is_among(kept.entries, entry)) {
      return fail(kRevocationScope, "'{}' is no skill of publisher '{}'", versions->skill_id, merged.issuer);
    }
    const auto* key = std::get_if<RevokedKey>(&entry);
    if (key != nullptr && std::ranges::find(publisher.keys, key->key) == publisher.keys.end() &&
        !store.is_retired(merged.issuer, key->key)) {
      ++unknown;
    }
  }
  if (unknown > kMaxUnknownRevokedKeys) {
    return fail(kRevocationScope, "{} keys that were never seen as those of publisher '{}', limit {}", unknown,
                merged.issuer, kMaxUnknownRevokedKeys);
  }
  return {};
}

Result<> check_threshold(const SkillTrustStore& store, const std::string& issuer, const Publisher& publisher,
                         std::span<const crypto::PublicKey> signers) {
  const auto counted = std::ranges::count_if(signers, [&](const crypto::PublicKey& signer) {
    return std::ranges::find(publisher.keys, signer) != publisher.keys.end() && !store.is_revoked(issuer, signer);
  });
  if (std::cmp_less(counted, publisher.threshold)) {
    return fail(kRevocationThreshold, "{} of the keys of publisher '{}' signed that are not revoked, {} must", counted,
                issuer, publisher.threshold);
  }
  return {};
}

std::string range_text(const RevokedVersions& versions) {
  return fmt::format("{} {} to {}", versions.skill_id, versions.lowest ? versions.lowest->to_text() : "the first",
                     versions.highest ? versions.highest->to_text() : "the last");
}

Error revoked(const RevocationQuestion& question, const RevocationList& list, std::string_view what) {
  const std::string by = list.issuer == kOperatorIssuer ? "the operator" : fmt::format("publisher '{}'", list.issuer);
  return Error(kTrustRevoked, fmt::format("{} {} is revoked by {} (list {}): {}", question.skill_id,
                                          question.version.to_text(), by, list.list_version, what))
      .with_next("nothing brings it back; ask the publisher for a version that is not revoked");
}

// What the list says of the content and the version.
std::optional<Error> find_in(const RevocationList& list, const RevocationQuestion& question) {
  for (const RevocationEntry& entry : list.entries) {
    if (const auto* content = std::get_if<RevokedContent>(&entry)) {
      if (content->content_root == question.content_root) {
        return revoked(question, list, "content root " + crypto::to_hex(content->content_root));
      }
    }
    if (const auto* versions = std::get_if<RevokedVersions>(&entry)) {
      if (versions->skill_id == question.skill_id && (!versions->lowest || *versions->lowest <= question.version) &&
          (!versions->highest || question.version <= *versions->highest)) {
        return revoked(question, list, range_text(*versions));
      }
    }
  }
  return std::nullopt;
}

// The lists that count for a publisher's artifacts.
std::vector<const RevocationList*> lists_for(const SkillTrustStore& store, std::string_view publisher) {
  std::vector<const RevocationList*> lists;
  for (const std::string_view issuer : {kOperatorIssuer, publisher}) {
    const auto found = store.revocations().find(issuer);
    if (found != store.revocations().end()) lists.push_back(&found->second);
  }
  return lists;
}

// The list that revokes the key, for this publisher's artifacts.
const RevocationList* list_revoking(const SkillTrustStore& store, std::string_view publisher,
                                    const crypto::PublicKey& key) {
  for (const RevocationList* list : lists_for(store, publisher)) {
    if (is_among(list->entries, RevokedKey{key})) return list;
  }
  return nullptr;
}

// How many signers are left without the revoked: of all, and of those that are the publisher's.
struct SignerCount {
  std::size_t left = 0;
  std::size_t own = 0;
  std::size_t own_left = 0;
  const crypto::PublicKey* revoked = nullptr;  // one of them
  const RevocationList* by = nullptr;          // who revoked it
};

SignerCount count_signers(const SkillTrustStore& store, const RevocationQuestion& question,
                          const Publisher* publisher) {
  SignerCount count;
  for (const crypto::PublicKey& signer : question.signers) {
    const bool own = publisher != nullptr && (std::ranges::find(publisher->keys, signer) != publisher->keys.end() ||
                                              store.is_retired(question.publisher, signer));
    if (own) ++count.own;
    if (const RevocationList* by = list_revoking(store, question.publisher, signer)) {
      count.revoked = &signer;
      count.by = by;
      continue;
    }
    ++count.left;
    if (own) ++count.own_left;
  }
  return count;
}

}  // namespace

bool SkillTrustStore::is_revoked(std::string_view publisher, const crypto::PublicKey& key) const {
  return list_revoking(*this, publisher, key) != nullptr;
}

Result<> SkillTrustStore::apply_revocations(const RevocationDocument& document) {
  const RevocationList& list = document.list;
  const Publisher* publisher = find_publisher(list.issuer);
  if (publisher == nullptr) return fail(kPublisherUnknown, "publisher '{}' is not known", list.issuer);
  const auto found = revocations_.find(list.issuer);
  RevocationList kept = found == revocations_.end() ? RevocationList{} : found->second;
  kept.issuer = list.issuer;
  const bool again = list == kept;  // provably: what earlier lists said and this one does not hides what it said
  if (list.list_version <= kept.list_version && !again) {
    return fail(kRevocationOlder, "list {} of publisher '{}' does not come after list {}, which is known",
                list.list_version, list.issuer, kept.list_version);
  }
  const auto signers = PALYRA_TRY(verify_signatures(revocation_bytes(list), document.signatures));
  PALYRA_TRY(check_threshold(*this, list.issuer, *publisher, signers));
  if (again) return {};
  RevocationList merged = list;
  merged.entries = merged_entries(kept.entries, list.entries);
  PALYRA_TRY(check_scope(*this, *publisher, kept, merged));
  if (merged.entries.size() > kMaxRevocationEntries) {
    return fail(kRevocationLimit, "{} entries of publisher '{}' with those of his earlier lists, limit {}",
                merged.entries.size(), list.issuer, kMaxRevocationEntries);
  }
  restore_revocations(std::move(merged));
  return {};
}

void SkillTrustStore::revoke(std::span<const RevocationEntry> entries, WallTime now) {
  const auto found = revocations_.find(kOperatorIssuer);
  RevocationList list = found == revocations_.end() ? RevocationList{} : found->second;
  list.issuer = kOperatorIssuer;
  ++list.list_version;
  list.created = now;
  list.entries = merged_entries(list.entries, entries);
  restore_revocations(std::move(list));
}

std::optional<Error> find_revocation(const SkillTrustStore& store, const RevocationQuestion& question) {
  for (const RevocationList* list : lists_for(store, question.publisher)) {
    if (auto found = find_in(*list, question)) return found;
  }
  const Publisher* publisher = store.find_publisher(question.publisher);
  const SignerCount count = count_signers(store, question, publisher);
  const bool nobody_left = count.left == 0;
  const bool too_few_left = publisher != nullptr && count.own_left < count.own && count.own_left < publisher->threshold;
  if (count.revoked == nullptr || !(nobody_left || too_few_left)) return std::nullopt;
  return revoked(question, *count.by, "the key " + crypto::fingerprint(*count.revoked) + ", which signed it");
}

}  // namespace palyra::skills
