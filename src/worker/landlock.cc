// SPDX-License-Identifier: Apache-2.0
#include "sandbox.h"

#include <palyra/base/unique_fd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <sys/syscall.h>
#include <unistd.h>

namespace palyra::worker {
namespace {

// struct landlock_ruleset_attr of Linux 6.12 (landlock(7)); the headers that are built against may be older.
struct RulesetAttributes {
  std::uint64_t handled_access_fs;
  std::uint64_t handled_access_net;
  std::uint64_t scoped;
};
constexpr unsigned kAskVersion = 1;  // LANDLOCK_CREATE_RULESET_VERSION

// All that a version of Landlock can forbid, and how much of the structure it knows.
struct Version {
  RulesetAttributes everything;
  std::size_t size;
};
constexpr std::uint64_t bits(int count) { return (std::uint64_t{1} << count) - 1; }
constexpr auto kVersions = std::to_array<Version>({
    {.everything = {.handled_access_fs = bits(13), .handled_access_net = 0, .scoped = 0}, .size = 8},
    {.everything = {.handled_access_fs = bits(14), .handled_access_net = 0, .scoped = 0}, .size = 8},  // refer
    {.everything = {.handled_access_fs = bits(15), .handled_access_net = 0, .scoped = 0}, .size = 8},  // truncate
    {.everything = {.handled_access_fs = bits(15), .handled_access_net = bits(2), .scoped = 0}, .size = 16},  // TCP
    {.everything = {.handled_access_fs = bits(16), .handled_access_net = bits(2), .scoped = 0}, .size = 16},  // ioctl
    {.everything = {.handled_access_fs = bits(16), .handled_access_net = bits(2), .scoped = bits(2)}, .size = 24},
});

}  // namespace

bool forbid_files_and_network() {
  const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, kAskVersion);
  if (version < 1) return errno == ENOSYS || errno == EOPNOTSUPP;
  const Version& known = kVersions.at(std::min(static_cast<std::size_t>(version), kVersions.size()) - 1);
  const UniqueFd rules(static_cast<int>(::syscall(SYS_landlock_create_ruleset, &known.everything, known.size, 0)));
  return rules.valid() && ::syscall(SYS_landlock_restrict_self, rules.get(), 0) == 0;
}

}  // namespace palyra::worker
