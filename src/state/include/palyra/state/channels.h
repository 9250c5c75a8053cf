// SPDX-License-Identifier: Apache-2.0
#pragma once
// The mailboxes of all channels, in storage.db: one skill's end of them during one call, and the operator's.
// Source: docs/guest-abi.md, "Channels".
//
// A skill sends kSendsPerSecond messages a second in the long run, kSendBurst at once. What a call receives it holds
// until it has settled, or until its deadline and a little more, when it died. A message whose sender's version was
// quarantined, revoked or removed since is deleted instead of received.

#include <palyra/base/deadline.h>
#include <palyra/capability/channel_port.h>
#include <palyra/crypto/sha256.h>
#include <palyra/state/state_store.h>
#include <palyra/state/storage_codes.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace palyra::state {

inline constexpr std::int64_t kSendsPerSecond = 10;
inline constexpr std::int64_t kSendBurst = 100;

// What it borrows outlives the call.
struct SkillChannelsOptions {
  const StateOptions* state = nullptr;
  std::string_view run_id;  // not empty, and no other call's
  std::string_view skill_id;
  crypto::Sha256Digest content_root;
  Deadline deadline;  // of the call
};

struct SkillChannelsParts;

// Belongs to one thread. Opens storage.db at the first operation, and makes it at the first send.
class SkillChannels final : public capability::ChannelPort {
 public:
  explicit SkillChannels(const SkillChannelsOptions& options);
  SkillChannels(SkillChannels&&) noexcept;
  SkillChannels& operator=(SkillChannels&&) noexcept;
  SkillChannels(const SkillChannels&) = delete;
  SkillChannels& operator=(const SkillChannels&) = delete;
  ~SkillChannels() override;

  // Errors of all: those of SkillStorage; of receive also those of StateStore.
  Result<capability::SendAnswer> send(const capability::ChannelSend& send) override;
  Result<std::optional<capability::ChannelMessage>> receive(std::string_view channel) override;

  // The end of the call: of what it received, these messages are gone and all others can be received again. Nothing
  // happens when it received none.
  Result<> settle(std::span<const std::int64_t> delivered);

 private:
  std::unique_ptr<SkillChannelsParts> parts_;
};

// ---- The operator's end. `channel` is a name (capability_names.h), else kChannelInvalid.

struct ChannelSummary {
  std::string channel;
  std::int64_t messages = 0;
  std::int64_t held = 0;  // of them, by calls that run
  std::uint64_t body_bytes = 0;
  std::chrono::milliseconds oldest{0};  // since 1970
};
// By name. Empty when nothing waits anywhere.
Result<std::vector<ChannelSummary>> list_channels(const StateOptions& options);
// What waits in it, held or not, the oldest first.
Result<std::vector<capability::ChannelMessage>> list_messages(const StateOptions& options, std::string_view channel);

// In the name of `options.actor`, with hop 1. Errors: kChannelMessageTooLarge, kChannelFull.
Result<> send_as_operator(const StateOptions& options, std::string_view channel, BytesView body);

// The oldest that no call holds. Until it is settled, but no longer than kOperatorHold, nobody else receives it; one
// that is damaged is discarded. Errors: kChannelEmpty, kStorageDamaged.
inline constexpr std::chrono::seconds kOperatorHold{60};
struct OperatorReceipt {
  capability::ChannelMessage message;
  std::string holder;
};
Result<OperatorReceipt> receive_as_operator(const StateOptions& options, std::string_view channel);
// Delivered it is gone, else it can be received again. Nothing happens when the hold has ended.
enum class Delivery : std::uint8_t { kDone, kFailed };
Result<> settle_as_operator(const StateOptions& options, const OperatorReceipt& receipt, Delivery delivery);

}  // namespace palyra::state
