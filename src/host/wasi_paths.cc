// SPDX-License-Identifier: Apache-2.0
// WASI preview 1 on paths and sockets. A path is relative to an open directory and never leaves it: `..` is undone in
// the text, and there are no links. docs/guest-abi.md 6; witx/wasi_snapshot_preview1.witx.

#include "wasi_files.h"

#include <palyra/base/utf8.h>

#include <fmt/core.h>

#include <array>
#include <vector>

namespace palyra::host {
namespace {

using capability::FileKind;
using capability::FilePath;
using capability::FileUse;
using capability::IfMissing;
using capability::IfThere;
using capability::Removal;
using runtime::HostCall;
using runtime::HostReturn;

constexpr std::size_t kMaxTextBytes = 4 * capability::kMaxFilePathBytes;  // with "./" and "//" in it

HostReturn not_supported(HostCall&) noexcept { return answer(Errno::kNotsup); }

// The names of the path from its directory on; nullopt: it leads out of that.
std::optional<std::vector<std::string_view>> steps_of(std::string_view text) {
  std::vector<std::string_view> steps;
  if (text.starts_with('/')) return std::nullopt;
  while (!text.empty()) {
    const std::size_t slash = text.find('/');
    const std::string_view step = text.substr(0, slash);
    text.remove_prefix(slash == std::string_view::npos ? text.size() : slash + 1);
    if (step.empty() || step == ".") continue;
    if (step != "..") {
      steps.push_back(step);
    } else if (steps.empty()) {
      return std::nullopt;
    } else {
      steps.pop_back();
    }
  }
  return steps;
}

// A path below a preopen; empty: the preopen itself.
struct Place {
  const Preopen* below;
  std::string path;
  [[nodiscard]] FilePath at() const { return {.root = below->root, .path = path}; }
};

Errno check_text(std::string_view text, std::string_view path) {
  if (text.empty()) return Errno::kNoent;
  if (path.empty() || capability::is_file_path(path)) return Errno::kSuccess;
  return path.size() > capability::kMaxFilePathBytes ? Errno::kNametoolong : Errno::kIlseq;
}

// The place that the text names below the directory of parameter `fd`, or what the function is to answer.
std::expected<Place, HostReturn> place_of(HostCall& call, std::size_t fd, std::span<const std::uint8_t> range) {
  CallState& state = state_of(call);
  const std::string_view text = as_text(range);
  const WasiDescriptor* const descriptor = state.descriptors().find(call.u32(fd));
  if (descriptor == nullptr) return std::unexpected(answer(Errno::kBadf));
  const auto* const directory = std::get_if<WasiDirectory>(descriptor);
  if (directory == nullptr) return std::unexpected(answer(Errno::kNotdir));
  if (text.size() > kMaxTextBytes) return std::unexpected(answer(Errno::kNametoolong));
  if (!call.charge(text.size())) return std::unexpected(call.out_of_fuel());
  const auto steps = steps_of(text);
  if (!steps) {
    state.record_denial({.code = std::string(capability::kFilesDenied.id),
                         .asked = fmt::format("the path \"{}\" of {}", printable(text), directory->below->name),
                         .allowed = "what is below the directories that the program was given"});
    return std::unexpected(answer(Errno::kNotcapable));
  }
  Place place{.below = directory->below, .path = directory->path};
  for (const std::string_view step : *steps) place.path += (place.path.empty() ? "" : "/") + std::string(step);
  if (const Errno error = check_text(text, place.path); error != Errno::kSuccess) {
    return std::unexpected(answer(error));
  }
  if (place.below->grant != nullptr) state.use_grant(*place.below->grant);
  return place;
}

// ---- path_open

enum OpenFlag : std::uint8_t { kCreate = 1, kDirectory = 2, kExclusive = 4, kTruncate = 8, kAllFlags = 15 };

HostReturn answer_open(HostCall& call, WasiDescriptor descriptor) {
  const std::uint32_t number = state_of(call).descriptors().open(std::move(descriptor));
  store(call.range(1), 0, number);
  return answer(Errno::kSuccess);
}

HostReturn open_directory(HostCall& call, Place place) {
  if (!state_of(call).hold(kDirectoryBytes)) return answer(Errno::kMfile);
  return answer_open(call, WasiDirectory{.below = place.below, .path = std::move(place.path)});
}

// Other rights than these two are asked for by programs that only read.
FileUse use_of(std::uint64_t rights) {
  if ((rights & kRightWrite) == 0) return FileUse::kRead;
  return (rights & kRightRead) != 0 ? FileUse::kReadWrite : FileUse::kWrite;
}

HostReturn open_file(HostCall& call, const Place& place, std::uint32_t flags) {
  const FileUse use = use_of(static_cast<std::uint64_t>(call.i64(5)));
  capability::FileOpen open{.at = place.at(), .use = use};
  if ((flags & kCreate) != 0) open.if_missing = IfMissing::kCreate;
  if ((flags & kCreate) != 0 && (flags & kExclusive) != 0) open.if_missing = IfMissing::kMustCreate;
  if ((flags & kTruncate) != 0) open.if_there = IfThere::kTruncate;
  // A program may make or empty a file that it will only read.
  const bool changes = (flags & (kCreate | kTruncate)) != 0;
  if (changes && use == FileUse::kRead) open.use = FileUse::kReadWrite;
  if (open.if_missing != IfMissing::kFail) {
    if (const auto stop = stop_leak(call, Sink::kFileName, as_bytes(place.path))) return *stop;
  }
  auto file = place.below->port->open(open);
  if (!file) return wasi_failed(call, *place.below, std::move(file).error());
  return answer_open(call, WasiFile{.below = place.below,
                                    .file = *std::move(file),
                                    .use = use,
                                    .flags = static_cast<std::uint16_t>(call.u32(7))});
}

HostReturn path_open(HostCall& call) noexcept {
  auto place = place_of(call, 0, call.range(0));
  if (!place) return place.error();
  const std::uint32_t flags = call.u32(4);
  if (flags > kAllFlags) return answer(Errno::kInval);
  if ((call.u32(7) & ~std::uint32_t{kFlagAppend | kFlagNonblock}) != 0) return answer(Errno::kNotsup);
  if (!state_of(call).descriptors().may_open()) return answer(Errno::kMfile);
  const bool reads_only = use_of(static_cast<std::uint64_t>(call.i64(5))) == FileUse::kRead;
  const bool may_be_directory = (flags & kDirectory) != 0 || (reads_only && flags == 0);
  if (!may_be_directory) return place->path.empty() ? answer(Errno::kIsdir) : open_file(call, *place, flags);
  if ((flags & (kCreate | kExclusive | kTruncate)) != 0) return answer(Errno::kInval);
  const auto facts = place->below->port->stat(place->at());
  if (!facts) return wasi_failed(call, *place->below, facts.error());
  if (facts->kind == FileKind::kDirectory) return open_directory(call, *std::move(place));
  return (flags & kDirectory) != 0 ? answer(Errno::kNotdir) : open_file(call, *place, flags);
}

// ---- The others

HostReturn path_filestat_get(HostCall& call) noexcept {
  const auto place = place_of(call, 0, call.range(0));
  if (!place) return place.error();
  const auto facts = place->below->port->stat(place->at());
  if (!facts) return wasi_failed(call, *place->below, facts.error());
  const std::span<std::uint8_t> out = call.range(1);
  if (!call.charge(out.size())) return call.out_of_fuel();
  write_filestat(out, *place->below, *facts);
  return answer(Errno::kSuccess);
}

HostReturn path_filestat_set_times(HostCall& call) noexcept {
  const auto place = place_of(call, 0, call.range(0));
  if (!place) return place.error();
  const auto times = read_times(call, state_of(call), 4);
  if (!times) return answer(Errno::kInval);
  return wasi_done(call, *place->below, place->below->port->set_times(place->at(), *times));
}

HostReturn path_create_directory(HostCall& call) noexcept {
  const auto place = place_of(call, 0, call.range(0));
  if (!place) return place.error();
  if (place->path.empty()) return answer(Errno::kExist);
  if (const auto stop = stop_leak(call, Sink::kFileName, as_bytes(place->path))) return *stop;
  return wasi_done(call, *place->below, place->below->port->make_directory(place->at()));
}

template <Removal what>
HostReturn path_remove(HostCall& call) noexcept {
  const auto place = place_of(call, 0, call.range(0));
  if (!place) return place.error();
  if (place->path.empty()) return answer(Errno::kInval);
  return wasi_done(call, *place->below, place->below->port->remove(place->at(), what));
}

HostReturn path_rename(HostCall& call) noexcept {
  const auto from = place_of(call, 0, call.range(0));
  if (!from) return from.error();
  const auto to = place_of(call, 3, call.range(1));
  if (!to) return to.error();
  if (from->below != to->below) return answer(Errno::kXdev);
  if (from->path.empty() || to->path.empty()) return answer(Errno::kInval);
  if (const auto stop = stop_leak(call, Sink::kFileName, as_bytes(to->path))) return *stop;
  return wasi_done(call, *from->below, from->below->port->rename(from->at(), to->path));
}

// What is there is never a link.
HostReturn path_readlink(HostCall& call) noexcept {
  const auto place = place_of(call, 0, call.range(0));
  if (!place) return place.error();
  const auto facts = place->below->port->stat(place->at());
  return facts ? answer(Errno::kInval) : wasi_failed(call, *place->below, facts.error());
}

constexpr auto kBodies = std::to_array<NamedBody>({
    {"path_create_directory", path_create_directory},
    {"path_filestat_get", path_filestat_get},
    {"path_filestat_set_times", path_filestat_set_times},
    {"path_link", not_supported},
    {"path_open", path_open},
    {"path_readlink", path_readlink},
    {"path_remove_directory", path_remove<Removal::kDirectory>},
    {"path_rename", path_rename},
    {"path_symlink", not_supported},
    {"path_unlink_file", path_remove<Removal::kFile>},
    {"sock_accept", not_supported},
    {"sock_recv", not_supported},
    {"sock_send", not_supported},
    {"sock_shutdown", not_supported},
});

}  // namespace

std::span<const NamedBody> wasi_path_bodies() { return kBodies; }

}  // namespace palyra::host
