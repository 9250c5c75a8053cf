// SPDX-License-Identifier: Apache-2.0
#include "container.h"

#include "inflate.h"

#include <palyra/base/check.h>
#include <palyra/base/utf8.h>
#include <palyra/skills/artifact.h>

#include <algorithm>

namespace palyra::skills::container {
namespace {

constexpr std::uint16_t kSentinel16 = 0xffff;
constexpr std::uint32_t kSentinel32 = 0xffffffff;
constexpr std::uint16_t kFlagUtf8 = 0x0800;
// Encrypted, data descriptor, strong encryption, masked local headers.
constexpr std::uint16_t kFlagsOfC6 = 0x0001 | 0x0008 | 0x0040 | 0x2000;
constexpr std::uint32_t kRegularFile = 0100000;
constexpr std::uint32_t kPermissions = 0777;
constexpr std::uint32_t kDosArchive = 0x20;

// A field of a record that was taken whole.
template <class T>
T field(ByteReader& record) {
  const auto value = record.little_endian<T>();
  PALYRA_CHECK(value.has_value());
  return *value;
}

SharedFields read_shared(ByteReader& record) {
  SharedFields fields;
  fields.version_needed = field<std::uint16_t>(record);
  fields.flags = field<std::uint16_t>(record);
  fields.method = field<std::uint16_t>(record);
  fields.time = field<std::uint16_t>(record);
  fields.date = field<std::uint16_t>(record);
  fields.crc = field<std::uint32_t>(record);
  fields.packed_size = field<std::uint32_t>(record);
  fields.size = field<std::uint32_t>(record);
  fields.name_length = field<std::uint16_t>(record);
  fields.extra_length = field<std::uint16_t>(record);
  return fields;
}

// C2 of one central header.
Result<> check_no_zip64(const Entry& entry) {
  if (entry.fields.packed_size == kSentinel32 || entry.fields.size == kSentinel32 ||
      entry.local_offset == kSentinel32 || entry.disk == kSentinel16) {
    return fail(kContainerC2, "entry '{}' refers to a ZIP64 record", printable(entry.name));
  }
  return {};
}

Result<> check_not_encrypted(const Entry& entry) {  // C6
  if ((entry.fields.flags & kFlagsOfC6) != 0) {
    return fail(kContainerC6, "entry '{}' has flags {:#06x}: encryption or a data descriptor", printable(entry.name),
                entry.fields.flags);
  }
  return {};
}

bool is_allowed_mode(std::uint32_t external_attributes) {
  const std::uint32_t mode = external_attributes >> 16U;
  const std::uint32_t dos = external_attributes & 0xffffU;
  return (mode == 0 || (mode & ~kPermissions) == kRegularFile) && (dos == 0 || dos == kDosArchive);
}

Result<> check_central_values(const Entry& entry) {  // C4
  const SharedFields& fields = entry.fields;
  const auto refuse = [&entry](std::string_view what, std::uint32_t value) -> Result<> {
    return fail(kContainerC4, "entry '{}' has {} {:#x}", printable(entry.name), what, value);
  };
  if (fields.version_needed > kVersion20) return refuse("version needed", fields.version_needed);
  if (fields.flags != 0 && fields.flags != kFlagUtf8) return refuse("flags", fields.flags);
  if (fields.method != kStored && fields.method != kDeflated) return refuse("method", fields.method);
  if (fields.extra_length != 0) return refuse("extra length", fields.extra_length);
  if (entry.comment_length != 0) return refuse("comment length", entry.comment_length);
  if (entry.disk != 0) return refuse("disk", entry.disk);
  if (entry.internal_attributes > 1) return refuse("internal attributes", entry.internal_attributes);
  if (!is_allowed_mode(entry.external_attributes)) return refuse("external attributes", entry.external_attributes);
  return {};
}

// C3 of one header: it is there, whole.
Result<Entry> read_central_header(ByteReader& reader) {
  const auto record = reader.take(kCentralBytes);
  if (!record) return fail(kContainerC3, "the directory ends inside a header");
  ByteReader fields(*record);
  if (field<std::uint32_t>(fields) != kCentralSignature) {
    return fail(kContainerC3, "no directory header at {} of the directory", reader.offset() - kCentralBytes);
  }
  Entry entry;
  entry.made_by = field<std::uint16_t>(fields);
  entry.fields = read_shared(fields);
  entry.comment_length = field<std::uint16_t>(fields);
  entry.disk = field<std::uint16_t>(fields);
  entry.internal_attributes = field<std::uint16_t>(fields);
  entry.external_attributes = field<std::uint32_t>(fields);
  entry.local_offset = field<std::uint32_t>(fields);
  const auto name = reader.take(entry.fields.name_length);
  if (!name || !reader.take(entry.fields.extra_length) || !reader.take(entry.comment_length)) {
    return fail(kContainerC3, "the directory ends inside a header");
  }
  entry.name = as_text(*name);
  return entry;
}

Result<> read_local_header(ByteReader& reader, Entry& entry) {
  const auto refuse = [&entry](std::string_view what) -> Result<> {
    return fail(kContainerC5, "entry '{}': {}", printable(entry.name), what);
  };
  if (reader.offset() != entry.local_offset) return refuse("its local header is not where the last entry ended");
  const auto record = reader.take(kLocalBytes);
  if (!record) return refuse("no room for its local header");
  ByteReader fields(*record);
  if (field<std::uint32_t>(fields) != kLocalSignature) return refuse("no local header where it should be");
  // Extra length 0 comes with the rest: C4 has seen the central one.
  if (read_shared(fields) != entry.fields) return refuse("local and central header differ");
  const auto name = reader.take(entry.fields.name_length);
  if (!name || as_text(*name) != entry.name) return refuse("local and central name differ");
  const auto packed = reader.take(entry.fields.packed_size);
  if (!packed) return refuse("its data reach into the directory");
  entry.packed = *packed;
  return {};
}

}  // namespace

Result<Directory> read_end_record(BytesView file) {
  if (file.size() < kEndBytes || file.size() > kMaxArtifactBytes) {
    return fail(kContainerC1, "{} bytes, not {} to {}", file.size(), kEndBytes, kMaxArtifactBytes);
  }
  ByteReader record(file.last(kEndBytes));
  if (field<std::uint32_t>(record) != kEndSignature) return fail(kContainerC1, "the last 22 bytes are no end record");
  const auto disk = field<std::uint16_t>(record);
  const auto directory_disk = field<std::uint16_t>(record);
  const auto here = field<std::uint16_t>(record);
  Directory directory;
  directory.entries = field<std::uint16_t>(record);
  directory.size = field<std::uint32_t>(record);
  directory.offset = field<std::uint32_t>(record);
  const auto comment_length = field<std::uint16_t>(record);
  if (disk != 0 || directory_disk != 0 || comment_length != 0) {
    return fail(kContainerC1, "the end record names disks {} and {} and a comment of {} bytes", disk, directory_disk,
                comment_length);
  }
  if (here != directory.entries || here == 0 || here > kMaxEntries) {
    return fail(kContainerC1, "the end record counts {} and {} entries, not twice the same from 1 to {}", here,
                directory.entries, kMaxEntries);
  }
  return directory;
}

Result<> check_directory_place(const Directory& directory, std::size_t file_size) {
  // With C1 this also refuses the marks of ZIP64: no directory ends so far behind.
  if (std::uint64_t{directory.offset} + directory.size != file_size - kEndBytes) {
    return fail(kContainerC2, "a directory of {} bytes at {} does not end at the end record at {}", directory.size,
                directory.offset, file_size - kEndBytes);
  }
  return {};
}

Result<std::vector<Entry>> read_central_directory(BytesView bytes, const Directory& directory) {
  ByteReader reader(bytes);
  std::vector<Entry> entries;
  entries.reserve(directory.entries);
  while (entries.size() < directory.entries) {
    const Entry entry = PALYRA_TRY(read_central_header(reader));
    PALYRA_TRY(check_no_zip64(entry));
    PALYRA_TRY(check_not_encrypted(entry));
    PALYRA_TRY(check_central_values(entry));
    entries.push_back(entry);
  }
  if (reader.remaining() != 0) {
    return fail(kContainerC3, "{} bytes of the directory are left after its {} headers", reader.remaining(),
                directory.entries);
  }
  return entries;
}

Result<> read_local_headers(BytesView bytes, std::span<Entry> entries) {
  ByteReader reader(bytes);
  for (Entry& entry : entries) PALYRA_TRY(read_local_header(reader, entry));
  if (reader.remaining() != 0) {
    return fail(kContainerC5, "{} bytes between the last entry and the directory", reader.remaining());
  }
  return {};
}

Result<> check_sizes(std::span<const Entry> entries) {
  std::uint64_t sum = 0;
  for (const Entry& entry : entries) {
    const SharedFields& fields = entry.fields;
    if (fields.size > kMaxEntryBytes) {
      return fail(kContainerC9, "entry '{}' has {} bytes, limit {}", printable(entry.name), fields.size,
                  kMaxEntryBytes);
    }
    if (fields.method == kStored && fields.packed_size != fields.size) {
      return fail(kContainerC9, "stored entry '{}' has {} bytes and says {}", printable(entry.name), fields.packed_size,
                  fields.size);
    }
    sum += fields.size;
  }
  if (sum > kMaxArtifactBytes) return fail(kContainerC9, "{} bytes in all entries, limit {}", sum, kMaxArtifactBytes);
  return {};
}

namespace {

Result<> check_crc(const Entry& entry, BytesView plain) {
  const std::uint32_t crc = crc32_of(plain);
  if (crc != entry.fields.crc) {
    return fail(kContainerC11, "entry '{}' has CRC {:08x}, its header says {:08x}", printable(entry.name), crc,
                entry.fields.crc);
  }
  return {};
}

}  // namespace

Result<Bytes> check_deflated(const Entry& entry) {
  Bytes plain = PALYRA_TRY(inflate_exactly(entry.packed, entry.fields.size),
                           fmt::format("while inflating '{}'", printable(entry.name)));
  PALYRA_TRY(check_crc(entry, plain));
  return plain;
}

Result<> check_stored(const Entry& entry) { return check_crc(entry, entry.packed); }

Result<> check_canonical(std::span<const Entry> entries) {
  const Entry* last = nullptr;
  for (const Entry& entry : entries) {
    const SharedFields& fields = entry.fields;
    const bool fixed = entry.made_by == kVersion20 && fields.version_needed == kVersion20 && fields.flags == 0 &&
                       fields.method == kStored && fields.time == 0 && fields.date == kFirstOfJanuary1980 &&
                       entry.internal_attributes == 0 && entry.external_attributes == 0;
    if (!fixed) {
      return fail(kContainerC12, "entry '{}' is deflated or has another date, version, flag or attribute than format 2",
                  printable(entry.name));
    }
    if (last != nullptr && !canonical_order(last->name, entry.name)) {
      return fail(kContainerC12, "entry '{}' stands before '{}'", printable(last->name), printable(entry.name));
    }
    last = &entry;
  }
  return {};
}

bool canonical_order(std::string_view a, std::string_view b) {
  if (b == kSignatureEntry) return a != kSignatureEntry;
  return a != kSignatureEntry && a < b;  // string_view compares as unsigned bytes
}

std::vector<std::string_view> names_of(std::span<const Entry> entries) {
  std::vector<std::string_view> names(entries.size());
  std::ranges::transform(entries, names.begin(), &Entry::name);
  return names;
}

Result<Contents> read_container(BytesView file) {
  const Directory directory = PALYRA_TRY(read_end_record(file));
  PALYRA_TRY(check_directory_place(directory, file.size()));
  Contents contents;
  contents.entries = PALYRA_TRY(read_central_directory(file.subspan(directory.offset, directory.size), directory));
  PALYRA_TRY(read_local_headers(file.first(directory.offset), contents.entries));
  const auto names = names_of(contents.entries);
  PALYRA_TRY(check_names(names));
  PALYRA_TRY(check_layout(names, ModuleDepth::kAny));
  PALYRA_TRY(check_sizes(contents.entries));
  for (Entry& entry : contents.entries) {
    entry.bytes = entry.packed;
    if (entry.fields.method == kDeflated) {
      entry.bytes = contents.inflated.emplace_back(PALYRA_TRY(check_deflated(entry)));
    } else {
      PALYRA_TRY(check_stored(entry));
    }
  }
  return contents;
}

}  // namespace palyra::skills::container
