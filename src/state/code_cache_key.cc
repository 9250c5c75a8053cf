// SPDX-License-Identifier: Apache-2.0
#include "directory_lock.h"

#include <palyra/base/directory.h>
#include <palyra/crypto/keyed_hash.h>
#include <palyra/state/code_cache_key.h>

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace palyra::state {
namespace {

constexpr const char* kName = "code-cache";
constexpr mode_t kMode = 0600;

bool is_safe(const struct stat& about) {
  return S_ISREG(about.st_mode) && about.st_uid == ::geteuid() && (about.st_mode & 07777U) == kMode &&
         about.st_size == static_cast<off_t>(crypto::kKeyedHashKeyBytes);
}

Result<Secret> read_key(const Directory& keys) {
  // One descriptor for both questions: what it is, and what is in it.
  const UniqueFd fd(::openat(keys.fd(), kName, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (!fd.valid() && errno != ELOOP) return std::unexpected(file_error(errno, "open", keys.path() + "/" + kName));
  struct stat about{};
  Bytes key(crypto::kKeyedHashKeyBytes);
  if (!fd.valid() || ::fstat(fd.get(), &about) != 0 || !is_safe(about) ||
      ::read(fd.get(), key.data(), key.size()) != static_cast<ssize_t>(key.size())) {
    return fail(kCodeCacheKeyUnsafe, "'{}/{}' is not a file of {} bytes that only its owner can read (mode 0600)",
                keys.path(), kName, crypto::kKeyedHashKeyBytes);
  }
  return Secret(std::move(key));
}

}  // namespace

Result<Secret> load_code_cache_key(const std::string& root) {
  const Directory keys = PALYRA_TRY(Directory::open(root + "/keys"));
  auto key = read_key(keys);
  if (key || !key.error().is(kFileNotFound)) return key;
  // Of those that come at once one makes it, and removes what one that died left.
  const DirectoryLock lock = PALYRA_TRY(DirectoryLock::take(keys, LockKind::kExclusive));
  const std::vector<std::string> names = PALYRA_TRY(keys.list());
  for (const std::string& name : names) {
    if (is_temporary_name(name)) PALYRA_TRY(keys.remove_file(name));
  }
  const auto made = keys.write_file(kName, crypto::make_keyed_hash_key().reveal(), kMode, Overwrite::kNo);
  if (!made && !made.error().is(kFileExists)) return std::unexpected(made.error());
  return read_key(keys);  // ours, or that of who was faster
}

}  // namespace palyra::state
