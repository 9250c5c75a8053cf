// SPDX-License-Identifier: Apache-2.0
#include "map_roots.h"

#include <palyra/app/promote_skill.h>
#include <palyra/base/utf8.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>

namespace palyra::app {
namespace {

using capability::CapabilityGrantSet;
using state::MappedRoot;

constexpr std::string_view kReadOnlySuffix = ":ro";

struct Free {
  void operator()(char* text) const noexcept { std::free(text); }  // NOLINT(cppcoreguidelines-no-malloc)
};

// Empty when there is no such path.
std::string resolve(const std::string& path) {
  const std::unique_ptr<char, Free> resolved(::realpath(path.c_str(), nullptr));
  return resolved ? std::string(resolved.get()) : std::string();
}

// `inner` is `outer` or below it.
bool is_within(const std::string& inner, const std::string& outer) {
  return inner == outer || inner.starts_with(outer.ends_with('/') ? outer : outer + "/");
}

Result<MappedRoot> parse_mapping(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    return fail(kPromoteRoot, "--map-root takes NAME=DIR or NAME=DIR:ro, not '{}'", printable(text));
  }
  MappedRoot root{.name = std::string(text.substr(0, equals)), .directory = {}, .read_only = false};
  text.remove_prefix(equals + 1);
  if (text.ends_with(kReadOnlySuffix)) {
    root.read_only = true;
    text.remove_suffix(kReadOnlySuffix.size());
  }
  root.directory = text;
  return root;
}

// Whoever can write the state directory decides what runs.
Result<> check_apart_from_state(const std::string& directory, const std::string& state_root) {
  // What is developed needs none: then it is kept away from where one would be.
  std::error_code error;
  const std::string state = std::filesystem::weakly_canonical(state_root, error).string();
  if (error) return fail(kPromoteRoot, "the state directory '{}' cannot be resolved", printable(state_root));
  if (!is_within(directory, state) && !is_within(state, directory)) return {};
  return fail(kPromoteRoot, "'{}' holds the state directory '{}' or lies in it", printable(directory),
              printable(state));
}

// Where the file is, or would be: as it is named, and behind the links in its directory and in itself.
Result<std::vector<std::string>> places_of(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path named = fs::absolute(path, error).lexically_normal();
  const fs::path directory = error ? fs::path() : fs::weakly_canonical(named.parent_path(), error);
  const fs::path file = error ? fs::path() : fs::weakly_canonical(named, error);
  if (error) return fail(kPromoteRoot, "'{}' cannot be resolved: {}", printable(path), error.message());
  return std::vector{named.string(), (directory / named.filename()).string(), file.string()};
}

// Whoever can write what the operator has set decides what a promotion asks.
Result<> check_apart_from_policy(const std::string& directory, const Config& config) {
  for (const std::string* path : {&config.file, &config.audit_file}) {
    if (path->empty()) continue;
    for (const std::string& place : PALYRA_TRY(places_of(*path))) {
      if (!is_within(place, directory)) continue;
      return fail(kPromoteRoot, "'{}' holds '{}', which says what skills may do", printable(directory),
                  printable(place));
    }
  }
  return {};
}

Result<std::string> resolve_directory(const Services& services, const std::string& directory) {
  const std::string shown = printable(directory);
  if (!directory.starts_with('/')) return fail(kPromoteRoot, "'{}' is no absolute path", shown);
  std::string resolved = resolve(directory);
  struct stat facts{};
  if (resolved.empty() || ::stat(resolved.c_str(), &facts) != 0 || !S_ISDIR(facts.st_mode)) {
    return fail(kPromoteRoot, "'{}' is no directory", shown);
  }
  if (resolved == "/") return fail(kPromoteRoot, "'{}' is the root of the file system", shown);
  if (facts.st_uid != ::geteuid()) {
    return fail(kPromoteRoot, "'{}' belongs to uid {}, not to you (uid {})", printable(resolved), facts.st_uid,
                ::geteuid());
  }
  PALYRA_TRY(check_apart_from_state(resolved, services.state.root));
  PALYRA_TRY(check_apart_from_policy(resolved, services.config));
  return resolved;
}

MappedRoot* find(std::vector<MappedRoot>& roots, std::string_view name) {
  const auto found = std::ranges::find(roots, name, &MappedRoot::name);
  return found == roots.end() ? nullptr : &*found;
}

std::unexpected<Error> no_such_root(const std::vector<MappedRoot>& granted, const std::string& name) {
  Error error(kPromoteRoot, fmt::format("no filesystem root '{}' is granted", printable(name)));
  for (const MappedRoot& each : granted)
    error = std::move(error).with_next(fmt::format("'{}' is", printable(each.name)));
  return std::unexpected(std::move(error));
}

// As the grants have them, and where they were before.
std::vector<MappedRoot> granted_roots(const CapabilityGrantSet& grants, const std::vector<MappedRoot>& before) {
  std::vector<MappedRoot> roots;
  for (const capability::Capability& each : grants.of(capability::CapabilityClass::kFilesystem)) {
    const auto& granted = std::get<capability::FilesystemRoot>(each);
    const bool read_only = granted.access == capability::FilesystemAccess::kReadOnly;
    if (find(roots, granted.name) != nullptr) continue;
    roots.push_back({.name = granted.name, .directory = {}, .read_only = read_only});
  }
  for (const MappedRoot& mapped : before) {
    MappedRoot* root = find(roots, mapped.name);
    if (root == nullptr) continue;
    root->directory = mapped.directory;
    root->read_only = root->read_only || mapped.read_only;
  }
  std::ranges::sort(roots, {}, &MappedRoot::name);
  return roots;
}

}  // namespace

Result<std::vector<MappedRoot>> map_roots(const Services& services, const CapabilityGrantSet& grants,
                                          const std::vector<MappedRoot>& before,
                                          const std::vector<std::string>& texts) {
  std::vector<MappedRoot> roots = granted_roots(grants, before);
  std::vector<std::string> named;
  for (const std::string& text : texts) {
    const MappedRoot mapping = PALYRA_TRY(parse_mapping(text));
    MappedRoot* root = find(roots, mapping.name);
    if (root == nullptr) {
      return no_such_root(roots, mapping.name);
    }
    if (std::ranges::find(named, mapping.name) != named.end()) {
      return fail(kPromoteRoot, "the root '{}' is mapped twice", printable(mapping.name));
    }
    named.push_back(mapping.name);
    root->directory = PALYRA_TRY(resolve_directory(services, mapping.directory));
    const auto* grants_writing = grants.find(mapping.name + " rw");
    root->read_only = mapping.read_only || grants_writing == nullptr;
  }
  for (MappedRoot& root : roots) {
    if (root.directory.empty() || std::ranges::find(named, root.name) != named.end()) continue;
    root.directory = PALYRA_TRY(resolve_directory(services, root.directory),
                                fmt::format("the root '{}' of the version that runs", printable(root.name)));
  }
  return roots;
}

}  // namespace palyra::app
