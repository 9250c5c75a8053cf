// SPDX-License-Identifier: Apache-2.0
#pragma once
// The file descriptors of one call: the standard streams, the preopened directories and what was opened below them.
// docs/guest-abi.md 6.

#include <palyra/capability/file_port.h>
#include <palyra/capability/grant_set.h>
#include <palyra/host/asset_files.h>
#include <palyra/host/file_calls.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace palyra::host {

enum class Stream : std::uint8_t { kInput, kOutput, kError };

struct WasiStream {
  Stream stream;
  std::uint16_t flags = 0;  // WASI's fdflags, kept for the program to read back
};

// A directory that programs find open.
struct Preopen {
  std::string name;  // "/data"
  std::string root;  // "data"; of the assets ""
  capability::FilePort* port;
  const capability::Capability* grant;  // null: needs none
  std::uint64_t device;                 // tells files of different roots apart
};

struct WasiFile {
  const Preopen* below;
  std::unique_ptr<capability::OpenFile> file;
  capability::FileUse use = capability::FileUse::kRead;
  std::uint16_t flags = 0;
  std::uint64_t position = 0;
};

inline constexpr std::size_t kDirectoryPage = 128;  // names of a directory that are held
// What an open directory may cost: a page of the longest names.
inline constexpr std::size_t kDirectoryBytes = kDirectoryPage * (capability::kMaxFileNameBytes + 64);

// A part of a directory's names, as it was when they were asked for. The cookie of entries[i] is first + i.
struct DirectoryPage {
  std::uint64_t first = 0;
  std::string after{};  // the name before the first entry
  std::vector<capability::FileEntry> entries{};
  bool loaded = false;
};

struct WasiDirectory {
  const Preopen* below;
  std::string path;  // "": the root itself
  bool preopened = false;
  DirectoryPage page{};
};

using WasiDescriptor = std::variant<WasiStream, WasiFile, WasiDirectory>;

class WasiDescriptors {
 public:
  // 0, 1 and 2 are the streams; from 3 on the granted roots in the order of their handles, then the assets. Everything
  // borrowed outlives the object; a null port or source has no preopens.
  WasiDescriptors(const capability::CapabilityGrantSet& grants, capability::FilePort* files, const AssetSource* assets);
  WasiDescriptors(const WasiDescriptors&) = delete;
  WasiDescriptors& operator=(const WasiDescriptors&) = delete;
  ~WasiDescriptors() = default;

  // The descriptor, or nullptr when it is not open or of another kind.
  [[nodiscard]] WasiDescriptor* find(std::uint32_t number);
  template <class T>
  [[nodiscard]] T* find_as(std::uint32_t number) {
    return std::get_if<T>(find(number));
  }

  [[nodiscard]] bool may_open() const { return open_.size() < kMaxOpenFiles + preopens_.size() + 3; }
  std::uint32_t open(WasiDescriptor descriptor);  // the lowest number that is free
  void close(std::uint32_t number) { open_.erase(number); }
  // Makes `to` what `from` is and closes `from`; both are open.
  void renumber(std::uint32_t from, std::uint32_t to);

 private:
  AssetFiles assets_;
  std::vector<Preopen> preopens_;
  std::map<std::uint32_t, WasiDescriptor> open_;
};

}  // namespace palyra::host
