// SPDX-License-Identifier: Apache-2.0
// The TOML reader with the limits of a skill manifest: no crash, no nesting over the limit in what it accepts.
#include <palyra/base/check.h>
#include <palyra/base/toml.h>

namespace {

void check_depth(const palyra::Json& value, std::size_t left) {
  if (const auto* array = value.as_array()) {
    for (const auto& element : *array) {
      PALYRA_CHECK(left > 0);
      check_depth(element, left - 1);
    }
  }
  if (const auto* object = value.as_object()) {
    for (const auto& [key, member] : *object) {
      PALYRA_CHECK(left > 0);
      check_depth(member, left - 1);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr palyra::TomlLimits kLimits{
      .max_bytes = 65'536, .max_depth = 32, .max_array_length = 1'024, .max_string_bytes = 4'096};
  const auto value = palyra::parse_toml({data, size}, kLimits);
  if (value) check_depth(*value, kLimits.max_depth);
  return 0;
}
