// SPDX-License-Identifier: Apache-2.0
// Whatever the container reader accepts is the one container of its payload: writing it again gives the same bytes.
#include <palyra/base/check.h>
#include <palyra/skills/artifact.h>

#include <algorithm>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const palyra::BytesView file(data, size);
  const auto artifact = palyra::skills::Artifact::read(file);
  if (!artifact) return 0;
  const auto again = palyra::skills::write_artifact(artifact->entries());
  PALYRA_CHECK(again.has_value() && std::ranges::equal(*again, file));
  return 0;
}
