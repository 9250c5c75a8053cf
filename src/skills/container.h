// SPDX-License-Identifier: Apache-2.0
#pragma once
// Rules C1 to C11: the part of reading a container that both formats share. Each rule is a function of its own.
// Source: docs/formats/skill-artifact.md, "Container"; the records are those of APPNOTE.TXT 6.3.10, 4.3.

#include <palyra/base/byte_reader.h>
#include <palyra/base/bytes.h>
#include <palyra/base/error.h>

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace palyra::skills::container {

inline constexpr std::uint32_t kLocalSignature = 0x04034b50;
inline constexpr std::uint32_t kCentralSignature = 0x02014b50;
inline constexpr std::uint32_t kEndSignature = 0x06054b50;
inline constexpr std::size_t kLocalBytes = 30;
inline constexpr std::size_t kCentralBytes = 46;
inline constexpr std::size_t kEndBytes = 22;

inline constexpr std::uint16_t kStored = 0;
inline constexpr std::uint16_t kDeflated = 8;
inline constexpr std::uint16_t kVersion20 = 20;
inline constexpr std::uint16_t kFirstOfJanuary1980 = 0x0021;

// The fields that a local and a central header both hold, in the order of both.
struct SharedFields {
  std::uint16_t version_needed = 0;
  std::uint16_t flags = 0;
  std::uint16_t method = 0;
  std::uint16_t time = 0;
  std::uint16_t date = 0;
  std::uint32_t crc = 0;
  std::uint32_t packed_size = 0;
  std::uint32_t size = 0;
  std::uint16_t name_length = 0;
  std::uint16_t extra_length = 0;
  friend bool operator==(const SharedFields&, const SharedFields&) = default;
};

struct Entry {
  std::uint16_t made_by = 0;
  SharedFields fields;
  std::uint16_t comment_length = 0;
  std::uint16_t disk = 0;
  std::uint16_t internal_attributes = 0;
  std::uint32_t external_attributes = 0;
  std::uint32_t local_offset = 0;
  std::string_view name;  // inside the file
  BytesView packed;       // inside the file; set by C5
  BytesView bytes;        // `packed`, or inside Contents::inflated; set by C10 and C11
};

struct Directory {
  std::uint16_t entries = 0;
  std::uint32_t size = 0;
  std::uint32_t offset = 0;
};

struct Contents {
  std::vector<Entry> entries;   // as they stand in the file
  std::vector<Bytes> inflated;  // of the deflated ones; at most kMaxArtifactBytes, by C9
};

// The whole pass: C1, C2; for each central header C3, C2, C6, C4; then C5, C7, C8, C9, C10 and C11.
Result<Contents> read_container(BytesView file);

// C1: the last 22 bytes are the end record.
Result<Directory> read_end_record(BytesView file);
// C2: the directory ends where the end record begins, and nothing stands for a ZIP64 record.
Result<> check_directory_place(const Directory& directory, std::size_t file_size);
// C3, and of each header C2, C6, C4: the central directory holds exactly its entries.
Result<std::vector<Entry>> read_central_directory(BytesView bytes, const Directory& directory);
// C5: local headers and data follow each other without gap and say what the central directory says.
Result<> read_local_headers(BytesView bytes, std::span<Entry> entries);
// C7 for all names together.
Result<> check_names(std::span<const std::string_view> names);
// C8: the entries that must be there, and no others; modules at any depth (format 1) or in one folder (format 2).
enum class ModuleDepth : std::uint8_t { kAny, kOneFolder };
Result<> check_layout(std::span<const std::string_view> names, ModuleDepth depth);
// C9, decided from the headers.
Result<> check_sizes(std::span<const Entry> entries);
// C10 and C11 of one entry; gives its bytes.
Result<Bytes> check_deflated(const Entry& entry);
Result<> check_stored(const Entry& entry);
// C12, what a single header can break of it, and the order.
Result<> check_canonical(std::span<const Entry> entries);

// Whether `a` stands before `b` in format 2: by raw bytes, signature.json last.
bool canonical_order(std::string_view a, std::string_view b);

std::vector<std::string_view> names_of(std::span<const Entry> entries);

}  // namespace palyra::skills::container
