// SPDX-License-Identifier: Apache-2.0
#pragma once
// One root, and a file that is open below it.

#include "root_usage.h"

#include <palyra/files/skill_files.h>

namespace palyra::files {

// What SkillFiles keeps of a root that was used.
class Root {
 public:
  Root(const FileRoot& given, HeldDirectory directory, UsageOptions options)
      : name(given.name), access(given.access), held(std::move(directory)), usage(held, std::move(options)) {}
  Root(const Root&) = delete;
  Root& operator=(const Root&) = delete;
  ~Root() = default;

  std::string name;
  capability::FilesystemAccess access;
  HeldDirectory held;
  RootUsage usage;  // refers to `held`
};

// `fd` is open as `use` says. `root` outlives it.
class StoredFile final : public capability::OpenFile {
 public:
  StoredFile(Root& root, UniqueFd fd, std::string path) : root_(root), fd_(std::move(fd)), path_(std::move(path)) {}

  Result<std::size_t> read_at(std::span<std::uint8_t> into, std::uint64_t offset) override;
  Result<> write_at(BytesView bytes, std::uint64_t offset) override;
  Result<std::uint64_t> append(BytesView bytes) override;
  Result<> resize(std::uint64_t bytes) override;
  Result<capability::FileFacts> facts() override;
  Result<> sync() override;
  Result<> set_times(const capability::FileTimes& times) override;

 private:
  [[nodiscard]] Result<std::int64_t> size() const;
  Result<> write_locked(RootUsage::Lock& lock, BytesView bytes, std::int64_t offset);

  Root& root_;
  UniqueFd fd_;
  std::string path_;
};

// Of an open file or, through /proc, of an O_PATH one. Errors: path_error.
Result<> set_file_times(int fd, const capability::FileTimes& times, std::string_view path);

}  // namespace palyra::files
