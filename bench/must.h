// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a benchmark does with an error: it says it and ends.

#include <palyra/base/check.h>
#include <palyra/base/error.h>

#include <cstdio>
#include <type_traits>
#include <utility>

namespace palyra::bench {

template <class T>
T must(Result<T> result) {
  if (!result) fmt::print(stderr, "{}\n", result.error().describe());
  PALYRA_CHECK(result.has_value());
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

}  // namespace palyra::bench
