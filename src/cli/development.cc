// SPDX-License-Identifier: Apache-2.0
#include "development.h"

#include "present.h"
#include "terminal.h"

#include <fmt/format.h>

namespace palyra::cli {

Result<app::DevelopmentSkill> open_development_skill(Session& session, const std::string& path) {
  const app::Services& services = *PALYRA_TRY(session.services());
  if (const auto script = app::needed_build(path)) {
    if (session.output().style() == OutputStyle::kPeople) session.output().note("building: " + shown(*script));
    PALYRA_TRY(app::run_build(*script));
  }
  return app::load_development_skill(services, path);
}

void add_places(CLI::App* command, const PlaceOptions& places) {
  command
      ->add_option("--map-root", places.map_root,
                   "NAME=DIR[:ro]: the directory behind a filesystem root that it may use; repeatable")
      ->allow_extra_args(false);
  command
      ->add_option("--allow-address", places.allow_address,
                   "DANGEROUS: connect to this address for a granted origin, also one of this machine or a private "
                   "network; repeatable")
      ->allow_extra_args(false);
}

Result<capability::CapabilityGrantSet> ask_grants(Session& session, const skills::SkillManifest& manifest) {
  std::vector<capability::Capability> granted;
  std::vector<capability::Capability> asked = manifest.capabilities.to_list();
  const auto mailboxes =
      std::erase_if(asked, [](const auto& each) { return class_of(each) == capability::CapabilityClass::kChannel; });
  if (mailboxes != 0) session.output().warn("its mailboxes are left out: only what is installed and promoted has some");
  if (!can_ask()) {
    if (!asked.empty()) session.output().warn("there is no terminal to ask on: the skill is granted nothing");
    return capability::CapabilityGrantSet();
  }
  for (const capability::Capability& each : asked) {
    const auto answer =
        ask_line(fmt::format("May it {}  ({})? Type 'y' for this call:", shown(capability::describe(each)),
                             shown(capability::canonical_text(each))));
    if (!answer) return fail(kNotConfirmed, "the input ended before everything was answered");
    if (*answer == "y" || *answer == "yes") granted.push_back(each);
  }
  return capability::CapabilityGrantSet::create(std::move(granted));
}

}  // namespace palyra::cli
