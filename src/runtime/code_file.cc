// SPDX-License-Identifier: Apache-2.0
#include "code_file.h"

#include <palyra/base/file.h>
#include <palyra/crypto/keyed_hash.h>

#include <algorithm>
#include <array>
#include <memory>
#include <span>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

namespace palyra::runtime {
namespace {

constexpr std::string_view kMagic("palyra-code/1\n\0\0", 16);
constexpr std::size_t kTagBytes = 32;
constexpr std::size_t kClaimBytes = 16 + 32 + 32 + 8;
constexpr std::size_t kHeaderBytes = kClaimBytes + kTagBytes;
// Above what any worker may answer.
constexpr std::uint64_t kMaxBodyBytes = std::uint64_t{1} << 30;

using Claim = std::array<std::uint8_t, kClaimBytes>;

Claim claim_of(const CodeOrigin& origin, std::uint64_t length) {
  Claim claim{};
  auto* at = std::ranges::copy(as_bytes(kMagic), claim.data()).out;
  at = std::ranges::copy(origin.module.bytes, at).out;
  at = std::ranges::copy(origin.made_by.bytes, at).out;
  for (std::size_t i = 0; i < sizeof length; ++i) *at++ = static_cast<std::uint8_t>(length >> (8 * i));
  return claim;
}

bool is_ours_alone(const struct stat& about) {
  return S_ISREG(about.st_mode) && about.st_uid == ::geteuid() && (about.st_mode & 07777U) == kCodeFileMode;
}

// What is hashed is the piece in memory of ours, and the same piece is what the sealed file gets: as good as hashing
// the sealed file, for half of the time, because nothing is mapped and walked again.
std::optional<SealedFile> seal_body(int fd, std::uint64_t length, crypto::KeyedHash& hash) {
  constexpr std::size_t kPiece = std::size_t{64} * 1024;  // stays in the CPU's cache
  auto writer = SealedFile::Writer::make();
  const auto memory = std::make_unique_for_overwrite<std::uint8_t[]>(kPiece);  // NOLINT(modernize-avoid-c-arrays)
  while (writer && length > 0) {
    const std::span<std::uint8_t> piece(memory.get(),
                                        static_cast<std::size_t>(std::min<std::uint64_t>(length, kPiece)));
    if (!read_exactly(fd, piece) || !writer->append(piece)) return std::nullopt;
    hash.update(piece);
    length -= piece.size();
  }
  if (!writer) return std::nullopt;
  auto sealed = std::move(*writer).seal();
  if (!sealed) return std::nullopt;
  return *std::move(sealed);
}

}  // namespace

Bytes make_code_file(const CodeOrigin& origin, BytesView body, const Secret& key) {
  const Claim claim = claim_of(origin, body.size());
  const crypto::KeyedHashTag tag = crypto::keyed_hash(key, {claim, body});
  Bytes file;
  file.reserve(kHeaderBytes + body.size());
  file.insert(file.end(), claim.begin(), claim.end());
  file.insert(file.end(), tag.begin(), tag.end());
  file.insert(file.end(), body.begin(), body.end());
  return file;
}

std::optional<SealedFile> read_code_file(int fd, const CodeOrigin& origin, const Secret& key) {
  struct stat about{};
  if (::fstat(fd, &about) != 0 || !is_ours_alone(about)) return std::nullopt;
  const auto size = static_cast<std::uint64_t>(about.st_size);
  if (size < kHeaderBytes || size - kHeaderBytes > kMaxBodyBytes) return std::nullopt;

  Claim claim{};
  crypto::KeyedHashTag tag{};
  if (!read_exactly(fd, claim) || !read_exactly(fd, tag)) return std::nullopt;
  if (claim != claim_of(origin, size - kHeaderBytes)) return std::nullopt;
  crypto::KeyedHash hash(key);
  hash.update(claim);
  auto body = seal_body(fd, size - kHeaderBytes, hash);
  if (!body || !crypto::same_tag(tag, hash.finish())) return std::nullopt;
  return body;
}

}  // namespace palyra::runtime
