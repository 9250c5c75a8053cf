// SPDX-License-Identifier: Apache-2.0
// One call, in raw Wasmtime and at each level of Palyra; and calls in a fixed time, by one thread and by two.
#include "benches.h"
#include "guests.h"
#include "installer.h"
#include "levels.h"
#include "must.h"
#include "process.h"
#include "rounds.h"
#include "throughput.h"

#include <palyra/app/installation.h>
#include <palyra/runtime/module_description.h>
#include <palyra/schema/json_schema.h>

#include <fmt/format.h>

#include <algorithm>
#include <memory>

namespace palyra::bench {
namespace {

constexpr int kRounds = 31;
constexpr std::chrono::milliseconds kCase{10};

constexpr const char* kGrants = R"(http_egress_allowlist = ["api.example.com", "www.example.com"]
channels = [{ name = "alerts" }]
)";
constexpr const char* kPorts = R"(storage = [{ prefix = "notes/" }]
[capabilities.filesystem]
read_roots = ["data"]
)";

// One line: TOML has no others within such a table.
constexpr const char* kTenProperties =
    R"({ type = "object", additionalProperties = false, required = ["title", "body", "count", "tags"], properties = { )"
    R"(title = { type = "string", minLength = 1, maxLength = 200 }, body = { type = "string", maxLength = 4000 }, )"
    R"(count = { type = "integer", minimum = 0, maximum = 1000 }, ratio = { type = "number", minimum = 0 }, )"
    R"(urgent = { type = "boolean" }, kind = { enum = ["note", "task", "event"] }, )"
    R"(tags = { type = "array", items = { type = "string" }, maxItems = 20 }, )"
    R"(language = { type = "string", pattern = "^[a-z]{2}$" }, )"
    R"(place = { type = "object", properties = { latitude = { type = "number" }, longitude = { type = "number" } } }, )"
    R"(author = { type = "string" } } })";

// 1 KB that conform to it.
std::string ten_members() {
  constexpr std::size_t kBytes = 1'000;
  const std::string rest = R"("count":7,"ratio":0.25,"urgent":false,"kind":"task","tags":["red","green","blue"],)"
                           R"("language":"en","place":{"latitude":50.08,"longitude":14.43},"author":"Ada"})";
  const std::string begin = R"({"title":"A title","body":")";
  return begin + std::string(kBytes - begin.size() - rest.size() - 2, 'x') + "\"," + rest;
}

std::string object_of(std::size_t bytes) {
  const std::string begin = R"({"text":")";
  return begin + std::string(bytes - begin.size() - 2, 'x') + "\"}";
}

struct Guest {
  const char* name;
  std::string_view wat;
  std::string arguments = "{}";
  std::string tool;
  const char* schema = R"({ type = "object" })";
};

