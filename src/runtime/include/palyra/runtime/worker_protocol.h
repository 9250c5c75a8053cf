// SPDX-License-Identifier: Apache-2.0
#pragma once
// What `palyra-worker` and its parent say to each other, over the worker's standard input and output:
//
//   worker  kHello     the worker's identity, before it has read a byte
//   parent  kModule    the module
//   worker  kFacts | kCode | kRefused | kCompilerRefused, then it ends
//
// A message is a header of 9 bytes (kind, then the length of the body as a little-endian 64-bit number) and the body.
// Both sides are of one build, or the parent sends nothing: there is one version of this protocol, which is the build.

#include <palyra/base/bytes.h>
#include <palyra/base/error.h>
#include <palyra/runtime/dangerous.h>
#include <palyra/runtime/runtime.h>

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace palyra::runtime {

enum class WorkerJob : std::uint8_t { kAdmit, kCompile };
std::string_view to_text(WorkerJob job);  // "admit", "compile": the program's first argument

enum class MessageKind : std::uint8_t {
  kHello = 'H',
  kModule = 'M',
  kFacts = 'F',            // the archive's description, JSON
  kCode = 'C',             // serialised native code
  kRefused = 'R',          // the archive's refusal, JSON
  kCompilerRefused = 'L',  // a valid module that the compiler cannot take; its words
};

struct MessageHeader {
  MessageKind kind;
  std::uint64_t length;
};
inline constexpr std::size_t kMessageHeaderBytes = 9;
std::array<std::uint8_t, kMessageHeaderBytes> encode(const MessageHeader& header);
// nullopt for a kind that does not exist.
std::optional<MessageHeader> decode(std::span<const std::uint8_t, kMessageHeaderBytes> bytes);

inline constexpr std::size_t kMaxModuleBytes = std::size_t{64} << 20;  // far above any policy
inline constexpr std::size_t kMaxHelloBytes = 512;

// What a kHello says: version, build and engine; for kCompile also `compatibility`.
std::string worker_identity(WorkerJob job, std::uint64_t compatibility);

// ---- The worker's side: it holds the tokens because it is the process that may.

struct Answer {
  MessageKind kind;
  Bytes body;
};
Answer admit_module(BytesView wasm, DescribeInThisProcess token);
// Needs 8 MiB of stack.
Answer compile_module(const WasmRuntime& runtime, BytesView wasm, CompileInThisProcess token);

}  // namespace palyra::runtime
