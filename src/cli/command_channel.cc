// SPDX-License-Identifier: Apache-2.0
#include "commands.h"
#include "present.h"

#include <palyra/base/base64.h>
#include <palyra/base/check.h>
#include <palyra/base/file.h>
#include <palyra/base/utf8.h>
#include <palyra/state/channels.h>

#include <fmt/format.h>

#include <memory>

namespace palyra::cli {
namespace {

constexpr std::size_t kListedBytes = 2 * 1024;
constexpr std::size_t kWhole = 16 * capability::kMaxMessageBytes;  // also when every byte is escaped

// The envelope, as skills get it.
Json message_json(const capability::ChannelMessage& message) {
  constexpr JsonLimits kLimits{.max_bytes = 16 * capability::kMaxMessageBytes, .max_depth = 2};
  auto json = parse_json(as_bytes(capability::envelope(message)), kLimits);
  PALYRA_CHECK(json.has_value());  // we wrote it
  return *std::move(json);
}

// `room`: how many bytes of a text are shown.
std::string message_text(const capability::ChannelMessage& message, std::size_t room) {
  const std::string_view body = as_text(message.body);
  const std::string& sender = message.skill_id.empty() ? message.sender : message.skill_id;
  return fmt::format("{}  from {}  {}\n", time_text(message.time), shown(sender),
                     is_utf8(body) ? printable(body, room) : "(base64) " + to_base64(message.body));
}

Result<Report> list_all(const state::StateOptions& state) {
  Report report;
  Json::Array channels;
  for (const std::vector<state::ChannelSummary> all = PALYRA_TRY(state::list_channels(state));
       const state::ChannelSummary& channel : all) {
    channels.push_back(Json::Object{{"channel", channel.channel},
                                    {"messages", channel.messages},
                                    {"held", channel.held},
                                    {"body_bytes", channel.body_bytes},
                                    {"oldest", time_text(channel.oldest)}});
    report.text += fmt::format("{}  {} {} of {} bytes, {} held by calls, the oldest of {}\n", shown(channel.channel),
                               channel.messages, channel.messages == 1 ? "message" : "messages", channel.body_bytes,
                               channel.held, time_text(channel.oldest));
  }
  if (channels.empty()) report.text = "no message waits\n";
  report.result = Json::Object{{"channels", std::move(channels)}};
  return report;
}

Result<Report> list(Session& session, const std::string& channel) {
  const state::StateOptions& state = PALYRA_TRY(session.services())->state;
  if (channel.empty()) return list_all(state);
  Report report;
  Json::Array messages;
  for (const std::vector<capability::ChannelMessage> all = PALYRA_TRY(state::list_messages(state, channel));
       const capability::ChannelMessage& message : all) {
    messages.push_back(message_json(message));
    report.text += message_text(message, kListedBytes);
  }
  if (messages.empty()) report.text = "no message waits\n";
  report.result = Json::Object{{"channel", channel}, {"messages", std::move(messages)}};
  return report;
}

struct SendOptions {
  std::string channel;
  std::string body;
};

Result<Report> send(Session& session, const SendOptions& options) {
  const state::StateOptions& state = PALYRA_TRY(session.services())->state;
  Bytes body = to_bytes(options.body);
  if (options.body == "-") {
    body = PALYRA_TRY(read_standard_input(capability::kMaxMessageBytes), "while reading the message");
  }
  PALYRA_TRY(state::send_as_operator(state, options.channel, body));
  return Report{.result = Json::Object{{"channel", options.channel}, {"body_bytes", body.size()}},
                .text = fmt::format("sent to {}: {} bytes\n", shown(options.channel), body.size())};
}

Result<Report> receive(Session& session, const std::string& channel) {
  const state::StateOptions& state = PALYRA_TRY(session.services())->state;
  state::OperatorReceipt receipt = PALYRA_TRY(state::receive_as_operator(state, channel));
  Report report{.result = Json::Object{{"channel", channel}, {"message", message_json(receipt.message)}},
                .text = message_text(receipt.message, kWhole)};
  report.afterwards = [&state, receipt = std::move(receipt)](Printed printed) {
    const bool delivered = printed == Printed::kYes;
    return state::settle_as_operator(state, receipt, delivered ? state::Delivery::kDone : state::Delivery::kFailed);
  };
  return report;
}

}  // namespace

void add_channel_commands(CLI::App& program, Dispatch& dispatch) {
  CLI::App* group =
      add_command(program, {.name = "channel", .about = "Messages between skills and you", .examples = ""});
  group->require_subcommand(1);

  const auto listed = std::make_shared<std::string>();
  CLI::App* command = add_command(*group, {.name = "list",
                                           .about = "What waits, in all channels or in one",
                                           .examples = "Examples:\n  palyra channel list\n"
                                                       "  palyra channel list jobs --json\n"});
  command->add_option("CHANNEL", *listed, "its name (default: all)");
  set_action(command, dispatch, [listed](Session& session) { return list(session, *listed); });

  const auto sent = std::make_shared<SendOptions>();
  command = add_command(*group, {.name = "send",
                                 .about = "Put a message into a channel, in your name",
                                 .examples = "Examples:\n  palyra channel send jobs 'summarise today'\n"
                                             "  palyra channel send jobs - < job.json\n"});
  command->add_option("CHANNEL", sent->channel, "its name")->required();
  command->add_option("BODY", sent->body, "the text, or - for standard input; 64 KiB at most")->required();
  set_action(command, dispatch, [sent](Session& session) { return send(session, *sent); });

  const auto received = std::make_shared<std::string>();
  command =
      add_command(*group, {.name = "receive",
                           .about = "Take the oldest message out of a channel",
                           .examples = "Examples:\n  palyra channel receive results\n"
                                       "  palyra channel receive results --json\n"
                                       "It is gone once it was printed; when that fails, or the command dies, it\n"
                                       "comes again, at the latest after a minute.\n"});
  command->add_option("CHANNEL", *received, "its name")->required();
  set_action(command, dispatch, [received](Session& session) { return receive(session, *received); });
}

}  // namespace palyra::cli
