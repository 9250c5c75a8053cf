// SPDX-License-Identifier: Apache-2.0
#pragma once
// A module inspector for tests that are not about modules: says the same of whatever bytes it is given.

#include <palyra/skills/module_inspector.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace palyra::skills::testing {

class FakeModuleInspector final : public ModuleInspector {
 public:
  // A module with a memory that can be called under either abi.
  FakeModuleInspector() {
    using capability::ExternKind;
    facts.exports = {{.name = "memory", .kind = ExternKind::kMemory, .type = ""},
                     {.name = "run", .kind = ExternKind::kFunction, .type = "()->(i32)"},
                     {.name = "_start", .kind = ExternKind::kFunction, .type = "()->()"}};
    facts.memories = {{.minimum = 1, .maximum = std::nullopt}};
  }

  [[nodiscard]] Result<capability::ModuleFacts> describe(BytesView /*wasm*/) const override {
    ++asked;
    if (error) return std::unexpected(*error);
    return facts;
  }

  capability::ModuleFacts facts;
  std::optional<Error> error;  // instead of the facts
  mutable int asked = 0;
};

}  // namespace palyra::skills::testing
