// SPDX-License-Identifier: Apache-2.0
// Whatever the readers of revocation lists and of their entries accept is written back as the same bytes.
#include <palyra/base/check.h>
#include <palyra/skills/revocation.h>

#include <algorithm>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const palyra::BytesView bytes(data, size);
  const auto document = palyra::skills::parse_revocation_document(bytes);
  if (document) PALYRA_CHECK(palyra::skills::format_revocation_document(*document) == palyra::as_text(bytes));
  const auto entry = palyra::skills::parse_revocation_entry(bytes);
  if (entry) PALYRA_CHECK(std::ranges::equal(palyra::skills::revocation_entry_bytes(*entry), bytes));
  return 0;
}
