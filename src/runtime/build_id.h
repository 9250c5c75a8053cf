// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string_view>

namespace palyra::runtime {

// Version, and a digest of commit, compiler, flags and Rust sources as they were when the build was configured: the
// same for all programs of one build tree.
std::string_view build_id();

}  // namespace palyra::runtime
