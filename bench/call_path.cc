// SPDX-License-Identifier: Apache-2.0
// What a call through WasmRuntime costs, as a ratio to the same call made with Wasmtime's own C API: same engine
// settings, fuel, epoch and limiter, one fresh store a call. Rounds of all cases are interleaved; a row shows the
// median of the rounds' medians. docs/performance.md says how to read it.
#include "raw_wasmtime.h"

#include <palyra/base/check.h>
#include <palyra/base/clock.h>
#include <palyra/host/call_state.h>
#include <palyra/host/host_functions.h>
#include <palyra/runtime/runtime.h>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace {

using namespace palyra;  // NOLINT(google-build-using-namespace): one small program

constexpr int kRounds = 15;
constexpr int kCallsARound = 400;

constexpr std::string_view kEmpty =
    R"((module (memory (export "memory") 1) (func (export "run") (result i32) (i32.const 0))))";
constexpr std::string_view kTouch =
    R"((module (memory (export "memory") 1) (func (export "run") (result i32) (i32.store (i32.const 64) (i32.const 1)) (i32.const 0))))";
constexpr std::string_view kLoop = R"((module (memory (export "memory") 1) (func (export "run") (result i32) (local i32)
  (loop (local.set 0 (i32.add (local.get 0) (i32.const 1))) (br_if 0 (i32.lt_u (local.get 0) (i32.const 100000))))
  (i32.const 0))))";
constexpr std::string_view kEcho = R"((module
  (import "palyra:skill/call@1.0.0" "input-read" (func $read (param i32 i32 i32) (result i32)))
  (import "palyra:skill/call@1.0.0" "output-write" (func $write (param i32 i32) (result i32)))
  (memory (export "memory") 2)
  (func (export "run") (result i32) (call $write (i32.const 0) (call $read (i32.const 0) (i32.const 65536) (i32.const 0))))))";
// So many calls of a function that does nothing but answer.
constexpr int kHostCalls = 10'000;
constexpr std::string_view kAsk = R"((module
  (import "palyra:skill/call@1.0.0" "input-length" (func $length (result i32)))
  (memory (export "memory") 1)
  (func (export "run") (result i32) (local i32)
    (loop (drop (call $length)) (local.set 0 (i32.add (local.get 0) (i32.const 1)))
      (br_if 0 (i32.lt_u (local.get 0) (i32.const 10000))))
    (i32.const 0))))";

template <class T>
T must(Result<T> result) {
  if (!result) fmt::print(stderr, "{}\n", result.error().describe());
  PALYRA_CHECK(result.has_value());
  return *std::move(result);
}

struct Case {
  std::string name;
  std::string against;  // the case whose median this one is divided by; "" = none
  std::function<void()> call;
  std::vector<double> rounds_us{};
};

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

void run_round(Case& each) {
  std::vector<double> calls_us;
  for (int i = 0; i < kCallsARound; ++i) {
    const auto begun = std::chrono::steady_clock::now();
    each.call();
    calls_us.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begun).count());
  }
  each.rounds_us.push_back(median(std::move(calls_us)));
}

double median_of(const std::vector<Case>& cases, std::string_view name) {
  const auto found = std::ranges::find(cases, name, &Case::name);
  PALYRA_CHECK(found != cases.end());
  return median(found->rounds_us);
}

void report(const std::vector<Case>& cases) {
  fmt::print("{:<34} {:>10} {:>8}\n", "case", "median us", "ratio");
  for (const Case& each : cases) {
    const double have = median(each.rounds_us);
    const auto base = std::ranges::find(cases, each.against, &Case::name);
    fmt::print("{:<34} {:>10.2f} {:>8}\n", each.name, have,
               base == cases.end() ? "" : fmt::format("{:.2f}", have / median(base->rounds_us)));
  }
}

}  // namespace

int main() {
  const auto ours = must(runtime::WasmRuntime::create());
  const runtime::InProcessCompiler compiler(*ours, runtime::CompileInThisProcess());
  const auto linked = [&](std::string_view wat) {
    return must(ours->link(must(compiler.compile(must(runtime::parse_wat(wat)))), host::host_functions()));
  };
  const SystemClock clock;
  host::SystemRandom random;
  const capability::CapabilityGrantSet grants;
  const Bytes arguments(65'536, 'x');
  const auto call = [&](const runtime::LinkedModule& module) {
    host::CallState state(host::CallSetup{.tool_id = "bench.tool",
                                          .run_id = "1",
                                          .arguments = arguments,
                                          .grants = grants,
                                          .clock = clock,
                                          .random = random});
    auto run = must(ours->invoke({.module = module, .entry = "run", .host_state = &state}));
    PALYRA_CHECK(std::holds_alternative<runtime::Returned>(run.outcome));
    const auto results = std::move(state).finish(run.record);
    PALYRA_CHECK(results.output.size() % 65'536 == 0);
  };
  bench::RawWasmtime raw;
  std::vector<Case> cases;
  const std::pair<std::string, std::string_view> guests[] = {
      {"empty", kEmpty}, {"one page", kTouch}, {"100k loop", kLoop}, {"64 KiB echo", kEcho}, {"10k host calls", kAsk}};
  for (const auto& [name, wat] : guests) {
    cases.push_back({"raw wasmtime, " + name, "", [&, pre = raw.prepare(wat)] { raw.call(pre, arguments); }});
    cases.push_back({"palyra, " + name, cases.back().name, [&call, module = linked(wat)] { call(*module); }});
  }
  for (int round = 0; round < kRounds; ++round) {
    for (Case& each : cases) run_round(each);
  }
  report(cases);
  const double dearer_us =
      median_of(cases, "palyra, 10k host calls") - median_of(cases, "raw wasmtime, 10k host calls");
  fmt::print("one host call above the engine's own unchecked call: {:.0f} ns\n", dearer_us * 1'000 / kHostCalls);
  return 0;
}
