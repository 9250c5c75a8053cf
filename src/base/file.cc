// SPDX-License-Identifier: Apache-2.0
#include "descriptor_io.h"

#include <palyra/base/file.h>
#include <palyra/base/unique_fd.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace palyra {

Error file_error(int error_number, const std::string& doing, const std::string& path) {
  const ErrorCode code = error_number == ENOENT || error_number == ENOTDIR ? kFileNotFound
                         : error_number == EEXIST                          ? kFileExists
                         : error_number == EACCES || error_number == EPERM || error_number == ELOOP ||
                                 error_number == EXDEV || error_number == EROFS
                             ? kFileDenied
                             : kFileFailed;
  return {code, fmt::format("cannot {} '{}': {}", doing, path, std::strerror(error_number))};
}

Result<Bytes> read_file(const std::string& path, std::size_t max_bytes) {
  // O_NONBLOCK: opening a FIFO must not wait for a writer.
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd.valid()) return std::unexpected(file_error(errno, "open", path));
  return read_regular(fd.get(), path, max_bytes);
}

Result<Bytes> read_standard_input(std::size_t max_bytes) {
  return read_to_end(STDIN_FILENO, "standard input", max_bytes);
}

Result<> write_file_atomic(const std::string& path, BytesView bytes, mode_t mode, Overwrite overwrite) {
  const std::filesystem::path target(path);
  const std::string parent = target.parent_path().empty() ? "." : target.parent_path().string();
  const UniqueFd directory(::open(parent.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!directory.valid()) return std::unexpected(file_error(errno, "open directory", parent));
  return replace_file({.directory = directory.get(),
                       .name = target.filename().string(),
                       .shown_path = path,
                       .mode = mode,
                       .overwrite = overwrite},
                      bytes);
}

}  // namespace palyra
