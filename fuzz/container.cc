// SPDX-License-Identifier: Apache-2.0
// Whatever the container reader accepts of format 2 is the one container of its payload: writing it again gives the
// same bytes. Of format 1 the entries lie within the limits, and if they can be written at all, they stay the same
// content; its signature document and the manifest's list are read as well.
#include <palyra/base/check.h>
#include <palyra/skills/artifact.h>
#include <palyra/skills/legacy_signature.h>

#include <algorithm>

namespace {

using palyra::skills::Artifact;

void check_format_1(const Artifact& artifact) {
  std::size_t total = 0;
  for (const auto& entry : artifact.entries()) {
    PALYRA_CHECK(entry.bytes.size() <= palyra::skills::kMaxEntryBytes);
    total += entry.bytes.size();
  }
  PALYRA_CHECK(total <= palyra::skills::kMaxArtifactBytes);
  const auto legacy = palyra::skills::parse_legacy_signature(artifact.at(palyra::skills::kSignatureEntry).bytes);
  if (legacy) static_cast<void>(palyra::skills::legacy_payload_sha256(artifact.entries()) == legacy->payload_sha256);
  const auto again = palyra::skills::write_artifact(artifact.entries());
  if (!again) return;  // a module at a depth that format 2 does not have, or too much for a file without deflate
  const auto same = Artifact::read(*again);
  PALYRA_CHECK(same.has_value() && same->content_root() == artifact.content_root());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const palyra::BytesView file(data, size);
  const auto artifact = Artifact::read(file);
  if (!artifact) return 0;
  if (artifact->format() == palyra::skills::ArtifactFormat::kFormat1) {
    check_format_1(*artifact);
    return 0;
  }
  const auto again = palyra::skills::write_artifact(artifact->entries());
  PALYRA_CHECK(again.has_value() && std::ranges::equal(*again, file));
  return 0;
}
