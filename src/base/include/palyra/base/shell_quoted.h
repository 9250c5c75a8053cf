// SPDX-License-Identifier: Apache-2.0
#pragma once
// Commands that a person may copy into a shell.

#include <string>
#include <string_view>

namespace palyra {

// One word of a POSIX shell, whatever is in it: it's becomes 'it'\''s'.
std::string shell_quoted(std::string_view text);

}  // namespace palyra
