// SPDX-License-Identifier: Apache-2.0
#pragma once
// An open directory, below which the kernel keeps every name: openat2 with RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS,
// RESOLVE_NO_MAGICLINKS. Code that holds a Directory cannot name anything outside it.

#include <palyra/base/bytes.h>
#include <palyra/base/error.h>
#include <palyra/base/file.h>
#include <palyra/base/unique_fd.h>

#include <string>
#include <string_view>
#include <vector>

namespace palyra {

class Directory {
 public:
  // `path` is our own user's. Errors as read_file.
  static Result<Directory> open(const std::string& path);
  // Makes `path` and its missing parents, each with mode 0700 and synced into its parent, then opens it.
  static Result<Directory> make(const std::string& path);

  // Errors of all below: kFileNotFound, kFileDenied (also a name that leads out, or through a link), kFileNotRegular,
  // kFileTooLarge, kFileExists, kFileFailed.
  [[nodiscard]] Result<Directory> make_directory(std::string_view name) const;  // or opens the one that is there
  [[nodiscard]] Result<Bytes> read_file(std::string_view name, std::size_t max_bytes) const;
  // The same in pieces, cheaper for whoever hashes or copies. Errors: also those of `take`.
  [[nodiscard]] Result<> read_file(std::string_view name, std::uint64_t max_bytes, const TakePiece& take) const;
  // As palyra::write_file_atomic.
  [[nodiscard]] Result<> write_file(std::string_view name, BytesView bytes, mode_t mode, Overwrite overwrite) const;
  [[nodiscard]] Result<> remove_file(std::string_view name) const;
  [[nodiscard]] Result<bool> exists(std::string_view name) const;
  [[nodiscard]] Result<std::vector<std::string>> list() const;  // names, sorted, without "." and ".."

  [[nodiscard]] const std::string& path() const { return path_; }  // for messages
  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  Directory(UniqueFd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}
  [[nodiscard]] Result<UniqueFd> open_below(std::string_view name, int flags) const;

  UniqueFd fd_;
  std::string path_;
};

}  // namespace palyra
