// SPDX-License-Identifier: Apache-2.0
#include "palyra/skills/artifact.h"

#include "container.h"

#include <palyra/base/check.h>
#include <palyra/base/json.h>

#include <algorithm>

namespace palyra::skills {
namespace {

// Of the look at signature.json that tells the formats apart: far above what either format allows.
constexpr JsonLimits kPeekLimits{.max_bytes = 64 * 1024, .max_depth = 32};

ArtifactFormat format_of(std::span<const container::Entry> entries) {
  const auto signature = std::ranges::find(entries, kSignatureEntry, &container::Entry::name);
  PALYRA_CHECK(signature != entries.end());  // C8
  const auto document = parse_json(signature->bytes, kPeekLimits);
  const bool is_format_2 = document && document->as_object() != nullptr
                               ? document->find("format") != nullptr
                               : container::check_canonical(entries).has_value();
  return is_format_2 ? ArtifactFormat::kFormat2 : ArtifactFormat::kFormat1;
}

}  // namespace

ArtifactEntry make_entry(std::string name, BytesView bytes) {
  return {.name = std::move(name), .bytes = bytes, .sha256 = crypto::sha256(bytes)};
}

Artifact::Artifact(BytesView file, ArtifactFormat format, Inflated inflated, std::vector<ArtifactEntry> entries)
    : file_(file),
      format_(format),
      inflated_(std::move(inflated)),
      entries_(std::move(entries)),
      content_root_(skills::content_root(entries_)) {}

Result<Artifact> Artifact::read(BytesView file) {
  container::Contents contents = PALYRA_TRY(container::read_container(file));
  const ArtifactFormat format = format_of(contents.entries);
  if (format == ArtifactFormat::kFormat2) {
    PALYRA_TRY(container::check_layout(container::names_of(contents.entries), container::ModuleDepth::kOneFolder));
    PALYRA_TRY(container::check_canonical(contents.entries));
  }
  std::vector<ArtifactEntry> entries;
  entries.reserve(contents.entries.size());
  for (const container::Entry& entry : contents.entries) {
    entries.push_back(make_entry(std::string(entry.name), entry.bytes));
  }
  std::ranges::sort(entries, {}, &ArtifactEntry::name);
  // Moving the list leaves the bytes, which the entries point into, where they are.
  auto inflated = std::make_shared<const std::vector<Bytes>>(std::move(contents.inflated));
  return Artifact(file, format, std::move(inflated), std::move(entries));
}

const ArtifactEntry* Artifact::find(std::string_view name) const {
  const auto entry = std::ranges::find(entries_, name, &ArtifactEntry::name);
  return entry == entries_.end() ? nullptr : &*entry;
}

const ArtifactEntry& Artifact::at(std::string_view name) const {
  const ArtifactEntry* entry = find(name);
  PALYRA_CHECK(entry != nullptr);
  return *entry;
}

}  // namespace palyra::skills
