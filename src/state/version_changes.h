// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the changes of versions have in common.

#include "store_parts.h"

#include <palyra/skills/skill_manifest.h>
#include <palyra/skills/trust_decision.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace palyra::state {

// For the log: `<skill id>@<version>` when that is proven, else the content root.
std::string subject_of(const KeptArtifact& artifact);
Json details_of(const InstalledVersion& version);
// [{"content_root", "version", "was"}]: of each version its subject, and the status it had.
struct StatusChange {
  InstalledVersion version;  // as it is now
  VersionStatus was = VersionStatus::kQuarantined;
};
Json to_json(const std::vector<StatusChange>& changes);
void add_pin(Json& details, const std::optional<skills::Pin>& pin);

void set_names(KeptArtifact& artifact, NameProof proof, const skills::SkillIdentity& identity);
std::vector<std::string> tool_ids(const skills::SkillManifest& manifest);  // sorted
// Forgets what a removed version has no more.
void clear_approval(InstalledVersion& version);

struct NewStatus {
  VersionStatus status = VersionStatus::kQuarantined;
  std::string reason;
};
// Saves the version with the status, since now and of this change.
Result<StatusChange> change_status(const StoreParts& parts, const Change& change, InstalledVersion version,
                                   NewStatus status);

// The kept version, unless it is gone. Errors: kSkillNotInstalled.
Result<InstalledVersion> load_kept(const Database& database, const crypto::Sha256Digest& content_root);

// Among the versions that lists of `issuer` can concern, those that may run again and must not: what is revoked, and
// what nobody can tell the signers of. What waits in quarantine is judged when somebody promotes it.
Result<std::vector<StatusChange>> stop_revoked(const StoreParts& parts, const Change& change, std::string_view issuer);

// Of a decision that pins; nullopt: nothing happens.
Result<> add_pinned_publisher(Change& change, const std::optional<skills::Pin>& pin, const std::string& actor);

}  // namespace palyra::state
