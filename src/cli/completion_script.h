// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a shell needs to complete the commands: written from the command tree. What only the installation knows (skills,
// tools, publishers, runs) the script asks `palyra __complete KIND` for, when somebody presses the key.

#include "command_tree.h"

#include <cstdint>
#include <string>

namespace palyra::cli {

enum class Shell : std::uint8_t { kBash, kZsh, kFish };

std::string completion_script(const CommandNode& root, Shell shell);

}  // namespace palyra::cli
