// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where the filesystem roots of a skill are: in the directories that its operator chose, else in directories of its
// own. Those of an installed one are below the state directory and belong to the publisher and the skill id, as what it
// keeps in storage.

#include <palyra/files/skill_files.h>
#include <palyra/state/installed_version.h>
#include <palyra/state/skill_storage.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace palyra::app {

// What holds the own directories of an installed skill; no link on the way to the state directory is part of it.
std::string own_directory(const std::string& state_root, const state::StorageOwner& owner);

// The filesystem root of this name, when it is granted: where `mapped` has it, else below `own`. Its own directory is
// made when it is missing; one that cannot be made is refused where it is used.
std::optional<files::FileRoot> find_root(std::string_view name, const std::string& own,
                                         const capability::CapabilityGrantSet& grants,
                                         const std::vector<state::MappedRoot>& mapped);

// Where what roots hold is counted.
std::string ledger_directory(const std::string& state_root);

// Deletes the skill's own directories with all that is in them. Errors: kFileFailed.
Result<> remove_private_directories(const std::string& state_root, const state::StorageOwner& owner);

}  // namespace palyra::app