const std::vector<Guest>& all_guests() {
  static const std::vector<Guest> all{
      {"empty call", guests::kEmpty, "{}", "calls.empty"},
      {"one page touched", guests::kOnePage, "{}", "calls.page"},
      {"1 KiB echo", guests::kEcho, object_of(1'024), "calls.echo"},
      {"64 KiB echo", guests::kEcho, object_of(65'536), "calls.echo"},
      {"1 MiB echo", guests::kWideEcho, object_of(1'048'576), "calls.wide"},
      {"10,000 host calls", guests::kAsk, "{}", "calls.ask"},
      {"matrices", guests::kMatrix, "{}", "calls.matrix"},
      {"tight loop", guests::kTightLoop, "{}", "calls.loop"},
      {"empty, 1 KB of arguments", guests::kEmpty, ten_members(), "calls.strict", kTenProperties},
      {"empty, storage and files granted", guests::kEmpty, "{}", "ports.empty"},
  };
  return all;
}

void install(const std::string& root) {
  Installer installer(root);
  Skill calls{.name = "calls", .tools = {}, .capabilities = kGrants};
  Skill ports{.name = "ports", .tools = {}, .capabilities = kPorts};
  for (const Guest& guest : all_guests()) {
    const std::size_t dot = guest.tool.find('.');
    Skill& skill = guest.tool.substr(0, dot) == calls.name ? calls : ports;
    const std::string name = guest.tool.substr(dot + 1);
    if (std::ranges::find(skill.tools, name, &Tool::name) != skill.tools.end()) continue;
    skill.tools.push_back({.name = name, .wasm = must(runtime::parse_wat(guest.wat)), .input_schema = guest.schema});
  }
  installer.install(calls);
  installer.install(ports);
}

// An installation that calls, and raw Wasmtime beside it.
class Scene {
 public:
  Scene() : installation_(options_of(work_)), host_(installation_.services()) {}

  void add_levels(Rounds& rounds, const Guest& guest) {
    const BytesView arguments = as_bytes(guest.arguments);
    rounds.add(guest.name, "raw", raw_call(raw_, raw_.prepare(guest.wat), arguments));
    rounds.add(guest.name, "invoke", invoke_call(services(), version(guest), arguments));
    rounds.add(guest.name, "execute_module", execute_call(services(), version(guest), arguments));
    rounds.add(guest.name, "tool", tool_call(host_, id_of(guest), arguments));
  }

  // What being interruptible costs: the same guest in engines that lack one or the other.
  void add_interruption(Rounds& rounds, const Guest& guest) {
    const std::string what = fmt::format("{}, interrupted by", guest.name);
    const std::pair<const char*, RawWasmtime*> engines[] = {
        {"nothing", &uninterrupted_}, {"fuel", &fuel_only_}, {"epoch", &epoch_only_}, {"both", &raw_}};
    for (const auto& [way, engine] : engines) {
      rounds.add(what, way, raw_call(*engine, engine->prepare(guest.wat), as_bytes(guest.arguments)));
    }
    rounds.add(what, "both, invoke", invoke_call(services(), version(guest), as_bytes(guest.arguments)));
  }

  void add_levels(Throughput& throughput, const Guest& guest) {
    const BytesView arguments = as_bytes(guest.arguments);
    const wasmtime_instance_pre_t* prepared = raw_.prepare(guest.wat);
    const app::ToolVersion& tool = version(guest);
    const std::string id = id_of(guest);
    throughput.add(guest.name, "raw", [=, this] { return raw_call(raw_, prepared, arguments); });
    throughput.add(guest.name, "execute_module",
                   [=, this, &tool] { return execute_call(services(), tool, arguments); });
    throughput.add(
        guest.name, "tool", [=, this] { return tool_call(host_, id, arguments); },
        [this] { must(services().runs.flush()); });
  }

  [[nodiscard]] const app::Services& services() const { return installation_.services(); }
  [[nodiscard]] const std::string& state_root() const { return installation_.state_root(); }

 private:
  static app::InstallationOptions options_of(const WorkDirectory& work) {
    install(work.file("state"));
    return {.state_root = work.file("state"),
            .actor = "bench",
            .code_directory = work.file("code"),
            .pool = runtime::PoolOptions()};
  }
  static std::string id_of(const Guest& guest) { return "bench." + guest.tool; }

  const app::ToolVersion& version(const Guest& guest) {
    return *versions_.emplace_back(must(app::ToolVersion::resolve(services(), app::InstalledTool{.id = id_of(guest)})));
  }

  WorkDirectory work_;
  app::Installation installation_;
  app::ToolHost host_;
  RawWasmtime raw_;
  RawWasmtime uninterrupted_{{.fuel = false, .epoch = false}};
  RawWasmtime fuel_only_{{.fuel = true, .epoch = false}};
  RawWasmtime epoch_only_{{.fuel = false, .epoch = true}};
  std::vector<std::shared_ptr<const app::ToolVersion>> versions_;
};

const Guest& guest(std::string_view name) {
  const auto found =
      std::ranges::find(all_guests(), name, [](const Guest& each) { return std::string_view(each.name); });
  PALYRA_CHECK(found != all_guests().end());
  return *found;
}

void add_schema(Rounds& rounds, const Scene& scene) {
  const auto source =
      must(app::resolve_module_source(scene.services(), app::InstalledTool{.id = "bench.calls.strict"}));
  const auto schema =
      std::make_shared<schema::JsonSchema>(must(schema::JsonSchema::compile(as_bytes(source.tool->input_schema))));
  rounds.add("1 KB of arguments alone", "JsonSchema::validate",
             [schema, document = ten_members()] { must(schema->validate(as_bytes(document))); });
  rounds.add("1 KB of arguments alone", "check_json",
             [document = ten_members()] { must(schema::check_json(as_bytes(document))); });
}

void report_log(Report& report, const Scene& scene) {
  must(scene.services().runs.flush());
  const auto facts = must(state::check_run_log(scene.state_root(), {}));
  report.add("runs_log", "the runs log afterwards", {{{"entries", facts.runs}, {"dropped", facts.dropped}}});
}

}  // namespace

void bench_calls(Report& report) {
  Scene scene;
  Rounds rounds;
  for (const Guest& each : all_guests()) scene.add_levels(rounds, each);
  for (const char* name : {"matrices", "tight loop"}) scene.add_interruption(rounds, guest(name));
  add_schema(rounds, scene);
  rounds.run(kRounds, kCase);
  report.add("calls", "one call", rounds.rows());

  Throughput throughput;
  for (const char* name : {"empty call", "1 KiB echo"}) scene.add_levels(throughput, guest(name));
  throughput.run();
  report.add("throughput", "calls by one thread and by two", throughput.rows());
  report_log(report, scene);
}

}  // namespace palyra::bench
