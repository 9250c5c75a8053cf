// SPDX-License-Identifier: Apache-2.0
#pragma once
// The archive's report on a module (rust/include/palyra_rust.h), as text and read. The reader takes any bytes: they may
// come from a worker that a module has taken over.

#include <palyra/base/bytes.h>
#include <palyra/base/error.h>
#include <palyra/capability/module_facts.h>

#include <optional>

namespace palyra::runtime {

struct ModuleReport {
  bool accepted;
  Bytes json;  // the description, or the refusal
};
ModuleReport report_on_module(BytesView wasm);

// nullopt: not a description.
std::optional<capability::ModuleFacts> parse_module_facts(BytesView json);
// kModuleOverCap, kFeatureDisabled, kComponent or kInvalidModule; nullopt: not a refusal.
std::optional<Error> parse_module_refusal(BytesView json);

}  // namespace palyra::runtime
