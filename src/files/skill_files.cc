// SPDX-License-Identifier: Apache-2.0
#include "stored_file.h"

#include <palyra/base/c_handle.h>
#include <palyra/base/utf8.h>
#include <palyra/files/skill_files.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <unistd.h>

namespace palyra::files {

using capability::FileEntry;
using capability::FileFacts;
using capability::FileKind;
using capability::FileOpen;
using capability::FilePath;
using capability::FilesystemAccess;
using capability::FileUse;
using capability::IfMissing;
using capability::IfThere;
using capability::kFilesExists;
using capability::kFilesIsDirectory;
using capability::kFilesNotDirectory;
using capability::kFilesNotFound;
using capability::kFilesReadOnly;
using capability::kFilesUnavailable;
using capability::Removal;

namespace {

int access_flags(FileUse use) {
  switch (use) {
    case FileUse::kRead:
      return O_RDONLY;
    case FileUse::kWrite:
      return O_WRONLY;
    case FileUse::kReadWrite:
      return O_RDWR;
  }
  return O_RDONLY;
}

// A file that was found, as it was found.
Result<std::unique_ptr<StoredFile>> open_found(Root& root, const FileOpen& open, const Found& found) {
  const std::string path(open.at.path);
  if (open.if_missing == IfMissing::kMustCreate) return fail(kFilesExists, "'{}' exists", printable(path));
  if (found.is_directory()) return fail(kFilesIsDirectory, "'{}' is a directory", printable(path));
  if (open.use != FileUse::kRead) PALYRA_TRY(root.held.check_ours(found.fd.get(), path));
  UniqueFd fd = PALYRA_TRY(reopen(found.fd.get(), access_flags(open.use), path));
  auto file = std::make_unique<StoredFile>(root, std::move(fd), path);
  if (open.if_there == IfThere::kTruncate && found.status.st_size > 0) PALYRA_TRY(file->resize(0));
  return file;
}

Result<std::unique_ptr<StoredFile>> create(Root& root, const FileOpen& open) {
  constexpr mode_t kMode = 0600;
  RootUsage::Lock lock = PALYRA_TRY(root.usage.lock());
  PALYRA_TRY(lock.take({.files = 1}));
  auto fd = root.held.open_below(open.at.path,
                                 access_flags(open.use) | O_CREAT | O_EXCL | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, kMode);
  if (!fd) {
    lock.give_back({.files = 1});
    return std::unexpected(std::move(fd).error());
  }
  PALYRA_TRY(root.held.check_ours(fd->get(), open.at.path));
  return std::make_unique<StoredFile>(root, *std::move(fd), std::string(open.at.path));
}

// The `most` first names after `after`, in memory that does not grow with the directory.
class FirstNames {
 public:
  FirstNames(std::string_view after, std::size_t most) : after_(after), most_(most) {}

  void add(const FileEntry& entry) {
    const std::string& name = entry.name;
    if (name <= after_ || most_ == 0) return;
    if (names_.size() == most_) {
      if (name >= names_.front().name) return;
      std::ranges::pop_heap(names_, {}, &FileEntry::name);
      names_.pop_back();
    }
    names_.push_back(entry);
    std::ranges::push_heap(names_, {}, &FileEntry::name);
  }

  std::vector<FileEntry> take() {
    std::ranges::sort_heap(names_, {}, &FileEntry::name);
    return std::move(names_);
  }

