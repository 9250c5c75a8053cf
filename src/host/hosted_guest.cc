// SPDX-License-Identifier: Apache-2.0
#include "hosted_guest.h"

#include <palyra/capability/abi_table.h>

namespace palyra::testing {
namespace {

std::string_view short_name(std::string_view module) {
  if (module == capability::kWasiModule) return "wasi";
  if (module == capability::kLegacyModule) return "legacy";
  const std::size_t slash = module.find('/') + 1;
  return module.substr(slash, module.find('@') - slash);
}

std::string import_text(const capability::AbiFunction& row) {
  const auto text_of = [](capability::ValueType type) { return type == capability::ValueType::kI32 ? "i32" : "i64"; };
  std::string text =
      fmt::format("(import \"{0}\" \"{2}\" (func ${1}.{2}", row.module, short_name(row.module), row.name);
  for (const capability::ValueType type : row.parameters) text += fmt::format(" (param {})", text_of(type));
  if (row.result) text += fmt::format(" (result {})", text_of(*row.result));
  return text + "))\n";
}

struct ToWord {
  std::string operator()(const runtime::Returned& it) const { return fmt::format("returns {}", it.value); }
  std::string operator()(const runtime::Exited& it) const { return fmt::format("exits {}", it.code); }
  std::string operator()(const runtime::Trapped& it) const { return fmt::format("trapped:{}", it.code); }
  std::string operator()(const runtime::Exhausted& it) const { return fmt::format("exhausted:{}", to_text(it.which)); }
  std::string operator()(const runtime::TimedOut&) const { return "timed_out"; }
  std::string operator()(const runtime::Cancelled&) const { return "cancelled"; }
  std::string operator()(const runtime::Denied&) const { return "denied"; }
};

}  // namespace

std::string to_word(const runtime::Outcome& outcome) { return std::visit(ToWord(), outcome); }

std::vector<std::string> denials_of(const Ran& ran) {
  std::vector<std::string> texts;
  for (const capability::Denial& denial : ran.record.denials) {
    std::string text = to_text(denial);
    if (!denial.capability.empty()) text += "; needs " + denial.capability;
    for (const std::string& next : denial.next) text += "; " + next;
    texts.push_back(std::move(text));
  }
  return texts;
}

runtime::WasmRuntime& shared_runtime() {
  static const auto made = runtime::WasmRuntime::create();
  EXPECT_THAT(made, IsOk());
  return **made;
}

std::string guest_text(std::string_view body, std::string_view data) {
  std::string text = "(module\n";
  for (const capability::AbiFunction& row : capability::abi_table()) text += import_text(row);
  return text +
         fmt::format("(memory (export \"memory\") 1)\n{}\n(func (export \"run\") (result i32)\n{}))", data, body);
}

Ran HostTest::run(std::string_view body, std::string_view data) {
  auto wasm = runtime::parse_wat(guest_text(body, data));
  EXPECT_THAT(wasm, IsOk());
  return wasm ? run_module(*wasm, "run") : Ran{};
}

Ran HostTest::run_module(BytesView wasm, std::string_view entry) {
  const auto module = link(wasm);
  return module ? run_linked(*module, entry) : Ran{};
}

std::shared_ptr<const runtime::LinkedModule> HostTest::link(BytesView wasm) {
  const runtime::InProcessCompiler compiler(shared_runtime(), runtime::CompileInThisProcess());
  const auto module = compiler.compile(wasm);
  EXPECT_THAT(module, IsOk());
  if (!module) return nullptr;
  const auto linked = shared_runtime().link(*module, host::host_functions());
  EXPECT_THAT(linked, IsOk());
  return linked ? *linked : nullptr;
}

Ran HostTest::run_linked(const runtime::LinkedModule& module, std::string_view entry) {
  host::CallState state(setup);
  auto run = shared_runtime().invoke({.module = module,
                                      .entry = entry,
                                      .kind = setup.kind,
                                      .limits = limits,
                                      .host_state = &state,
                                      .cancel = &cancel});
  EXPECT_THAT(run, IsOk());
  if (!run) return {};
  host::CallResults results = std::move(state).finish(run->record);
  return {.outcome = std::move(run->outcome), .results = std::move(results), .record = std::move(run->record)};
}

}  // namespace palyra::testing
