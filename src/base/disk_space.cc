// SPDX-License-Identifier: Apache-2.0
#include <palyra/base/disk_space.h>
#include <palyra/base/file.h>

#include <algorithm>
#include <cerrno>
#include <sys/statvfs.h>

namespace palyra {

Result<DiskSpace> disk_space_of(const std::string& path) {
  struct statvfs status{};
  if (::statvfs(path.c_str(), &status) != 0) return std::unexpected(file_error(errno, "measure the disk of", path));
  return DiskSpace{.total_bytes = std::uint64_t{status.f_blocks} * status.f_frsize,
                   .free_bytes = std::uint64_t{status.f_bavail} * status.f_frsize};
}

bool leaves_room(const DiskSpace& disk, std::uint64_t bytes) {
  constexpr std::uint64_t kMostKeptFree = std::uint64_t{1} << 30U;
  const std::uint64_t kept_free = std::min(kMostKeptFree, disk.total_bytes / 20);
  return disk.free_bytes >= kept_free && disk.free_bytes - kept_free >= bytes;
}

}  // namespace palyra
