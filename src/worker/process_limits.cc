// SPDX-License-Identifier: Apache-2.0
#include "process_limits.h"

#include "sandbox.h"

#include <palyra/base/sanitized.h>

#include <csignal>
#include <sys/prctl.h>
#include <sys/resource.h>

namespace palyra::worker {
namespace {

// RLIMIT_AS and RLIMIT_NOFILE leave a sanitizer no room.
constexpr rlim_t kDescriptors = kSanitized ? 64 : 3;

bool limit(__rlimit_resource resource, rlim_t soft, rlim_t hard) {
  const rlimit both{.rlim_cur = soft, .rlim_max = hard};
  return ::setrlimit(resource, &both) == 0;
}

bool limit(__rlimit_resource resource, rlim_t value) { return limit(resource, value, value); }

}  // namespace

bool give_up_privileges(const ProcessLimits& limits) {
  // The sandbox of files first: it needs a descriptor. The soft CPU limit names itself by SIGXCPU; the hard one cannot
  // be caught.
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && forbid_files_and_network() &&
         limit(RLIMIT_CPU, limits.cpu_seconds, limits.cpu_seconds + 1) &&
         (kSanitized || limit(RLIMIT_AS, limits.address_space_bytes)) && limit(RLIMIT_CORE, 0) &&
         limit(RLIMIT_FSIZE, 0) && limit(RLIMIT_NOFILE, kDescriptors) && ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0;
}

}  // namespace palyra::worker
