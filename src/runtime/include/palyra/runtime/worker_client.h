// SPDX-License-Identifier: Apache-2.0
#pragma once
// The parent's side of `palyra-worker`: a stranger's module is parsed, described and compiled in a process of its own
// that has limits and is killed when it meets one. docs/runtime.md, "Compiling".

#include <palyra/base/bytes.h>
#include <palyra/base/error.h>
#include <palyra/base/sealed_bytes.h>
#include <palyra/capability/module_facts.h>
#include <palyra/runtime/until.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

namespace palyra::runtime {

// No program palyra-worker where it should be, or it cannot be started.
inline constexpr ErrorCode kWorkerMissing{ErrorKind::kUnavailable, "run.worker_missing"};
// The worker is of another build than this program.
inline constexpr ErrorCode kWorkerMismatch{ErrorKind::kIncompatible, "run.worker_mismatch"};
// It died, or answered what no worker answers; the message names the signal.
inline constexpr ErrorCode kWorkerFailed{ErrorKind::kUnavailable, "run.worker_failed"};
// The module met a limit of the worker (wall clock, CPU time, memory, size of the answer) or of the compiler; the
// message names which.
inline constexpr ErrorCode kCompileLimit{ErrorKind::kLimitExceeded, "run.compile_limit"};

struct JobLimits {
  std::chrono::milliseconds wall;
  std::chrono::seconds cpu;           // at least 1
  std::uint64_t address_space_bytes;  // RLIMIT_AS: the program itself needs about 64 MiB of it
  std::uint64_t answer_bytes;
};

// Calibrated with real modules of 7 and 9 MB: docs/runtime.md, "Compiling".
struct WorkerLimits {
  JobLimits admit{.wall = std::chrono::seconds(15),
                  .cpu = std::chrono::seconds(3),
                  .address_space_bytes = std::uint64_t{512} << 20,
                  .answer_bytes = std::uint64_t{2} << 20};
  JobLimits compile{.wall = std::chrono::seconds(120),
                    .cpu = std::chrono::seconds(45),
                    .address_space_bytes = std::uint64_t{2} << 30,
                    .answer_bytes = std::uint64_t{128} << 20};
};

// The worker of this program: beside it, then in ../libexec/palyra/. Errors: kWorkerMissing.
Result<std::string> find_worker();

// Any thread may call any member; every call starts a process of its own and leaves none behind.
class WorkerClient {
 public:
  // Looks at nothing yet: a program that is not there is kWorkerMissing when it is needed.
  explicit WorkerClient(std::string program, const WorkerLimits& limits = {})
      : program_(std::move(program)), limits_(limits) {}

  // Errors: those of describe_module, kWorkerMissing, kWorkerMismatch, kWorkerFailed, kCompileLimit, kCompileTimedOut,
  // kCompileCancelled, and kFileFailed when this process lacks descriptors or memory.
  [[nodiscard]] Result<capability::ModuleFacts> describe(BytesView wasm, const Until& until = {}) const;

  // Native code for an engine whose WasmRuntime::compatibility() is `compatibility`. Errors: as describe.
  [[nodiscard]] Result<SealedFile> compile(BytesView wasm, std::uint64_t compatibility, const Until& until = {}) const;

 private:
  std::string program_;
  WorkerLimits limits_;
};

}  // namespace palyra::runtime
