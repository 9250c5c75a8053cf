// SPDX-License-Identifier: Apache-2.0
#include "palyra/skills/trust_decision.h"

#include <palyra/base/check.h>
#include <palyra/base/utf8.h>
#include <palyra/skills/confusable_names.h>

#include <algorithm>
#include <set>

namespace palyra::skills {
namespace {

constexpr const char* kFirstUseAdvice =
    "--trust-on-first-use, after comparing the fingerprint with the publisher's own";

TrustDecision refuse(TrustVerdict verdict, Error error) {
  return {.verdict = verdict, .pin = std::nullopt, .error = std::move(error), .warnings = {}};
}

std::string fingerprints(std::span<const crypto::PublicKey> keys) {
  std::string text;
  for (const crypto::PublicKey& key : keys) {
    if (!text.empty()) text += ", ";
    text += crypto::fingerprint(key);
  }
  return text;
}

std::optional<TrustDecision> check_keys(const SkillTrustStore& store, const TrustQuestion& question,
                                        const Publisher& publisher) {
  const std::string& name = question.statement->identity.publisher;
  const auto counted = std::ranges::count_if(question.signers, [&](const crypto::PublicKey& signer) {
    return std::ranges::find(publisher.keys, signer) != publisher.keys.end() && !store.is_revoked(name, signer);
  });
  if (counted == 0) {
    return refuse(
        TrustVerdict::kKeyMismatch,
        Error(kTrustKeyMismatch, fmt::format("publisher '{}' is known by {} and this is signed by {}", name,
                                             fingerprints(publisher.keys), fingerprints(question.signers)))
            .with_next("palyra trust rotate --apply FILE, if he changed his keys and published the statement; "
                       "otherwise ask him over another way which keys are his"));
  }
  if (std::cmp_less(counted, publisher.threshold)) {
    return refuse(TrustVerdict::kThresholdNotMet,
                  Error(kTrustThresholdNotMet, fmt::format("{} of the keys of publisher '{}' signed, {} must", counted,
                                                           name, publisher.threshold)));
  }
  return std::nullopt;
}

const RevocationList* list_of(const SkillTrustStore& store, std::string_view publisher) {
  const auto found = store.revocations().find(publisher);
  return found == store.revocations().end() ? nullptr : &found->second;
}

// A list that nobody renews may be one that somebody withholds. The operator's own has no expiry.
std::optional<TrustDecision> check_freshness(const SkillTrustStore& store, const TrustQuestion& question) {
  const std::string& name = question.statement->identity.publisher;
  const RevocationList* list = list_of(store, name);
  if (list == nullptr || list->expires.seconds == 0 ||
      question.now.seconds - list->expires.seconds <= kRevocationGraceSeconds) {
    return std::nullopt;
  }
  return refuse(TrustVerdict::kRevocationsStale,
                Error(kTrustRevocationsStale,
                      fmt::format("revocation list {} of publisher '{}' was good until {}, and it is {}",
                                  list->list_version, name, to_text(list->expires), to_text(question.now)))
                    .with_next("ask the publisher for his newest list, and: palyra trust revoke --apply FILE"));
}

std::vector<std::string> warnings(const SkillTrustStore& store, const TrustQuestion& question) {
  std::vector<std::string> sentences;
  const SkillIdentity& identity = question.statement->identity;
  const RevocationList* list = list_of(store, identity.publisher);
  if (list != nullptr && list->expires.seconds != 0 && question.now > list->expires) {
    sentences.push_back(
        fmt::format("the revocation list of publisher '{}' expired at {}; nothing new of his is taken "
                    "from {} on",
                    identity.publisher, to_text(list->expires),
                    to_text(WallTime{list->expires.seconds + kRevocationGraceSeconds})));
  }
  if (is_fast_forward(store, *question.statement)) {
    sentences.push_back(
        fmt::format("{} {} is more than one major version above {}; once it is promoted, versions "
                    "between them are refused as older",
                    identity.skill_id, identity.version.to_text(),
                    store.find_skill(identity.skill_id)->highest_version->to_text()));
  }
  return sentences;
}

std::optional<TrustDecision> check_version(const TrustQuestion& question, const SkillRecord& record) {
  const SkillIdentity& identity = question.statement->identity;
  const auto pinned = record.content.find(identity.version);
  if (!is_development(identity.version) && pinned != record.content.end() &&
      pinned->second != question.statement->content_root) {
    return refuse(
        TrustVerdict::kEquivocation,
        Error(kTrustEquivocation, fmt::format("{} {} was seen with content root {}, this one has {}", identity.skill_id,
                                              identity.version.to_text(), crypto::to_hex(pinned->second),
                                              crypto::to_hex(question.statement->content_root))));
  }
  if (question.policy.downgrade == Downgrade::kRefuse && record.highest_version &&
      identity.version < *record.highest_version) {
    return refuse(TrustVerdict::kRollback,
                  Error(kTrustRollback, fmt::format("{} {} is below {}, which was promoted before", identity.skill_id,
                                                    identity.version.to_text(), record.highest_version->to_text()))
                      .with_next("--allow-downgrade, if the older version is what you want"));
  }
  return std::nullopt;
}

TrustDecision decide_known(const SkillTrustStore& store, const TrustQuestion& question, const Publisher& publisher) {
  const Statement& statement = *question.statement;
  const SkillIdentity& identity = statement.identity;
  if (auto refusal = check_keys(store, question, publisher)) return *std::move(refusal);
  const SkillRecord* record = store.find_skill(identity.skill_id);
  if (record != nullptr && record->publisher != identity.publisher) {
    return refuse(
        TrustVerdict::kPublisherConflict,
        Error(kTrustPublisherConflict, fmt::format("skill id '{}' belongs to publisher '{}', not to '{}'",
                                                   identity.skill_id, record->publisher, identity.publisher)));
  }
  if (statement.not_after.seconds != 0 && question.now > statement.not_after) {
    return refuse(TrustVerdict::kExpired,
                  Error(kTrustExpired, fmt::format("the signature was good until {}, and it is {}",
                                                   to_text(statement.not_after), to_text(question.now))));
  }
  if (auto refusal = check_freshness(store, question)) return *std::move(refusal);
  if (record != nullptr) {
    if (auto refusal = check_version(question, *record)) return *std::move(refusal);
  }
  const bool by_operator = publisher.source == PublisherSource::kOperator;
  return {.verdict = by_operator ? TrustVerdict::kAllowlisted : TrustVerdict::kTofuPinned,
          .pin = std::nullopt,
          .error = std::nullopt,
          .warnings = {}};
}

// The one key that a first use may pin: the sole signer, or the one that was named.
Result<crypto::PublicKey> key_to_pin(const TrustQuestion& question) {
  const auto& wanted = question.policy.pin_fingerprint;
  if (!wanted && question.signers.size() == 1) return question.signers.front();
  if (!wanted) {
    return fail(kTrustUntrusted, "{} keys signed ({}): name the one to pin with --fingerprint", question.signers.size(),
                fingerprints(question.signers));
  }
  const auto named = std::ranges::find(question.signers, *wanted, crypto::fingerprint);
  if (named == question.signers.end()) {
    return fail(kTrustUntrusted, "no signer has the fingerprint {}; those that signed have {}", printable(*wanted),
                fingerprints(question.signers));
  }
  return *named;
}

// Why no first use may pin the key, or nothing.
std::optional<std::string_view> unfit_to_pin(const SkillTrustStore& store, std::string_view publisher,
                                             const crypto::PublicKey& key) {
  if (store.is_revoked(publisher, key)) return "is revoked";
  if (store.is_retired(publisher, key)) return "was replaced by a rotation";
  return std::nullopt;
}

// The decision is taken again as if the key were pinned already.
TrustDecision decide_with_consent(const SkillTrustStore& store, const TrustQuestion& question) {
  auto key = key_to_pin(question);
  if (!key) return refuse(TrustVerdict::kUntrusted, std::move(key).error());
  const std::string& name = question.statement->identity.publisher;
  if (const auto unfit = unfit_to_pin(store, name, *key)) {
    return refuse(TrustVerdict::kUntrusted,
                  Error(kTrustUntrusted, fmt::format("{} of publisher '{}' {}, so no first use "
                                                     "can pin it",
                                                     crypto::fingerprint(*key), name, *unfit))
                      .with_next("ask the publisher for his current key"));
  }
  const Publisher record{
      .keys = {*key}, .threshold = 1, .source = PublisherSource::kTofu, .first_seen = question.now, .pinned_by = {}};
  TrustDecision decision = decide_known(store, question, record);
  if (decision.allows()) decision.pin = Pin{.publisher = name, .record = record};
  return decision;
}

// A first use under such a name would pin whoever took it first.
std::optional<TrustDecision> check_name(const SkillTrustStore& store, const std::string& name,
                                        const std::string& about) {
  const std::string advice = fmt::format("palyra trust add {} --key KEY, if you are sure whose key it is", name);
  if (is_reserved_publisher(name)) {
    return refuse(
        TrustVerdict::kUntrusted,
        Error(kTrustUntrusted, about + "; the name is reserved, so no first use can pin it").with_next(advice));
  }
  if (const auto like = find_confusable(name, known_publishers(store))) {
    return refuse(TrustVerdict::kUntrusted,
                  Error(kTrustUntrusted,
                        fmt::format("{}; the name looks like '{}', another publisher's, so no first use can pin it",
                                    about, *like))
                      .with_next(advice));
  }
  return std::nullopt;
}

TrustDecision decide_unknown(const SkillTrustStore& store, const TrustQuestion& question) {
  const std::string& name = question.statement->identity.publisher;
  const std::string about = fmt::format("publisher '{}' is not known here; the signature by {} is valid", name,
                                        fingerprints(question.signers));
  if (auto refusal = check_name(store, name, about)) return *std::move(refusal);
  switch (question.policy.unknown_publisher) {
    case UnknownPublisher::kReport:
      return refuse(TrustVerdict::kFirstUse, Error(kTrustFirstUse, about).with_next(kFirstUseAdvice));
    case UnknownPublisher::kRefuse:
      break;
    case UnknownPublisher::kPin:
      return decide_with_consent(store, question);
  }
  return refuse(TrustVerdict::kUntrusted, Error(kTrustUntrusted, about).with_next(kFirstUseAdvice));
}

}  // namespace

std::string_view to_text(TrustVerdict verdict) {
  switch (verdict) {
    case TrustVerdict::kAllowlisted:
      return "allowlisted";
    case TrustVerdict::kTofuPinned:
      return "tofu_pinned";
    case TrustVerdict::kFirstUse:
      return "first_use";
    case TrustVerdict::kUntrusted:
      return "untrusted";
    case TrustVerdict::kKeyMismatch:
      return "key_mismatch";
    case TrustVerdict::kThresholdNotMet:
      return "threshold_not_met";
    case TrustVerdict::kPublisherConflict:
      return "publisher_conflict";
    case TrustVerdict::kExpired:
      return "expired";
    case TrustVerdict::kEquivocation:
      return "equivocation";
    case TrustVerdict::kRollback:
      return "rollback";
    case TrustVerdict::kRevoked:
      return "revoked";
    case TrustVerdict::kRevocationsStale:
      return "revocations_stale";
  }
  return {};
}

std::vector<std::string> known_publishers(const SkillTrustStore& store) {
  std::set<std::string> names(reserved_publishers().begin(), reserved_publishers().end());
  for (const auto& [name, publisher] : store.publishers()) names.insert(name);
  for (const auto& [id, record] : store.skills()) names.insert(record.publisher);
  return {names.begin(), names.end()};
}

TrustDecision decide_trust(const SkillTrustStore& store, const TrustQuestion& question) {
  PALYRA_CHECK(question.statement != nullptr && !question.signers.empty());
  const Statement& statement = *question.statement;
  const SkillIdentity& identity = statement.identity;
  if (auto error = find_revocation(store, {.publisher = identity.publisher,
                                           .skill_id = identity.skill_id,
                                           .version = identity.version,
                                           .content_root = statement.content_root,
                                           .signers = question.signers})) {
    return refuse(TrustVerdict::kRevoked, *std::move(error));
  }
  const Publisher* publisher = store.find_publisher(identity.publisher);
  TrustDecision decision =
      publisher != nullptr ? decide_known(store, question, *publisher) : decide_unknown(store, question);
  if (decision.allows()) decision.warnings = warnings(store, question);
  return decision;
}

bool is_fast_forward(const SkillTrustStore& store, const Statement& statement) {
  const SkillRecord* record = store.find_skill(statement.identity.skill_id);
  if (record == nullptr || !record->highest_version) return false;
  const std::uint32_t highest = record->highest_version->major;
  const std::uint32_t offered = statement.identity.version.major;
  return offered > highest && offered - highest > 1;
}

}  // namespace palyra::skills
