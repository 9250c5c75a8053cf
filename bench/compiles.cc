// SPDX-License-Identifier: Apache-2.0
// Modules that were made to cost whoever compiles them: how long beyond the limit until they are refused, what this
// process grows by, and what a good call beside them feels.
#include "benches.h"
#include "guests.h"
#include "must.h"
#include "process.h"
#include "rounds.h"

#include <palyra/host/host_functions.h>
#include <palyra/runtime/caching_compiler.h>
#include <palyra/runtime/runtime.h>

#include <optional>
#include <thread>

namespace palyra::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int kRounds = 5;
constexpr milliseconds kWall{300};
constexpr milliseconds kAlone{1'000};

runtime::WorkerLimits wall_alone() {
  runtime::WorkerLimits limits;
  limits.compile.wall = kWall;
  return limits;
}

struct Bomb {
  const char* name;
  Bytes wasm;
  std::vector<double> above_ms{};
  std::vector<double> grown_kib{};
  std::vector<double> neighbours_us{};
  std::string refusal{};
};

class Scene {
 public:
  Scene() : runtime_(must(runtime::WasmRuntime::create(runtime::PoolOptions()))) {
    const runtime::InProcessCompiler compiler(*runtime_, runtime::CompileInThisProcess());
    good_ = must(runtime_->link(must(compiler.compile(must(runtime::parse_wat(guests::kEmpty)))), {}));
  }

  // Microseconds of each good call until then.
  std::vector<double> call_until(const std::stop_token& stop) const {
    std::vector<double> calls;
    while (!stop.stop_requested()) {
      const auto begun = steady_clock::now();
      const auto run = must(runtime_->invoke({.module = *good_, .entry = "run"}));
      calls.push_back(std::chrono::duration<double, std::micro>(steady_clock::now() - begun).count());
      PALYRA_CHECK(std::holds_alternative<runtime::Returned>(run.outcome));
    }
    return calls;
  }

  void set_off(Bomb& bomb) const {
    std::jthread neighbour([&](const std::stop_token& stop) {
      const std::vector<double> calls = call_until(stop);
      bomb.neighbours_us.insert(bomb.neighbours_us.end(), calls.begin(), calls.end());
    });
    const MemoryGrowth growth;
    const auto begun = steady_clock::now();
    const auto compiled = compiler_.compile(bomb.wasm);
    const auto above = steady_clock::now() - begun - kWall;
    bomb.grown_kib.push_back(static_cast<double>(growth.kib()));
    bomb.above_ms.push_back(std::chrono::duration<double, std::milli>(above).count());
    bomb.refusal = compiled ? "compiled" : compiled.error().describe();
  }

 private:
  std::unique_ptr<runtime::WasmRuntime> runtime_;
  std::shared_ptr<const runtime::LinkedModule> good_;
  runtime::WorkerClient worker_{must(runtime::find_worker()), wall_alone()};
  runtime::CachingCompiler compiler_{*runtime_, worker_, nullptr};
};

Row row_of(const Bomb& bomb) {
  return {{"module", bomb.name},
          {"bytes", bomb.wasm.size()},
          {"above_limit_ms", rounded(median(bomb.above_ms), 1)},
          {"grown_kib", whole(percentile(bomb.grown_kib, 100))},
          {"good_call_p50_us", rounded(percentile(bomb.neighbours_us, 50), 1)},
          {"good_call_p99_us", rounded(percentile(bomb.neighbours_us, 99), 1)},
          {"ended", bomb.refusal}};
}

}  // namespace

void bench_compiles(Report& report) {
  const Scene scene;
  std::vector<Bomb> bombs;
  bombs.push_back({.name = "one function of selects", .wasm = guests::selects(1'400'000)});
  bombs.push_back({.name = "loops within loops", .wasm = guests::nested_loops(400'000)});
  bombs.push_back({.name = "50,001 small functions", .wasm = guests::small_functions(50'001)});
  std::vector<double> alone;
  for (int round = 0; round < kRounds; ++round) {
    {
      std::jthread neighbour([&](const std::stop_token& stop) {
        const std::vector<double> calls = scene.call_until(stop);
        alone.insert(alone.end(), calls.begin(), calls.end());
      });
      std::this_thread::sleep_for(kAlone);
    }
    for (Bomb& bomb : bombs) scene.set_off(bomb);
  }
  std::vector<Row> rows{{{"module", "none"},
                         {"bytes", 0},
                         {"above_limit_ms", Json()},
                         {"grown_kib", Json()},
                         {"good_call_p50_us", rounded(percentile(alone, 50), 1)},
                         {"good_call_p99_us", rounded(percentile(alone, 99), 1)},
                         {"ended", ""}}};
  for (const Bomb& bomb : bombs) rows.push_back(row_of(bomb));
  report.add("compiles", "hostile compiles under a wall clock limit of 300 ms", rows);
}

}  // namespace palyra::bench
