// SPDX-License-Identifier: Apache-2.0
#pragma once
// The rows of the table `message`, and how fast skills may add to them; all in the caller's transaction.

#include "sqlite.h"

#include <palyra/capability/channel_port.h>

#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

namespace palyra::state {

// Of a message in that channel, without its id and its holder.
crypto::Sha256Digest message_digest(std::string_view channel, const capability::ChannelMessage& message);

// False: kMaxMailboxMessages are there already. `message.id` is ignored.
Result<bool> add_message(const Database& database, std::string_view channel, const capability::ChannelMessage& message);

// No call holds one longer; what says so was written before the clock was set back.
inline constexpr std::chrono::milliseconds kLongestHold = std::chrono::hours(25);

// The oldest that nobody holds at `now`.
Result<std::optional<std::int64_t>> oldest_free_id(const Database& database, std::string_view channel,
                                                   std::chrono::milliseconds now);
// Errors: kStoreDamaged.
Result<std::optional<capability::ChannelMessage>> oldest_free(const Database& database, std::string_view channel,
                                                              std::chrono::milliseconds now);
// `id` is of a message of the channel. Errors: kStoreDamaged.
Result<capability::ChannelMessage> load_message(const Database& database, std::string_view channel, std::int64_t id);
// All, the oldest first. Errors: kStoreDamaged.
Result<std::vector<capability::ChannelMessage>> load_messages(const Database& database, std::string_view channel);

struct MessageHold {
  std::int64_t id = 0;
  std::string_view holder;
  std::chrono::milliseconds until{0};
};
Result<> hold(const Database& database, const MessageHold& what);

Result<> delete_message(const Database& database, std::int64_t id);

// Takes one message from what the skill may send at `now`; false: it has sent too fast.
Result<bool> spend_allowance(const Database& database, std::string_view skill_id, std::chrono::milliseconds now);

}  // namespace palyra::state
