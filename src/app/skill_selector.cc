// SPDX-License-Identifier: Apache-2.0
#include <palyra/app/skill_selector.h>
#include <palyra/base/utf8.h>
#include <palyra/skills/skill_names.h>

#include <algorithm>

namespace palyra::app {
namespace {

using state::InstalledVersion;
using state::VersionStatus;

constexpr std::size_t kContentRootDigits = 64;

Error not_installed(const std::string& selector) {
  return Error(state::kSkillNotInstalled, fmt::format("no such skill is installed: '{}'", printable(selector)))
      .with_next("palyra skills list --all-versions");
}

Error ambiguous(const std::string& selector, const InstalledVersion& a, const InstalledVersion& b) {
  Error error(kSelectorAmbiguous, fmt::format("'{}' is the name of several contents", printable(selector)));
  for (const InstalledVersion* each : {&a, &b}) {
    error = std::move(error).with_next("name the content root " + crypto::to_hex(each->content_root()));
  }
  return error;
}

}  // namespace

bool waits(const InstalledVersion& version) {
  return version.status == VersionStatus::kQuarantined && version.artifact.proof == state::NameProof::kProven &&
         version.artifact.code.empty();
}

const InstalledVersion* active_among(std::span<const InstalledVersion> versions) {
  const auto active = std::ranges::find(versions, VersionStatus::kActive, &InstalledVersion::status);
  return active == versions.end() ? nullptr : &*active;
}

Result<std::optional<InstalledVersion>> find_active_of(const state::StateStore& store, const std::string& skill_id) {
  const std::vector<InstalledVersion> versions = PALYRA_TRY(store.versions_of(skill_id));
  const InstalledVersion* active = active_among(versions);
  return active == nullptr ? std::nullopt : std::optional(*active);
}

bool goes_before(const InstalledVersion& a, const InstalledVersion& b) {
  const bool a_active = a.status == VersionStatus::kActive;
  const bool b_active = b.status == VersionStatus::kActive;
  if (a_active != b_active) return a_active;
  // A file that was refused never stands in the way of one that was not, whatever name it claims.
  if (a.artifact.code.empty() != b.artifact.code.empty()) return a.artifact.code.empty();
  if (a.artifact.proof != b.artifact.proof) return a.artifact.proof > b.artifact.proof;
  return is_newer(a, b);
}

bool is_newer(const InstalledVersion& a, const InstalledVersion& b) {
  const auto version_a = skills::Version::parse(a.artifact.version);
  const auto version_b = skills::Version::parse(b.artifact.version);
  if (!version_a || !version_b) return version_a.has_value();
  return *version_a > *version_b;
}

Result<InstalledVersion> select_version(const state::StateStore& store, const std::string& selector,
                                        VersionFilter filter) {
  if (selector.size() == kContentRootDigits) {
    if (const auto content_root = crypto::parse_sha256(selector)) {
      InstalledVersion version = PALYRA_TRY(store.version(*content_root));
      if (version.status == VersionStatus::kRemoved || !filter(version))
        return std::unexpected(not_installed(selector));
      return version;
    }
  }
  const std::size_t at = selector.find('@');
  const std::string skill_id = selector.substr(0, at);
  if (!skills::is_skill_id(skill_id)) {
    return fail(kSelectorInvalid, "'{}' is neither a skill id, nor ID@VERSION, nor a content root",
                printable(selector));
  }
  std::vector<InstalledVersion> found = PALYRA_TRY(store.versions_of(skill_id));
  std::erase_if(found, [&](const InstalledVersion& version) {
    const bool other = at != std::string::npos && version.artifact.version != selector.substr(at + 1);
    return other || version.status == VersionStatus::kRemoved || !filter(version);
  });
  if (found.empty()) return std::unexpected(not_installed(selector));
  std::ranges::sort(found, goes_before);
  if (found.size() > 1 && !goes_before(found[0], found[1])) {
    return std::unexpected(ambiguous(selector, found[0], found[1]));
  }
  return found[0];
}

}  // namespace palyra::app
