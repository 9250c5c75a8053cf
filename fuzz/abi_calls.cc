// SPDX-License-Identifier: Apache-2.0
// Sequences of host calls with arbitrary arguments. A guest made from the ABI table reads the input as a list of
// records (function index, then each parameter) and makes those calls; the host must survive all of them.
#include <palyra/base/check.h>
#include <palyra/base/clock.h>
#include <palyra/capability/abi_table.h>
#include <palyra/host/call_state.h>
#include <palyra/host/host_functions.h>
#include <palyra/runtime/dangerous.h>
#include <palyra/runtime/runtime.h>

#include <fmt/format.h>

#include <iterator>
#include <string>

namespace {

using namespace palyra;  // NOLINT(google-build-using-namespace): one small program

constexpr std::size_t kRecordBytes = 4 + 8 * 12;  // function index, then twelve 64-bit parameters
constexpr std::uint32_t kScriptAt = 4096;         // below it the guest has small buffers to point at

std::string type_name(capability::ValueType type) { return type == capability::ValueType::kI32 ? "i32" : "i64"; }

std::string call_case(const capability::AbiFunction& row, std::size_t index) {
  std::string text;
  for (std::size_t i = 0; i < row.parameters.size(); ++i) {
    const bool narrow = row.parameters[i] == capability::ValueType::kI32;
    text += fmt::format("({}.load offset={} (local.get $at)) ", narrow ? "i32" : "i64", 4 + 8 * i);
  }
  return fmt::format("(if (i32.eq (i32.load (local.get $at)) (i32.const {})) (then {} call $f{} {}))\n", index, text,
                     index, row.result ? "drop" : "");
}

// (memory 1) with the script at kScriptAt; at most 200 records, then the function returns 0.
std::string guest_text() {
  std::string imports;
  std::string cases;
  std::size_t index = 0;
  for (const auto& row : capability::abi_table()) {
    std::string parameters;
    for (const auto type : row.parameters) parameters += " " + type_name(type);
    imports += fmt::format("(import \"{}\" \"{}\" (func $f{} (param{}) {}))\n", row.module, row.name, index, parameters,
                           row.result ? "(result " + type_name(*row.result) + ")" : "");
    cases += call_case(row, index++);
  }
  return fmt::format(R"((module {0}
    (import "palyra:skill/call@1.0.0" "input-read" (func $read (param i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "run") (result i32) (local $at i32) (local $end i32)
      (local.set $at (i32.const {1}))
      (local.set $end (i32.add (local.get $at) (call $read (local.get $at) (i32.const 20000) (i32.const 0))))
      (block $done (loop $next
        (br_if $done (i32.gt_u (i32.add (local.get $at) (i32.const {2})) (local.get $end)))
        {3}
        (local.set $at (i32.add (local.get $at) (i32.const {2})))
        (br $next)))
      (i32.const 0))))",
                     imports, kScriptAt, kRecordBytes, cases);
}

class FewBytes final : public host::AssetSource {
 public:
  [[nodiscard]] std::optional<BytesView> find(std::string_view name) const override {
    if (name.size() % 2 == 1) return std::nullopt;
    return as_bytes("an asset of the fuzzed skill");
  }
  [[nodiscard]] std::vector<std::string> names() const override { return {"ab", "dir/cd"}; }
};

struct Machine {
  std::unique_ptr<runtime::WasmRuntime> runtime;
  std::shared_ptr<const runtime::LinkedModule> module;
};

template <class T>
T must(Result<T> result) {
  if (!result) fmt::print(stderr, "{}\n", result.error().describe());
  PALYRA_CHECK(result.has_value());
  return *std::move(result);
}

Machine make_machine() {
  Machine machine{must(runtime::WasmRuntime::create()), nullptr};
  const Bytes wasm = must(runtime::parse_wat(guest_text()));
  const runtime::InProcessCompiler compiler(*machine.runtime, runtime::CompileInThisProcess());
  machine.module = must(machine.runtime->link(must(compiler.compile(wasm)), host::host_functions()));
  return machine;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Machine machine = make_machine();
  const SystemClock clock;
  const FewBytes assets;
  host::SystemRandom random;
  const capability::CapabilityGrantSet grants;
  host::CallState state(host::CallSetup{.tool_id = "fuzz.tool",
                                        .run_id = "1",
                                        .arguments = {data, size},
                                        .standard_input = {data, size},
                                        .assets = &assets,
                                        .grants = grants,
                                        .clock = clock,
                                        .random = random});
  runtime::RunLimits limits;
  limits.wall_clock_timeout = std::chrono::milliseconds(200);
  const auto run =
      machine.runtime->invoke({.module = *machine.module, .entry = "run", .limits = limits, .host_state = &state});
  PALYRA_CHECK(run.has_value());
  capability::RunRecord record = run->record;
  const auto results = std::move(state).finish(record);
  PALYRA_CHECK(results.output.size() <= host::kDefaultMaxOutputBytes);
  return 0;
}
