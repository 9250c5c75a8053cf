// SPDX-License-Identifier: Apache-2.0
// The real worker under limits, and modules that were made to cost.
#include "neighbour_fixture.h"
#include "worker_fixture.h"
#include "worker_process.h"

#include <palyra/base/sanitized.h>
#include <palyra/runtime/caching_compiler.h>
#include <palyra/runtime/worker_protocol.h>

#include <algorithm>
#include <functional>
#include <poll.h>
#include <sstream>

namespace palyra::runtime {
namespace {

using testing::FailsWith;
using ::testing::HasSubstr;
using testing::IsOk;

TEST(WorkerProgramTest, HasGivenEverythingUpBeforeItReadsTheModule) {
  const auto worker = WorkerProcess::start({real_worker(), "admit", "7", "536870912"});
  ASSERT_THAT(worker, IsOk());
  pollfd said{.fd = worker->socket(), .events = POLLIN, .revents = 0};
  ASSERT_EQ(::poll(&said, 1, -1), 1);  // the greeting: it comes after the limits
  std::string child = text_of(fmt::format("/proc/self/task/{}/children", ::gettid()));
  child.resize(child.find(' '));
  const std::string limits = text_of(fmt::format("/proc/{}/limits", child));
  const auto expect_limit = [&](const std::string& name, const std::string& soft, const std::string& hard) {
    const std::size_t at = limits.find(name);
    ASSERT_NE(at, std::string::npos) << limits;
    std::istringstream line(limits.substr(at + name.size(), 50));
    std::string found_soft;
    std::string found_hard;
    line >> found_soft >> found_hard;
    EXPECT_EQ(found_soft, soft) << name;
    EXPECT_EQ(found_hard, hard) << name;
  };
  expect_limit("Max cpu time", "7", "8");
  if (!kSanitized) {  // a sanitizer needs more of both
    expect_limit("Max address space", "536870912", "536870912");
    expect_limit("Max open files", "3", "3");
  }
  expect_limit("Max core file size", "0", "0");
  expect_limit("Max file size", "0", "0");
  EXPECT_THAT(text_of(fmt::format("/proc/{}/status", child)), HasSubstr("NoNewPrivs:\t1"));
  EXPECT_THAT(text_of(fmt::format("/proc/{}/status", child)), HasSubstr("Seccomp:\t2"));
}

TEST(WorkerProgramTest, RefusesAnyOtherCommandLine) {
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{{},
                                                                                     {"admit"},
                                                                                     {"admit", "1"},
                                                                                     {"other", "1", "1"},
                                                                                     {"admit", "0", "1"},
                                                                                     {"admit", "1", "1", "1"},
                                                                                     {"admit", "1x", "1"}}) {
    std::vector<std::string> line{real_worker()};
    line.insert(line.end(), words.begin(), words.end());
    auto worker = WorkerProcess::start(line);
    ASSERT_THAT(worker, IsOk());
    pollfd ended{.fd = worker->socket(), .events = POLLIN, .revents = 0};
    ASSERT_EQ(::poll(&ended, 1, -1), 1);
    EXPECT_EQ(ended.revents & POLLHUP, POLLHUP);
    EXPECT_EQ(WEXITSTATUS(worker->finish().status), EXIT_FAILURE);
  }
}

struct Hostile {
  const char* name;
  std::function<Bytes()> make;
};

Bytes nested_blocks(std::size_t depth) {
  Bytes code = repeated(depth, {0x02, 0x40});
  append(code, Bytes(depth, 0x0B));
  append(code, {0x20, 0});
  return code;
}

// A br_table of `targets` entries, all to the block around it.
Bytes branch_table(std::size_t targets) {
  Bytes code = {0x02, 0x40, 0x20, 0, 0x0E};
  append(code, counted(targets, Bytes(targets, 0)));
  append(code, {0, 0x0B});
  return code;
}

// Every value lives to the end: n times local.get, then n - 1 additions.
Bytes values_that_all_live(std::size_t count) {
  Bytes code = repeated(count, {0x20, 0, 0x41, 7, 0x6C});
  append(code, Bytes(count - 1, 0x6A));
  return code;
}

// Blocks that all write one local: a join of everything with everything.
Bytes joins(std::size_t count) {
  Bytes code = repeated(
      count, {0x20, 0, 0x04, 0x40, 0x20, 0, 0x41, 1, 0x6A, 0x21, 0, 0x05, 0x20, 0, 0x41, 2, 0x6A, 0x21, 0, 0x0B});
  append(code, {0x20, 0});
  return code;
}

Bytes with_result(Bytes code) {
  append(code, {0x20, 0});
  return code;
}

const Hostile kHostile[] = {
    {"50,001 functions", [] { return module_of(50'001, kNoLocals, {0x20, 0, 0x41, 1, 0x6A}); }},
    {"one function of 7 MB", [] { return module_of(1, kNoLocals, values_that_all_live(1'200'000)); }},
    {"many joins", [] { return module_of(1, kNoLocals, joins(300'000)); }},
    {"joins over many locals", [] { return module_of(50, i32_locals(10'000), joins(5'000)); }},
    {"10,000 locals in 5,000 functions", [] { return module_of(5'000, i32_locals(10'000), {0x20, 0}); }},
    {"blocks 500,000 deep", [] { return module_of(1, kNoLocals, nested_blocks(500'000)); }},
    {"branch tables", [] { return module_of(60, kNoLocals, with_result(branch_table(100'000))); }},
    {"a branch table in each of many blocks",
     [] { return module_of(1, kNoLocals, with_result(repeated(2'000, branch_table(3'000)))); }},
    {"loads and stores without end",
     [] {
       return module_of(40, kNoLocals, with_result(repeated(20'000, {0x20, 0, 0x20, 0, 0x28, 2, 0, 0x36, 2, 0})));
     }},
    {"calls without end",
     [] { return module_of(40, kNoLocals, with_result(repeated(20'000, {0x20, 0, 0x10, 0, 0x1A}))); }},
};

JobLimits small_limits() {
  return {.wall = std::chrono::minutes(2),
          .cpu = std::chrono::seconds(1),
          .address_space_bytes = std::uint64_t{384} << 20,
          .answer_bytes = std::uint64_t{8} << 20};
}

class HostileModuleTest : public GuestTest {};

// The promise: the worker is killed at its limits, this process stays small, a call beside it succeeds.
TEST_F(HostileModuleTest, CostsTheWorkerItsLifeAndThisProcessNothing) {
  WorkerLimits limits;
  limits.compile = small_limits();
  const WorkerClient worker(real_worker(), limits);
  const CachingCompiler compiler(runtime(), worker, nullptr);
  auto harmless = link(kHarmless);
  ASSERT_THAT(harmless, IsOk());

  int killed = 0;
  std::int64_t most_grown = 0;
  for (const Hostile& hostile : kHostile) {
    const Bytes wasm = hostile.make();
    HarmlessNeighbour neighbour(runtime(), *harmless);
    const MemoryGrowth growth;
    const auto begun = std::chrono::steady_clock::now();
    const auto compiled = compiler.compile(wasm);
    const auto took = std::chrono::steady_clock::now() - begun;
    const std::int64_t grown = growth.kib();
    const auto [calls, good] = neighbour.end();

    EXPECT_EQ(calls, good) << hostile.name;
    EXPECT_TRUE(compiled || compiled.error().is(kCompileLimit)) << hostile.name;
    killed += compiled ? 0 : 1;
    most_grown = std::max(most_grown, grown);
    fmt::print("{}: {} bytes, {} in {} ms, this process +{} KiB, {} calls beside it\n", hostile.name, wasm.size(),
               compiled ? "compiled" : compiled.error().describe(),
               std::chrono::duration_cast<std::chrono::milliseconds>(took).count(), grown, calls);
    EXPECT_LT(grown, kMostGrowthKib) << hostile.name;
  }
  EXPECT_GE(killed, 5);
  fmt::print("{} of {} ended by a limit, this process grew by at most {} KiB\n", killed, std::size(kHostile),
             most_grown);
}

TEST_F(HostileModuleTest, IsEndedAtTheCpuLimit) {
  WorkerLimits limits = ample_limits();
  limits.compile.cpu = std::chrono::seconds(1);
  const Bytes wasm = module_of(50'001, kNoLocals, {0x20, 0, 0x41, 1, 0x6A});
  const auto code = WorkerClient(real_worker(), limits).compile(wasm, runtime().compatibility());
  ASSERT_THAT(code, FailsWith(kCompileLimit));
  EXPECT_THAT(code.error().message(), HasSubstr("CPU time limit of 1000 ms"));
}

TEST_F(HostileModuleTest, IsEndedAtTheMemoryLimit) {
  if (kSanitized) GTEST_SKIP() << "RLIMIT_AS cannot be set beside a sanitizer's shadow memory";
  WorkerLimits limits = ample_limits();
  limits.compile.address_space_bytes = std::uint64_t{192} << 20;
  const auto code = WorkerClient(real_worker(), limits)
                        .compile(module_of(1, kNoLocals, values_that_all_live(1'200'000)), runtime().compatibility());
  ASSERT_THAT(code, FailsWith(kCompileLimit));
  EXPECT_THAT(code.error().message(), HasSubstr("memory limit of 201326592 bytes"));
}

TEST_F(HostileModuleTest, AnAnswerOverItsLimitIsRefused) {
  WorkerLimits limits = ample_limits();
  limits.compile.answer_bytes = 1024;
  const Bytes wasm = module_of(10, kNoLocals, {0x20, 0});
  EXPECT_THAT(WorkerClient(real_worker(), limits).compile(wasm, runtime().compatibility()), FailsWith(kCompileLimit));
}

}  // namespace
}  // namespace palyra::runtime
