// SPDX-License-Identifier: Apache-2.0
#include "sound_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace palyra::state {
namespace {

constexpr const char* kFile = "trust.db.sound";
constexpr int kChecks = 1;  // rises when opening checks more than it did

std::string text_of(const FileIdentity& file) {
  return fmt::format("{} {} {} {} {}.{:09}\n", kChecks, file.device, file.inode, file.size_bytes, file.changed_seconds,
                     file.changed_nanoseconds);
}

}  // namespace

Result<FileIdentity> identify(const Directory& root) {
  struct stat status{};
  if (::fstatat(root.fd(), "trust.db", &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return std::unexpected(file_error(errno, "inspect", root.path() + "/trust.db"));
  }
  return FileIdentity{.device = status.st_dev,
                      .inode = status.st_ino,
                      .size_bytes = status.st_size,
                      .changed_seconds = status.st_ctim.tv_sec,
                      .changed_nanoseconds = status.st_ctim.tv_nsec};
}

bool was_found_sound(const Directory& root, const FileIdentity& file) {
  const std::string expected = text_of(file);
  const auto found = root.read_file(kFile, expected.size());
  return found && as_text(*found) == expected;
}

void remember_sound(const Directory& root, const FileIdentity& file, WallTime now) {
  if (now.seconds < file.changed_seconds + kSettledSeconds) return;
  // Half of it, after a crash, is worth nothing: no need to wait for the disk.
  const UniqueFd fd(
      ::openat(root.fd(), kFile, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
  const std::string text = text_of(file);
  if (fd.valid()) [[maybe_unused]]
    const ssize_t written = ::write(fd.get(), text.data(), text.size());
}

}  // namespace palyra::state
