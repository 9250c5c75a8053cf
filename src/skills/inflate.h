// SPDX-License-Identifier: Apache-2.0
#pragma once
// Rule C10: a deflate stream (RFC 1951) that is exactly what its header declares.

#include <palyra/base/bytes.h>
#include <palyra/base/error.h>

#include <cstddef>
#include <cstdint>

namespace palyra::skills {

// The `size` bytes that `packed` holds. kContainerC10 unless the stream ends with its final block after exactly all of
// `packed` and exactly `size` bytes, or when `size` is more than DEFLATE can give (1032 times the input and 64).
Result<Bytes> inflate_exactly(BytesView packed, std::size_t size);

// CRC-32 as ZIP has it (rule C11).
std::uint32_t crc32_of(BytesView bytes);

}  // namespace palyra::skills
