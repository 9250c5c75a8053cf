// SPDX-License-Identifier: Apache-2.0
#pragma once
// What one call keeps and sends: its storage, its ends of channels and its files, for as long as it runs. A call that
// uses none of what it may opens and makes nothing.

#include "passing_directory.h"

#include <palyra/app/execute_module.h>
#include <palyra/files/skill_files.h>
#include <palyra/state/channels.h>
#include <palyra/state/skill_storage.h>

#include <cstdint>
#include <optional>
#include <span>

namespace palyra::app {

// An installed skill has its own values in storage.db, channels, and the directories that its operator chose, or its
// own. Any other has values that end with the call, no channels, because nobody would know who sent a message, and the
// directories that its developer chose, or empty ones that end with the call; what they hold is counted for this call
// alone.
class SkillPorts {
 public:
  // Errors: kFileFailed and the like: no directory that ends with the call.
  static Result<SkillPorts> open(const Services& services, const ModuleCall& call, Deadline deadline);

  [[nodiscard]] capability::StoragePort* storage() { return storage_ ? &*storage_ : nullptr; }
  [[nodiscard]] capability::ChannelPort* channels() { return channels_ ? &*channels_ : nullptr; }

  [[nodiscard]] capability::FilePort* files() { return files_ ? &*files_ : nullptr; }

  // The end of the call: these messages are delivered, the others come again. Errors: those of SkillChannels::settle.
  Result<> settle(std::span<const std::int64_t> delivered);

 private:
  SkillPorts() = default;
  Result<> open_files(const Services& services, const ModuleSource& source, Deadline deadline);

  std::optional<state::SkillStorage> storage_;  // with a grant
  std::optional<state::SkillChannels> channels_;
  std::optional<PassingDirectory> passing_;  // of one that is not installed
  std::optional<files::SkillFiles> files_;   // with a grant
};

}  // namespace palyra::app
