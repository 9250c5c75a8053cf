// SPDX-License-Identifier: Apache-2.0
#pragma once
// Names that only the installation knows: for completion, and for what was probably meant.

#include "session.h"

#include <CLI/App.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace palyra::cli {

// Sorted. `kind` is "skills", "tools" (of active versions), "publishers" or "runs" (the newest); another has none.
// Errors: those of opening the state.
Result<std::vector<std::string>> known_names(Session& session, std::string_view kind);

// What names of the kind stand for in a help text: "SKILL" has "skills"; nothing for other values.
std::optional<std::string_view> name_kind(std::string_view value);

// The known name nearest to what was typed where the command takes one, when that is none.
std::optional<std::string> meant_name(Session& session, const CLI::App& command);

}  // namespace palyra::cli
