// SPDX-License-Identifier: Apache-2.0
#pragma once
// Manual pages (man(7) roff), written from the command tree.

#include "command_tree.h"

#include <string>
#include <string_view>

namespace palyra::cli {

// "palyra-skills-promote" of the command "palyra skills promote".
std::string page_name(const CommandNode& node);

// `version` stands at the foot of the page. The page of the program itself has the exit statuses and the files.
std::string manual_page(const CommandNode& root, const CommandNode& node, std::string_view version);

}  // namespace palyra::cli
