// SPDX-License-Identifier: Apache-2.0
#include "passing_directory.h"

#include <palyra/base/file.h>

#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace palyra::app {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kPrefix = "palyra-call-";
constexpr std::time_t kMakingSeconds = 60;  // a directory that is younger may be about to be locked

UniqueFd open_directory(const std::string& path) {
  return UniqueFd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

// It is ours, and the process that made it has ended.
bool is_left(const std::string& path) {
  const UniqueFd directory = open_directory(path);
  struct stat facts{};
  return directory.valid() && ::fstat(directory.get(), &facts) == 0 && facts.st_uid == ::geteuid() &&
         facts.st_mtime + kMakingSeconds < std::time(nullptr) && ::flock(directory.get(), LOCK_EX | LOCK_NB) == 0;
}

void remove_left(const fs::path& parent) {
  std::error_code ignored;
  for (fs::directory_iterator each(parent, ignored), end; !ignored && each != end; each.increment(ignored)) {
    const std::string path = each->path().string();
    std::error_code kept;
    if (each->path().filename().string().starts_with(kPrefix) && is_left(path)) fs::remove_all(path, kept);
  }
}

}  // namespace

Result<PassingDirectory> PassingDirectory::make() {
  std::error_code error;
  fs::path parent = fs::temp_directory_path(error);
  if (!error) parent = fs::canonical(parent, error);
  if (error) return fail(kFileFailed, "the directory for temporary files cannot be used: {}", error.message());
  remove_left(parent);
  std::string path = (parent / (std::string(kPrefix) + "XXXXXX")).string();
  if (::mkdtemp(path.data()) == nullptr) return std::unexpected(file_error(errno, "make", path));
  UniqueFd held = open_directory(path);
  if (!held.valid() || ::flock(held.get(), LOCK_EX | LOCK_NB) != 0) {
    return std::unexpected(file_error(errno, "lock", path));
  }
  return PassingDirectory(std::move(path), std::move(held));
}

PassingDirectory::~PassingDirectory() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

}  // namespace palyra::app
