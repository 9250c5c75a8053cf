// SPDX-License-Identifier: Apache-2.0
#include <palyra/base/check.h>

#include <cstdio>
#include <cstdlib>

namespace palyra {

void check_failed(const char* condition, const char* file, int line) noexcept {
  (void)std::fprintf(stderr, "palyra: bug: '%s' does not hold at %s:%d; please report it\n", condition, file, line);
  std::abort();
}

}  // namespace palyra
