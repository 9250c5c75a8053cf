// SPDX-License-Identifier: Apache-2.0
#include <palyra/base/shell_quoted.h>

namespace palyra {

std::string shell_quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char each : text) {
    if (each == '\'') {
      quoted += R"('\'')";
    } else {
      quoted += each;
    }
  }
  return quoted + "'";
}

}  // namespace palyra
