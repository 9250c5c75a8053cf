// SPDX-License-Identifier: Apache-2.0
#include "message_senders.h"
#include "message_table.h"
#include "storage_database.h"

#include <palyra/base/check.h>
#include <palyra/state/channels.h>

namespace palyra::state {

using capability::ChannelMessage;
using capability::ChannelSend;
using capability::SendAnswer;
using std::chrono::milliseconds;

struct SkillChannelsParts {
  SkillChannelsOptions options;
  std::optional<Database> database;
  std::optional<MessageSenders> trusted;
  bool holds_any = false;

  [[nodiscard]] milliseconds wait() const {
    return std::min(kBusyTimeout, options.deadline.left(*options.state->clock));
  }
  // The open file, or nullptr: there is none.
  Result<const Database*> find() {
    if (!database) database = PALYRA_TRY(open_storage(options.state->root, wait()));
    if (database) database->wait_for_locks(wait());
    return database ? &*database : nullptr;
  }
  Result<const Database*> make() {
    if (!database) database = PALYRA_TRY(open_or_make_storage(options.state->root, wait()));
    return find();
  }

  // After the deadline, because the call's last act is to settle.
  [[nodiscard]] milliseconds held_until() const {
    const Clock& clock = *options.state->clock;
    return clock.wall() + options.deadline.left(clock) + kBusyTimeout;
  }

  MessageSenders& senders() {
    if (!trusted) trusted.emplace(*options.state);
    trusted->wait_for_locks(wait());
    return *trusted;
  }

  // In a transaction for writing.
  Result<std::optional<ChannelMessage>> take(const Database& storage, std::string_view channel) {
    PALYRA_TRY(forget_stopped_senders(storage, channel, senders()));
    auto message = PALYRA_TRY(of_storage(oldest_free(storage, channel, options.state->clock->wall())));
    if (message) {
      PALYRA_TRY(of_storage(hold(storage, {.id = message->id, .holder = options.run_id, .until = held_until()})));
    }
    return message;
  }
  // Messages that nobody will ever receive keep none out.
  Result<bool> add(const Database& storage, std::string_view channel, const ChannelMessage& message) {
    if (PALYRA_TRY(of_storage(add_message(storage, channel, message)))) return true;
    PALYRA_TRY(forget_stopped_senders(storage, channel, senders()));
    return of_storage(add_message(storage, channel, message));
  }
};

namespace {

Result<SendAnswer> send_in(const Database& database, SkillChannelsParts& parts, const ChannelSend& send) {
  const SkillChannelsOptions& options = parts.options;
  const milliseconds now = options.state->clock->wall();
  if (!PALYRA_TRY(spend_allowance(database, options.skill_id, now))) return SendAnswer::kTooFast;
  const ChannelMessage message{.sender = "skill",
                               .skill_id = std::string(options.skill_id),
                               .content_root = crypto::to_hex(options.content_root),
                               .time = now,
                               .hops = send.hops,
                               .body = Bytes(send.body.begin(), send.body.end())};
  return PALYRA_TRY(parts.add(database, send.channel, message)) ? SendAnswer::kSent : SendAnswer::kMailboxFull;
}

}  // namespace

SkillChannels::SkillChannels(const SkillChannelsOptions& options) {
  PALYRA_CHECK(options.state != nullptr && options.state->clock != nullptr && !options.run_id.empty());
  parts_ = std::make_unique<SkillChannelsParts>(
      SkillChannelsParts{.options = options, .database = std::nullopt, .trusted = std::nullopt});
}
SkillChannels::SkillChannels(SkillChannels&&) noexcept = default;
SkillChannels& SkillChannels::operator=(SkillChannels&&) noexcept = default;
SkillChannels::~SkillChannels() = default;

Result<SendAnswer> SkillChannels::send(const ChannelSend& send) {
  return of_storage([&]() -> Result<SendAnswer> {
    const Database* database = PALYRA_TRY(parts_->make());
    PALYRA_TRY(check_disk_space(parts_->options.state->root, 2 * send.body.size()));
    Transaction transaction = PALYRA_TRY(Transaction::begin(*database, TransactionKind::kWrite));
    const SendAnswer answer = PALYRA_TRY(send_in(*database, *parts_, send));
    PALYRA_TRY(transaction.commit());  // also of what a refusal learnt about the clock
    return answer;
  }());
}

Result<std::optional<ChannelMessage>> SkillChannels::receive(std::string_view channel) {
  const Database* database = PALYRA_TRY(parts_->find());
  if (database == nullptr) return std::nullopt;
  // Nobody waits for a writer that has nothing to write.
  const auto any = of_storage(oldest_free(*database, channel, parts_->options.state->clock->wall()));
  if (!any) return std::unexpected(any.error());
  if (!*any) return std::nullopt;
  Transaction transaction = PALYRA_TRY(of_storage(Transaction::begin(*database, TransactionKind::kWrite)));
  auto taken = PALYRA_TRY(parts_->take(*database, channel));
  PALYRA_TRY(of_storage(transaction.commit()));
  if (taken) parts_->holds_any = true;
  return taken;
}

Result<> SkillChannels::settle(std::span<const std::int64_t> delivered) {
  return of_storage([&]() -> Result<> {
    if (!parts_->holds_any) return {};
    parts_->holds_any = false;
    const Database& database = *parts_->database;
    database.wait_for_locks(kBusyTimeout);
    Transaction transaction = PALYRA_TRY(Transaction::begin(database, TransactionKind::kWrite));
    const std::string_view run = parts_->options.run_id;
    for (const std::int64_t id : delivered) {
      PALYRA_TRY(database.run("DELETE FROM message WHERE id = ?1 AND held_by = ?2", id, run));
    }
    PALYRA_TRY(database.run("UPDATE message SET held_by = '', held_until = 0 WHERE held_by = ?1", run));
    return transaction.commit();
  }());
}

}  // namespace palyra::state
