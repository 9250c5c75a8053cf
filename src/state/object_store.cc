// SPDX-License-Identifier: Apache-2.0
#include "object_store.h"

#include <palyra/base/unique_fd.h>

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace palyra::state {
namespace {

constexpr mode_t kObjectMode = 0444;

std::string name_of(const crypto::Sha256Digest& digest) {
  const std::string hex = crypto::to_hex(digest);
  return hex.substr(0, 2) + "/" + hex;
}

// The names in a directory reach the disk only when the directory itself is synced.
Result<> sync(const Directory& directory) {
  const UniqueFd fd(::openat(directory.fd(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid() || ::fsync(fd.get()) != 0) return std::unexpected(file_error(errno, "sync", directory.path()));
  return {};
}

Result<Directory> make_synced(const Directory& parent, std::string_view name) {
  Directory made = PALYRA_TRY(parent.make_directory(name));
  PALYRA_TRY(sync(parent));
  return made;
}

}  // namespace

Result<ObjectStore> ObjectStore::open(const Directory& root) {
  if (PALYRA_TRY(root.exists("objects/sha256"))) return ObjectStore(PALYRA_TRY(root.make_directory("objects/sha256")));
  const Directory objects = PALYRA_TRY(make_synced(root, "objects"));
  return ObjectStore(PALYRA_TRY(make_synced(objects, "sha256")));
}

Result<ObjectWriter> ObjectStore::begin_writing() const {
  auto alone = PALYRA_TRY(DirectoryLock::try_exclusive(directory_));
  if (!alone) return ObjectWriter(*this, PALYRA_TRY(DirectoryLock::take(directory_, LockKind::kShared)));
  sweep();
  PALYRA_TRY(alone->make_shared());
  return ObjectWriter(*this, *std::move(alone));
}

// What cannot be removed now is nothing that a write would fail for.
void ObjectStore::sweep() const {
  for (const std::string& shard : directory_.list().value_or(std::vector<std::string>{})) {
    const Result<Directory> opened = directory_.make_directory(shard);
    if (!opened) continue;
    for (const std::string& name : opened->list().value_or(std::vector<std::string>{})) {
      if (!is_temporary_name(name)) continue;
      [[maybe_unused]] const auto removed = opened->remove_file(name);
    }
  }
}

Result<ObjectSweeper> ObjectStore::begin_sweeping() const {
  return ObjectSweeper(*this, PALYRA_TRY(DirectoryLock::take(directory_, LockKind::kExclusive)));
}

Result<std::vector<StoredObject>> ObjectSweeper::list() const {
  std::vector<StoredObject> objects;
  const std::vector<std::string> shards = PALYRA_TRY(store_->directory_.list());
  for (const std::string& shard : shards) {
    const Result<Directory> opened = store_->directory_.make_directory(shard);
    if (!opened) continue;  // a file, which is no object
    const std::vector<std::string> names = PALYRA_TRY(opened->list());
    for (const std::string& name : names) {
      const auto digest = crypto::parse_sha256(name);
      struct stat status{};
      if (!digest || !name.starts_with(shard) ||
          ::fstatat(opened->fd(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
        continue;
      }
      objects.push_back({.digest = *digest, .size_bytes = static_cast<std::uint64_t>(status.st_size)});
    }
  }
  return objects;
}

Result<> ObjectSweeper::remove(const crypto::Sha256Digest& digest) const {
  return store_->directory_.remove_file(name_of(digest));
}

Result<crypto::Sha256Digest> ObjectWriter::put(BytesView bytes) const {
  const Directory& directory = store_->directory_;
  const crypto::Sha256Digest digest = crypto::sha256(bytes);
  const std::string name = name_of(digest);
  // Even good bytes may come from a writer that has not synced the directory yet.
  const Directory shard = PALYRA_TRY(make_synced(directory, std::string_view(name).substr(0, 2)));
  if (store_->check(digest)) {
    PALYRA_TRY(sync(shard));
    return digest;
  }
  PALYRA_TRY(directory.write_file(name, bytes, kObjectMode, Overwrite::kYes));
  return digest;
}

Result<> ObjectStore::read(const crypto::Sha256Digest& digest, const TakePiece& take) const {
  const std::string name = name_of(digest);
  auto read = directory_.read_file(name, kMaxObjectBytes, take);
  if (!read && read.error().is(kFileNotFound)) {
    return fail(kObjectMissing, "'{}/{}' is missing", directory_.path(), name);
  }
  if (!read && (read.error().is(kFileNotRegular) || read.error().is(kFileTooLarge))) {
    return fail(kObjectDamaged, "{}", read.error().message());
  }
  return read;
}

Result<> ObjectStore::compare(const crypto::Sha256Digest& wanted, const crypto::Sha256Digest& found) const {
  if (found == wanted) return {};
  return fail(kObjectDamaged, "'{}/{}' holds bytes with the digest {}", directory_.path(), name_of(wanted),
              crypto::to_hex(found));
}

Result<crypto::HashedBytes> ObjectStore::load(const crypto::Sha256Digest& digest) const {
  auto writer = PALYRA_TRY(crypto::HashedBytes::Writer::make());
  PALYRA_TRY(read(digest, [&](BytesView piece) { return writer.append(piece); }));
  crypto::HashedBytes bytes = PALYRA_TRY(std::move(writer).finish());
  PALYRA_TRY(compare(digest, bytes.sha256()));
  return bytes;
}

Result<> ObjectStore::check(const crypto::Sha256Digest& digest) const {
  crypto::Sha256 hash;
  PALYRA_TRY(read(digest, [&](BytesView piece) {
    hash.update(piece);
    return Result<>();
  }));
  return compare(digest, hash.finish());
}

}  // namespace palyra::state
