// SPDX-License-Identifier: Apache-2.0
// palyra-worker {admit,compile} CPU_SECONDS ADDRESS_SPACE_BYTES
//
// Parses, describes and compiles one module of a stranger, and ends. Started by runtime::WorkerClient, never by a
// person. docs/runtime.md, "Compiling".

#include "job_input.h"
#include "process_limits.h"
#include "sandbox.h"

#include <palyra/runtime/dangerous.h>
#include <palyra/runtime/worker_protocol.h>

#include <charconv>
#include <cstdlib>
#include <memory>
#include <new>
#include <optional>
#include <pthread.h>
#include <span>
#include <string_view>
#include <unistd.h>

namespace palyra::worker {
namespace {

constexpr std::size_t kStackBytes = std::size_t{8} << 20;

struct Order {
  runtime::WorkerJob job;
  ProcessLimits limits;
};

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number == 0) return std::nullopt;
  return number;
}

std::optional<Order> parse_order(std::span<char*> arguments) {
  if (arguments.size() != 4) return std::nullopt;
  const std::string_view job = arguments[1];
  const auto cpu = parse_number(arguments[2]);
  const auto memory = parse_number(arguments[3]);
  if ((job != to_text(runtime::WorkerJob::kAdmit) && job != to_text(runtime::WorkerJob::kCompile)) || !cpu || !memory) {
    return std::nullopt;
  }
  return Order{
      .job = job == to_text(runtime::WorkerJob::kAdmit) ? runtime::WorkerJob::kAdmit : runtime::WorkerJob::kCompile,
      .limits = {.cpu_seconds = *cpu, .address_space_bytes = *memory}};
}

int fail_with(std::string_view words) {
  static_cast<void>(::write(STDERR_FILENO, words.data(), words.size()) == 0);  // nobody is left to tell
  return EXIT_FAILURE;
}

int fail_with(const Error& error) { return fail_with(error.describe()); }

int answer(const runtime::Answer& made) { return write_message(made.kind, made.body) ? EXIT_SUCCESS : EXIT_FAILURE; }

// The last that is done before a byte of the module is read.
bool greet(runtime::WorkerJob job, std::uint64_t compatibility) {
  if (!allow_only_computing()) {
    static_cast<void>(fail_with("cannot enter the sandbox of system calls"));
    return false;
  }
  return write_message(runtime::MessageKind::kHello, as_bytes(runtime::worker_identity(job, compatibility)));
}

int admit() {
  if (!greet(runtime::WorkerJob::kAdmit, 0)) return EXIT_FAILURE;
  const auto module = read_module();
  if (!module) return EXIT_FAILURE;
  return answer(runtime::admit_module(*module, runtime::DescribeInThisProcess{}));
}

int compile() {
  const auto runtime = runtime::WasmRuntime::create();
  if (!runtime) return fail_with(runtime.error());
  if (!greet(runtime::WorkerJob::kCompile, (*runtime)->compatibility())) return EXIT_FAILURE;
  const auto module = read_module();
  if (!module) return EXIT_FAILURE;
  return answer(runtime::compile_module(**runtime, *module, runtime::CompileInThisProcess{}));
}

struct Work {
  runtime::WorkerJob job;
  int status = EXIT_FAILURE;
};

void* run_work(void* argument) {
  auto* work = static_cast<Work*>(argument);
  work->status = work->job == runtime::WorkerJob::kAdmit ? admit() : compile();
  return nullptr;
}

// On a thread, because the compiler's and the parser's recursion needs a stack of a known size.
int run_on_known_stack(runtime::WorkerJob job) {
  Work work{.job = job};
  pthread_attr_t attributes;
  pthread_t thread{};
  if (::pthread_attr_init(&attributes) != 0 || ::pthread_attr_setstacksize(&attributes, kStackBytes) != 0 ||
      ::pthread_create(&thread, &attributes, &run_work, &work) != 0) {
    return fail_with("cannot make a thread: out of memory");
  }
  ::pthread_join(thread, nullptr);
  return work.status;
}

int run(std::span<char*> arguments) {
  const auto order = parse_order(arguments);
  if (!order) return fail_with("usage: palyra-worker {admit,compile} CPU_SECONDS ADDRESS_SPACE_BYTES\n");
  if (!give_up_privileges(order->limits)) return fail_with("cannot set the limits of this process");
  std::set_new_handler([] {
    static_cast<void>(fail_with("out of memory"));
    ::_exit(EXIT_FAILURE);
  });
  return run_on_known_stack(order->job);
}

}  // namespace
}  // namespace palyra::worker

int main(int argc, char** argv) {
  // No destructors: what the module left is the kernel's to clean up.
  const int status = palyra::worker::run({argv, static_cast<std::size_t>(argc)});
  ::_exit(status);
}
