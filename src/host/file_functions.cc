// SPDX-License-Identifier: Apache-2.0
// `palyra:skill/files@1.0.0`: the directories of the operator. docs/guest-abi.md 5.

#include "file_answers.h"

#include <palyra/base/utf8.h>

#include <fmt/core.h>

#include <array>
#include <limits>

namespace palyra::host {
namespace {

using capability::Capability;
using capability::CapabilityClass;
using capability::FilePath;
using capability::FilesystemRoot;
using capability::FileUse;
using capability::IfMissing;
using capability::IfThere;
using capability::kMaxFilePathBytes;
using runtime::HostCall;
using runtime::HostReturn;

HostReturn root(HostCall& call) noexcept {
  CallState& state = state_of(call);
  const std::string_view name = as_text(call.range(0));
  if (name.size() > kMaxRootNameBytes) return HostReturn::i32(kTooLarge);
  if (!call.charge(name.size())) return call.out_of_fuel();
  for (const std::string_view access : {"rw", "ro"}) {
    const Capability* const found = state.setup().grants.find(fmt::format("{} {}", name, access));
    if (found != nullptr && std::holds_alternative<FilesystemRoot>(*found)) {
      return HostReturn::i32(*state.setup().grants.handle_of(*found));
    }
  }
  return HostReturn::i32(
      state.missing_grant(capability::kFilesNotGranted, name, FilesystemRoot{.name = std::string(name)}));
}

struct Granted {
  const std::string& root;
  capability::FilePort& port;
};

// What `use` answers for the root whose handle is parameter 0.
template <class Use>
HostReturn with_root(HostCall& call, Use use) {
  CallState& state = state_of(call);
  const std::int32_t handle = call.i32(0);
  const Capability* const found = state.setup().grants.find_handle(CapabilityClass::kFilesystem, handle);
  if (found == nullptr) return call.deny(state.deny_handle("a filesystem root", handle));
  if (state.setup().files == nullptr) return HostReturn::i32(kUnavailable);
  state.use_grant(*found);
  return use(Granted{std::get<FilesystemRoot>(*found).name, *state.setup().files});
}

// What `use` answers for the path in range 0. Its price is paid, and it may be empty where the root itself is meant.
enum class RootItself : std::uint8_t { kNo, kYes };
template <class Use>
HostReturn with_path(HostCall& call, RootItself root_itself, Use use) {
  return with_root(call, [&](const Granted& granted) {
    const std::string_view path = as_text(call.range(0));
    if (path.size() > kMaxFilePathBytes) return HostReturn::i32(kTooLarge);
    if (!call.charge(path.size())) return call.out_of_fuel();
    const bool valid = path.empty() ? root_itself == RootItself::kYes : capability::is_file_path(path);
    return valid ? use(granted, FilePath{.root = granted.root, .path = path}) : HostReturn::i32(kInvalid);
  });
}

HostReturn answer_failure(HostCall& call, std::string_view root, Error error) {
  const std::int32_t result = file_result(error);
  return file_failed(call, root, std::move(error), HostReturn::i32(result));
}

HostReturn answer_done(HostCall& call, const Granted& granted, Result<> done) {
  return done ? HostReturn::i32(0) : answer_failure(call, granted.root, std::move(done).error());
}

struct Opening {
  FileUse use = FileUse::kRead;
  IfMissing if_missing = IfMissing::kFail;
  IfThere if_there = IfThere::kKeep;
  WritePlace place = WritePlace::kAtPosition;
};

// The numbers of the guest ABI. nullopt: flags that nobody knows, or that need others.
std::optional<Opening> opening_of(std::uint32_t flags) {
  enum : std::uint8_t { kRead = 1, kWrite = 2, kCreate = 4, kTruncate = 8, kAppend = 16, kExclusive = 32, kAll = 63 };
  const bool writes = (flags & kWrite) != 0;
  const bool reads = (flags & kRead) != 0;
  if (flags > kAll || (!reads && !writes)) return std::nullopt;
  if (!writes && (flags & (kCreate | kTruncate | kAppend)) != 0) return std::nullopt;
  if ((flags & kExclusive) != 0 && (flags & kCreate) == 0) return std::nullopt;
  Opening opening;
  if (writes) opening.use = reads ? FileUse::kReadWrite : FileUse::kWrite;
  if ((flags & kCreate) != 0) opening.if_missing = IfMissing::kCreate;
  if ((flags & kExclusive) != 0) opening.if_missing = IfMissing::kMustCreate;
  if ((flags & kTruncate) != 0) opening.if_there = IfThere::kTruncate;
  if ((flags & kAppend) != 0) opening.place = WritePlace::kAtEnd;
  return opening;
}

HostReturn open_file(HostCall& call, const Granted& granted, std::string_view path, const Opening& opening) {
  CallState& state = state_of(call);
  const auto failed = [&](std::int32_t result) {
    return HostReturn::i32(state.failed_lookup(result, fmt::format("files open \"{}\"", printable(path))));
  };
  if (!state.files().may_open()) return failed(kExhausted);
  auto file = granted.port.open({.at = {.root = granted.root, .path = path},
                                 .use = opening.use,
                                 .if_missing = opening.if_missing,
                                 .if_there = opening.if_there});
  if (!file) {
    const std::int32_t result = file_result(file.error());
    return file_failed(call, granted.root, std::move(file).error(), failed(result));
  }
  return HostReturn::i32(
      state.files().open({.root = granted.root, .file = *std::move(file), .use = opening.use, .place = opening.place}));
}

HostReturn open(HostCall& call) noexcept {
  return with_path(call, RootItself::kNo, [&](const Granted& granted, FilePath at) {
    const auto opening = opening_of(call.u32(3));
    if (!opening) return HostReturn::i32(kInvalid);
    if (opening->if_missing != IfMissing::kFail) {
      if (const auto stop = stop_leak(call, Sink::kFileName, as_bytes(at.path))) return *stop;
    }
    return open_file(call, granted, at.path, *opening);
  });
}

// What `use` answers for the file whose handle is parameter 0. A number that was never given out ends the run; a
// closed one is invalid.
template <class Use>
HostReturn with_file(HostCall& call, HostReturn closed, Use use) {
  CallState& state = state_of(call);
  const std::int32_t handle = call.i32(0);
  if (!state.files().files().issued(handle)) return call.deny(state.deny_handle("a file", handle));
  GuestFile* const file = state.files().files().find(handle);
  return file == nullptr ? closed : use(*file);
}

HostReturn read(HostCall& call) noexcept {
  return with_file(call, HostReturn::i32(kInvalid), [&](GuestFile& file) {
    if (!may_read(file.use)) return HostReturn::i32(kInvalid);
    const std::span<std::uint8_t> into = call.range(0).first(std::min(call.range(0).size(), kMaxFileMoveBytes));
    auto bytes = file.file->read_at(into, file.position);
    if (!bytes) return answer_failure(call, file.root, std::move(bytes).error());
    if (!call.charge(*bytes)) return call.out_of_fuel();
    file.position += *bytes;
    return HostReturn::i32(static_cast<std::int32_t>(*bytes));
  });
}

Result<std::uint64_t> write_to(GuestFile& file, BytesView bytes) {
  if (file.place == WritePlace::kAtEnd) return file.file->append(bytes);
  PALYRA_TRY(file.file->write_at(bytes, file.position));
  return file.position + bytes.size();
}

HostReturn write(HostCall& call) noexcept {
  return with_file(call, HostReturn::i32(kInvalid), [&](GuestFile& file) {
    const BytesView bytes = call.range(0);
    if (!may_write(file.use)) return HostReturn::i32(kInvalid);
    if (bytes.size() > kMaxFileMoveBytes) return HostReturn::i32(kTooLarge);
    if (!call.charge(bytes.size())) return call.out_of_fuel();
    if (const auto stop = stop_leak(call, Sink::kFile, bytes)) return *stop;
    const auto end = write_to(file, bytes);
    if (!end) return answer_failure(call, file.root, end.error());
    file.position = *end;
    return HostReturn::i32(static_cast<std::int32_t>(bytes.size()));
  });
}

// i64 functions answer failures as i64.
HostReturn answer_failure_i64(HostCall& call, std::string_view root, Error error) {
  const std::int32_t result = file_result(error);
  return file_failed(call, root, std::move(error), HostReturn::i64(result));
}

HostReturn seek(HostCall& call) noexcept {
  return with_file(call, HostReturn::i64(kInvalid), [&](GuestFile& file) {
    const auto facts = file.file->facts();
    if (!facts) return answer_failure_i64(call, file.root, facts.error());
    const std::array<std::uint64_t, 3> from{0, file.position, facts->size_bytes};
    const std::uint32_t whence = call.u32(2);
    std::int64_t position = 0;
    const bool valid = whence < from.size() &&
                       !__builtin_add_overflow(static_cast<std::int64_t>(from.at(whence)), call.i64(1), &position) &&
                       position >= 0;
    if (!valid) return HostReturn::i64(kInvalid);
    file.position = static_cast<std::uint64_t>(position);
    return HostReturn::i64(position);
  });
}

HostReturn size(HostCall& call) noexcept {
  return with_file(call, HostReturn::i64(kInvalid), [&](const GuestFile& file) {
    const auto facts = file.file->facts();
    if (!facts) return answer_failure_i64(call, file.root, facts.error());
    return HostReturn::i64(static_cast<std::int64_t>(facts->size_bytes));
  });
}

HostReturn sync(HostCall& call) noexcept {
  return with_file(call, HostReturn::i32(kInvalid), [&](const GuestFile& file) {
    auto synced = file.file->sync();
    return synced ? HostReturn::i32(0) : answer_failure(call, file.root, std::move(synced).error());
  });
}

HostReturn close(HostCall& call) noexcept {
  return with_file(call, HostReturn::i32(kInvalid), [&](const GuestFile&) {
    state_of(call).files().close(call.i32(0));
    return HostReturn::i32(0);
  });
}

HostReturn stat(HostCall& call) noexcept {
  return with_path(call, RootItself::kYes, [&](const Granted& granted, FilePath at) {
    const auto facts = granted.port.stat(at);
    if (!facts) return answer_failure(call, granted.root, facts.error());
    const std::span<std::uint8_t> out = call.range(1);
    if (!call.charge(out.size())) return call.out_of_fuel();
    std::ranges::fill(out, std::uint8_t{0});
    out[0] = static_cast<std::uint8_t>(facts->kind);
    store(out, 8, facts->size_bytes);
    store(out, 16, static_cast<std::uint64_t>(std::max<std::int64_t>(0, facts->modified.count())));
    return HostReturn::i32(0);
  });
}

HostReturn list_after(HostCall& call, const Granted& granted, FilePath at, std::string_view after) {
  constexpr std::size_t kShortest = 3;
  const std::size_t cap = call.range(2).size();
  const auto entries = granted.port.list(at, after, std::min(capability::kMaxListedFiles, cap / kShortest + 1));
  if (!entries) return answer_failure(call, granted.root, entries.error());
  Bytes page;
  for (const capability::FileEntry& entry : *entries) {
    if (page.size() + 2 + entry.name.size() > cap) break;
    page.push_back(static_cast<std::uint8_t>(entry.name.size()));
    page.push_back(static_cast<std::uint8_t>(entry.name.size() >> 8U));
    page.insert(page.end(), entry.name.begin(), entry.name.end());
  }
  if (page.empty() && !entries->empty()) return HostReturn::i32(kTooLarge);
  return answer_copied(call, 2, page);
}

HostReturn list(HostCall& call) noexcept {
  return with_path(call, RootItself::kYes, [&](const Granted& granted, FilePath at) {
    const std::string_view after = as_text(call.range(1));
    if (after.size() > capability::kMaxFileNameBytes) return HostReturn::i32(kTooLarge);
    if (!call.charge(after.size())) return call.out_of_fuel();
    if (!after.empty() && !capability::is_file_name(after)) return HostReturn::i32(kInvalid);
    return list_after(call, granted, at, after);
  });
}

HostReturn make_directory(HostCall& call) noexcept {
  return with_path(call, RootItself::kNo, [&](const Granted& granted, FilePath at) {
    if (const auto stop = stop_leak(call, Sink::kFileName, as_bytes(at.path))) return *stop;
    return answer_done(call, granted, granted.port.make_directory(at));
  });
}

HostReturn remove(HostCall& call) noexcept {
  return with_path(call, RootItself::kNo, [&](const Granted& granted, FilePath at) {
    return answer_done(call, granted, granted.port.remove(at, capability::Removal::kEither));
  });
}

HostReturn rename(HostCall& call) noexcept {
  return with_path(call, RootItself::kNo, [&](const Granted& granted, FilePath from) {
    const std::string_view to = as_text(call.range(1));
    if (to.size() > kMaxFilePathBytes) return HostReturn::i32(kTooLarge);
    if (!call.charge(to.size())) return call.out_of_fuel();
    if (!capability::is_file_path(to)) return HostReturn::i32(kInvalid);
    if (const auto stop = stop_leak(call, Sink::kFileName, as_bytes(to))) return *stop;
    return answer_done(call, granted, granted.port.rename(from, to));
  });
}

constexpr auto kBodies = std::to_array<NamedBody>({{"root", root},
                                                   {"open", open},
                                                   {"read", read},
                                                   {"write", write},
                                                   {"seek", seek},
                                                   {"size", size},
                                                   {"sync", sync},
                                                   {"close", close},
                                                   {"stat", stat},
                                                   {"list", list},
                                                   {"make-directory", make_directory},
                                                   {"remove", remove},
                                                   {"rename", rename}});

}  // namespace

std::span<const NamedBody> file_bodies() { return kBodies; }

}  // namespace palyra::host
