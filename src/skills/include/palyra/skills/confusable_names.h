// SPDX-License-Identifier: Apache-2.0
#pragma once
// Names that people would take for one another: `acrne` for `acme`, `palyra` for `pa1yra`.
//
// Two names look alike when their skeletons are the same or nearly: without hyphens, dots and underscores, with 0 as o,
// 1 and i as l, 5 as s, rn as m, vv as w, cl as d. How near depends on the length, since short names are near many.
// Source: docs/formats/skill-manifest.md, "Names that look alike".

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace palyra::skills {

// The known name that `name` looks like, the nearest first; nothing when it is like none, or is itself known.
// For skill ids: pass those of other publishers, since one publisher's own are alike by right.
std::optional<std::string> find_confusable(std::string_view name, std::span<const std::string> known);

}  // namespace palyra::skills
