// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a disk must keep free, whatever skills want to keep on it.

#include <palyra/base/error.h>

#include <cstdint>
#include <string>

namespace palyra {

struct DiskSpace {
  std::uint64_t total_bytes = 0;
  std::uint64_t free_bytes = 0;  // for us
};

// The disk on which that file or directory is. Errors: those of file_error.
Result<DiskSpace> disk_space_of(const std::string& path);

// Whether so many bytes more leave the twentieth part of it, at most 1 GiB, free.
bool leaves_room(const DiskSpace& disk, std::uint64_t bytes);

}  // namespace palyra
