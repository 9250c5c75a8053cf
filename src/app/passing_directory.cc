// SPDX-License-Identifier: Apache-2.0
#include "passing_directory.h"

#include <palyra/base/file.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

namespace palyra::app {

namespace fs = std::filesystem;

Result<PassingDirectory> PassingDirectory::make() {
  std::error_code error;
  fs::path parent = fs::temp_directory_path(error);
  if (!error) parent = fs::canonical(parent, error);
  if (error) return fail(kFileFailed, "the directory for temporary files cannot be used: {}", error.message());
  std::string path = (parent / "palyra-call-XXXXXX").string();
  if (::mkdtemp(path.data()) == nullptr) return std::unexpected(file_error(errno, "make", path));
  return PassingDirectory(std::move(path));
}

PassingDirectory::~PassingDirectory() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

}  // namespace palyra::app
