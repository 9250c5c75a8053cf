// SPDX-License-Identifier: Apache-2.0
#include "message_table.h"

#include "canonical_record.h"

#include <palyra/state/channels.h>
#include <palyra/state/state_codes.h>

namespace palyra::state {
namespace {

using capability::ChannelMessage;
using std::chrono::milliseconds;
using std::string_view_literals::operator""sv;

// What follows it says which, and ends in the order of ids.
constexpr std::string_view kSelect =
    "SELECT id, sender, skill_id, content_root, time, hops, digest, body FROM message WHERE channel = ?1";

// Thousandths of a message that a skill may send, and what it gains in a millisecond.
constexpr std::int64_t kMessage = 1'000;
constexpr std::int64_t kGain = kSendsPerSecond;

Result<ChannelMessage> read_message(const Statement& row, std::string_view channel) {
  ChannelMessage message{.id = PALYRA_TRY(row.integer(0)),
                         .sender = PALYRA_TRY(row.text(1)),
                         .skill_id = PALYRA_TRY(row.text(2)),
                         .content_root = PALYRA_TRY(row.text(3)),
                         .time = milliseconds(PALYRA_TRY(row.integer(4))),
                         .hops = PALYRA_TRY(row.integer(5)),
                         .body = PALYRA_TRY(row.blob(7))};
  if (PALYRA_TRY(row.digest(6)) != message_digest(channel, message)) {
    return fail(kStoreDamaged, "message {} of channel '{}' is not the one that was sent", message.id, channel);
  }
  return message;
}

struct Allowance {
  std::int64_t amount = kSendBurst * kMessage;
  bool of_the_future = false;  // the clock was set back since: it grows from now on
};

Result<Allowance> load_allowance(const Database& database, std::string_view skill_id, milliseconds now) {
  constexpr std::int64_t kFull = kSendBurst * kMessage;
  Statement row = PALYRA_TRY(database.query("SELECT allowance, since FROM sender WHERE skill_id = ?1", skill_id));
  if (!PALYRA_TRY(row.step())) return Allowance{};
  const std::int64_t since = PALYRA_TRY(row.integer(1));
  // The longest wait that counts fills it.
  const std::int64_t waited = std::clamp<std::int64_t>(now.count() - since, 0, kFull / kGain);
  return Allowance{.amount = std::min(kFull, PALYRA_TRY(row.integer(0)) + waited * kGain),
                   .of_the_future = since > now.count()};
}

}  // namespace

crypto::Sha256Digest message_digest(std::string_view channel, const ChannelMessage& message) {
  CanonicalRecord record("palyra/channel-message/1\0"sv);
  record.add(channel).add(message.sender).add(message.skill_id).add(message.content_root);
  record.add(static_cast<std::uint64_t>(message.time.count())).add(static_cast<std::uint64_t>(message.hops));
  record.add(message.body);
  return record.finish();
}

Result<bool> add_message(const Database& database, std::string_view channel, const ChannelMessage& message) {
  const std::int64_t there = PALYRA_TRY(database.number("SELECT count(*) FROM message WHERE channel = ?1", channel));
  if (there >= capability::kMaxMailboxMessages) return false;
  PALYRA_TRY(database.run(
      "INSERT INTO message (channel, sender, skill_id, content_root, time, hops, held_by, held_until, digest, body) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, '', 0, ?7, ?8)",
      channel, message.sender, message.skill_id, message.content_root, std::int64_t{message.time.count()}, message.hops,
      message_digest(channel, message), BytesView(message.body)));
  return true;
}

Result<std::optional<std::int64_t>> oldest_free_id(const Database& database, std::string_view channel,
                                                   milliseconds now) {
  Statement row = PALYRA_TRY(
      database.query("SELECT id FROM message WHERE channel = ?1 AND (held_by = '' OR held_until NOT BETWEEN ?2 AND ?3) "
                     "ORDER BY id LIMIT 1",
                     channel, std::int64_t{now.count()}, std::int64_t{(now + kLongestHold).count()}));
  if (!PALYRA_TRY(row.step())) return std::nullopt;
  return PALYRA_TRY(row.integer(0));
}

Result<std::optional<ChannelMessage>> oldest_free(const Database& database, std::string_view channel,
                                                  milliseconds now) {
  const auto id = PALYRA_TRY(oldest_free_id(database, channel, now));
  if (!id) return std::nullopt;
  return PALYRA_TRY(load_message(database, channel, *id));
}

Result<ChannelMessage> load_message(const Database& database, std::string_view channel, std::int64_t id) {
  Statement row = PALYRA_TRY(database.query(std::string(kSelect) + " AND id = ?2", channel, id));
  if (!PALYRA_TRY(row.step())) return fail(kStoreDamaged, "message {} of channel '{}' is gone", id, channel);
  return read_message(row, channel);
}

Result<std::vector<ChannelMessage>> load_messages(const Database& database, std::string_view channel) {
  std::vector<ChannelMessage> messages;
  Statement rows = PALYRA_TRY(database.query(std::string(kSelect) + " ORDER BY id", channel));
  while (PALYRA_TRY(rows.step())) messages.push_back(PALYRA_TRY(read_message(rows, channel)));
  return messages;
}

Result<> hold(const Database& database, const MessageHold& what) {
  return database.run("UPDATE message SET held_by = ?2, held_until = ?3 WHERE id = ?1", what.id, what.holder,
                      std::int64_t{what.until.count()});
}

Result<> delete_message(const Database& database, std::int64_t id) {
  return database.run("DELETE FROM message WHERE id = ?1", id);
}

Result<bool> spend_allowance(const Database& database, std::string_view skill_id, milliseconds now) {
  const Allowance allowance = PALYRA_TRY(load_allowance(database, skill_id, now));
  const bool enough = allowance.amount >= kMessage;
  if (!enough && !allowance.of_the_future) return false;
  PALYRA_TRY(
      database.run("INSERT INTO sender (skill_id, allowance, since) VALUES (?1, ?2, ?3) "
                   "ON CONFLICT DO UPDATE SET allowance = excluded.allowance, since = excluded.since",
                   skill_id, allowance.amount - (enough ? kMessage : 0), std::int64_t{now.count()}));
  return enough;
}

}  // namespace palyra::state
