// SPDX-License-Identifier: Apache-2.0
// WASI preview 1: reading and writing of streams and files. docs/guest-abi.md 6; witx/wasi_snapshot_preview1.witx.

#include "wasi_files.h"

#include <array>
#include <optional>

namespace palyra::host {
namespace {

using runtime::HostCall;
using runtime::HostReturn;

WasiDescriptor* descriptor_of(HostCall& call) { return state_of(call).descriptors().find(call.u32(0)); }

// ---- Reading

HostReturn read_stream(HostCall& call, const WasiStream& stream, const IoVectors& vectors) {
  if (stream.stream != Stream::kInput) return answer(Errno::kBadf);
  StandardStreams& streams = state_of(call).streams();
  const std::size_t total = std::min<std::size_t>(vectors.bytes, streams.input_left());
  if (!call.charge(total)) return call.out_of_fuel();
  for (const std::span<std::uint8_t> part : vectors.parts)
    std::ranges::copy(streams.read_input(part.size()), part.begin());
  store(call.range(0), 0, static_cast<std::uint32_t>(total));
  return answer(Errno::kSuccess);
}

// The bytes read from `offset` on into one vector after the other. A failure after the first bytes comes again when
// the program reads on.
Result<std::uint32_t> read_file_at(WasiFile& file, const IoVectors& vectors, std::uint64_t offset) {
  std::uint32_t total = 0;
  for (std::span<std::uint8_t> part : vectors.parts) {
    part = part.first(std::min<std::size_t>(part.size(), kMaxFileMoveBytes - total));
    const auto bytes = file.file->read_at(part, offset + total);
    if (!bytes && total == 0) return std::unexpected(bytes.error());
    total += static_cast<std::uint32_t>(bytes.value_or(0));
    if (!bytes || *bytes < part.size() || total == kMaxFileMoveBytes) break;
  }
  return total;
}

HostReturn answer_moved(HostCall& call, std::uint32_t bytes) {
  if (!call.charge(bytes)) return call.out_of_fuel();
  store(call.range(0), 0, bytes);
  return answer(Errno::kSuccess);
}

HostReturn fd_read(HostCall& call) noexcept {
  const auto vectors = read_io_vectors(call, 1);
  if (!vectors) return vectors.error();
  WasiDescriptor* const descriptor = descriptor_of(call);
  if (descriptor == nullptr) return answer(Errno::kBadf);
  if (const auto* const stream = std::get_if<WasiStream>(descriptor)) return read_stream(call, *stream, *vectors);
  auto* const file = std::get_if<WasiFile>(descriptor);
  if (file == nullptr) return answer(Errno::kIsdir);
  if (!may_read(file->use)) return answer(Errno::kBadf);
  const auto bytes = read_file_at(*file, *vectors, file->position);
  if (!bytes) return wasi_failed(call, *file->below, bytes.error());
  file->position += *bytes;
  return answer_moved(call, *bytes);
}

// The file of a call that names a place in it, or what such a call on another descriptor answers.
struct Placed {
  WasiFile* file;
  Errno error;
};
Placed placed_file(HostCall& call) {
  WasiDescriptor* const descriptor = descriptor_of(call);
  if (descriptor == nullptr) return {nullptr, Errno::kBadf};
  if (std::holds_alternative<WasiStream>(*descriptor)) return {nullptr, Errno::kSpipe};
  auto* const file = std::get_if<WasiFile>(descriptor);
  return {file, file == nullptr ? Errno::kIsdir : Errno::kSuccess};
}

HostReturn fd_pread(HostCall& call) noexcept {
  const auto vectors = read_io_vectors(call, 1);
  if (!vectors) return vectors.error();
  const auto [file, error] = placed_file(call);
  if (file == nullptr) return answer(error);
  if (!may_read(file->use)) return answer(Errno::kBadf);
  const auto bytes = read_file_at(*file, *vectors, static_cast<std::uint64_t>(call.i64(3)));
  return bytes ? answer_moved(call, *bytes) : wasi_failed(call, *file->below, bytes.error());
}

// ---- Writing

Sink sink_of(const CallState& state, Stream stream) {
  if (stream != Stream::kOutput) return Sink::kStandardError;
  return state.setup().kind == runtime::EntryKind::kWasi ? Sink::kOutput : Sink::kStandardOutput;
}

std::optional<HostReturn> stop_leaks(HostCall& call, Sink sink, const IoVectors& vectors) {
  for (const BytesView part : vectors.parts) {
    if (const auto stop = stop_leak(call, sink, part)) return stop;
  }
  return std::nullopt;
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

HostReturn write_to_stream(HostCall& call, const WasiStream& stream, const IoVectors& vectors) {
  if (stream.stream == Stream::kInput) return answer(Errno::kBadf);
  if (!call.charge(vectors.bytes)) return call.out_of_fuel();
  const Sink sink = sink_of(state_of(call), stream.stream);
  if (const auto stop = stop_leaks(call, sink, vectors)) return *stop;
  const Errno error = write_stream(state_of(call), sink, vectors);
  if (error == Errno::kSuccess) store(call.range(0), 0, vectors.bytes);
  return answer(error);
}

// Where the writing of a file begins; none: at its end, wherever that is.
using Offset = std::optional<std::uint64_t>;

// One vector after the other; a failure after the first bytes comes again when the program writes on.
HostReturn write_to_file(HostCall& call, WasiFile& file, const IoVectors& vectors, Offset offset) {
  if (!may_write(file.use)) return answer(Errno::kBadf);
  if (vectors.bytes > kMaxFileMoveBytes) return answer(Errno::kFbig);
  if (!call.charge(vectors.bytes)) return call.out_of_fuel();
  if (const auto stop = stop_leaks(call, Sink::kFile, vectors)) return *stop;
  std::uint32_t total = 0;
  for (const BytesView part : vectors.parts) {
    Result<> written;
    if (offset) {
      written = file.file->write_at(part, *offset + total);
    } else if (auto end = file.file->append(part)) {
      file.position = *end;
    } else {
      written = std::unexpected(std::move(end).error());
    }
    if (!written && total == 0) return wasi_failed(call, *file.below, std::move(written).error());
    if (!written) break;
    total += static_cast<std::uint32_t>(part.size());
  }
  store(call.range(0), 0, total);
  return answer(Errno::kSuccess);
}

HostReturn fd_write(HostCall& call) noexcept {
  const auto vectors = read_io_vectors(call, 1);
  if (!vectors) return vectors.error();
  WasiDescriptor* const descriptor = descriptor_of(call);
  if (descriptor == nullptr) return answer(Errno::kBadf);
  if (const auto* const stream = std::get_if<WasiStream>(descriptor)) return write_to_stream(call, *stream, *vectors);
  auto* const file = std::get_if<WasiFile>(descriptor);
  if (file == nullptr) return answer(Errno::kIsdir);
  const bool at_end = (file->flags & kFlagAppend) != 0;
  store(call.range(0), 0, std::uint32_t{0});
  const HostReturn written = write_to_file(call, *file, *vectors, at_end ? Offset() : Offset(file->position));
  if (!at_end) file->position += load<std::uint32_t>(call.range(0), 0);
  return written;
}

HostReturn fd_pwrite(HostCall& call) noexcept {
  const auto vectors = read_io_vectors(call, 1);
  if (!vectors) return vectors.error();
  const auto [file, error] = placed_file(call);
  if (file == nullptr) return answer(error);
  return write_to_file(call, *file, *vectors, static_cast<std::uint64_t>(call.i64(3)));
}

// ---- Places in a file

HostReturn answer_position(HostCall& call, std::uint64_t position) {
  if (!call.charge(sizeof position)) return call.out_of_fuel();
  store(call.range(0), 0, position);
  return answer(Errno::kSuccess);
}

HostReturn fd_seek(HostCall& call) noexcept {
  const auto [file, error] = placed_file(call);
  if (file == nullptr) return answer(error);
  const auto facts = file->file->facts();
  if (!facts) return wasi_failed(call, *file->below, facts.error());
  const std::array<std::uint64_t, 3> from{0, file->position, facts->size_bytes};
  const std::uint32_t whence = call.u32(2);
  std::int64_t position = 0;
  const bool valid = whence < from.size() &&
                     !__builtin_add_overflow(static_cast<std::int64_t>(from.at(whence)), call.i64(1), &position) &&
                     position >= 0;
  if (!valid) return answer(Errno::kInval);
  file->position = static_cast<std::uint64_t>(position);
  return answer_position(call, file->position);
}

HostReturn fd_tell(HostCall& call) noexcept {
  const auto [file, error] = placed_file(call);
  return file == nullptr ? answer(error) : answer_position(call, file->position);
}

// ---- The rest

// Of a stream the host has every byte as soon as it is written, and a directory has nothing to wait for.
HostReturn fd_sync(HostCall& call) noexcept {
  WasiDescriptor* const descriptor = descriptor_of(call);
  if (descriptor == nullptr) return answer(Errno::kBadf);
  auto* const file = std::get_if<WasiFile>(descriptor);
  return file == nullptr ? answer(Errno::kSuccess) : wasi_done(call, *file->below, file->file->sync());
}

HostReturn fd_advise(HostCall& call) noexcept {
  const auto [file, error] = placed_file(call);
  if (file == nullptr) return answer(error);
  constexpr std::uint32_t kLastAdvice = 5;
  return answer(call.u32(3) <= kLastAdvice ? Errno::kSuccess : Errno::kInval);
}

HostReturn fd_allocate(HostCall& call) noexcept {
  return answer(descriptor_of(call) == nullptr ? Errno::kBadf : Errno::kNotsup);
}

constexpr auto kBodies = std::to_array<NamedBody>({
    {"fd_advise", fd_advise},
    {"fd_allocate", fd_allocate},
    {"fd_datasync", fd_sync},
    {"fd_pread", fd_pread},
    {"fd_pwrite", fd_pwrite},
    {"fd_read", fd_read},
    {"fd_seek", fd_seek},
    {"fd_sync", fd_sync},
    {"fd_tell", fd_tell},
    {"fd_write", fd_write},
});

}  // namespace

std::span<const NamedBody> wasi_io_bodies() { return kBodies; }

}  // namespace palyra::host
