// SPDX-License-Identifier: Apache-2.0
#include "skill_directories.h"

#include <palyra/base/directory.h>
#include <palyra/crypto/sha256.h>

#include <algorithm>
#include <filesystem>

namespace palyra::app {
namespace {

using capability::FilesystemAccess;
using capability::FilesystemRoot;

constexpr std::string_view kDomain{"palyra/skill-files/1\0", 21};

// Names of roots may have slashes, and one may be the beginning of another.
std::string file_name_of(std::string name) {
  std::ranges::replace(name, '/', '%');
  return name;
}

// As directories are held: without links on the way.
std::string made(const std::string& directory) {
  static_cast<void>(Directory::make(directory).has_value());
  std::error_code error;
  const auto resolved = std::filesystem::canonical(directory, error);
  return error ? directory : resolved.string();
}

}  // namespace

// One for each publisher, as this installation came to know him, and skill id: hidden from another of the name.
std::string own_directory(const std::string& state_root, const state::StorageOwner& owner) {
  crypto::Sha256 hash;
  hash.update(kDomain);
  hash.update(fmt::format("{}/{}/{}", owner.publisher, owner.skill_id, owner.publisher_since.seconds));
  return fmt::format("{}/files/own/{}", state_root, crypto::to_hex(hash.finish()));
}

std::vector<files::FileRoot> directories_of(const std::string& own, const capability::CapabilityGrantSet& grants,
                                            const std::vector<state::MappedRoot>& mapped) {
  std::vector<files::FileRoot> roots;
  for (const capability::Capability& grant : grants.of(capability::CapabilityClass::kFilesystem)) {
    const auto& granted = std::get<FilesystemRoot>(grant);
    const auto root = std::ranges::find(mapped, granted.name, &state::MappedRoot::name);
    const bool has_directory = root != mapped.end() && !root->directory.empty();
    const bool read_only = root != mapped.end() && root->read_only;
    roots.push_back({.name = granted.name,
                     .directory = has_directory ? root->directory : made(own + "/" + file_name_of(granted.name)),
                     .access = read_only ? FilesystemAccess::kReadOnly : granted.access});
  }
  return roots;
}

std::string ledger_directory(const std::string& state_root) { return state_root + "/files/ledgers"; }

Result<> remove_private_directories(const std::string& state_root, const state::StorageOwner& owner) {
  const std::string directory = own_directory(state_root, owner);
  std::error_code error;
  std::filesystem::remove_all(directory, error);
  if (!error) return {};
  return fail(kFileFailed, "the files of a skill in '{}' cannot be deleted: {}", directory, error.message());
}

}  // namespace palyra::app
