// SPDX-License-Identifier: Apache-2.0
#include "palyra/skills/trust_store.h"

#include <palyra/base/check.h>
#include <palyra/base/utf8.h>

#include <algorithm>

namespace palyra::skills {
namespace {

constexpr const char* kFirstUseAdvice =
    "--trust-on-first-use, after comparing the fingerprint with the publisher's own";

TrustDecision refuse(TrustVerdict verdict, Error error) {
  return {.verdict = verdict, .pin = std::nullopt, .error = std::move(error)};
}

std::string fingerprints(std::span<const crypto::PublicKey> keys) {
  std::string text;
  for (const crypto::PublicKey& key : keys) {
    if (!text.empty()) text += ", ";
    text += crypto::fingerprint(key);
  }
  return text;
}

std::optional<TrustDecision> check_keys(const TrustQuestion& question, const Publisher& publisher) {
  const std::string& name = question.statement->identity.publisher;
  const auto counted = std::ranges::count_if(question.signers, [&publisher](const crypto::PublicKey& signer) {
    return std::ranges::find(publisher.keys, signer) != publisher.keys.end();
  });
  if (counted == 0) {
    return refuse(
        TrustVerdict::kKeyMismatch,
        Error(kTrustKeyMismatch, fmt::format("publisher '{}' is known by {} and this is signed by {}", name,
                                             fingerprints(publisher.keys), fingerprints(question.signers)))
            .with_next("ask the publisher over another way which keys are his; this version cannot take up new ones"));
  }
  if (std::cmp_less(counted, publisher.threshold)) {
    return refuse(TrustVerdict::kThresholdNotMet,
                  Error(kTrustThresholdNotMet, fmt::format("{} of the keys of publisher '{}' signed, {} must", counted,
                                                           name, publisher.threshold)));
  }
  return std::nullopt;
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
  if (auto refusal = check_keys(question, publisher)) return *std::move(refusal);
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
  if (record != nullptr) {
    if (auto refusal = check_version(question, *record)) return *std::move(refusal);
  }
  const bool by_operator = publisher.source == PublisherSource::kOperator;
  return {.verdict = by_operator ? TrustVerdict::kAllowlisted : TrustVerdict::kTofuPinned,
          .pin = std::nullopt,
          .error = std::nullopt};
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

// The decision is taken again as if the key were pinned already.
TrustDecision decide_with_consent(const SkillTrustStore& store, const TrustQuestion& question) {
  auto key = key_to_pin(question);
  if (!key) return refuse(TrustVerdict::kUntrusted, std::move(key).error());
  const Publisher record{
      .keys = {*key}, .threshold = 1, .source = PublisherSource::kTofu, .first_seen = question.now, .pinned_by = {}};
  TrustDecision decision = decide_known(store, question, record);
  if (decision.allows()) decision.pin = Pin{.publisher = question.statement->identity.publisher, .record = record};
  return decision;
}

TrustDecision decide_unknown(const SkillTrustStore& store, const TrustQuestion& question) {
  const std::string& name = question.statement->identity.publisher;
  const std::string about = fmt::format("publisher '{}' is not known here; the signature by {} is valid", name,
                                        fingerprints(question.signers));
  if (is_reserved_publisher(name)) {
    return refuse(TrustVerdict::kUntrusted,
                  Error(kTrustUntrusted, about + "; the name is reserved, so no first use can pin it")
                      .with_next(fmt::format("palyra trust add {} KEY, if you are sure whose key it is", name)));
  }
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
  }
  return {};
}

TrustDecision decide_trust(const SkillTrustStore& store, const TrustQuestion& question) {
  PALYRA_CHECK(question.statement != nullptr && !question.signers.empty());
  const Publisher* publisher = store.find_publisher(question.statement->identity.publisher);
  return publisher != nullptr ? decide_known(store, question, *publisher) : decide_unknown(store, question);
}

}  // namespace palyra::skills
