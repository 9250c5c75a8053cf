// SPDX-License-Identifier: Apache-2.0
// WASI preview 1 on what file descriptors are: streams, files and directories. docs/guest-abi.md 6;
// witx/wasi_snapshot_preview1.witx.

#include "wasi_files.h"

#include <array>

namespace palyra::host {
namespace {

using capability::FileFacts;
using runtime::HostCall;
using runtime::HostReturn;

// The descriptor that parameter 0 names, or nullptr.
WasiDescriptor* descriptor_of(HostCall& call) { return state_of(call).descriptors().find(call.u32(0)); }

// The descriptor is about to end.
void release_bytes(CallState& state, const WasiDescriptor& descriptor) {
  const auto* const directory = std::get_if<WasiDirectory>(&descriptor);
  if (directory != nullptr && !directory->preopened) state.release(kDirectoryBytes);
}

HostReturn fd_close(HostCall& call) noexcept {
  const WasiDescriptor* const descriptor = descriptor_of(call);
  if (descriptor == nullptr) return answer(Errno::kBadf);
  release_bytes(state_of(call), *descriptor);
  state_of(call).descriptors().close(call.u32(0));
  return answer(Errno::kSuccess);
}

HostReturn fd_renumber(HostCall& call) noexcept {
  WasiDescriptors& descriptors = state_of(call).descriptors();
  const std::uint32_t from = call.u32(0);
  const std::uint32_t to = call.u32(1);
  if (descriptors.find(from) == nullptr || descriptors.find(to) == nullptr) return answer(Errno::kBadf);
  if (from != to) release_bytes(state_of(call), *descriptors.find(to));
  descriptors.renumber(from, to);
  return answer(Errno::kSuccess);
}

struct Stat {
  WasiFileType type = WasiFileType::kUnknown;
  std::uint16_t flags = 0;
  std::uint64_t rights = 0;
  std::uint64_t inherited = 0;
};

struct ToStat {
  // The type is "unknown", as of a pipe: a C library then buffers whole blocks, which costs the guest less.
  Stat operator()(const WasiStream& it) const {
    const std::uint64_t direction = it.stream == Stream::kInput ? kRightRead : kRightWrite;
    return {.flags = it.flags, .rights = direction | kRightSetFlags | kRightFilestatGet | kRightPoll};
  }
  Stat operator()(const WasiFile& it) const {
    std::uint64_t rights = kAllRights;
    if (!may_read(it.use)) rights &= ~kRightRead;
    if (!may_write(it.use)) rights &= ~(kRightWrite | kRightAllocate | kRightSetSize);
    return {.type = WasiFileType::kRegularFile, .flags = it.flags, .rights = rights};
  }
  // Whether something may be written is decided where it is tried, so that a refusal is recorded.
  Stat operator()(const WasiDirectory&) const {
    return {.type = WasiFileType::kDirectory, .rights = kAllRights, .inherited = kAllRights};
  }
};

// NOLINTNEXTLINE(bugprone-exception-escape): no descriptor is valueless
HostReturn fd_fdstat_get(HostCall& call) noexcept {
  const WasiDescriptor* const descriptor = descriptor_of(call);
  if (descriptor == nullptr) return answer(Errno::kBadf);
  const std::span<std::uint8_t> out = call.range(0);
  if (!call.charge(out.size())) return call.out_of_fuel();
  const Stat stat = std::visit(ToStat(), *descriptor);
  std::ranges::fill(out, std::uint8_t{0});
  out[0] = static_cast<std::uint8_t>(stat.type);
  store(out, 2, stat.flags);
  store(out, 8, stat.rights);
  store(out, 16, stat.inherited);
  return answer(Errno::kSuccess);
}

// Of a stream both flags are true already: it only appends, and never makes a program wait.
HostReturn fd_fdstat_set_flags(HostCall& call) noexcept {
  WasiDescriptor* const descriptor = descriptor_of(call);
  if (descriptor == nullptr) return answer(Errno::kBadf);
  const std::uint32_t flags = call.u32(1);
  if ((flags & ~std::uint32_t{kFlagAppend | kFlagNonblock}) != 0) return answer(Errno::kNotsup);
  if (auto* const stream = std::get_if<WasiStream>(descriptor)) stream->flags = static_cast<std::uint16_t>(flags);
  if (auto* const file = std::get_if<WasiFile>(descriptor)) file->flags = static_cast<std::uint16_t>(flags);
  return answer(Errno::kSuccess);
}

template <Errno error>
HostReturn on_open(HostCall& call) noexcept {
  return answer(descriptor_of(call) == nullptr ? Errno::kBadf : error);
}

HostReturn answer_filestat(HostCall& call, const Preopen& below, const Result<FileFacts>& facts) {
  if (!facts) return wasi_failed(call, below, facts.error());
  const std::span<std::uint8_t> out = call.range(0);
  if (!call.charge(out.size())) return call.out_of_fuel();
  write_filestat(out, below, *facts);
  return answer(Errno::kSuccess);
}

HostReturn fd_filestat_get(HostCall& call) noexcept {
  const WasiDescriptor* const descriptor = descriptor_of(call);
  if (descriptor == nullptr) return answer(Errno::kBadf);
  if (const auto* const file = std::get_if<WasiFile>(descriptor)) {
    return answer_filestat(call, *file->below, file->file->facts());
  }
  if (const auto* const directory = std::get_if<WasiDirectory>(descriptor)) {
    const Preopen& below = *directory->below;
    return answer_filestat(call, below, below.port->stat({.root = below.root, .path = directory->path}));
  }
  const std::span<std::uint8_t> out = call.range(0);
  if (!call.charge(out.size())) return call.out_of_fuel();
  std::ranges::fill(out, std::uint8_t{0});
  store(out, 24, std::uint64_t{1});  // one link
  return answer(Errno::kSuccess);
}

HostReturn fd_filestat_set_size(HostCall& call) noexcept {
  WasiDescriptor* const descriptor = descriptor_of(call);
  if (descriptor == nullptr) return answer(Errno::kBadf);
  auto* const file = std::get_if<WasiFile>(descriptor);
  if (file == nullptr || !may_write(file->use)) return answer(Errno::kInval);
  return wasi_done(call, *file->below, file->file->resize(static_cast<std::uint64_t>(call.i64(1))));
}

HostReturn fd_filestat_set_times(HostCall& call) noexcept {
  CallState& state = state_of(call);
  WasiDescriptor* const descriptor = descriptor_of(call);
  if (descriptor == nullptr) return answer(Errno::kBadf);
  if (std::holds_alternative<WasiStream>(*descriptor)) return answer(Errno::kNotsup);
  const auto times = read_times(call, state, 1);
  if (!times) return answer(Errno::kInval);
  if (const auto* const directory = std::get_if<WasiDirectory>(descriptor)) {
    const Preopen& below = *directory->below;
    return wasi_done(call, below, below.port->set_times({.root = below.root, .path = directory->path}, *times));
  }
  const auto* const file = std::get_if<WasiFile>(descriptor);
  if (file == nullptr || !may_write(file->use)) return answer(Errno::kBadf);
  return wasi_done(call, *file->below, file->file->set_times(*times));
}

// The preopened directory of parameter 0, or nullptr.
const WasiDirectory* preopen_of(HostCall& call) {
  const auto* const directory = state_of(call).descriptors().find_as<WasiDirectory>(call.u32(0));
  return directory != nullptr && directory->preopened ? directory : nullptr;
}

// Programs ask for 3, 4, ... until this answers EBADF.
HostReturn fd_prestat_get(HostCall& call) noexcept {
  const WasiDirectory* const directory = preopen_of(call);
  if (directory == nullptr) return answer(Errno::kBadf);
  const std::span<std::uint8_t> out = call.range(0);
  if (!call.charge(out.size())) return call.out_of_fuel();
  std::ranges::fill(out, std::uint8_t{0});  // tag 0: a directory
  store(out, 4, static_cast<std::uint32_t>(directory->below->name.size()));
  return answer(Errno::kSuccess);
}

HostReturn fd_prestat_dir_name(HostCall& call) noexcept {
  const WasiDirectory* const directory = preopen_of(call);
  if (directory == nullptr) return answer(Errno::kBadf);
  const BytesView name = as_bytes(directory->below->name);
  if (call.range(0).size() < name.size()) return answer(Errno::kNametoolong);
  return copy_out(call, 0, name) ? answer(Errno::kSuccess) : call.out_of_fuel();
}

// ---- fd_readdir

constexpr std::size_t kDirentBytes = 24;

Result<> load_page(WasiDirectory& directory, std::uint64_t first, std::string after) {
  const Preopen& below = *directory.below;
  auto entries = PALYRA_TRY(below.port->list({.root = below.root, .path = directory.path}, after, kDirectoryPage));
  directory.page = {.first = first, .after = std::move(after), .entries = std::move(entries), .loaded = true};
  return {};
}

// Makes the page hold the entry of that cookie, unless the directory has none. A cookie that is not of the page or just
// behind it is found from the start.
Result<> seek_page(WasiDirectory& directory, std::uint64_t cookie) {
  DirectoryPage& page = directory.page;
  const bool restart = !page.loaded || cookie == 0 || cookie < page.first || cookie > page.first + page.entries.size();
  if (restart) PALYRA_TRY(load_page(directory, 0, ""));
  while (cookie >= page.first + page.entries.size() && page.entries.size() == kDirectoryPage) {
    PALYRA_TRY(load_page(directory, page.first + page.entries.size(), std::string(page.entries.back().name)));
  }
  return {};
}

// As many entries of the page as fit, and of the last one what fits. The bytes; `cookie` is then that of the next.
std::size_t write_entries(const DirectoryPage& page, std::uint64_t& cookie, std::span<std::uint8_t> out) {
  std::size_t used = 0;
  for (; cookie - page.first < page.entries.size() && used < out.size(); ++cookie) {
    const capability::FileEntry& entry = page.entries[static_cast<std::size_t>(cookie - page.first)];
    std::array<std::uint8_t, kDirentBytes> head{};
    store(head, 0, cookie + 1);
    store(head, 8, entry.number);
    store(head, 16, static_cast<std::uint32_t>(entry.name.size()));
    head[20] = static_cast<std::uint8_t>(file_type(entry.kind));
    for (const BytesView part : {BytesView(head), as_bytes(entry.name)}) {
      const std::size_t bytes = std::min(part.size(), out.size() - used);
      std::copy_n(part.begin(), bytes, out.begin() + static_cast<std::ptrdiff_t>(used));
      used += bytes;
    }
  }
  return used;
}

// Fills all of `out` unless the directory ends before: only then programs know that it does.
Result<std::size_t> fill_entries(WasiDirectory& directory, std::uint64_t cookie, std::span<std::uint8_t> out) {
  std::size_t used = 0;
  while (used < out.size()) {
    PALYRA_TRY(seek_page(directory, cookie));
    const DirectoryPage& page = directory.page;
    if (cookie < page.first || cookie - page.first >= page.entries.size()) break;
    used += write_entries(page, cookie, out.subspan(used));
  }
  return used;
}

HostReturn fd_readdir(HostCall& call) noexcept {
  WasiDescriptor* const descriptor = descriptor_of(call);
  if (descriptor == nullptr) return answer(Errno::kBadf);
  auto* const directory = std::get_if<WasiDirectory>(descriptor);
  if (directory == nullptr) return answer(Errno::kNotdir);
  auto used = fill_entries(*directory, static_cast<std::uint64_t>(call.i64(3)), call.range(0));
  if (!used) return wasi_failed(call, *directory->below, std::move(used).error());
  if (!call.charge(*used)) return call.out_of_fuel();
  store(call.range(1), 0, static_cast<std::uint32_t>(*used));
  return answer(Errno::kSuccess);
}

constexpr auto kBodies = std::to_array<NamedBody>({
    {"fd_close", fd_close},
    {"fd_fdstat_get", fd_fdstat_get},
    {"fd_fdstat_set_flags", fd_fdstat_set_flags},
    {"fd_fdstat_set_rights", on_open<Errno::kNotsup>},
    {"fd_filestat_get", fd_filestat_get},
    {"fd_filestat_set_size", fd_filestat_set_size},
    {"fd_filestat_set_times", fd_filestat_set_times},
    {"fd_prestat_get", fd_prestat_get},
    {"fd_prestat_dir_name", fd_prestat_dir_name},
    {"fd_readdir", fd_readdir},
    {"fd_renumber", fd_renumber},
});

}  // namespace

std::span<const NamedBody> wasi_descriptor_bodies() { return kBodies; }

}  // namespace palyra::host
