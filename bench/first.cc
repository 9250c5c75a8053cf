// SPDX-License-Identifier: Apache-2.0
// What comes before a warm call: compiling, loading, and the start of a whole program; and what a tool keeps resident.
#include "benches.h"
#include "guests.h"
#include "installer.h"
#include "levels.h"
#include "must.h"
#include "process.h"
#include "rounds.h"

#include <palyra/app/installation.h>
#include <palyra/runtime/module_description.h>

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>

namespace palyra::bench {
namespace {

constexpr int kColdRounds = 5;
constexpr int kRounds = 21;
constexpr std::size_t kLargeBytes = std::size_t{1} << 20;
constexpr std::size_t kSmallBytes = 4'000;
constexpr int kMany = 100;
constexpr int kManyLarge = 21;

double ms_of(const std::function<void()>& what) {
  const auto begun = std::chrono::steady_clock::now();
  what();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begun).count();
}

std::string id_of(const std::string& skill) { return "bench." + skill + ".t"; }

class Scene {
 public:
  Scene() {
    Installer installer(state());
    installer.install({.name = "small", .tools = {{.name = "t", .wasm = must(runtime::parse_wat(guests::kEmpty))}}});
    installer.install({.name = "large", .tools = {{.name = "t", .wasm = guests::large(kLargeBytes)}}});
  }

  // The first call of a tool by a program that has called another before.
  double first_call_ms(const std::string& tool, const std::string& code) {
    app::Installation installation(options(code));
    app::ToolHost host(installation.services());
    tool_call(host, id_of(tool == "small" ? "large" : "small"), as_bytes("{}"))();
    Call call = tool_call(host, id_of(tool), as_bytes("{}"));
    return ms_of(call);
  }

  // The same when it has not: opens the state, makes engine and pool.
  double very_first_call_ms(const std::string& tool, const std::string& code) {
    app::Installation installation(options(code));
    app::ToolHost host(installation.services());
    Call call = tool_call(host, id_of(tool), as_bytes("{}"));
    return ms_of(call);
  }

  double warm_call_ms(const std::string& tool, const std::string& code) {
    app::Installation installation(options(code));
    app::ToolHost host(installation.services());
    Call call = tool_call(host, id_of(tool), as_bytes("{}"));
    call();
    std::vector<double> calls;
    for (int i = 0; i < kRounds; ++i) calls.push_back(ms_of(call));
    return median(std::move(calls));
  }

  // A whole process of the program.
  double program_ms(const std::vector<std::string>& words) {
    std::vector<std::string> line{program_beside("palyra")};
    line.insert(line.end(), words.begin(), words.end());
    return ms_of([&] { run_program(line, environment()); });
  }

  // No other call has used it.
  std::string new_code() { return work_.file(fmt::format("code-{}", ++codes_)); }
  [[nodiscard]] std::string state() const { return work_.file("state"); }
  [[nodiscard]] std::string file(const std::string& name) const { return work_.file(name); }

