// SPDX-License-Identifier: Apache-2.0
#pragma once
// How WASI preview 1 lays out numbers, I/O vectors and error numbers in guest memory.
// Source: witx/typenames.witx of WASI snapshot preview 1.

#include <palyra/runtime/host_function.h>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <vector>

namespace palyra::host {

enum class Errno : std::uint16_t {
  kSuccess = 0,
  kBadf = 8,
  kDquot = 19,
  kExist = 20,
  kFbig = 22,
  kIlseq = 25,
  kInval = 28,
  kIo = 29,
  kIsdir = 31,
  kMfile = 33,
  kNametoolong = 37,
  kNoent = 44,
  kNospc = 51,
  kNotdir = 54,
  kNotempty = 55,
  kNotsup = 58,
  kRofs = 69,
  kSpipe = 70,
  kXdev = 75,
  kNotcapable = 76,
};

inline runtime::HostReturn answer(Errno error) { return runtime::HostReturn::i32(static_cast<std::int32_t>(error)); }

// Little-endian numbers at a byte offset that lies within `bytes`.
template <std::unsigned_integral T>
T load(std::span<const std::uint8_t> bytes, std::size_t offset) {
  std::uint64_t value = 0;
  for (std::size_t i = sizeof(T); i-- > 0;) value = value << 8U | bytes[offset + i];
  return static_cast<T>(value);
}

template <std::unsigned_integral T>
void store(std::span<std::uint8_t> bytes, std::size_t offset, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) bytes[offset + i] = static_cast<std::uint8_t>(value >> 8U * i);
}

// As many as POSIX systems allow; more is EINVAL.
inline constexpr std::uint32_t kMaxIoVectors = 1'024;

struct IoVectors {
  std::vector<std::span<std::uint8_t>> parts;
  std::uint32_t bytes = 0;  // in all
};

// The vectors at parameters `first` (address) and `first + 1` (count), each within memory. Otherwise what the function
// is to return: out of bounds, out of fuel, EINVAL for too many vectors or more bytes than a result can say.
std::expected<IoVectors, runtime::HostReturn> read_io_vectors(runtime::HostCall& call, std::size_t first);

}  // namespace palyra::host
