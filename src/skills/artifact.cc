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

bool is_format_2(const container::Contents& contents) {
  const auto document = parse_json(contents.signature_document, kPeekLimits);
  if (document && document->as_object() != nullptr) return document->find("format") != nullptr;
  return container::check_canonical(contents.entries).has_value();
}

}  // namespace

ArtifactEntry make_entry(std::string name, BytesView bytes) {
  return {.name = std::move(name), .bytes = bytes, .sha256 = crypto::sha256(bytes)};
}

Artifact::Artifact(BytesView file, std::vector<ArtifactEntry> entries)
    : file_(file), entries_(std::move(entries)), content_root_(skills::content_root(entries_)) {}

Result<Artifact> Artifact::read(BytesView file) {
  const container::Contents contents = PALYRA_TRY(container::read_container(file));
  if (!is_format_2(contents)) {
    return fail(kContainerFormat1, "this is an artifact of format 1, which this version does not read");
  }
  PALYRA_TRY(container::check_layout(container::names_of(contents.entries), container::ModuleDepth::kOneFolder));
  PALYRA_TRY(container::check_canonical(contents.entries));
  std::vector<ArtifactEntry> entries;
  entries.reserve(contents.entries.size());
  for (const container::Entry& entry : contents.entries) {
    entries.push_back(make_entry(std::string(entry.name), entry.packed));
  }
  std::ranges::sort(entries, {}, &ArtifactEntry::name);
  return Artifact(file, std::move(entries));
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
