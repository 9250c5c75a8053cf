// SPDX-License-Identifier: Apache-2.0
// WASI preview 1 on file descriptors. Only the standard streams are open: no directory is.
// docs/guest-abi.md 6; witx/wasi_snapshot_preview1.witx.

#include "bodies.h"
#include "wasi_memory.h"

#include <array>

namespace palyra::host {
namespace {

using runtime::HostCall;
using runtime::HostReturn;

constexpr std::uint16_t kFlagAppend = 1U << 0U;
constexpr std::uint16_t kFlagNonblock = 1U << 2U;

constexpr std::uint64_t kRightFdRead = 1U << 1U;
constexpr std::uint64_t kRightFdstatSetFlags = 1U << 3U;
constexpr std::uint64_t kRightFdWrite = 1U << 6U;
constexpr std::uint64_t kRightFilestatGet = 1U << 21U;
constexpr std::uint64_t kRightPoll = 1U << 27U;

// The descriptor that parameter 0 names, or nullptr.
StreamDescriptor* descriptor_of(HostCall& call) { return state_of(call).streams().find(call.u32(0)); }

// `error` for an open descriptor.
template <Errno error>
HostReturn on_open(HostCall& call) noexcept {
  return answer(descriptor_of(call) == nullptr ? Errno::kBadf : error);
}

// There is no preopened directory; libcs look for one until this answer.
HostReturn no_preopen(HostCall&) noexcept { return answer(Errno::kBadf); }

HostReturn fd_close(HostCall& call) noexcept {
  StreamDescriptor* const descriptor = descriptor_of(call);
  if (descriptor == nullptr) return answer(Errno::kBadf);
  *descriptor = {};
  return answer(Errno::kSuccess);
}

HostReturn fd_renumber(HostCall& call) noexcept {
  StandardStreams& streams = state_of(call).streams();
  const std::uint32_t from = call.u32(0);
  const std::uint32_t to = call.u32(1);
  if (streams.find(from) == nullptr || streams.find(to) == nullptr) return answer(Errno::kBadf);
  if (from != to) streams.renumber(from, to);
  return answer(Errno::kSuccess);
}

// The file type is 0, "unknown", as of a pipe: a C library then buffers whole blocks, which costs the guest less.
HostReturn fd_fdstat_get(HostCall& call) noexcept {
  const StreamDescriptor* const descriptor = descriptor_of(call);
  if (descriptor == nullptr) return answer(Errno::kBadf);
  const std::uint64_t direction = descriptor->stream == Stream::kInput ? kRightFdRead : kRightFdWrite;
  const std::span<std::uint8_t> out = call.range(0);
  if (!call.charge(out.size())) return call.out_of_fuel();
  std::ranges::fill(out, std::uint8_t{0});
  store(out, 2, descriptor->flags);
  store(out, 8, direction | kRightFdstatSetFlags | kRightFilestatGet | kRightPoll);
  return answer(Errno::kSuccess);
}

// Both flags are true of these streams already: they only append, and never make a program wait.
HostReturn fd_fdstat_set_flags(HostCall& call) noexcept {
  StreamDescriptor* const descriptor = descriptor_of(call);
  if (descriptor == nullptr) return answer(Errno::kBadf);
  const std::uint32_t flags = call.u32(1);
  if ((flags & ~std::uint32_t{kFlagAppend | kFlagNonblock}) != 0) return answer(Errno::kNotsup);
  descriptor->flags = static_cast<std::uint16_t>(flags);
  return answer(Errno::kSuccess);
}

HostReturn fd_filestat_get(HostCall& call) noexcept {
  if (descriptor_of(call) == nullptr) return answer(Errno::kBadf);
  const std::span<std::uint8_t> out = call.range(0);
  if (!call.charge(out.size())) return call.out_of_fuel();
  std::ranges::fill(out, std::uint8_t{0});
  store(out, 24, std::uint64_t{1});  // one link
  return answer(Errno::kSuccess);
}

HostReturn fd_read(HostCall& call) noexcept {
  const auto vectors = read_io_vectors(call, 1);
  if (!vectors) return vectors.error();
  const StreamDescriptor* const descriptor = descriptor_of(call);
  if (descriptor == nullptr || descriptor->stream != Stream::kInput) return answer(Errno::kBadf);
  StandardStreams& streams = state_of(call).streams();
  const std::size_t total = std::min<std::size_t>(vectors->bytes, streams.input_left());
  if (!call.charge(total)) return call.out_of_fuel();
  for (const std::span<std::uint8_t> part : vectors->parts)
    std::ranges::copy(streams.read_input(part.size()), part.begin());
  store(call.range(0), 0, static_cast<std::uint32_t>(total));
  return answer(Errno::kSuccess);
}

Sink sink_of(const CallState& state, Stream stream) {
  if (stream != Stream::kOutput) return Sink::kStandardError;
  return state.setup().kind == runtime::EntryKind::kWasi ? Sink::kOutput : Sink::kStandardOutput;
}

// All of it or nothing: a program is to see that the output of a tool has reached its cap.
Errno write_stream(CallState& state, Sink sink, const IoVectors& vectors) {
  const bool is_output = sink == Sink::kOutput;
  if (is_output && state.admit_output(vectors.bytes) != 0) return Errno::kFbig;
  for (const BytesView part : vectors.parts) {
    if (is_output) {
      state.append_output(part);
    } else if (sink == Sink::kStandardOutput) {
      state.streams().log_output(as_text(part));
    } else {
      state.streams().write_error(as_text(part));
    }
  }
  return Errno::kSuccess;
}

HostReturn fd_write(HostCall& call) noexcept {
  const auto vectors = read_io_vectors(call, 1);
  if (!vectors) return vectors.error();
  const StreamDescriptor* const descriptor = descriptor_of(call);
  if (descriptor == nullptr || descriptor->stream == Stream::kInput) return answer(Errno::kBadf);
  if (!call.charge(vectors->bytes)) return call.out_of_fuel();
  const Sink sink = sink_of(state_of(call), descriptor->stream);
  for (const BytesView part : vectors->parts) {
    if (const auto stop = stop_leak(call, sink, part)) return *stop;
  }
  const Errno error = write_stream(state_of(call), sink, *vectors);
  if (error == Errno::kSuccess) store(call.range(0), 0, vectors->bytes);
  return answer(error);
}

constexpr auto kBodies = std::to_array<NamedBody>({
    {"fd_advise", on_open<Errno::kSpipe>},
    {"fd_allocate", on_open<Errno::kNotsup>},
    {"fd_close", fd_close},
    {"fd_datasync", on_open<Errno::kSuccess>},  // the host has every byte as soon as it is written
    {"fd_fdstat_get", fd_fdstat_get},
    {"fd_fdstat_set_flags", fd_fdstat_set_flags},
    {"fd_fdstat_set_rights", on_open<Errno::kNotsup>},
    {"fd_filestat_get", fd_filestat_get},
    {"fd_filestat_set_size", on_open<Errno::kInval>},
    {"fd_filestat_set_times", on_open<Errno::kNotsup>},
    {"fd_pread", on_open<Errno::kSpipe>},
    {"fd_prestat_get", no_preopen},
    {"fd_prestat_dir_name", no_preopen},
    {"fd_pwrite", on_open<Errno::kSpipe>},
    {"fd_read", fd_read},
    {"fd_readdir", on_open<Errno::kNotdir>},
    {"fd_renumber", fd_renumber},
    {"fd_seek", on_open<Errno::kSpipe>},
    {"fd_sync", on_open<Errno::kSuccess>},
    {"fd_tell", on_open<Errno::kSpipe>},
    {"fd_write", fd_write},
});

}  // namespace

std::span<const NamedBody> wasi_stream_bodies() { return kBodies; }

}  // namespace palyra::host
