// SPDX-License-Identifier: Apache-2.0
// Whatever the strict reader accepts, it must read again from its own text as the same value.
#include <palyra/base/check.h>
#include <palyra/base/json.h>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr palyra::JsonLimits kLimits{.max_bytes = 1 << 20, .max_depth = 64};
  const auto value = palyra::parse_json({data, size}, kLimits);
  if (!value) return 0;
  const std::string text = palyra::to_text(*value);
  constexpr palyra::JsonLimits kWide{.max_bytes = 1 << 24, .max_depth = 64};
  const auto again = palyra::parse_json(palyra::as_bytes(text), kWide);
  PALYRA_CHECK(again.has_value() && *again == *value);
  return 0;
}
