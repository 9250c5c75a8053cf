// SPDX-License-Identifier: Apache-2.0
#include "build_id.h"
#include "code_file.h"
#include "engine_handles.h"

#include <palyra/base/check.h>
#include <palyra/crypto/keyed_hash.h>
#include <palyra/runtime/code_cache.h>

#include <algorithm>
#include <chrono>
#include <fcntl.h>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace palyra::runtime {
namespace {

constexpr std::string_view kSuffix = ".code";

// What else than the module decides the code: this build, its engine, and what the engine hashes of its settings and
// the CPU. The first half of the digest is enough to tell files apart; the header has all of it.
crypto::Sha256Digest maker(std::uint64_t compatibility) {
  return crypto::sha256(
      as_bytes(fmt::format("{}\n{}\n{:016x}", build_id(), palyra_rust_engine_version(), compatibility)));
}

std::string suffix_of(const crypto::Sha256Digest& made_by) {
  return fmt::format("-{}{}", crypto::to_hex(made_by).substr(0, 32), kSuffix);
}

struct CachedFile {
  std::string name;
  std::uint64_t size;
  timespec used;
};

std::vector<CachedFile> regular_files(const Directory& directory, const std::vector<std::string>& names) {
  std::vector<CachedFile> files;
  for (const std::string& name : names) {
    struct stat about{};
    if (::fstatat(directory.fd(), name.c_str(), &about, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(about.st_mode)) continue;
    files.push_back({.name = name, .size = static_cast<std::uint64_t>(about.st_size), .used = about.st_mtim});
  }
  return files;
}

// A name that is not of the cache is a file that a writer has not finished, perhaps never will.
bool is_stale(const CachedFile& file, const std::string& ours) {
  if (file.name.ends_with(kSuffix)) return !file.name.ends_with(ours);
  constexpr std::int64_t kLongestWrite = 3600;  // seconds
  return std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()) - file.used.tv_sec > kLongestWrite;
}

}  // namespace

Result<CodeCache> CodeCache::open(Settings settings) {
  PALYRA_CHECK(settings.key.reveal().size() == crypto::kKeyedHashKeyBytes);
  return CodeCache(PALYRA_TRY(Directory::make(settings.directory)), std::move(settings.key), settings.max_bytes);
}

std::optional<SealedFile> CodeCache::load(const crypto::Sha256Digest& module, std::uint64_t compatibility) const {
  const crypto::Sha256Digest made_by = maker(compatibility);
  const std::string name = crypto::to_hex(module) + suffix_of(made_by);
  // O_NONBLOCK: whatever somebody has put there, opening it does not wait.
  const UniqueFd fd(::openat(directory_.fd(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (!fd.valid()) return std::nullopt;
  auto code = read_code_file(fd.get(), {.module = module, .made_by = made_by}, key_);
  if (!code) return std::nullopt;
  ::futimens(fd.get(), nullptr);  // used now; a file that keeps its old time only goes earlier
  return code;
}

Result<> CodeCache::store(const crypto::Sha256Digest& module, std::uint64_t compatibility,
                          const SealedFile& code) const {
  if (code.size() > max_bytes_) {
    return fail(kFileTooLarge, "code of {} bytes, the cache may have {}", code.size(), max_bytes_);
  }
  const crypto::Sha256Digest made_by = maker(compatibility);
  const SealedBytes body = PALYRA_TRY(code.map());
  const Bytes file = make_code_file({.module = module, .made_by = made_by}, body.view(), key_);
  PALYRA_TRY(directory_.write_file(crypto::to_hex(module) + suffix_of(made_by), file, kCodeFileMode, Overwrite::kYes));
  make_room();
  return {};
}

// What cannot be listed or removed stays: the next writer tries again.
void CodeCache::make_room() const {
  const auto names = directory_.list();
  if (!names) return;
  std::vector<CachedFile> files = regular_files(directory_, *names);
  std::erase_if(files, [](const CachedFile& file) { return !file.name.ends_with(kSuffix); });
  std::uint64_t bytes = 0;
  for (const CachedFile& file : files) bytes += file.size;
  std::ranges::sort(files, [](const CachedFile& a, const CachedFile& b) {
    return std::pair(a.used.tv_sec, a.used.tv_nsec) < std::pair(b.used.tv_sec, b.used.tv_nsec);
  });
  for (const CachedFile& file : files) {
    if (bytes <= max_bytes_) return;
    if (directory_.remove_file(file.name)) bytes -= file.size;
  }
}

Result<CodeCacheFacts> CodeCache::facts(std::uint64_t compatibility) const {
  const std::string ours = suffix_of(maker(compatibility));
  const std::vector<std::string> names = PALYRA_TRY(directory_.list());
  CodeCacheFacts facts;
  for (const CachedFile& file : regular_files(directory_, names)) {
    ++facts.files;
    facts.bytes += file.size;
    if (!is_stale(file, ours)) continue;
    ++facts.stale_files;
    facts.stale_bytes += file.size;
  }
  return facts;
}

Result<CodeCacheFacts> CodeCache::remove_stale(std::uint64_t compatibility) const {
  const std::string ours = suffix_of(maker(compatibility));
  const std::vector<std::string> names = PALYRA_TRY(directory_.list());
  CodeCacheFacts removed;
  for (const CachedFile& file : regular_files(directory_, names)) {
    if (!is_stale(file, ours) || !directory_.remove_file(file.name)) continue;
    ++removed.stale_files;
    removed.stale_bytes += file.size;
  }
  removed.files = removed.stale_files;
  removed.bytes = removed.stale_bytes;
  return removed;
}

}  // namespace palyra::runtime
