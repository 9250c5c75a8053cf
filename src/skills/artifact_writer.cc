// SPDX-License-Identifier: Apache-2.0
#include "big_endian.h"
#include "container.h"
#include "inflate.h"
#include "palyra/skills/artifact.h"

#include <palyra/base/check.h>

#include <algorithm>

namespace palyra::skills {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kContentContext = "palyra/content/2\0"sv;

template <std::unsigned_integral T>
void append_little_endian(Bytes& bytes, T value) {
  for (std::size_t shift = 0; shift < 8 * sizeof(T); shift += 8) {
    bytes.push_back(static_cast<std::uint8_t>(value >> shift));
  }
}

// What local and central header share; the rest of a header of format 2 is constant (C12).
void append_shared(Bytes& bytes, const ArtifactEntry& entry, std::uint32_t crc) {
  const auto size = static_cast<std::uint32_t>(entry.bytes.size());
  append_little_endian(bytes, container::kVersion20);
  append_little_endian<std::uint16_t>(bytes, 0);  // flags
  append_little_endian(bytes, container::kStored);
  append_little_endian<std::uint16_t>(bytes, 0);  // time
  append_little_endian(bytes, container::kFirstOfJanuary1980);
  append_little_endian(bytes, crc);
  append_little_endian(bytes, size);
  append_little_endian(bytes, size);
  append_little_endian(bytes, static_cast<std::uint16_t>(entry.name.size()));
  append_little_endian<std::uint16_t>(bytes, 0);  // extra
}

void append_central_header(Bytes& bytes, const ArtifactEntry& entry, std::uint32_t crc, std::uint32_t local_offset) {
  append_little_endian(bytes, container::kCentralSignature);
  append_little_endian(bytes, container::kVersion20);  // made by
  append_shared(bytes, entry, crc);
  append_little_endian<std::uint16_t>(bytes, 0);  // comment
  append_little_endian<std::uint16_t>(bytes, 0);  // disk
  append_little_endian<std::uint16_t>(bytes, 0);  // internal attributes
  append_little_endian<std::uint32_t>(bytes, 0);  // external attributes
  append_little_endian(bytes, local_offset);
  append_bytes(bytes, as_bytes(entry.name));
}

void append_end_record(Bytes& bytes, std::size_t entries, std::size_t directory_offset) {
  const std::size_t directory_size = bytes.size() - directory_offset;
  append_little_endian(bytes, container::kEndSignature);
  append_little_endian<std::uint16_t>(bytes, 0);  // this disk
  append_little_endian<std::uint16_t>(bytes, 0);  // the directory's
  append_little_endian(bytes, static_cast<std::uint16_t>(entries));
  append_little_endian(bytes, static_cast<std::uint16_t>(entries));
  append_little_endian(bytes, static_cast<std::uint32_t>(directory_size));
  append_little_endian(bytes, static_cast<std::uint32_t>(directory_offset));
  append_little_endian<std::uint16_t>(bytes, 0);  // comment
}

std::vector<const ArtifactEntry*> in_canonical_order(std::span<const ArtifactEntry> entries) {
  std::vector<const ArtifactEntry*> sorted;
  sorted.reserve(entries.size());
  for (const ArtifactEntry& entry : entries) sorted.push_back(&entry);
  std::ranges::sort(sorted, [](const ArtifactEntry* a, const ArtifactEntry* b) {
    return container::canonical_order(a->name, b->name);
  });
  return sorted;
}

Result<> check_entries(std::span<const ArtifactEntry> entries) {
  if (entries.size() > kMaxEntries) return fail(kContainerC1, "{} entries, limit {}", entries.size(), kMaxEntries);
  std::vector<std::string_view> names(entries.size());
  std::ranges::transform(entries, names.begin(), &ArtifactEntry::name);
  PALYRA_TRY(container::check_names(names));
  PALYRA_TRY(container::check_layout(names, container::ModuleDepth::kOneFolder));
  // The headers count against the size of the file, so all bytes together stay below C9's second limit.
  std::size_t total = container::kEndBytes;
  for (const ArtifactEntry& entry : entries) {
    if (entry.bytes.size() > kMaxEntryBytes) {
      return fail(kContainerC9, "entry '{}' has {} bytes, limit {}", entry.name, entry.bytes.size(), kMaxEntryBytes);
    }
    total += container::kLocalBytes + container::kCentralBytes + 2 * entry.name.size() + entry.bytes.size();
  }
  if (total > kMaxArtifactBytes) return fail(kContainerC1, "{} bytes in the file, limit {}", total, kMaxArtifactBytes);
  return {};
}

}  // namespace

Result<Bytes> write_artifact(std::span<const ArtifactEntry> entries) {
  PALYRA_TRY(check_entries(entries));
  Bytes file;
  Bytes directory;
  for (const ArtifactEntry* entry : in_canonical_order(entries)) {
    const std::uint32_t crc = crc32_of(entry->bytes);
    append_central_header(directory, *entry, crc, static_cast<std::uint32_t>(file.size()));
    append_little_endian(file, container::kLocalSignature);
    append_shared(file, *entry, crc);
    append_bytes(file, as_bytes(entry->name));
    append_bytes(file, entry->bytes);
  }
  const std::size_t directory_offset = file.size();
  append_bytes(file, directory);
  append_end_record(file, entries.size(), directory_offset);
  return file;
}

crypto::Sha256Digest content_root(std::span<const ArtifactEntry> entries) {
  std::vector<const ArtifactEntry*> covered = in_canonical_order(entries);
  std::erase_if(covered, [](const ArtifactEntry* entry) { return entry->name == kSignatureEntry; });
  Bytes text = to_bytes(kContentContext);
  append_big_endian(text, static_cast<std::uint32_t>(covered.size()));
  for (const ArtifactEntry* entry : covered) {
    append_big_endian(text, static_cast<std::uint16_t>(entry->name.size()));
    append_bytes(text, as_bytes(entry->name));
    append_big_endian(text, static_cast<std::uint64_t>(entry->bytes.size()));
    append_bytes(text, entry->sha256.bytes);
  }
  return crypto::sha256(text);
}

}  // namespace palyra::skills
