// SPDX-License-Identifier: Apache-2.0
#pragma once
// Named mailboxes between skills and the operator, as the host's functions use them during one call. Whoever implements
// it knows who sends, and writes that into every message: a guest supplies a body and nothing else.
//
// A message is durable once it is sent, and belongs to the first call that receives it; it is gone when that call has
// succeeded, and can be received again when it has not: at least once, never lost. Source: docs/guest-abi.md,
// "Channels".

#include <palyra/base/bytes.h>
#include <palyra/base/error.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace palyra::capability {

inline constexpr std::size_t kMaxMessageBytes = std::size_t{64} << 10U;  // of a body
inline constexpr std::int64_t kMaxMailboxMessages = 1'000;               // of one channel
// A message that somebody sends by himself has hop 1; one that a call sends after it has received has one hop more than
// any that it received.
inline constexpr std::int64_t kMaxHops = 4;

struct ChannelMessage {
  std::int64_t id = 0;                // of this installation; rises within a channel
  std::string sender{};               // "skill", or the operator who sent it: "uid 1000 (ann)"
  std::string skill_id{};             // empty: sent by an operator
  std::string content_root{};         // 64 hexadecimal digits, or empty with it
  std::chrono::milliseconds time{0};  // since 1970
  std::int64_t hops = 1;
  Bytes body{};
};

// {"id","sender","skill"?,"content_root"?,"time","hops","body"|"body_base64"}: the body as text when it is UTF-8.
std::string envelope(const ChannelMessage& message);

enum class SendAnswer : std::uint8_t {
  kSent,
  kMailboxFull,  // nothing older is dropped for it
  kTooFast,      // more than the sender may send for now
};

struct ChannelSend {
  std::string_view channel;
  BytesView body;         // at most kMaxMessageBytes
  std::int64_t hops = 1;  // 1 to kMaxHops
};

class ChannelPort {
 public:
  virtual ~ChannelPort() = default;

  // Errors of all: as of StoragePort.
  virtual Result<SendAnswer> send(const ChannelSend& send) = 0;
  // The oldest message that no other call holds, which this one holds from here on; nullopt when there is none.
  virtual Result<std::optional<ChannelMessage>> receive(std::string_view channel) = 0;
};

}  // namespace palyra::capability
