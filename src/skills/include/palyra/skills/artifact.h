// SPDX-License-Identifier: Apache-2.0
#pragma once
// The container of a `.palyra-skill`: a profile of ZIP with exactly one reading, and in format 2 exactly one writing.
// Format 1 is that of the older implementation: it is read, and never written.
//
// Common ZIP readers disagree about hostile archives, so what one checks another runs. Here everything that readers
// could disagree about is refused, in one forward pass over bytes that are held once.
// Source: docs/formats/skill-artifact.md, "Container"; the rules are numbered there.

#include <palyra/base/bytes.h>
#include <palyra/base/error.h>
#include <palyra/crypto/sha256.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace palyra::skills {

inline constexpr ErrorCode kContainerC1{ErrorKind::kMalformed, "container.c1"};    // end record
inline constexpr ErrorCode kContainerC2{ErrorKind::kMalformed, "container.c2"};    // directory's place; ZIP64
inline constexpr ErrorCode kContainerC3{ErrorKind::kMalformed, "container.c3"};    // directory's headers fill it
inline constexpr ErrorCode kContainerC4{ErrorKind::kMalformed, "container.c4"};    // values of a central header
inline constexpr ErrorCode kContainerC5{ErrorKind::kMalformed, "container.c5"};    // local headers: place and agreement
inline constexpr ErrorCode kContainerC6{ErrorKind::kMalformed, "container.c6"};    // encryption, data descriptors
inline constexpr ErrorCode kContainerC7{ErrorKind::kMalformed, "container.c7"};    // names
inline constexpr ErrorCode kContainerC8{ErrorKind::kMalformed, "container.c8"};    // layout
inline constexpr ErrorCode kContainerC9{ErrorKind::kMalformed, "container.c9"};    // sizes
inline constexpr ErrorCode kContainerC10{ErrorKind::kMalformed, "container.c10"};  // deflate stream (format 1)
inline constexpr ErrorCode kContainerC11{ErrorKind::kMalformed, "container.c11"};  // CRC-32
inline constexpr ErrorCode kContainerC12{ErrorKind::kMalformed, "container.c12"};  // the one form of format 2

inline constexpr std::size_t kMaxArtifactBytes = std::size_t{64} << 20U;  // the file, and its contents together
inline constexpr std::size_t kMaxEntryBytes = std::size_t{16} << 20U;
inline constexpr std::size_t kMaxEntries = 256;
inline constexpr std::size_t kMaxModules = 16;

inline constexpr std::string_view kManifestEntry = "skill.toml";
inline constexpr std::string_view kSbomEntry = "sbom.cdx.json";
inline constexpr std::string_view kProvenanceEntry = "provenance.json";
inline constexpr std::string_view kSignatureEntry = "signature.json";
inline constexpr std::string_view kModuleFolder = "modules/";  // before the name of each module

struct ArtifactEntry {
  std::string name;
  BytesView bytes;  // borrowed, from the file, from the Artifact (inflated), or from whoever makes one
  crypto::Sha256Digest sha256;
};
ArtifactEntry make_entry(std::string name, BytesView bytes);

enum class ArtifactFormat : std::uint8_t {
  kFormat1 = 1,  // legacy: no expiry, no thresholds, one signature over a digest in hex
  kFormat2 = 2,
};

// A container that obeys C1 to C11, and in format 2 C12. Nothing is said about who made it, or what its entries hold.
class Artifact {
 public:
  // Borrows `file` for as long as the Artifact or a copy of it lives; so do the views of the entries, which in format 1
  // point into bytes that the copies share. The first broken rule, in the order of the specification, names the error.
  static Result<Artifact> read(BytesView file);

  [[nodiscard]] ArtifactFormat format() const { return format_; }
  // By raw name bytes, ascending; signature.json among them.
  [[nodiscard]] std::span<const ArtifactEntry> entries() const { return entries_; }
  [[nodiscard]] const ArtifactEntry* find(std::string_view name) const;
  // Of an entry that C8 promises (PALYRA_CHECK).
  [[nodiscard]] const ArtifactEntry& at(std::string_view name) const;
  // What signatures, pins and lists name: the digest over every entry but signature.json.
  [[nodiscard]] const crypto::Sha256Digest& content_root() const { return content_root_; }
  [[nodiscard]] BytesView file() const { return file_; }

 private:
  using Inflated = std::shared_ptr<const std::vector<Bytes>>;
  Artifact(BytesView file, ArtifactFormat format, Inflated inflated, std::vector<ArtifactEntry> entries);

  BytesView file_;
  ArtifactFormat format_;
  Inflated inflated_;
  std::vector<ArtifactEntry> entries_;
  crypto::Sha256Digest content_root_;
};

// The canonical container of these entries, in any order. Errors: what Artifact::read would say of the result, C1, C7,
// C8 and C9, so that nothing is ever written that cannot be read.
Result<Bytes> write_artifact(std::span<const ArtifactEntry> entries);

// SHA-256("palyra/content/2\0" || u32 count || for each entry but signature.json, by raw name bytes:
//         u16 length || name || u64 size || SHA-256(bytes)). `entries` in any order, names of at most 240 bytes.
crypto::Sha256Digest content_root(std::span<const ArtifactEntry> entries);

// Whether `name` obeys C7 taken by itself: the rule for every path that a manifest names, too.
Result<> check_entry_name(std::string_view name);

}  // namespace palyra::skills
