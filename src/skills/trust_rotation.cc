// SPDX-License-Identifier: Apache-2.0
// What a rotation statement changes in the trust store, once it has proven that it may.

#include "canonical_json.h"

#include <palyra/base/check.h>
#include <palyra/skills/trust_decision.h>

#include <algorithm>
#include <iterator>

namespace palyra::skills {
namespace {

using Keys = std::vector<crypto::PublicKey>;

bool holds(const Keys& keys, const crypto::PublicKey& key) { return std::ranges::find(keys, key) != keys.end(); }

// How far a statement may raise the sequence that leads here without the links before it.
constexpr std::uint64_t kMaxTaughtSequence = 1'000'000;

// Whether the statement leads where the publisher already is, by rotations that nobody here has seen.
bool leads_here(const Rotation& rotation, const Publisher& publisher, std::uint64_t seen) {
  return rotation.sequence > seen && rotation.sequence <= kMaxTaughtSequence && rotation.new_keys == publisher.keys &&
         rotation.new_threshold == publisher.threshold;
}

// The keys that the rotation replaces.
Keys replaced_keys(const Rotation& rotation) {
  Keys replaced;
  std::ranges::set_difference(rotation.old_keys, rotation.new_keys, std::back_inserter(replaced));
  return replaced;
}

Result<> check_sequence(const Rotation& rotation, const Publisher& publisher, std::uint64_t seen) {
  if (rotation.sequence == seen &&
      (rotation.new_keys != publisher.keys || rotation.new_threshold != publisher.threshold)) {
    return fail(kRotationFork, "rotation {} of publisher '{}' was seen before, and led to other keys", seen,
                rotation.publisher);
  }
  if (rotation.sequence <= seen) {
    return fail(kRotationReplay, "rotation {} of publisher '{}' was seen before; the last was {}", rotation.sequence,
                rotation.publisher, seen);
  }
  if (rotation.sequence - seen > 1) {
    return fail(kRotationGap, "this is rotation {} of publisher '{}', the next one is {}", rotation.sequence,
                rotation.publisher, seen + 1);
  }
  return {};
}

// Signers of `keys` that count.
std::size_t count(const SkillTrustStore& store, const Rotation& rotation, const Keys& keys, const Keys& signers) {
  const auto counted = std::ranges::count_if(signers, [&](const crypto::PublicKey& signer) {
    return holds(keys, signer) && !store.is_revoked(rotation.publisher, signer);
  });
  return static_cast<std::size_t>(counted);
}

Result<> check_new_keys(const SkillTrustStore& store, const Rotation& rotation) {
  for (const crypto::PublicKey& key : rotation.new_keys) {
    if (!store.is_retired(rotation.publisher, key)) continue;
    return fail(kRotationRetiredKey, "an earlier rotation of publisher '{}' replaced {}", rotation.publisher,
                crypto::fingerprint(key));
  }
  for (const crypto::PublicKey& key : rotation.new_keys) {
    if (!store.is_revoked(rotation.publisher, key)) continue;
    return fail(kTrustRevoked, "the new key {} of publisher '{}' is revoked", crypto::fingerprint(key),
                rotation.publisher);
  }
  return {};
}

}  // namespace

bool SkillTrustStore::is_retired(std::string_view publisher, const crypto::PublicKey& key) const {
  const auto record = rotations_.find(publisher);
  return record != rotations_.end() && holds(record->second.retired, key);
}

Result<> SkillTrustStore::apply_rotation(const RotationDocument& document, WallTime now) {
  const Rotation& rotation = document.rotation;
  const auto known = publishers_.find(rotation.publisher);
  if (known == publishers_.end()) return fail(kPublisherUnknown, "publisher '{}' is not known", rotation.publisher);
  Publisher& publisher = known->second;
  const auto seen = rotations_.find(rotation.publisher);
  RotationRecord record = seen == rotations_.end() ? RotationRecord{} : seen->second;
  const bool teaches = leads_here(rotation, publisher, record.sequence);
  if (!teaches) {
    PALYRA_TRY(check_sequence(rotation, publisher, record.sequence));
    if (rotation.old_keys != publisher.keys) {
      return fail(kRotationOldKeys, "rotation {} does not begin at the current keys of publisher '{}'",
                  rotation.sequence, rotation.publisher);
    }
  }
  const Keys signers = PALYRA_TRY(verify_signatures(rotation_bytes(rotation), document.signatures));
  const Keys replaced = replaced_keys(rotation);
  // Nobody's signature is both where the old keys are not compared with known ones.
  const std::size_t old_signers = count(*this, rotation, teaches ? replaced : rotation.old_keys, signers);
  const std::size_t old_threshold = teaches ? 1 : publisher.threshold;
  if (old_signers < old_threshold) {
    return fail(kRotationOldThreshold, "{} of the old keys of publisher '{}' signed, {} must", old_signers,
                rotation.publisher, old_threshold);
  }
  const std::size_t new_signers = count(*this, rotation, rotation.new_keys, signers);
  if (new_signers < rotation.new_threshold) {
    return fail(kRotationNewThreshold, "{} of the new keys of publisher '{}' signed, {} must", new_signers,
                rotation.publisher, rotation.new_threshold);
  }
  PALYRA_TRY(check_new_keys(*this, rotation));
  if (now < rotation.not_before) {
    return fail(kRotationNotBefore, "rotation {} of publisher '{}' counts from {}, and it is {}", rotation.sequence,
                rotation.publisher, to_text(rotation.not_before), to_text(now));
  }
  record.sequence = rotation.sequence;
  record.retired.insert(record.retired.end(), replaced.begin(), replaced.end());
  std::ranges::sort(record.retired);
  const auto repeated = std::ranges::unique(record.retired);
  record.retired.erase(repeated.begin(), repeated.end());
  if (const auto list = revocations_.find(rotation.publisher);
      !teaches && !replaced.empty() && list != revocations_.end()) {
    // Whoever held a key that is gone may have signed a list with the highest number there is.
    list->second.list_version = 0;
    list->second.expires = {};
  }
  publisher.keys = rotation.new_keys;
  publisher.threshold = rotation.new_threshold;
  rotations_.insert_or_assign(rotation.publisher, std::move(record));
  return {};
}

Result<> SkillTrustStore::apply_rotations(std::span<const RotationDocument> chain, WallTime now) {
  if (chain.size() > kMaxRotationChain) {
    return fail(kRotationChain, "{} rotations, limit {}", chain.size(), kMaxRotationChain);
  }
  SkillTrustStore changed = *this;
  for (const RotationDocument& link : chain) PALYRA_TRY(changed.apply_rotation(link, now));
  *this = std::move(changed);
  return {};
}

}  // namespace palyra::skills
