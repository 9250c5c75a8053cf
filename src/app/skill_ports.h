// SPDX-License-Identifier: Apache-2.0
#pragma once
// What one call keeps and sends: its storage and its ends of channels, for as long as it runs.

#include <palyra/app/execute_module.h>
#include <palyra/state/channels.h>
#include <palyra/state/skill_storage.h>

#include <cstdint>
#include <optional>
#include <span>

namespace palyra::app {

// An installed skill has its own values in storage.db, and channels. Any other has values that end with the call, and
// no channels: nobody would know who sent a message.
class SkillPorts {
 public:
  SkillPorts(const Services& services, const ModuleCall& call, Deadline deadline);

  [[nodiscard]] capability::StoragePort* storage() { return storage_ ? &*storage_ : nullptr; }
  [[nodiscard]] capability::ChannelPort* channels() { return channels_ ? &*channels_ : nullptr; }

  // The end of the call: these messages are delivered, the others come again. Errors: those of SkillChannels::settle.
  Result<> settle(std::span<const std::int64_t> delivered);

 private:
  std::optional<state::SkillStorage> storage_;  // with a grant
  std::optional<state::SkillChannels> channels_;
};

}  // namespace palyra::app
