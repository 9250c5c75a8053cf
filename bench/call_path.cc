// SPDX-License-Identifier: Apache-2.0
// What a call through WasmRuntime costs, as a ratio to the same call made with Wasmtime's own C API: same engine
// settings, fuel, epoch and limiter, one fresh store a call. Rounds of all cases are interleaved; a row shows the
// median of the rounds' medians. docs/performance.md says how to read it.
#include <palyra/base/check.h>
#include <palyra/base/clock.h>
#include <palyra/host/call_state.h>
#include <palyra/host/host_functions.h>
#include <palyra/runtime/runtime.h>

#include <fmt/format.h>
#include <palyra_rust.h>
#include <wasmtime.h>

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

template <class T>
T must(Result<T> result) {
  if (!result) fmt::print(stderr, "{}\n", result.error().describe());
  PALYRA_CHECK(result.has_value());
  return *std::move(result);
}

// The same call with nothing of ours but the engine's settings and the limiter record.
class RawWasmtime {
 public:
  RawWasmtime() {
    wasm_config_t* config = wasm_config_new();
    const palyra_rust_engine_settings_t settings{.max_wasm_stack_bytes = runtime::kMaxStackBytes,
                                                 .max_backtrace_frames = runtime::kMaxFrames,
                                                 .parallel_compilation = false};
    PALYRA_CHECK(palyra_rust_config_apply(config, &settings) == PALYRA_RUST_OK);
    PALYRA_CHECK(palyra_rust_engine_new(config, &engine_) == nullptr);
  }
  RawWasmtime(const RawWasmtime&) = delete;
  RawWasmtime& operator=(const RawWasmtime&) = delete;
  ~RawWasmtime() { wasm_engine_delete(engine_); }

  wasmtime_instance_pre_t* prepare(std::string_view wat) {
    const Bytes wasm = must(runtime::parse_wat(wat));
    wasmtime_module_t* module = nullptr;
    PALYRA_CHECK(wasmtime_module_new(engine_, wasm.data(), wasm.size(), &module) == nullptr);
    wasmtime_linker_t* linker = wasmtime_linker_new(engine_);
    wasmtime_instance_pre_t* pre = nullptr;
    PALYRA_CHECK(wasmtime_linker_instantiate_pre(linker, module, &pre) == nullptr);
    wasmtime_linker_delete(linker);
    wasmtime_module_delete(module);
    return pre;
  }

  void call(const wasmtime_instance_pre_t* pre) {
    palyra_rust_limiter_t limiter{};
    limiter.memory_limit_bytes = 64U << 20U;
    limiter.table_limit_elements = 100'000;
    limiter.max_instances = 256;
    limiter.max_memories = 1;
    limiter.max_tables = 4;
    wasmtime_store_t* store = wasmtime_store_new(engine_, nullptr, nullptr);
    wasmtime_context_t* context = wasmtime_store_context(store);
    PALYRA_CHECK(palyra_rust_store_limiter(store, &limiter) == PALYRA_RUST_OK);
    PALYRA_CHECK(wasmtime_context_set_fuel(context, 10'000'000) == nullptr);
    wasmtime_context_set_epoch_deadline(context, 1'000'000);
    wasmtime_instance_t instance;
    wasm_trap_t* trap = nullptr;
    PALYRA_CHECK(wasmtime_instance_pre_instantiate(pre, context, &instance, &trap) == nullptr && trap == nullptr);
    wasmtime_extern_t item;
    PALYRA_CHECK(wasmtime_instance_export_get(context, &instance, "run", 3, &item));
    wasmtime_val_raw_t result{};
    PALYRA_CHECK(wasmtime_func_call_unchecked(context, &item.of.func, &result, 1, &trap) == nullptr && trap == nullptr);
    wasmtime_store_delete(store);
  }

 private:
  wasm_engine_t* engine_ = nullptr;
};

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
  RawWasmtime raw;
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
  std::vector<Case> cases;
  const std::pair<std::string, std::string_view> guests[] = {
      {"empty", kEmpty}, {"one page", kTouch}, {"100k loop", kLoop}};
  for (const auto& [name, wat] : guests) {
    cases.push_back({"raw wasmtime, " + name, "", [&raw, pre = raw.prepare(wat)] { raw.call(pre); }});
    cases.push_back({"palyra, " + name, cases.back().name, [&call, module = linked(wat)] { call(*module); }});
  }
  cases.push_back({"palyra, 64 KiB echo", "", [&call, module = linked(kEcho)] { call(*module); }});
  for (int round = 0; round < kRounds; ++round) {
    for (Case& each : cases) run_round(each);
  }
  report(cases);
  return 0;
}
