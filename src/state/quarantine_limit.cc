// SPDX-License-Identifier: Apache-2.0
#include "quarantine_limit.h"

#include "version_changes.h"
#include "version_table.h"

namespace palyra::state {
namespace {

constexpr std::string_view kSelectBytes =
    "SELECT coalesce(sum(a.size_bytes), 0) FROM artifact a JOIN version v ON v.content_root = a.content_root "
    "WHERE v.status = 'quarantined' OR (v.status <> 'removed' AND v.artifact_sha256 <> a.sha256)";
constexpr std::string_view kSelectSpareFiles =
    "SELECT a.sha256, a.content_root FROM artifact a JOIN version v ON v.content_root = a.content_root "
    "WHERE v.status <> 'removed' AND v.artifact_sha256 <> a.sha256 ORDER BY a.first_seen, a.sha256";
constexpr std::string_view kSelectVersions =
    "SELECT a.sha256, a.content_root FROM artifact a JOIN version v ON v.artifact_sha256 = a.sha256 "
    "WHERE v.status = 'quarantined' ORDER BY a.first_seen, a.sha256";
constexpr std::string_view kDeleteFile = "DELETE FROM artifact WHERE sha256 = ?1";

struct Candidate {
  crypto::Sha256Digest sha256;
  crypto::Sha256Digest content_root;
};

Result<std::vector<Candidate>> candidates(const Database& database, std::string_view select,
                                          const QuarantineLimit& limit) {
  std::vector<Candidate> found;
  Statement rows = PALYRA_TRY(database.query(select));
  while (PALYRA_TRY(rows.step())) {
    const Candidate candidate{.sha256 = PALYRA_TRY(rows.digest(0)), .content_root = PALYRA_TRY(rows.digest(1))};
    if (limit.spared != candidate.content_root) found.push_back(candidate);
  }
  return found;
}

// Whether the verdict of when it came lets hope for a promotion. Trust can change; files that are gone come again.
bool can_be_promoted(const KeptArtifact& artifact) {
  using enum skills::TrustVerdict;
  const std::string& decision = artifact.decision;
  return artifact.code.empty() &&
         (decision == to_text(kAllowlisted) || decision == to_text(kTofuPinned) || decision == to_text(kFirstUse));
}

}  // namespace

Result<std::uint64_t> quarantine_bytes(const Database& database) {
  return static_cast<std::uint64_t>(PALYRA_TRY(database.number(kSelectBytes)));
}

Result<std::vector<std::string>> shrink_quarantine(const StoreParts& parts, const Change& change,
                                                   const QuarantineLimit& limit) {
  const Database& database = parts.database;
  std::vector<std::string> forgotten;
  std::uint64_t left = PALYRA_TRY(quarantine_bytes(database));
  if (left <= limit.max_bytes) return forgotten;
  for (const Candidate& spare : PALYRA_TRY(candidates(database, kSelectSpareFiles, limit))) {
    if (left <= limit.max_bytes) return forgotten;
    const auto artifact = PALYRA_TRY(load_artifact(database, spare.sha256));
    if (!artifact) continue;
    PALYRA_TRY(database.run(kDeleteFile, spare.sha256));
    forgotten.push_back(subject_of(*artifact));
    left -= artifact->size_bytes;
  }
  for (const Candidate& candidate : PALYRA_TRY(candidates(database, kSelectVersions, limit))) {
    if (left <= limit.max_bytes) return forgotten;
    auto version = PALYRA_TRY(load_version(database, candidate.content_root));
    if (!version || can_be_promoted(version->artifact)) continue;
    forgotten.push_back(subject_of(version->artifact));
    left -= version->artifact.size_bytes;
    clear_approval(*version);
    PALYRA_TRY(change_status(parts, change, *std::move(version),
                             {.status = VersionStatus::kRemoved, .reason = "forgotten: the quarantine was full"}));
  }
  return forgotten;
}

}  // namespace palyra::state
