// SPDX-License-Identifier: Apache-2.0
#pragma once
// What can go wrong with the state directory, whoever asks.

#include <palyra/base/error.h>

namespace palyra::state {

// No state directory here, or one in which nothing was ever kept: `palyra trust init` makes it.
inline constexpr ErrorCode kNotInitialised{ErrorKind::kNotFound, "trust.not_initialised"};
inline constexpr ErrorCode kAlreadyInitialised{ErrorKind::kAlreadyExists, "trust.already_initialised"};
// trust.db is missing beside what it described, not a database, damaged, edited or older than it was.
inline constexpr ErrorCode kStoreDamaged{ErrorKind::kUntrusted, "trust.store_damaged"};

inline constexpr ErrorCode kSchemaNewer{ErrorKind::kIncompatible, "state.schema_newer"};
inline constexpr ErrorCode kStateNotPrivate{ErrorKind::kDenied, "state.not_private"};
inline constexpr ErrorCode kStateDenied{ErrorKind::kDenied, "state.permission_denied"};
inline constexpr ErrorCode kStateBusy{ErrorKind::kUnavailable, "state.busy"};
inline constexpr ErrorCode kStateUnavailable{ErrorKind::kUnavailable,
                                             "state.unavailable"};  // disk full, I/O error, ...
inline constexpr ErrorCode kStateInternal{ErrorKind::kInternal, "state.sqlite"};

// What a decision was made against is no longer so: read again, decide again.
inline constexpr ErrorCode kStateChanged{ErrorKind::kUnavailable, "state.changed"};
inline constexpr ErrorCode kObjectMissing{ErrorKind::kUntrusted, "state.object_missing"};
inline constexpr ErrorCode kObjectDamaged{ErrorKind::kUntrusted, "state.object_damaged"};
inline constexpr ErrorCode kSkillNotInstalled{ErrorKind::kNotFound, "state.skill_not_installed"};
inline constexpr ErrorCode kNotActive{ErrorKind::kDenied, "state.not_active"};
// Only a promotion makes it run: there is no approval to go back to.
inline constexpr ErrorCode kNeverPromoted{ErrorKind::kDenied, "state.never_promoted"};
// What is in quarantine and could still be promoted leaves no room for more.
inline constexpr ErrorCode kQuarantineFull{ErrorKind::kLimitExceeded, "state.quarantine_full"};
inline constexpr ErrorCode kToolNotFound{ErrorKind::kNotFound, "state.tool_not_found"};
inline constexpr ErrorCode kToolConflict{ErrorKind::kAlreadyExists, "state.tool_conflict"};
inline constexpr ErrorCode kAuditBroken{ErrorKind::kUntrusted, "state.audit_broken"};
// A line of the runs log was edited, deleted, moved or cut off, or a segment of it is gone.
inline constexpr ErrorCode kRunLogBroken{ErrorKind::kUntrusted, "state.run_log_broken"};

}  // namespace palyra::state
