// SPDX-License-Identifier: Apache-2.0
#include "code_file.h"

#include <palyra/base/file.h>
#include <palyra/crypto/keyed_hash.h>

#include <algorithm>
#include <array>
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

std::optional<SealedFile> seal_body(int fd, std::uint64_t length) {
  auto writer = SealedFile::Writer::make();
  Bytes chunk(std::size_t{256} * 1024);
  while (writer && length > 0) {
    const std::span<std::uint8_t> part(chunk.data(),
                                       static_cast<std::size_t>(std::min<std::uint64_t>(length, chunk.size())));
    if (!read_exactly(fd, part) || !writer->append(part)) return std::nullopt;
    length -= part.size();
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
  auto body = seal_body(fd, size - kHeaderBytes);
  if (!body) return std::nullopt;
  const auto bytes = body->map();
  if (!bytes || !crypto::same_tag(tag, crypto::keyed_hash(key, {claim, bytes->view()}))) return std::nullopt;
  return body;
}

}  // namespace palyra::runtime
