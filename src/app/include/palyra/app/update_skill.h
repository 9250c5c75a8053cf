// SPDX-License-Identifier: Apache-2.0
#pragma once
// Use cases: newer versions of skills that are active here. They come from files, wait in quarantine like everything
// else, and are activated without a person only where policy.updates = "auto" and nothing at all stands against it.
// Source: docs/formats/skill-artifact.md, "Life of an installed version".

#include <palyra/app/promote_skill.h>

#include <optional>
#include <string>
#include <vector>

namespace palyra::app {

// policy.updates = "off".
inline constexpr ErrorCode kUpdatesOff{ErrorKind::kDenied, "policy.updates_off"};
// policy.updates is not "auto", or something stands against the update.
inline constexpr ErrorCode kUpdateNeedsPerson{ErrorKind::kDenied, "policy.update_needs_person"};

// What became of a file.
struct OfferedFile {
  std::string path;
  std::optional<state::InstalledVersion> kept;  // it waits now, or did so before, or is active already
  std::string skipped;                          // why it is no update of anything here; empty when kept or refused
  std::optional<Error> error;                   // why it is refused; then it is not kept
};

// Reads, verifies, and keeps the file when it is a newer version of a skill that is active here (of `skill_id`, when
// given) and verification finds nothing wrong. Errors: kUpdatesOff, those of install_skill_artifact.
Result<OfferedFile> offer_update(const Services& services, const std::string& path,
                                 const std::optional<std::string>& skill_id);

// Of the skills that are active here (or `skill_id` alone) those for which a newer version waits, sorted.
// Errors: kUpdatesOff, those of the state.
Result<std::vector<std::string>> skills_with_updates(const Services& services,
                                                     const std::optional<std::string>& skill_id);

struct WaitingUpdate {
  state::InstalledVersion version;
  state::InstalledVersion active;
  PlanPromotionRequest promotion;     // how a person goes on: what was denied to the active version stays denied
  std::optional<PromotionPlan> plan;  // absent: it cannot be promoted at all, `error` says why
  std::optional<Error> error;
  std::vector<std::string> obstacles;  // sentences; why nobody but a person may activate it. Empty: nothing is

  [[nodiscard]] bool is_clear() const { return plan && obstacles.empty(); }
};

// What waits for one skill, the highest version first, up to the first that is clear: verified again, its examples run,
// audited. Clear is: the publisher's keys are those of the active version; it may no more, asks no more, and none of
// its tools became more dangerous; its release age is policy.min_release_age_hours; it jumps over no major version; it
// is no version under development and no legacy format; examples and audit pass; every required setting has a value;
// neither it nor a newer one ran here before, nobody put it into quarantine, and it was not removed from here; the
// directories of its roots are those of the active version.
Result<std::vector<WaitingUpdate>> judge_updates(const Services& services, const std::string& skill_id);

// Without a person. Errors: kUpdateNeedsPerson, and as of promote_skill.
Result<state::InstalledVersion> activate_update(const Services& services, const WaitingUpdate& update);

// Of `versions`, all of one skill, those that are newer than its active one, proven, not refused, and in quarantine;
// the highest first.
std::vector<state::InstalledVersion> waiting_updates(const std::vector<state::InstalledVersion>& versions);

}  // namespace palyra::app
