// SPDX-License-Identifier: Apache-2.0
#pragma once
// The directories of one skill during one call. Source: docs/guest-abi.md, "Files".
//
// A root is held open; every path is resolved below it by the kernel in one step, without links and without another
// file system. What is opened for writing is looked at before anything is changed: a regular file, with one name, that
// is still where it was found. Only then it is opened, never with O_TRUNC, and cut.
//
// What a root holds is counted when a call first changes it, and kept in a ledger beside the state, under a lock that
// every change takes: calls of any number of threads and processes keep within the limits to the byte. What others put
// into the directory counts from the next call on.

#include <palyra/base/clock.h>
#include <palyra/base/deadline.h>
#include <palyra/capability/capability.h>
#include <palyra/capability/file_port.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace palyra::files {

struct FileRoot {
  std::string name;       // as it was granted
  std::string directory;  // absolute, without links; belongs to this user
  capability::FilesystemAccess access = capability::FilesystemAccess::kReadOnly;
};

struct SkillFilesOptions {
  // The root of this name, if there is one: asked when a call first uses it, and never for what a call leaves alone.
  std::function<std::optional<FileRoot>(std::string_view name)> find_root;
  std::string ledgers;     // a directory of this user, out of reach of skills; made when it is missing
  std::int64_t max_bytes;  // of all files below one root, as long as they are
  std::int64_t max_files;  // files and directories below one root
  const Clock* clock;      // outlives the object
  Deadline deadline;       // nothing waits or walks beyond it
};

class Root;

// Opens a root at its first use. Belongs to one thread, as the files it opens do; they must not outlive it.
class SkillFiles final : public capability::FilePort {
 public:
  explicit SkillFiles(SkillFilesOptions options);
  SkillFiles(SkillFiles&&) noexcept;
  SkillFiles& operator=(SkillFiles&&) noexcept;
  SkillFiles(const SkillFiles&) = delete;
  SkillFiles& operator=(const SkillFiles&) = delete;
  ~SkillFiles() override;

  Result<std::unique_ptr<capability::OpenFile>> open(const capability::FileOpen& open) override;
  Result<capability::FileFacts> stat(capability::FilePath at) override;
  Result<std::vector<capability::FileEntry>> list(capability::FilePath at, std::string_view after,
                                                  std::size_t most) override;
  Result<> make_directory(capability::FilePath at) override;
  Result<> remove(capability::FilePath at, capability::Removal what) override;
  Result<> rename(capability::FilePath from, std::string_view to) override;
  Result<> set_times(capability::FilePath at, const capability::FileTimes& times) override;

 private:
  Result<Root*> root(std::string_view name);
  Result<Root*> writable_root(std::string_view name);

  SkillFilesOptions options_;
  std::vector<std::unique_ptr<Root>> opened_;
};

}  // namespace palyra::files
