// SPDX-License-Identifier: Apache-2.0
#pragma once
// Of many failures the one that decides the exit status of a command that goes on after each.

#include "report.h"

#include <optional>

namespace palyra::cli {

// Keeps the worse of both, of two alike the first. Worst is a bug, then what is not to be trusted, then what is denied,
// then what is malformed, then everything else.
void keep_worst(std::optional<Failure>& worst, Failure failure);

}  // namespace palyra::cli
