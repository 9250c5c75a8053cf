// SPDX-License-Identifier: Apache-2.0
#include "job_input.h"

#include <array>
#include <cerrno>
#include <span>
#include <unistd.h>

namespace palyra::worker {
namespace {

bool read_exactly(std::span<std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t got = ::read(STDIN_FILENO, bytes.data(), bytes.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(got));
  }
  return true;
}

bool write_all(BytesView bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(wrote));
  }
  return true;
}

}  // namespace

std::optional<Bytes> read_module() {
  std::array<std::uint8_t, runtime::kMessageHeaderBytes> bytes{};
  if (!read_exactly(bytes)) return std::nullopt;
  const auto header = runtime::decode(bytes);
  if (!header || header->kind != runtime::MessageKind::kModule || header->length > runtime::kMaxModuleBytes) {
    return std::nullopt;
  }
  Bytes module(static_cast<std::size_t>(header->length));
  if (!read_exactly(module)) return std::nullopt;
  return module;
}

bool write_message(runtime::MessageKind kind, BytesView body) {
  return write_all(runtime::encode({.kind = kind, .length = body.size()})) && write_all(body);
}

}  // namespace palyra::worker
