// SPDX-License-Identifier: Apache-2.0
#pragma once
// The files that one call has opened through `palyra:skill/files`. Source: docs/guest-abi.md 5.

#include <palyra/capability/file_port.h>
#include <palyra/host/object_table.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace palyra::host {

inline constexpr std::size_t kMaxOpenFiles = 128;                       // of one call and interface at the same time
inline constexpr std::size_t kMaxFileMoveBytes = std::size_t{8} << 20;  // of one read or write
inline constexpr std::size_t kMaxRootNameBytes = 240;

enum class WritePlace : std::uint8_t { kAtPosition, kAtEnd };

struct GuestFile {
  std::string root;
  std::unique_ptr<capability::OpenFile> file;
  capability::FileUse use = capability::FileUse::kRead;
  WritePlace place = WritePlace::kAtPosition;
  std::uint64_t position = 0;
};

constexpr bool may_read(capability::FileUse use) { return use != capability::FileUse::kWrite; }
constexpr bool may_write(capability::FileUse use) { return use != capability::FileUse::kRead; }

class FileCalls {
 public:
  explicit FileCalls(ObjectNumbers& numbers) : files_(numbers) {}

  [[nodiscard]] bool may_open() const { return open_ < kMaxOpenFiles; }
  std::int32_t open(GuestFile file) {
    ++open_;
    return files_.open(std::move(file));
  }
  // It must be open.
  void close(std::int32_t handle) {
    --open_;
    files_.close(handle);
  }
  ObjectTable<GuestFile>& files() { return files_; }

 private:
  ObjectTable<GuestFile> files_;
  std::size_t open_ = 0;
};

}  // namespace palyra::host