 private:
  [[nodiscard]] app::InstallationOptions options(const std::string& code) const {
    return {.state_root = state(), .actor = "bench", .code_directory = code, .pool = runtime::PoolOptions()};
  }
  [[nodiscard]] std::vector<std::string> environment() const {
    return {"HOME=" + work_.file("home"), "PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "PALYRA_STATE_ROOT=" + state()};
  }

  WorkDirectory work_;
  int codes_ = 0;
};

struct Way {
  const char* what;
  const char* way;
  std::function<double()> ms;
  int rounds = kRounds;
  std::vector<double> times{};
};

std::vector<Row> measured(std::vector<Way> ways) {
  for (int round = 0; round < kRounds; ++round) {
    for (Way& each : ways) {
      if (round < each.rounds) each.times.push_back(each.ms());
    }
  }
  std::vector<Row> rows;
  for (const Way& each : ways) {
    rows.push_back({{"what", each.what},
                    {"way", each.way},
                    {"median_ms", rounded(median(each.times), 3)},
                    {"worst_ms", rounded(percentile(each.times, 100), 3)}});
  }
  return rows;
}

void first_calls(Report& report, Scene& scene) {
  const std::string code = scene.new_code();
  scene.first_call_ms("large", code);  // both are in it now
  const auto cold = [&](const char* tool) { return scene.first_call_ms(tool, scene.new_code()); };
  std::vector<Way> ways;
  for (const char* tool : {"small", "large"}) {
    ways.push_back({tool, "cold: compiled by the worker", [&, tool] { return cold(tool); }, kColdRounds});
    ways.push_back({tool, "from the code cache", [&, tool] { return scene.first_call_ms(tool, code); }});
    ways.push_back({tool, "from the code cache, first of the program",
                    [&, tool] { return scene.very_first_call_ms(tool, code); }});
    ways.push_back({tool, "warm", [&, tool] { return scene.warm_call_ms(tool, code); }});
  }
  report.add("first", "a call of a tool, in a program with a pool", measured(std::move(ways)));
}

void programs(Report& report, Scene& scene) {
  const std::vector<std::string> run{"run", id_of("small"), "--input", "{}"};
  scene.program_ms(run);  // compiles
  std::vector<Way> ways;
  ways.push_back({"palyra run", "small tool, from the code cache", [&] { return scene.program_ms(run); }});
  ways.push_back({"palyra --version", "the program alone", [&] { return scene.program_ms({"--version"}); }});
  report.add("programs", "a whole process", measured(std::move(ways)));
}

// The same number of tools in one state, with modules of that size, all different.
std::string install_many(const Scene& scene, int count, std::size_t bytes) {
  const std::string root = scene.file(fmt::format("many-{}-{}", count, bytes));
  Installer installer(root);
  for (int i = 0; i < count; ++i) {
    installer.install({.name = fmt::format("many-{}", i),
                       .tools = {{.name = "t", .wasm = guests::large(bytes, static_cast<std::size_t>(i) + 1)}}});
  }
  return root;
}

double resident_kib(const std::string& state, const std::string& code, int calls) {
  return std::strtod(
      run_program({program_beside("palyra_bench"), "resident", state, code, std::to_string(calls)}, {}).c_str(),
      nullptr);
}

Row residency(Scene& scene, const char* what, std::size_t bytes, int count) {
  const std::string few = install_many(scene, 1, bytes);
  const std::string many = install_many(scene, count, bytes);
  const std::string code = scene.new_code();
  resident_kib(few, code, 1);
  const std::string code_of_many = scene.new_code();
  resident_kib(many, code_of_many, count);  // compiles
  const double one = resident_kib(few, code, 1);
  const double installed = resident_kib(many, code_of_many, 1);
  const double called = resident_kib(many, code_of_many, count);
  return {{"tools", what},
          {"count", count},
          {"one_called_kib", whole(one)},
          {"an_installed_one_kib", rounded((installed - one) / (count - 1), 1)},
          {"a_warm_one_kib", rounded((called - installed) / (count - 1), 1)}};
}

}  // namespace

void print_resident(const std::string& state_root, const std::string& code_directory, const std::string& count) {
  app::Installation installation(
      {.state_root = state_root, .actor = "bench", .code_directory = code_directory, .pool = runtime::PoolOptions()});
  app::ToolHost host(installation.services());
  std::vector<Call> calls;
  for (int i = 0; i < std::atoi(count.c_str()); ++i) {
    calls.push_back(tool_call(host, fmt::format("bench.many-{}.t", i), as_bytes("{}")));
    calls.back()();
  }
  fmt::print("{}\n", status_kib("VmRSS:"));
}

void bench_first(Report& report) {
  Scene scene;
  first_calls(report, scene);
  programs(report, scene);
  report.add(
      "resident", "resident memory of a process",
      {residency(scene, "small: 4 KB", kSmallBytes, kMany), residency(scene, "large: 1 MB", kLargeBytes, kManyLarge)});
}

}  // namespace palyra::bench