 private:
  std::string_view after_;
  std::size_t most_;
  std::vector<FileEntry> names_;  // a heap, the last name first
};

std::optional<FileKind> kind_of(int directory, const dirent& entry) {
  if (entry.d_type == DT_REG) return FileKind::kFile;
  if (entry.d_type == DT_DIR) return FileKind::kDirectory;
  if (entry.d_type != DT_UNKNOWN) return std::nullopt;
  struct stat status{};
  if (::fstatat(directory, entry.d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) return std::nullopt;
  if (S_ISDIR(status.st_mode)) return FileKind::kDirectory;
  return S_ISREG(status.st_mode) ? std::optional(FileKind::kFile) : std::nullopt;
}

Result<> remove_found(const Root& root, FilePath at, const Found& found) {
  const UniqueFd parent = PALYRA_TRY(root.held.find_parent(at.path));
  const std::string name(split_path(at.path).second);
  if (::unlinkat(parent.get(), name.c_str(), found.is_directory() ? AT_REMOVEDIR : 0) == 0) return {};
  return std::unexpected(path_error(errno, "remove", at.path));
}

struct Ends {
  std::string_view from;
  std::string_view to;
};

Result<> rename_between(const Root& root, Ends ends, unsigned flags) {
  const UniqueFd from = PALYRA_TRY(root.held.find_parent(ends.from));
  const UniqueFd to = PALYRA_TRY(root.held.find_parent(ends.to));
  const std::string old_name(split_path(ends.from).second);
  const std::string new_name(split_path(ends.to).second);
  if (::renameat2(from.get(), old_name.c_str(), to.get(), new_name.c_str(), flags) == 0) return {};
  return std::unexpected(path_error(errno, "rename", ends.from));
}

Usage usage_of(const Found& found) { return {.bytes = found.is_directory() ? 0 : found.status.st_size, .files = 1}; }

// What a removed name gives back: the bytes only when it was the last one.
Usage freed_by(const Found& found) {
  Usage freed = usage_of(found);
  if (!found.is_directory() && found.status.st_nlink > 1) freed.bytes = 0;
  return freed;
}

}  // namespace

SkillFiles::SkillFiles(SkillFilesOptions options) : options_(std::move(options)) {}
SkillFiles::SkillFiles(SkillFiles&&) noexcept = default;
SkillFiles& SkillFiles::operator=(SkillFiles&&) noexcept = default;
SkillFiles::~SkillFiles() = default;

Result<Root*> SkillFiles::root(std::string_view name) {
  const auto found = std::ranges::find(opened_, name, [](const auto& root) -> std::string_view { return root->name; });
  if (found != opened_.end()) return found->get();
  const std::optional<FileRoot> given = options_.find_root(name);
  if (!given) {
    return fail(kFilesUnavailable, "no directory stands behind the root '{}'", printable(name));
  }
  opened_.push_back(std::make_unique<Root>(
      *given, PALYRA_TRY(HeldDirectory::open(given->directory), fmt::format("the root '{}'", printable(name))),
      UsageOptions{.ledgers = options_.ledgers,
                   .limits = {.max_bytes = options_.max_bytes, .max_files = options_.max_files},
                   .clock = options_.clock,
                   .deadline = options_.deadline}));
  return opened_.back().get();
}

Result<Root*> SkillFiles::writable_root(std::string_view name) {
  Root* const found = PALYRA_TRY(root(name));
  if (found->access == FilesystemAccess::kReadWrite) return found;
  return fail(kFilesReadOnly, "the root '{}' is given for reading only", printable(name));
}

Result<std::unique_ptr<capability::OpenFile>> SkillFiles::open(const FileOpen& open) {
  Root* const root = PALYRA_TRY(open.use == FileUse::kRead ? this->root(open.at.root) : writable_root(open.at.root));
  const auto found = root->held.find(open.at.path);
  if (found) return PALYRA_TRY(open_found(*root, open, *found));
  if (open.if_missing == IfMissing::kFail || !found.error().is(kFilesNotFound)) return std::unexpected(found.error());
  auto created = create(*root, open);
  // Another call was faster.
  if (!created && created.error().is(kFilesExists) && open.if_missing == IfMissing::kCreate) {
    const Found other = PALYRA_TRY(root->held.find(open.at.path));
    return PALYRA_TRY(open_found(*root, open, other));
  }
  return PALYRA_TRY(std::move(created));
}

Result<FileFacts> SkillFiles::stat(FilePath at) {
  Root* const root = PALYRA_TRY(this->root(at.root));
  const Found found = PALYRA_TRY(root->held.find(at.path));
  return facts_of(found.status);
}

Result<std::vector<FileEntry>> SkillFiles::list(FilePath at, std::string_view after, std::size_t most) {
  constexpr std::size_t kBetweenLooks = 1'024;
  Root* const root = PALYRA_TRY(this->root(at.root));
  UniqueFd fd = PALYRA_TRY(root->held.open_below(at.path, O_RDONLY | O_DIRECTORY | O_NONBLOCK));
  const CHandle<DIR, &::closedir> stream(::fdopendir(fd.get()));
  if (!stream) return std::unexpected(path_error(errno, "list", at.path));
  (void)fd.release();  // the stream closes it
  FirstNames names(after, most);
  std::size_t seen = 0;
  errno = 0;
  while (const dirent* entry = ::readdir(stream.get())) {  // NOLINT(concurrency-mt-unsafe): the stream is ours alone
    const auto kind = kind_of(::dirfd(stream.get()), *entry);
    if (kind && capability::is_file_name(entry->d_name)) {
      names.add({.name = entry->d_name, .kind = *kind, .number = entry->d_ino});
    }
    if (++seen % kBetweenLooks == 0 && options_.deadline.passed(*options_.clock)) {
      return fail(kFilesUnavailable, "the time of the call was over while '{}' was listed", printable(at.path));
    }
    errno = 0;
  }
  if (errno != 0) return std::unexpected(path_error(errno, "list", at.path));
  return names.take();
}

Result<> SkillFiles::make_directory(FilePath at) {
  constexpr mode_t kMode = 0700;
  Root* const root = PALYRA_TRY(writable_root(at.root));
  RootUsage::Lock lock = PALYRA_TRY(root->usage.lock());
  const UniqueFd parent = PALYRA_TRY(root->held.find_parent(at.path));
  PALYRA_TRY(lock.take({.files = 1}));
  if (::mkdirat(parent.get(), std::string(split_path(at.path).second).c_str(), kMode) == 0) return {};
  Error failed = path_error(errno, "make", at.path);
  lock.give_back({.files = 1});
  return std::unexpected(std::move(failed));
}

Result<> SkillFiles::remove(FilePath at, Removal what) {
  Root* const root = PALYRA_TRY(writable_root(at.root));
  RootUsage::Lock lock = PALYRA_TRY(root->usage.lock());
  const Found found = PALYRA_TRY(root->held.find(at.path));
  if (what == Removal::kFile && found.is_directory()) {
    return fail(kFilesIsDirectory, "'{}' is a directory", printable(at.path));
  }
  if (what == Removal::kDirectory && !found.is_directory()) {
    return fail(kFilesNotDirectory, "'{}' is no directory", printable(at.path));
  }
  PALYRA_TRY(remove_found(*root, at, found));
  lock.give_back(freed_by(found));
  return {};
}

Result<> SkillFiles::rename(FilePath from, std::string_view to) {
  Root* const root = PALYRA_TRY(writable_root(from.root));
  RootUsage::Lock lock = PALYRA_TRY(root->usage.lock());
  const Found moved = PALYRA_TRY(root->held.find(from.path));
  const Ends ends{.from = from.path, .to = to};
  auto renamed = rename_between(*root, ends, RENAME_NOREPLACE);
  if (renamed || !renamed.error().is(kFilesExists)) return renamed;
  const Found replaced = PALYRA_TRY(root->held.find(to));
  if (moved.is_directory() || replaced.is_directory()) {
    return fail(kFilesExists, "'{}' is there, and only a file may be put in the place of a file", printable(to));
  }
  PALYRA_TRY(rename_between(*root, ends, 0));
  // Two names of one file stay as they are.
  if (moved.status.st_ino != replaced.status.st_ino) lock.give_back(freed_by(replaced));
  return {};
}

Result<> SkillFiles::set_times(FilePath at, const capability::FileTimes& times) {
  Root* const root = PALYRA_TRY(writable_root(at.root));
  const Found found = PALYRA_TRY(root->held.find(at.path));
  PALYRA_TRY(root->held.check_ours(found.fd.get(), at.path));
  return set_file_times(found.fd.get(), times, at.path);
}

}  // namespace palyra::files
