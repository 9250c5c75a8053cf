// SPDX-License-Identifier: Apache-2.0
#pragma once
// A child that the kernel stops at its k-th system call, for tests that kill a process everywhere.

#include <gtest/gtest.h>

#include <csignal>
#include <functional>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

namespace palyra::state {

enum class Fate : std::uint8_t { kKilled, kSucceeded, kFailed };

// Runs `child`, which says whether it succeeded, in a process of its own and kills that before its `fatal`-th system
// call, counted from 1.
inline Fate killed_at(int fatal, const std::function<bool()>& child) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) ::_exit(2);
    ::raise(SIGSTOP);
    [&]() noexcept { ::_exit(child() ? 0 : 1); }();
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  EXPECT_TRUE(WIFSTOPPED(status)) << "this test needs ptrace, which is forbidden here";
  // One stop where the call begins and one where it ends.
  for (int stops = 1; WIFSTOPPED(status); ++stops) {
    ::ptrace(PTRACE_SYSCALL, pid, nullptr, nullptr);
    ::waitpid(pid, &status, 0);
    if (stops == 2 * fatal - 1 && WIFSTOPPED(status)) ::kill(pid, SIGKILL);
  }
  if (WIFSIGNALED(status)) return Fate::kKilled;
  return WEXITSTATUS(status) == 0 ? Fate::kSucceeded : Fate::kFailed;
}

}  // namespace palyra::state
