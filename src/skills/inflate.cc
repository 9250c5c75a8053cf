// SPDX-License-Identifier: Apache-2.0
#include "inflate.h"

#include <palyra/base/c_handle.h>
#include <palyra/base/check.h>
#include <palyra/skills/artifact.h>

#define ZLIB_CONST  // next_in points to const
#include <zlib.h>

namespace palyra::skills {
namespace {

constexpr std::size_t kMaxExpansion = 1032;
constexpr std::size_t kExpansionSlack = 64;
constexpr int kRawDeflate = -15;  // no zlib header, the largest window

void end_inflate(z_stream* stream) { inflateEnd(stream); }

}  // namespace

Result<Bytes> inflate_exactly(BytesView packed, std::size_t size) {
  PALYRA_CHECK(packed.size() <= kMaxArtifactBytes && size <= kMaxEntryBytes);  // C1 and C9, so zlib's 32 bits suffice
  if (size > kMaxExpansion * packed.size() + kExpansionSlack) {
    return fail(kContainerC10, "declares {} bytes from {} deflated ones, more than DEFLATE can give", size,
                packed.size());
  }
  z_stream stream{};
  PALYRA_CHECK(inflateInit2(&stream, kRawDeflate) == Z_OK);
  const CHandle<z_stream, &end_inflate> owner(&stream);

  Bytes plain(size + 1);  // zlib wants somewhere to point, even for no bytes
  stream.next_in = packed.data();
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = plain.data();
  stream.avail_out = static_cast<uInt>(size);
  const int ended = inflate(&stream, Z_FINISH);
  if (ended != Z_STREAM_END || stream.avail_in != 0 || stream.avail_out != 0) {
    return fail(kContainerC10, "the deflate stream is not exactly {} bytes that make {}: {} are left, {} missing",
                packed.size(), size, stream.avail_in, stream.avail_out);
  }
  plain.resize(size);
  return plain;
}

std::uint32_t crc32_of(BytesView bytes) {
  return static_cast<std::uint32_t>(::crc32_z(::crc32_z(0, nullptr, 0), bytes.data(), bytes.size()));
}

}  // namespace palyra::skills
