// SPDX-License-Identifier: Apache-2.0
#include "sandbox.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

namespace palyra::worker {
namespace {

// What an allocator, a lock, a random seed, a clock, an answer, an abort and an end need, and a thread that was made
// before and only now begins.
constexpr auto kAllowed = std::to_array<int>({
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(brk),
    SCMP_SYS(futex),
    SCMP_SYS(sched_yield),
    SCMP_SYS(getrandom),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(rseq),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(nanosleep),
    SCMP_SYS(clock_nanosleep),
});

struct Release {
  void operator()(scmp_filter_ctx filter) const noexcept { ::seccomp_release(filter); }
};
using Filter = std::unique_ptr<void, Release>;

bool allow(const Filter& filter, int call) { return ::seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, call, 0) == 0; }

bool allow_when(const Filter& filter, int call, const scmp_arg_cmp& condition) {
  return ::seccomp_rule_add_array(filter.get(), SCMP_ACT_ALLOW, call, 1, &condition) == 0;
}

// Argument 2 of mmap and mprotect is the protection.
bool allow_without_execution(const Filter& filter, int call) {
  return allow_when(filter, call, {.arg = 2, .op = SCMP_CMP_MASKED_EQ, .datum_a = PROT_EXEC, .datum_b = 0});
}

// abort() signals its own thread; nobody else is signalled.
bool allow_own_signals(const Filter& filter) {
  const auto self = static_cast<scmp_datum_t>(::getpid());
  return allow_when(filter, SCMP_SYS(tgkill), {.arg = 0, .op = SCMP_CMP_EQ, .datum_a = self, .datum_b = 0});
}

// An allocator looks into /proc when it gives memory back, and goes on without.
bool refuse_files(const Filter& filter) {
  return ::seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(EACCES), SCMP_SYS(openat), 0) == 0;
}

}  // namespace

bool allow_only_computing() {
  const Filter filter(::seccomp_init(SCMP_ACT_KILL_PROCESS));
  return filter != nullptr && ::seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_TSYNC, 1) == 0 &&
         std::ranges::all_of(kAllowed, [&](int call) { return allow(filter, call); }) &&
         allow_without_execution(filter, SCMP_SYS(mmap)) && allow_without_execution(filter, SCMP_SYS(mprotect)) &&
         allow_own_signals(filter) && refuse_files(filter) && ::seccomp_load(filter.get()) == 0;
}

}  // namespace palyra::worker
