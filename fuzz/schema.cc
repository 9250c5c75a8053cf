// SPDX-License-Identifier: Apache-2.0
// A schema and a document, separated by a NUL: no crash, no bug of the archive, and one answer for each pair.
#include <palyra/base/check.h>
#include <palyra/schema/json_schema.h>

#include <algorithm>

namespace {

constexpr palyra::ErrorCode kInternal{palyra::ErrorKind::kInternal, "schema.internal"};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const palyra::BytesView input{data, size};
  const auto end = std::ranges::find(input, std::uint8_t{0});
  const auto schema = palyra::schema::JsonSchema::compile({input.begin(), end});
  if (!schema) {
    PALYRA_CHECK(!schema.error().is(kInternal));
    return 0;
  }
  const palyra::BytesView document = end == input.end() ? palyra::BytesView{} : palyra::BytesView{end + 1, input.end()};
  const auto verdict = schema->validate(document);
  PALYRA_CHECK(verdict || !verdict.error().is(kInternal));
  PALYRA_CHECK(schema->validate(document).has_value() == verdict.has_value());
  PALYRA_CHECK(!verdict || palyra::schema::check_json(document));
  return 0;
}
