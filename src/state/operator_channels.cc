// SPDX-License-Identifier: Apache-2.0
// The operator's end of the channels.
#include "message_senders.h"
#include "message_table.h"
#include "storage_database.h"

#include <palyra/base/check.h>
#include <palyra/base/utf8.h>
#include <palyra/capability/capability_names.h>
#include <palyra/state/channels.h>

#include <unistd.h>

namespace palyra::state {
namespace {

using capability::ChannelMessage;
using std::chrono::milliseconds;

Result<> check_name(std::string_view channel) {
  if (capability::is_name(channel)) return {};
  return fail(kChannelInvalid, "'{}' is no name of a channel: 1 to 128 of a-z 0-9 . _ : -", printable(channel));
}

std::unexpected<Error> nothing_in(std::string_view channel) {
  return fail(kChannelEmpty, "no message waits in channel '{}'", channel);
}

Result<std::vector<ChannelSummary>> load_summaries(const Database& database, std::chrono::milliseconds now) {
  std::vector<ChannelSummary> all;
  Statement rows = PALYRA_TRY(database.query(
      "SELECT channel, count(*), sum(held_by <> '' AND held_until BETWEEN ?1 AND ?2), sum(length(body)), min(time) "
      "FROM message GROUP BY channel ORDER BY channel",
      std::int64_t{now.count()}, std::int64_t{(now + kLongestHold).count()}));
  while (PALYRA_TRY(rows.step())) {
    all.push_back({.channel = PALYRA_TRY(rows.text(0)),
                   .messages = PALYRA_TRY(rows.integer(1)),
                   .held = PALYRA_TRY(rows.integer(2)),
                   .body_bytes = PALYRA_TRY(rows.natural(3)),
                   .oldest = std::chrono::milliseconds(PALYRA_TRY(rows.integer(4)))});
  }
  return all;
}

}  // namespace

Result<std::vector<ChannelSummary>> list_channels(const StateOptions& options) {
  const auto database = PALYRA_TRY(open_storage(options.root));
  if (!database) return std::vector<ChannelSummary>{};
  return of_storage(load_summaries(*database, options.clock->wall()));
}

Result<std::vector<ChannelMessage>> list_messages(const StateOptions& options, std::string_view channel) {
  PALYRA_TRY(check_name(channel));
  const auto database = PALYRA_TRY(open_storage(options.root));
  if (!database) return std::vector<ChannelMessage>{};
  return of_storage(load_messages(*database, channel));
}

Result<> send_as_operator(const StateOptions& options, std::string_view channel, BytesView body) {
  PALYRA_TRY(check_name(channel));
  if (body.size() > capability::kMaxMessageBytes) {
    return fail(kChannelMessageTooLarge, "the message is {} bytes, limit {}", body.size(),
                capability::kMaxMessageBytes);
  }
  return of_storage([&]() -> Result<> {
    const Database database = PALYRA_TRY(open_or_make_storage(options.root));
    PALYRA_TRY(check_disk_space(options.root, 2 * body.size()));
    Transaction transaction = PALYRA_TRY(Transaction::begin(database, TransactionKind::kWrite));
    const ChannelMessage message{
        .sender = options.actor, .time = options.clock->wall(), .body = Bytes(body.begin(), body.end())};
    bool added = PALYRA_TRY(add_message(database, channel, message));
    if (!added) {
      MessageSenders senders(options);
      PALYRA_TRY(forget_stopped_senders(database, channel, senders));
      added = PALYRA_TRY(add_message(database, channel, message));
    }
    if (!added) {
      return fail(kChannelFull, "the mailbox of channel '{}' holds {} messages already", channel,
                  capability::kMaxMailboxMessages);
    }
    return transaction.commit();
  }());
}

Result<OperatorReceipt> receive_as_operator(const StateOptions& options, std::string_view channel) {
  PALYRA_TRY(check_name(channel));
  return of_storage([&]() -> Result<OperatorReceipt> {
    const auto database = PALYRA_TRY(open_storage(options.root));
    if (!database) return nothing_in(channel);
    Transaction transaction = PALYRA_TRY(Transaction::begin(*database, TransactionKind::kWrite));
    MessageSenders senders(options);
    PALYRA_TRY(forget_stopped_senders(*database, channel, senders));
    const milliseconds now = options.clock->wall();
    const auto id = PALYRA_TRY(oldest_free_id(*database, channel, now));
    auto message = id ? load_message(*database, channel, *id) : nothing_in(channel);
    const std::string holder = fmt::format("operator {} {}", ::getpid(), now.count());
    if (!message && id && !message.error().is(kStoreDamaged)) return std::unexpected(std::move(message).error());
    if (message) PALYRA_TRY(hold(*database, {.id = *id, .holder = holder, .until = now + kOperatorHold}));
    // What is damaged goes: nobody could receive what waits behind it.
    if (!message && id) PALYRA_TRY(delete_message(*database, *id));
    PALYRA_TRY(transaction.commit());
    if (!message && id) return std::unexpected(std::move(message).error().with_context("it is discarded"));
    if (!message) return std::unexpected(std::move(message).error());
    return OperatorReceipt{.message = *std::move(message), .holder = holder};
  }());
}

Result<> settle_as_operator(const StateOptions& options, const OperatorReceipt& receipt, Delivery delivery) {
  return of_storage([&]() -> Result<> {
    const auto database = PALYRA_TRY(open_storage(options.root));
    if (!database) return {};
    const std::int64_t id = receipt.message.id;
    if (delivery == Delivery::kDone) {
      return database->run("DELETE FROM message WHERE id = ?1 AND held_by = ?2", id, receipt.holder);
    }
    return database->run("UPDATE message SET held_by = '', held_until = 0 WHERE id = ?1 AND held_by = ?2", id,
                         receipt.holder);
  }());
}

}  // namespace palyra::state
