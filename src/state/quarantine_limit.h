// SPDX-License-Identifier: Apache-2.0
#pragma once
// How much is in quarantine, and what leaves it first.
//
// In quarantine are the files of quarantined versions, and files that stand beside a better one of the same content.

#include "store_parts.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace palyra::state {

Result<std::uint64_t> quarantine_bytes(const Database& database);

struct QuarantineLimit {
  std::uint64_t max_bytes = 0;
  std::optional<crypto::Sha256Digest> spared{};  // a content root that nothing is forgotten of
};
// Until no more than `max_bytes` are left, or only what can still be promoted: forgets files that stand beside a better
// one, then versions, each the oldest first. What was forgotten, as subject_of has it.
Result<std::vector<std::string>> shrink_quarantine(const StoreParts& parts, const Change& change,
                                                   const QuarantineLimit& limit);

}  // namespace palyra::state
