// SPDX-License-Identifier: Apache-2.0
#pragma once
// Whom this installation believes, as text for people and as JSON.

#include <palyra/base/json.h>
#include <palyra/skills/trust_store.h>
#include <palyra/state/installed_version.h>

#include <span>
#include <string>
#include <string_view>

namespace palyra::cli {

Json publisher_json(const std::string& name, const skills::Publisher& publisher);
std::string publisher_text(const std::string& name, const skills::Publisher& publisher);

Json rotation_record_json(const std::string& publisher, const skills::RotationRecord& record);
std::string rotation_record_text(const skills::RotationRecord& record);

Json revocation_entries_json(std::span<const skills::RevocationEntry> entries);
// "key ed25519:...", "content root ...", "acme.weather from 1.0.0 to 1.1.0"
std::vector<std::string> revocation_entry_lines(std::span<const skills::RevocationEntry> entries);

// What its newest list says of itself. `now` decides whether it has expired.
Json revocation_list_json(const skills::RevocationList& list, WallTime now);
std::string revocation_list_text(const skills::RevocationList& list, WallTime now);
[[nodiscard]] bool is_expired(const skills::RevocationList& list, WallTime now);

// Versions under "stopped:", or that nothing was.
std::string stopped_text(std::span<const state::InstalledVersion> versions);
Json versions_json(std::span<const state::InstalledVersion> versions);

}  // namespace palyra::cli
