// SPDX-License-Identifier: Apache-2.0
#include "job_input.h"

#include <palyra/base/file.h>

#include <array>
#include <unistd.h>

namespace palyra::worker {

std::optional<Bytes> read_module() {
  std::array<std::uint8_t, runtime::kMessageHeaderBytes> bytes{};
  if (!read_exactly(STDIN_FILENO, bytes)) return std::nullopt;
  const auto header = runtime::decode(bytes);
  if (!header || header->kind != runtime::MessageKind::kModule || header->length > runtime::kMaxModuleBytes) {
    return std::nullopt;
  }
  Bytes module(static_cast<std::size_t>(header->length));
  if (!read_exactly(STDIN_FILENO, module)) return std::nullopt;
  return module;
}

bool write_message(runtime::MessageKind kind, BytesView body) {
  const auto header = runtime::encode({.kind = kind, .length = body.size()});
  return write_all(STDOUT_FILENO, header, "the answer") && write_all(STDOUT_FILENO, body, "the answer");
}

}  // namespace palyra::worker
