// SPDX-License-Identifier: Apache-2.0
// Rules C7 and C8: what entries may be called, and which there must be.

#include "container.h"

#include <palyra/base/utf8.h>
#include <palyra/capability/capability_names.h>
#include <palyra/skills/artifact.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>

namespace palyra::skills {
namespace {

constexpr std::size_t kMaxNameBytes = 240;
constexpr std::size_t kMaxSegments = 8;
constexpr std::size_t kMaxSegmentBytes = 100;

constexpr std::string_view kModuleExtension = ".wasm";
constexpr std::array kRequiredEntries{kManifestEntry, kSbomEntry, kProvenanceEntry, kSignatureEntry};

bool is_name_byte(char byte) {
  return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '.' ||
         byte == '_' || byte == '-' || byte == '/';
}

Result<> check_segment(std::string_view segment, std::string_view name) {
  const auto refuse = [name](std::string_view what) -> Result<> {
    return fail(kContainerC7, "the name '{}' {}", printable(name), what);
  };
  if (segment.empty()) return refuse("has an empty segment");
  if (segment.size() > kMaxSegmentBytes) return refuse("has a segment of more than 100 bytes");
  if (segment.ends_with('.')) return refuse("has a segment that ends in a dot");  // also "." and ".."
  if (capability::is_device_name(segment)) return refuse("has a segment that is a Windows device");
  return {};
}

bool is_module(std::string_view name, container::ModuleDepth depth) {
  if (!name.starts_with(kModuleFolder) || !name.ends_with(kModuleExtension)) return false;
  const std::string_view file = name.substr(name.rfind('/') + 1);
  const bool one_folder = name.size() == kModuleFolder.size() + file.size();
  return file.size() > kModuleExtension.size() && (one_folder || depth == container::ModuleDepth::kAny);
}

}  // namespace

Result<> check_entry_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxNameBytes) {
    return fail(kContainerC7, "a name of {} bytes, not 1 to {}", name.size(), kMaxNameBytes);
  }
  if (!std::ranges::all_of(name, is_name_byte)) {
    return fail(kContainerC7, "the name '{}' has other bytes than A-Z a-z 0-9 . _ - /", printable(name));
  }
  std::size_t segments = 0;
  for (std::string_view rest = name;;) {
    const std::size_t end = rest.find('/');
    PALYRA_TRY(check_segment(rest.substr(0, end), name));
    if (++segments > kMaxSegments) {
      return fail(kContainerC7, "the name '{}' has more than {} segments", printable(name), kMaxSegments);
    }
    if (end == std::string_view::npos) return {};
    rest.remove_prefix(end + 1);
  }
}

namespace container {

Result<> check_names(std::span<const std::string_view> names) {
  std::set<std::string, std::less<>> seen;
  for (const std::string_view name : names) {
    PALYRA_TRY(check_entry_name(name));
    if (!seen.insert(capability::lower_case(name)).second) {
      return fail(kContainerC7, "the name '{}' is there twice, upper and lower case being one", printable(name));
    }
  }
  for (const std::string& name : seen) {
    for (std::size_t slash = name.find('/'); slash != std::string::npos; slash = name.find('/', slash + 1)) {
      if (seen.contains(std::string_view(name).substr(0, slash))) {
        return fail(kContainerC7, "the name '{}' is a folder of '{}' too", name.substr(0, slash), name);
      }
    }
  }
  return {};
}

Result<> check_layout(std::span<const std::string_view> names, ModuleDepth depth) {
  std::size_t modules = 0;
  for (const std::string_view name : names) {
    if (is_module(name, depth)) {
      ++modules;
    } else if (std::ranges::find(kRequiredEntries, name) == kRequiredEntries.end() && !name.starts_with("assets/") &&
               !name.starts_with("skill/")) {
      return fail(kContainerC8, "the entry '{}' has no place in the layout", printable(name));
    }
  }
  for (const std::string_view required : kRequiredEntries) {  // C7 has made sure that none is there twice
    if (std::ranges::find(names, required) == names.end()) return fail(kContainerC8, "'{}' is missing", required);
  }
  if (modules == 0 || modules > kMaxModules) {
    return fail(kContainerC8, "{} modules, not 1 to {}", modules, kMaxModules);
  }
  return {};
}

}  // namespace container
}  // namespace palyra::skills
