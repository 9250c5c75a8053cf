// SPDX-License-Identifier: Apache-2.0
#pragma once
// The runs log inside the audit log: each change carries the heads of the segments that were written since the change
// before it, so that these lines cannot be changed, nor their segments deleted, without an edit of the audit log.

#include "sqlite.h"

#include <palyra/base/directory.h>
#include <palyra/base/json.h>
#include <palyra/state/run_history.h>

#include <vector>

namespace palyra::state {

// The oldest wait for a later change when there are more.
inline constexpr std::size_t kMaxAnchors = 10'000;

// The complete, well-chained lines of every segment that was written since shortly before the last change, each synced:
// an anchor must not outlive its segment in a power cut. What cannot be read is left out, for a broken runs log must
// not stand in the way of a quarantine; check_run_log finds it.
std::vector<RunAnchor> collect_anchors(const Directory& root, const Database& database);

// [{"segment", "lines", "chain"}], as the details of an audit row hold it under "runs".
Json to_json(const std::vector<RunAnchor>& anchors);

// Those of all audit rows, in the order of the rows. Errors: kAuditBroken (details that nobody here wrote).
Result<std::vector<RunAnchor>> load_anchors(const Database& database);

}  // namespace palyra::state
