// SPDX-License-Identifier: Apache-2.0
// A scan must not depend on where its input is cut, a redaction must find what a scan finds and keep the length.
// The input: a byte n, a secret of 16 + n % 48 bytes, the text, in which byte 0 stands for the secret.
#include <palyra/base/check.h>
#include <palyra/host/leak_scanner.h>

#include <algorithm>

namespace {

using palyra::Bytes;
using palyra::BytesView;

bool finds(const palyra::host::LeakScanner& scanner, BytesView text, std::size_t piece) {
  palyra::host::LeakStream stream(scanner);
  while (!text.empty()) {
    const BytesView next = text.first(std::min(piece, text.size()));
    if (stream.next(next)) return true;
    text = text.subspan(next.size());
  }
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  BytesView input(data, size);
  const std::size_t length = 16 + input.front() % 48U;
  input = input.subspan(1);
  if (input.size() < length) return 0;
  const BytesView secret = input.first(length);
  Bytes text;
  bool planted = false;
  for (const std::uint8_t byte : input.subspan(length)) {
    if (byte == 0) {
      planted = true;
      text.insert(text.end(), secret.begin(), secret.end());
    } else {
      text.push_back(byte);
    }
  }
  const palyra::host::LeakScanner scanner({{.name = "global/key", .value = secret}});
  const bool found = finds(scanner, text, std::max<std::size_t>(text.size(), 1));
  PALYRA_CHECK(found || !planted);
  PALYRA_CHECK(finds(scanner, text, 1) == found);
  PALYRA_CHECK(finds(scanner, text, length - 1) == found);
  const std::size_t before = text.size();
  PALYRA_CHECK((scanner.redact(text).found > 0) == found);
  PALYRA_CHECK(text.size() == before);
  return 0;
}
