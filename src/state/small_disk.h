// SPDX-License-Identifier: Apache-2.0
#pragma once
// A real disk that is soon full, for tests: in a child with a mount namespace of its own.

#include <fmt/format.h>

#include <fstream>
#include <functional>
#include <optional>
#include <sched.h>
#include <string>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

namespace palyra::state {

inline bool mount_small_disk(const std::string& directory) {
  const std::string user = fmt::format("{0} {0} 1", ::getuid());
  const std::string group = fmt::format("{0} {0} 1", ::getgid());
  return ::unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 &&
         (std::ofstream("/proc/self/setgroups") << "deny" << std::flush).good() &&
         (std::ofstream("/proc/self/uid_map") << user << std::flush).good() &&
         (std::ofstream("/proc/self/gid_map") << group << std::flush).good() &&
         ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         ::mount("tmpfs", directory.c_str(), "tmpfs", 0, "size=16m,mode=0700") == 0;
}

// What `work`, which sees an empty disk of 16 MiB at `directory`, answers (0 to 99), or 100 and more when it did not
// end by itself; nullopt where there are no namespaces.
inline std::optional<int> on_small_disk(const std::string& directory, const std::function<int()>& work) {
  constexpr int kNoNamespace = 100;
  constexpr int kDied = 101;
  const pid_t child = ::fork();
  if (child == 0) ::_exit(mount_small_disk(directory) ? work() : kNoNamespace);
  int status = -1;
  if (::waitpid(child, &status, 0) != child || !WIFEXITED(status)) return kDied;
  if (WEXITSTATUS(status) == kNoNamespace) return std::nullopt;
  return WEXITSTATUS(status);
}

}  // namespace palyra::state
