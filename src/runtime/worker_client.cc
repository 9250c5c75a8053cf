// SPDX-License-Identifier: Apache-2.0
#include "module_report.h"
#include "worker_dialogue.h"

#include <palyra/base/utf8.h>
#include <palyra/runtime/worker_client.h>
#include <palyra/runtime/worker_protocol.h>

#include <climits>

#include <unistd.h>

namespace palyra::runtime {
namespace {

constexpr const char* kProgram = "palyra-worker";

Result<WorkerReply> run_job(const std::string& program, WorkerJob job, JobOrder order) {
  if (order.wasm.size() > kMaxModuleBytes) {
    return fail(kCompileLimit, "a module of {} bytes, limit {}", order.wasm.size(), kMaxModuleBytes);
  }
  WorkerProcess process =
      PALYRA_TRY(WorkerProcess::start({program, std::string(to_text(job)), std::to_string(order.limits.cpu.count()),
                                       std::to_string(order.limits.address_space_bytes)}));
  return WorkerDialogue(std::move(process), std::move(order)).run();
}

std::unexpected<Error> nonsense(MessageKind kind) {
  return fail(kWorkerFailed, "the worker's answer '{}' cannot be read", static_cast<char>(kind));
}

std::unexpected<Error> refusal(const WorkerReply& reply) {
  if (reply.kind == MessageKind::kCompilerRefused) {
    return fail(kCompileLimit, "the compiler cannot take this module: {}", printable(as_text(reply.body), 1024));
  }
  if (reply.kind != MessageKind::kRefused) return nonsense(reply.kind);
  auto error = parse_module_refusal(reply.body);
  if (!error) return nonsense(reply.kind);
  return std::unexpected(*std::move(error));
}

}  // namespace

Result<std::string> find_worker() {
  std::string self(PATH_MAX, '\0');
  const ssize_t length = ::readlink("/proc/self/exe", self.data(), self.size());
  if (length <= 0) return fail(kWorkerMissing, "this program cannot find out where it is: /proc is not mounted");
  self.resize(static_cast<std::size_t>(length));
  const std::string directory = self.substr(0, self.rfind('/'));
  const std::string beside = fmt::format("{}/{}", directory, kProgram);
  const std::string packaged = fmt::format("{}/../libexec/palyra/{}", directory, kProgram);
  for (const std::string& candidate : {beside, packaged}) {
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return fail(kWorkerMissing, "neither '{}' nor '{}' is a program", printable(beside), printable(packaged));
}

Result<capability::ModuleFacts> WorkerClient::describe(BytesView wasm, const Until& until) const {
  const WorkerReply reply = PALYRA_TRY(run_job(
      program_, WorkerJob::kAdmit,
      {.identity = worker_identity(WorkerJob::kAdmit, 0), .wasm = wasm, .limits = limits_.admit, .until = until}));
  if (reply.kind != MessageKind::kFacts) return refusal(reply);
  auto facts = parse_module_facts(reply.body);
  if (!facts) return nonsense(reply.kind);
  return *std::move(facts);
}

Result<SealedFile> WorkerClient::compile(BytesView wasm, std::uint64_t compatibility, const Until& until) const {
  WorkerReply reply = PALYRA_TRY(run_job(program_, WorkerJob::kCompile,
                                         {.identity = worker_identity(WorkerJob::kCompile, compatibility),
                                          .wasm = wasm,
                                          .limits = limits_.compile,
                                          .until = until}));
  if (!reply.code) return refusal(reply);
  return *std::move(reply.code);
}

}  // namespace palyra::runtime
