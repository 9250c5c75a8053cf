// SPDX-License-Identifier: Apache-2.0
#pragma once
// PALYRA_CHECK: stop on a bug of our own. Never used on bytes or arguments from outside: those get an Error.

namespace palyra {
[[noreturn]] void check_failed(const char* condition, const char* file, int line) noexcept;
}  // namespace palyra

#define PALYRA_CHECK(condition)                                               \
  do {                                                                        \
    if (!(condition)) ::palyra::check_failed(#condition, __FILE__, __LINE__); \
  } while (false)
