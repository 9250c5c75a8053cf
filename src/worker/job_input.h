// SPDX-License-Identifier: Apache-2.0
#pragma once
// Messages of docs/runtime.md, "Compiling", on this process's standard input and output.

#include <palyra/base/bytes.h>
#include <palyra/runtime/worker_protocol.h>

#include <optional>

namespace palyra::worker {

// nullopt: the parent has gone, or speaks otherwise.
std::optional<Bytes> read_module();

// False: the parent has gone.
bool write_message(runtime::MessageKind kind, BytesView body);

}  // namespace palyra::worker
