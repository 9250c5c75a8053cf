// SPDX-License-Identifier: Apache-2.0
#pragma once
// What becomes of a failure of capability::FilePort: what the operator is told, and what the guest is answered.

#include "bodies.h"
#include "wasi_memory.h"

#include <palyra/capability/file_port.h>

#include <string_view>

namespace palyra::host {

std::int32_t file_result(const Error& error);  // kInvalid, kDenied, ...
Errno file_errno(const Error& error);

// Records what an operator may want to know, and answers `answer`; ends the run when its time is over or when the
// failure is a bug. `root` is where it happened.
runtime::HostReturn file_failed(runtime::HostCall& call, std::string_view root, Error error,
                                runtime::HostReturn answer);

}  // namespace palyra::host
