// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a module says about itself, by the engine's own parser and validator, without compiling it.

#include <palyra/base/bytes.h>
#include <palyra/base/error.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace palyra::runtime {

// Not a valid core module under our feature set; also a component.
inline constexpr ErrorCode kInvalidModule{ErrorKind::kMalformed, "run.invalid_module"};
// It uses a WebAssembly proposal that is switched off; the message names it. docs/runtime.md, "Engine".
inline constexpr ErrorCode kFeatureDisabled{ErrorKind::kMalformed, "run.feature_disabled"};
// It declares more of something than any skill may; docs/formats/skill-artifact.md, "Module admission".
inline constexpr ErrorCode kModuleOverCap{ErrorKind::kLimitExceeded, "run.module_over_cap"};
// The text is not a module in the WebAssembly text format.
inline constexpr ErrorCode kInvalidWat{ErrorKind::kMalformed, "run.invalid_wat"};
inline constexpr ErrorCode kWatTooLarge{ErrorKind::kLimitExceeded, "run.wat_too_large"};

enum class ExternKind : std::uint8_t { kFunction, kTable, kMemory, kGlobal };

struct ModuleImport {
  std::string module;
  std::string name;
  ExternKind kind;
  std::string type;  // of a function "(i32 i64)->(i32)", of a global "mut i32" or "i32", otherwise empty
};

struct ModuleExport {
  std::string name;
  ExternKind kind;
  std::string type;
};

struct Extent {  // memory in 64 KiB pages, table in elements
  std::uint64_t minimum;
  std::optional<std::uint64_t> maximum;
};

struct ModuleDescription {
  std::vector<ModuleImport> imports;  // in the module's order; names are the stranger's bytes (valid UTF-8)
  std::vector<ModuleExport> exports;
  std::vector<Extent> memories;  // imported ones first
  std::vector<Extent> tables;
  bool has_start_function = false;

  [[nodiscard]] const ModuleExport* find_export(std::string_view name) const;
};

// Errors: kModuleOverCap (judged on declared counts, before the validator allocates for them), kFeatureDisabled,
// kInvalidModule.
Result<ModuleDescription> describe_module(BytesView wasm);

// The binary form of a text module of at most kMaxWatBytes. Not validated. Errors: kWatTooLarge, kInvalidWat.
Result<Bytes> parse_wat(std::string_view text);

}  // namespace palyra::runtime
