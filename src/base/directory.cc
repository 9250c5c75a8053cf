// SPDX-License-Identifier: Apache-2.0
#include "descriptor_io.h"

#include <palyra/base/c_handle.h>
#include <palyra/base/directory.h>

#include <algorithm>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <filesystem>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace palyra {
namespace {

std::string joined(const std::string& path, std::string_view name) { return path + "/" + std::string(name); }

// The last segment of a name below a directory, and the part before it ("" when there is none).
std::pair<std::string, std::string> split(std::string_view name) {
  const std::size_t slash = name.rfind('/');
  if (slash == std::string_view::npos) return {"", std::string(name)};
  return {std::string(name.substr(0, slash)), std::string(name.substr(slash + 1))};
}

Result<> sync_directory(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid() || ::fsync(fd.get()) != 0) return std::unexpected(file_error(errno, "sync", path));
  return {};
}

Result<> refuse_special_segment(std::string_view segment, const std::string& shown) {
  if (segment.empty() || segment == "." || segment == "..")
    return fail(kFileDenied, "'{}' is no name of a file", shown);
  return {};
}

}  // namespace

Result<Directory> Directory::open(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return std::unexpected(file_error(errno, "open directory", path));
  return Directory(std::move(fd), path);
}

Result<Directory> Directory::make(const std::string& path) {
  std::filesystem::path so_far;
  for (const auto& part : std::filesystem::path(path)) {
    const std::string parent = so_far.empty() ? "." : so_far.string();
    so_far /= part;
    if (::mkdir(so_far.c_str(), 0700) == 0) {
      PALYRA_TRY(sync_directory(parent));
    } else if (errno != EEXIST && errno != EISDIR) {
      return std::unexpected(file_error(errno, "make directory", so_far.string()));
    }
  }
  return open(path);
}

Result<UniqueFd> Directory::open_below(std::string_view name, int flags) const {
  open_how how{};
  how.flags = static_cast<unsigned>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  const std::string owned(name);
  const long fd = ::syscall(SYS_openat2, fd_.get(), owned.c_str(), &how, sizeof how);
  if (fd < 0) return std::unexpected(file_error(errno, "open", joined(path_, name)));
  return UniqueFd(static_cast<int>(fd));
}

Result<Directory> Directory::make_directory(std::string_view name) const {
  const auto [parent, last] = split(name);
  PALYRA_TRY(refuse_special_segment(last, joined(path_, name)));
  const UniqueFd holder = PALYRA_TRY(open_below(parent.empty() ? "." : parent, O_PATH | O_DIRECTORY));
  if (::mkdirat(holder.get(), last.c_str(), 0700) != 0 && errno != EEXIST) {
    return std::unexpected(file_error(errno, "make directory", joined(path_, name)));
  }
  UniqueFd fd = PALYRA_TRY(open_below(name, O_PATH | O_DIRECTORY));
  return Directory(std::move(fd), joined(path_, name));
}

Result<Bytes> Directory::read_file(std::string_view name, std::size_t max_bytes) const {
  const UniqueFd fd = PALYRA_TRY(open_below(name, O_RDONLY | O_NONBLOCK | O_NOCTTY));
  return read_regular(fd.get(), joined(path_, name), max_bytes);
}

Result<> Directory::read_file(std::string_view name, std::uint64_t max_bytes, const TakePiece& take) const {
  const UniqueFd fd = PALYRA_TRY(open_below(name, O_RDONLY | O_NONBLOCK | O_NOCTTY));
  return read_pieces_of_regular(fd.get(), joined(path_, name), max_bytes, take);
}

Result<> Directory::write_file(std::string_view name, BytesView bytes, mode_t mode, Overwrite overwrite) const {
  const auto [parent, last] = split(name);
  PALYRA_TRY(refuse_special_segment(last, joined(path_, name)));
  const UniqueFd holder = PALYRA_TRY(open_below(parent.empty() ? "." : parent, O_PATH | O_DIRECTORY));
  return replace_file({.directory = holder.get(),
                       .name = last,
                       .shown_path = joined(path_, name),
                       .mode = mode,
                       .overwrite = overwrite},
                      bytes);
}

Result<> Directory::remove_file(std::string_view name) const {
  const auto [parent, last] = split(name);
  PALYRA_TRY(refuse_special_segment(last, joined(path_, name)));
  const UniqueFd holder = PALYRA_TRY(open_below(parent.empty() ? "." : parent, O_PATH | O_DIRECTORY));
  if (::unlinkat(holder.get(), last.c_str(), 0) != 0) {
    return std::unexpected(file_error(errno, "remove", joined(path_, name)));
  }
  return {};
}

Result<bool> Directory::exists(std::string_view name) const {
  const Result<UniqueFd> fd = open_below(name, O_PATH);
  if (fd) return true;
  if (fd.error().is(kFileNotFound)) return false;
  return std::unexpected(fd.error());
}

Result<std::vector<std::string>> Directory::list() const {
  UniqueFd fd = PALYRA_TRY(open_below(".", O_RDONLY | O_DIRECTORY));
  const CHandle<DIR, &::closedir> stream(::fdopendir(fd.get()));
  if (!stream) return std::unexpected(file_error(errno, "list", path_));
  (void)fd.release();  // the stream closes it
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(stream.get())) {  // NOLINT(concurrency-mt-unsafe): the stream is ours alone
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
    errno = 0;
  }
  if (errno != 0) return std::unexpected(file_error(errno, "list", path_));
  std::ranges::sort(names);
  return names;
}

}  // namespace palyra
