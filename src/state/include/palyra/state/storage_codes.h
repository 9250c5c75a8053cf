// SPDX-License-Identifier: Apache-2.0
#pragma once
// What can go wrong with storage.db, besides what can go wrong with any file of the state (state_codes.h).

#include <palyra/base/error.h>

namespace palyra::state {

// Not a database, damaged, edited, or no regular file. Trust does not depend on it.
inline constexpr ErrorCode kStorageDamaged{ErrorKind::kUntrusted, "storage.damaged"};
// More would leave the disk with less room than others need.
inline constexpr ErrorCode kStorageDiskFull{ErrorKind::kUnavailable, "storage.disk_full"};
// No skill of that id, or no value under that name, keeps anything.
inline constexpr ErrorCode kStorageNotFound{ErrorKind::kNotFound, "storage.not_found"};

inline constexpr ErrorCode kChannelEmpty{ErrorKind::kNotFound, "channel.empty"};
inline constexpr ErrorCode kChannelInvalid{ErrorKind::kInvalidArgument, "channel.invalid"};  // no name of a channel
inline constexpr ErrorCode kChannelMessageTooLarge{ErrorKind::kLimitExceeded, "channel.message_too_large"};
inline constexpr ErrorCode kChannelFull{ErrorKind::kLimitExceeded, "channel.mailbox_full"};

}  // namespace palyra::state
