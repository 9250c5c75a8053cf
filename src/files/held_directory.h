// SPDX-License-Identifier: Apache-2.0
#pragma once
// A directory that stays what it was when it was opened, and names below it that the kernel keeps there: openat2(2)
// with RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS, RESOLVE_NO_MAGICLINKS and RESOLVE_NO_XDEV.

#include <palyra/base/unique_fd.h>
#include <palyra/capability/file_port.h>

#include <string>
#include <string_view>
#include <sys/stat.h>
#include <utility>

namespace palyra::files {

// The error for a failed system call on a path below a root, by errno. `doing` is "open", "remove", ...
Error path_error(int error_number, std::string_view doing, std::string_view path);

capability::FileFacts facts_of(const struct stat& status);

// A regular file or a directory that was found, and cannot be exchanged any more.
struct Found {
  UniqueFd fd;  // O_PATH
  struct stat status;
  [[nodiscard]] bool is_directory() const { return S_ISDIR(status.st_mode); }
};

// The directory of a path and the last name of it: {"a/b", "c"}.
std::pair<std::string_view, std::string_view> split_path(std::string_view path);

class HeldDirectory {
 public:
  // Errors: kFilesUnavailable: it is not there, or is reached through a link, or is another user's.
  static Result<HeldDirectory> open(const std::string& directory);

  // openat2 below it; "" is the directory itself. Errors: path_error.
  [[nodiscard]] Result<UniqueFd> open_below(std::string_view path, int flags, mode_t mode = 0) const;
  // Errors: also kFilesDenied for anything that is no file and no directory.
  [[nodiscard]] Result<Found> find(std::string_view path) const;
  // The directory in which `path` is a name. Errors: as find; kFilesNotDirectory.
  [[nodiscard]] Result<UniqueFd> find_parent(std::string_view path) const;

  // That what `fd` was opened as `path` is still this name below this directory: not moved, not removed.
  // Errors: kFilesUnavailable.
  [[nodiscard]] Result<> check_in_place(int fd, std::string_view path) const;
  // That nobody outside knows the file by another name: one link, and that one in its place. What follows may change
  // the file. Errors: kFilesDenied, kFilesUnavailable.
  [[nodiscard]] Result<> check_ours(int fd, std::string_view path) const;

  [[nodiscard]] const struct stat& status() const { return status_; }
  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  HeldDirectory(UniqueFd fd, const struct stat& status) : fd_(std::move(fd)), status_(status) {}

  UniqueFd fd_;
  struct stat status_;
};

// Opens what an O_PATH descriptor holds, through /proc/self/fd: the very file, whatever its name means by now.
// O_TRUNC is not for `flags`. Errors: path_error.
Result<UniqueFd> reopen(int fd, int flags, std::string_view path);

}  // namespace palyra::files
