// SPDX-License-Identifier: Apache-2.0
#include "worst_failure.h"

#include <algorithm>
#include <array>

namespace palyra::cli {
namespace {

constexpr std::array kWorstFirst{ErrorKind::kInternal, ErrorKind::kUntrusted, ErrorKind::kDenied,
                                 ErrorKind::kMalformed};

// Of what stands in no order: behind everything that does.
std::size_t rank(const Failure& failure) {
  return static_cast<std::size_t>(std::ranges::find(kWorstFirst, failure.error.kind()) - kWorstFirst.begin());
}

}  // namespace

void keep_worst(std::optional<Failure>& worst, Failure failure) {
  if (!worst || rank(failure) < rank(*worst)) worst = std::move(failure);
}

}  // namespace palyra::cli
