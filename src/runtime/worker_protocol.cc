// SPDX-License-Identifier: Apache-2.0
#include "build_id.h"
#include "engine_handles.h"
#include "linked_module.h"
#include "module_report.h"

#include <palyra/base/byte_reader.h>
#include <palyra/runtime/module_description.h>
#include <palyra/runtime/worker_protocol.h>

#include <utility>

namespace palyra::runtime {

std::string_view to_text(WorkerJob job) { return job == WorkerJob::kAdmit ? "admit" : "compile"; }

std::array<std::uint8_t, kMessageHeaderBytes> encode(const MessageHeader& header) {
  std::array<std::uint8_t, kMessageHeaderBytes> bytes{std::to_underlying(header.kind)};
  for (std::size_t i = 0; i + 1 < bytes.size(); ++i) {
    bytes.at(i + 1) = static_cast<std::uint8_t>(header.length >> (8 * i));
  }
  return bytes;
}

std::optional<MessageHeader> decode(std::span<const std::uint8_t, kMessageHeaderBytes> bytes) {
  const auto length = ByteReader(bytes.subspan<1>()).little_endian<std::uint64_t>();
  const auto kind = static_cast<MessageKind>(bytes.front());
  switch (kind) {
    case MessageKind::kHello:
    case MessageKind::kModule:
    case MessageKind::kFacts:
    case MessageKind::kCode:
    case MessageKind::kRefused:
    case MessageKind::kCompilerRefused:
      return MessageHeader{.kind = kind, .length = length.value_or(0)};
  }
  return std::nullopt;
}

std::string worker_identity(WorkerJob job, std::uint64_t compatibility) {
  std::string text = fmt::format("palyra-worker {} wasmtime {}", build_id(), palyra_rust_engine_version());
  if (job == WorkerJob::kCompile) text += fmt::format(" code {:016x}", compatibility);
  return text;
}

Answer admit_module(BytesView wasm, DescribeInThisProcess /*token*/) {
  ModuleReport report = report_on_module(wasm);
  return {.kind = report.accepted ? MessageKind::kFacts : MessageKind::kRefused, .body = std::move(report.json)};
}

Answer compile_module(const WasmRuntime& runtime, BytesView wasm, CompileInThisProcess token) {
  auto code = runtime.precompile(wasm, token);
  if (code) return {.kind = MessageKind::kCode, .body = *std::move(code)};
  ModuleReport report = report_on_module(wasm);
  if (!report.accepted) return {.kind = MessageKind::kRefused, .body = std::move(report.json)};
  return {.kind = MessageKind::kCompilerRefused, .body = to_bytes(code.error().message())};
}

}  // namespace palyra::runtime
