// SPDX-License-Identifier: Apache-2.0
#include "engine_handles.h"
#include "module_report.h"

#include <palyra/base/check.h>
#include <palyra/runtime/limits.h>
#include <palyra/runtime/module_description.h>

namespace palyra::runtime {
namespace {

// docs/formats/skill-artifact.md, "Module admission": far above the largest real module.
constexpr palyra_rust_module_caps_t kCaps{.functions = 50'000,
                                          .locals_per_function = 10'000,
                                          .imports = 10'000,
                                          .exports = 4'096,
                                          .data_segments = 100'000,
                                          .element_segments = 10'000,
                                          .tables = 4,
                                          .custom_bytes = std::uint64_t{4} << 20};

}  // namespace

ModuleReport report_on_module(BytesView wasm) {
  palyra_rust_bytes_t bytes{};
  const std::int32_t status = palyra_rust_module_describe(wasm.data(), wasm.size(), &kCaps, &bytes);
  ModuleReport report{.accepted = status == PALYRA_RUST_OK, .json = Bytes(bytes.data, bytes.data + bytes.size)};
  palyra_rust_bytes_free(&bytes);
  return report;
}

Result<capability::ModuleFacts> describe_module(BytesView wasm, DescribeInThisProcess /*token*/) {
  const ModuleReport report = report_on_module(wasm);
  if (report.accepted) {
    auto facts = parse_module_facts(report.json);
    PALYRA_CHECK(facts.has_value());
    return *std::move(facts);
  }
  auto refusal = parse_module_refusal(report.json);
  PALYRA_CHECK(refusal.has_value());
  return std::unexpected(*std::move(refusal));
}

Result<Bytes> parse_wat(std::string_view wat) {
  if (wat.size() > kMaxWatBytes) {
    return fail(kWatTooLarge, "a text module of {} bytes, limit {}", wat.size(), kMaxWatBytes);
  }
  wasm_byte_vec_t binary{};
  if (const WasmError error(wasmtime_wat2wasm(wat.data(), wat.size(), &binary)); error) {
    return fail(kInvalidWat, "{}", message_of(*error));
  }
  const BytesView view = as_bytes(as_view(binary));
  Bytes wasm(view.begin(), view.end());
  wasm_byte_vec_delete(&binary);
  return wasm;
}

}  // namespace palyra::runtime
