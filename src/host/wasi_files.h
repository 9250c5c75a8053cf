// SPDX-License-Identifier: Apache-2.0
#pragma once
// What WASI's functions on descriptors and on paths share. Source: witx/typenames.witx of WASI snapshot preview 1.

#include "file_answers.h"

#include <palyra/host/wasi_descriptors.h>

#include <expected>
#include <optional>
#include <string>

namespace palyra::host {

enum class WasiFileType : std::uint8_t { kUnknown = 0, kDirectory = 3, kRegularFile = 4 };

constexpr std::uint16_t kFlagAppend = 1U << 0U;
constexpr std::uint16_t kFlagNonblock = 1U << 2U;

constexpr std::uint64_t kRightRead = 1U << 1U;
constexpr std::uint64_t kRightSetFlags = 1U << 3U;
constexpr std::uint64_t kRightWrite = 1U << 6U;
constexpr std::uint64_t kRightAllocate = 1U << 8U;
constexpr std::uint64_t kRightFilestatGet = 1U << 21U;
constexpr std::uint64_t kRightSetSize = 1U << 22U;
constexpr std::uint64_t kRightPoll = 1U << 27U;
constexpr std::uint64_t kAllRights = (1U << 30U) - 1;

inline WasiFileType file_type(capability::FileKind kind) {
  return kind == capability::FileKind::kDirectory ? WasiFileType::kDirectory : WasiFileType::kRegularFile;
}

// The error number of a failure below that preopen, recorded as file_failed does.
inline runtime::HostReturn wasi_failed(runtime::HostCall& call, const Preopen& below, Error error) {
  const Errno number = file_errno(error);
  return file_failed(call, below.name, std::move(error), answer(number));
}
inline runtime::HostReturn wasi_done(runtime::HostCall& call, const Preopen& below, Result<> done) {
  return done ? answer(Errno::kSuccess) : wasi_failed(call, below, std::move(done).error());
}

// Fills the 64 bytes of a `filestat`.
inline void write_filestat(std::span<std::uint8_t> out, const Preopen& below, const capability::FileFacts& facts) {
  const auto modified = static_cast<std::uint64_t>(std::max<std::int64_t>(0, facts.modified.count())) * 1'000'000U;
  std::ranges::fill(out, std::uint8_t{0});
  store(out, 0, below.device);
  store(out, 8, facts.number);
  out[16] = static_cast<std::uint8_t>(file_type(facts.kind));
  store(out, 24, std::uint64_t{1});  // links
  store(out, 32, facts.size_bytes);
  for (const std::size_t time : {40U, 48U, 56U}) store(out, time, modified);
}

// The times at parameters `first` and `first + 1` as the flags after them choose. nullopt: a choice of both, or none
// that there is.
inline std::optional<capability::FileTimes> read_times(const runtime::HostCall& call, const CallState& state,
                                                       std::size_t first) {
  constexpr std::uint32_t kAll = 15;
  const std::uint32_t flags = call.u32(first + 2);
  if ((flags & ~kAll) != 0 || (flags & 3U) == 3U || (flags & 12U) == 12U) return std::nullopt;
  const auto chosen = [&](std::uint32_t choice, std::size_t parameter) {
    const auto given = std::chrono::nanoseconds(call.i64(parameter));
    std::optional<std::chrono::milliseconds> time;
    if ((choice & 1U) != 0) time = std::chrono::floor<std::chrono::milliseconds>(given);
    if ((choice & 2U) != 0) time = state.setup().clock.wall();
    return time;
  };
  return capability::FileTimes{.accessed = chosen(flags, first), .modified = chosen(flags >> 2U, first + 1)};
}

}  // namespace palyra::host
