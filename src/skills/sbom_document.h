// SPDX-License-Identifier: Apache-2.0
#pragma once
// What checking the SBOM and the provenance has in common: strict JSON, and entries named with their digests.

#include <palyra/base/clock.h>
#include <palyra/base/error.h>
#include <palyra/base/json.h>
#include <palyra/skills/artifact.h>

#include <set>
#include <span>
#include <string>
#include <string_view>

namespace palyra::skills {

// How a document's own stage calls what can be wrong with any.
struct DocumentCodes {
  ErrorCode missing, size, depth, not_json, duplicate_key, not_object;
};

// The entry `name` as a JSON object of at most 4 MiB and depth 32.
Result<Json> read_document(std::span<const ArtifactEntry> entries, std::string_view name, const DocumentCodes& codes);

const ArtifactEntry* find_entry(std::span<const ArtifactEntry> entries, std::string_view name);

// Whether `hex` is the digest of the entry; nothing but its 64 lower-case digits is.
bool names_digest(const Json* hex, const ArtifactEntry& entry);

// The first module that is not in `named`; nullptr when all are.
const ArtifactEntry* find_unnamed_module(std::span<const ArtifactEntry> entries, const std::set<std::string>& named);

// The member's text, or empty when it is absent or no string.
std::string_view text_member(const Json& object, std::string_view key);

// Before the year 10000, so that RFC 3339 can write it.
constexpr bool has_calendar_date(WallTime time) { return time.seconds >= 0 && time.seconds < 253'402'300'800; }

}  // namespace palyra::skills
