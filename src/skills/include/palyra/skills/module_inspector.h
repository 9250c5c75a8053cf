// SPDX-License-Identifier: Apache-2.0
#pragma once
// How modules are read: this layer knows no WebAssembly. Source: docs/formats/skill-artifact.md, "Module admission".

#include <palyra/base/bytes.h>
#include <palyra/base/error.h>
#include <palyra/capability/module_facts.h>

namespace palyra::skills {

// Not a valid core module.
inline constexpr ErrorCode kAdmissionInvalidModule{ErrorKind::kMalformed, "admission.invalid_module"};
// A component, which this version does not run.
inline constexpr ErrorCode kAdmissionComponent{ErrorKind::kMalformed, "admission.component"};
// It uses a WebAssembly proposal that is switched off; the message names it.
inline constexpr ErrorCode kAdmissionFeatureDisabled{ErrorKind::kMalformed, "admission.feature_disabled"};
// It declares more of something than any skill may; the message names what, the count and the cap.
inline constexpr ErrorCode kAdmissionOverCap{ErrorKind::kLimitExceeded, "admission.over_cap"};
// Reading it took more time or memory than reading any honest module does.
inline constexpr ErrorCode kAdmissionTooCostly{ErrorKind::kLimitExceeded, "admission.too_costly"};

class ModuleInspector {
 public:
  ModuleInspector() = default;
  ModuleInspector(const ModuleInspector&) = delete;
  ModuleInspector& operator=(const ModuleInspector&) = delete;
  virtual ~ModuleInspector() = default;

  // What a stranger's module is, found without running or compiling any of it. Errors: those above, which blame the
  // module; any other is ours, and then nothing is known about the module.
  [[nodiscard]] virtual Result<capability::ModuleFacts> describe(BytesView wasm) const = 0;
};

}  // namespace palyra::skills
