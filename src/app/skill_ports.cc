// SPDX-License-Identifier: Apache-2.0
#include "skill_ports.h"

#include "skill_directories.h"

namespace palyra::app {

using capability::CapabilityClass;

Result<SkillPorts> SkillPorts::open(const Services& services, const ModuleCall& call, Deadline deadline) {
  SkillPorts ports;
  const ModuleSource& source = call.tool.source();
  if (source.grants.count(CapabilityClass::kStorage) != 0) {
    ports.storage_.emplace(state::SkillStorageOptions{.root = source.owner ? services.state.root : "",
                                                      .owner = source.owner.value_or(state::StorageOwner()),
                                                      .max_bytes = services.config.max_storage_bytes,
                                                      .clock = &services.clock,
                                                      .deadline = deadline});
  }
  if (source.skill && source.grants.count(CapabilityClass::kChannel) != 0) {
    ports.channels_.emplace(state::SkillChannelsOptions{.state = &services.state,
                                                        .run_id = call.run_id,
                                                        .skill_id = source.skill->id,
                                                        .content_root = source.skill->content_root,
                                                        .deadline = deadline});
  }
  if (source.grants.count(CapabilityClass::kFilesystem) != 0) {
    PALYRA_TRY(ports.open_files(services, source, deadline));
  }
  return ports;
}

Result<> SkillPorts::open_files(const Services& services, const ModuleSource& source, Deadline deadline) {
  const std::string& state_root = services.state.root;
  if (!source.owner) {
    passing_.emplace(PALYRA_TRY(PassingDirectory::make(), "while making a directory that ends with the call"));
  }
  // Both outlive the call, and so its ports.
  auto find = [&services, &source, passing = passing_ ? passing_->path() : ""](std::string_view name) {
    const std::string own = source.owner ? own_directory(services.state.root, *source.owner) : passing + "/own";
    return find_root(name, own, source.grants, source.roots);
  };
  files_.emplace(
      files::SkillFilesOptions{.find_root = std::move(find),
                               .ledgers = passing_ ? passing_->path() + "/ledgers" : ledger_directory(state_root),
                               .max_bytes = services.config.max_root_bytes,
                               .max_files = services.config.max_root_files,
                               .clock = &services.clock,
                               .deadline = deadline});
  return {};
}

Result<> SkillPorts::settle(std::span<const std::int64_t> delivered) {
  if (!channels_) return {};
  PALYRA_TRY(channels_->settle(delivered), "while marking the messages it received as delivered; they come again");
  return {};
}

}  // namespace palyra::app
