// SPDX-License-Identifier: Apache-2.0
#include <palyra/base/check.h>
#include <palyra/state/installed_version.h>

#include <algorithm>

namespace palyra::state {

std::string_view to_text(VersionStatus status) {
  switch (status) {
    case VersionStatus::kQuarantined:
      return "quarantined";
    case VersionStatus::kActive:
      return "active";
    case VersionStatus::kSuperseded:
      return "superseded";
    case VersionStatus::kDisabled:
      return "disabled";
    case VersionStatus::kRemoved:
      return "removed";
    case VersionStatus::kRevoked:
      return "revoked";
  }
  PALYRA_CHECK(false);
}

std::string_view to_text(NameProof proof) {
  switch (proof) {
    case NameProof::kNone:
      return "none";
    case NameProof::kClaimed:
      return "claimed";
    case NameProof::kProven:
      return "proven";
  }
  PALYRA_CHECK(false);
}

const StoredEntry* InstalledVersion::find_entry(std::string_view name) const {
  const auto found = std::ranges::find(entries, name, &StoredEntry::name);
  return found == entries.end() ? nullptr : &*found;
}

}  // namespace palyra::state
