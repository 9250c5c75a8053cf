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

std::string without_links(const std::string& directory) {
  std::error_code error;
  const auto resolved = std::filesystem::canonical(directory, error);
  return error ? directory : resolved.string();
}

std::string made(std::string directory) {
  static_cast<void>(Directory::make(directory).has_value());
  return directory;
}

}  // namespace

// One for each publisher, as this installation came to know him, and skill id: hidden from another of the name.
std::string own_directory(const std::string& state_root, const state::StorageOwner& owner) {
  crypto::Sha256 hash;
  hash.update(kDomain);
  hash.update(fmt::format("{}/{}/{}", owner.publisher, owner.skill_id, owner.publisher_since.seconds));
  return fmt::format("{}/files/own/{}", without_links(state_root), crypto::to_hex(hash.finish()));
}

std::optional<files::FileRoot> find_root(std::string_view name, const std::string& own,
                                         const capability::CapabilityGrantSet& grants,
                                         const std::vector<state::MappedRoot>& mapped) {
  for (const capability::Capability& grant : grants.of(capability::CapabilityClass::kFilesystem)) {
    const auto& granted = std::get<FilesystemRoot>(grant);
    if (granted.name != name) continue;
    const auto root = std::ranges::find(mapped, name, &state::MappedRoot::name);
    const bool has_directory = root != mapped.end() && !root->directory.empty();
    const bool read_only = root != mapped.end() && root->read_only;
    return files::FileRoot{.name = granted.name,
                           .directory = has_directory ? root->directory : made(own + "/" + file_name_of(granted.name)),
                           .access = read_only ? FilesystemAccess::kReadOnly : granted.access};
  }
  return std::nullopt;
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
