// SPDX-License-Identifier: Apache-2.0
#pragma once
// The rows behind an InstalledVersion. Each function runs inside the caller's transaction.

#include "sqlite.h"

#include <palyra/state/installed_version.h>

#include <optional>
#include <vector>

namespace palyra::state {

// Rows that make no version, or another than was saved, are kStoreDamaged.
Result<std::optional<InstalledVersion>> load_version(const Database& database,
                                                     const crypto::Sha256Digest& content_root);
Result<std::vector<InstalledVersion>> load_versions(const Database& database);
Result<std::vector<InstalledVersion>> load_active_versions(const Database& database);
Result<std::vector<InstalledVersion>> load_versions_of(const Database& database, std::string_view skill_id);
Result<std::optional<InstalledVersion>> load_active_with_tool(const Database& database, std::string_view tool_id);

// Another skill's active version that offers one of these tools.
struct ToolConflict {
  std::string tool_id;
  std::string skill_id;
};
Result<std::optional<ToolConflict>> find_tool_conflict(const Database& database, const InstalledVersion& candidate);

Result<std::optional<KeptArtifact>> load_artifact(const Database& database, const crypto::Sha256Digest& sha256);
Result<> save_artifact(const Database& database, const KeptArtifact& artifact);

// The artifact's row, the version's and all that hang on it, replacing what was there. The settings are not saved, but
// the version is bound to them: they must be those of its skill.
Result<> save_version(const Database& database, const InstalledVersion& version);

}  // namespace palyra::state
