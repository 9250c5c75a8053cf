// SPDX-License-Identifier: Apache-2.0
// Whatever the reader of rotation statements accepts is written back as the same bytes.
#include <palyra/base/check.h>
#include <palyra/skills/rotation.h>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const palyra::BytesView text(data, size);
  const auto document = palyra::skills::parse_rotation_document(text);
  if (document) PALYRA_CHECK(palyra::skills::format_rotation_document(*document) == palyra::as_text(text));
  return 0;
}
