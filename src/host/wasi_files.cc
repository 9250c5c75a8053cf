// SPDX-License-Identifier: Apache-2.0
// WASI preview 1 on paths and sockets: linked, so that programs which might use them run, and not supported.
// docs/guest-abi.md 6.

#include "bodies.h"
#include "wasi_memory.h"

#include <array>

namespace palyra::host {
namespace {

runtime::HostReturn not_supported(runtime::HostCall&) noexcept { return answer(Errno::kNotsup); }

constexpr auto kBodies = std::to_array<NamedBody>({
    {"path_create_directory", not_supported},
    {"path_filestat_get", not_supported},
    {"path_filestat_set_times", not_supported},
    {"path_link", not_supported},
    {"path_open", not_supported},
    {"path_readlink", not_supported},
    {"path_remove_directory", not_supported},
    {"path_rename", not_supported},
    {"path_symlink", not_supported},
    {"path_unlink_file", not_supported},
    {"sock_accept", not_supported},
    {"sock_recv", not_supported},
    {"sock_send", not_supported},
    {"sock_shutdown", not_supported},
});

}  // namespace

std::span<const NamedBody> wasi_file_bodies() { return kBodies; }

}  // namespace palyra::host
