// SPDX-License-Identifier: Apache-2.0
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
  std::optional<StateStore> trust;
  bool holds_any = false;

  // The open file, or nullptr: there is none.
  Result<const Database*> find() {
    if (!database) database = PALYRA_TRY(open_storage(options.state.root));
    if (database) database->wait_for_locks(std::min(kBusyTimeout, options.deadline.left(*options.state.clock)));
    return database ? &*database : nullptr;
  }
  Result<const Database*> make() {
    if (!database) database = PALYRA_TRY(open_or_make_storage(options.state.root));
    return find();
  }

  // Whether what its sender says still counts. Operators are not revoked.
  Result<bool> is_believed(const ChannelMessage& message) {
    if (message.content_root.empty()) return true;
    const auto root = crypto::parse_sha256(message.content_root);
    if (!root) return fail(kStorageDamaged, "message {} has no content root", message.id);
    if (!trust) trust = PALYRA_TRY(StateStore::open(options.state));
    return trust->is_runnable(*root);
  }

  // After the deadline, because the call's last act is to settle.
  [[nodiscard]] milliseconds held_until() const {
    const Clock& clock = *options.state.clock;
    return clock.wall() + options.deadline.left(clock) + kBusyTimeout;
  }

  // In a transaction for writing.
  Result<std::optional<ChannelMessage>> take(const Database& storage, std::string_view channel) {
    const milliseconds now = options.state.clock->wall();
    while (auto message = PALYRA_TRY(of_storage(oldest_free(storage, channel, now)))) {
      if (!PALYRA_TRY(is_believed(*message))) {
        PALYRA_TRY(of_storage(delete_message(storage, message->id)));
        continue;
      }
      PALYRA_TRY(of_storage(storage.run("UPDATE message SET held_by = ?2, held_until = ?3 WHERE id = ?1", message->id,
                                        options.run_id, std::int64_t{held_until().count()})));
      return message;
    }
    return std::nullopt;
  }
};

namespace {

Result<SendAnswer> send_in(const Database& database, const SkillChannelsOptions& options, const ChannelSend& send) {
  const milliseconds now = options.state.clock->wall();
  if (!PALYRA_TRY(spend_allowance(database, options.skill_id, now))) return SendAnswer::kTooFast;
  const ChannelMessage message{.sender = "skill",
                               .skill_id = options.skill_id,
                               .content_root = crypto::to_hex(options.content_root),
                               .time = now,
                               .hops = send.hops,
                               .body = Bytes(send.body.begin(), send.body.end())};
  return PALYRA_TRY(add_message(database, send.channel, message)) ? SendAnswer::kSent : SendAnswer::kMailboxFull;
}

}  // namespace

SkillChannels::SkillChannels(SkillChannelsOptions options)
    : parts_(std::make_unique<SkillChannelsParts>(
          SkillChannelsParts{.options = std::move(options), .database = std::nullopt, .trust = std::nullopt})) {
  PALYRA_CHECK(parts_->options.state.clock != nullptr && !parts_->options.run_id.empty());
}
SkillChannels::SkillChannels(SkillChannels&&) noexcept = default;
SkillChannels& SkillChannels::operator=(SkillChannels&&) noexcept = default;
SkillChannels::~SkillChannels() = default;

Result<SendAnswer> SkillChannels::send(const ChannelSend& send) {
  return of_storage([&]() -> Result<SendAnswer> {
    const Database* database = PALYRA_TRY(parts_->make());
    PALYRA_TRY(check_disk_space(parts_->options.state.root, 2 * send.body.size()));
    Transaction transaction = PALYRA_TRY(Transaction::begin(*database, TransactionKind::kWrite));
    const SendAnswer answer = PALYRA_TRY(send_in(*database, parts_->options, send));
    if (answer == SendAnswer::kSent) PALYRA_TRY(transaction.commit());
    return answer;
  }());
}

Result<std::optional<ChannelMessage>> SkillChannels::receive(std::string_view channel) {
  const Database* database = PALYRA_TRY(parts_->find());
  if (database == nullptr) return std::nullopt;
  // Nobody waits for a writer that has nothing to write.
  const auto any = of_storage(oldest_free(*database, channel, parts_->options.state.clock->wall()));
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
    const std::string& run = parts_->options.run_id;
    for (const std::int64_t id : delivered) {
      PALYRA_TRY(database.run("DELETE FROM message WHERE id = ?1 AND held_by = ?2", id, run));
    }
    PALYRA_TRY(database.run("UPDATE message SET held_by = '', held_until = 0 WHERE held_by = ?1", run));
    return transaction.commit();
  }());
}

}  // namespace palyra::state
