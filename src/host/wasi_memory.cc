// SPDX-License-Identifier: Apache-2.0
#include "wasi_memory.h"

#include <limits>

namespace palyra::host {

std::expected<IoVectors, runtime::HostReturn> read_io_vectors(runtime::HostCall& call, std::size_t first) {
  constexpr std::size_t kVectorBytes = 8;  // address and length
  const std::uint32_t count = call.u32(first + 1);
  const auto table = call.memory().slice(call.u32(first), std::uint64_t{count} * kVectorBytes);
  if (!table) return std::unexpected(call.out_of_bounds());
  if (count > kMaxIoVectors) return std::unexpected(answer(Errno::kInval));
  if (!call.charge(table->size())) return std::unexpected(call.out_of_fuel());

  IoVectors vectors;
  vectors.parts.reserve(count);
  for (std::size_t at = 0; at < table->size(); at += kVectorBytes) {
    const auto part = call.memory().slice(load<std::uint32_t>(*table, at), load<std::uint32_t>(*table, at + 4));
    if (!part) return std::unexpected(call.out_of_bounds());
    if (part->size() > std::numeric_limits<std::uint32_t>::max() - vectors.bytes) {
      return std::unexpected(answer(Errno::kInval));
    }
    vectors.bytes += static_cast<std::uint32_t>(part->size());
    vectors.parts.push_back(*part);
  }
  return vectors;
}

}  // namespace palyra::host
