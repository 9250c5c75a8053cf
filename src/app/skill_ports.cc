// SPDX-License-Identifier: Apache-2.0
#include "skill_ports.h"

#include "skill_directories.h"

namespace palyra::app {

using capability::CapabilityClass;

SkillPorts::SkillPorts(const Services& services, const ModuleCall& call, Deadline deadline) {
  const ModuleSource& source = call.source;
  if (source.grants.count(CapabilityClass::kStorage) != 0) {
    storage_.emplace(state::SkillStorageOptions{.root = source.owner ? services.state.root : "",
                                                .owner = source.owner.value_or(state::StorageOwner()),
                                                .max_bytes = services.config.max_storage_bytes,
                                                .clock = &services.clock,
                                                .deadline = deadline});
  }
  if (source.skill && source.grants.count(CapabilityClass::kChannel) != 0) {
    channels_.emplace(state::SkillChannelsOptions{.state = services.state,
                                                  .run_id = call.run_id,
                                                  .skill_id = source.skill->id,
                                                  .content_root = source.skill->content_root,
                                                  .deadline = deadline});
  }
  if (source.grants.count(CapabilityClass::kFilesystem) != 0) open_files(services, source, deadline);
}

void SkillPorts::open_files(const Services& services, const ModuleSource& source, Deadline deadline) {
  const std::string& state_root = services.state.root;
  if (!source.owner) {
    auto passing = PassingDirectory::make();
    if (!passing) return;
    passing_.emplace(*std::move(passing));
  }
  const std::string own = passing_ ? passing_->path() + "/own" : own_directory(state_root, *source.owner);
  files_.emplace(
      files::SkillFilesOptions{.roots = directories_of(own, source.grants, source.roots),
                               .ledgers = passing_ ? passing_->path() + "/ledgers" : ledger_directory(state_root),
                               .max_bytes = services.config.max_root_bytes,
                               .max_files = services.config.max_root_files,
                               .clock = &services.clock,
                               .deadline = deadline});
}

Result<> SkillPorts::settle(std::span<const std::int64_t> delivered) {
  if (!channels_) return {};
  PALYRA_TRY(channels_->settle(delivered), "while marking the messages it received as delivered; they come again");
  return {};
}

}  // namespace palyra::app
