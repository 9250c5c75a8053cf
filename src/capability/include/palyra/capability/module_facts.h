// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a module says about itself: the value that the parser fills (runtime/module_description.h, worker_client.h) and
// that admission, inspection and audit judge. Values only: whoever holds them need not know the engine.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace palyra::capability {

enum class ExternKind : std::uint8_t { kFunction, kTable, kMemory, kGlobal };

struct ModuleImport {
  std::string module;
  std::string name;
  ExternKind kind = ExternKind::kFunction;
  std::string type;  // of a function "(i32 i64)->(i32)", of a global "mut i32" or "i32", otherwise empty
};

struct ModuleExport {
  std::string name;
  ExternKind kind = ExternKind::kFunction;
  std::string type;
};

struct Extent {  // memory in 64 KiB pages, table in elements
  std::uint64_t minimum = 0;
  std::optional<std::uint64_t> maximum;
};

// A line of the custom section `producers`.
struct Producer {
  std::string field;  // "language", "processed-by" or "sdk"
  std::string name;
  std::string version;
};

struct ModuleFacts {
  std::vector<ModuleImport> imports;  // in the module's order; names are the stranger's bytes (valid UTF-8)
  std::vector<ModuleExport> exports;
  std::vector<Extent> memories;  // imported ones first
  std::vector<Extent> tables;
  bool has_start_function = false;
  std::vector<Producer> producers{};  // in the section's order; empty also when the section is malformed

  std::uint64_t functions_imported = 0;
  std::uint64_t functions_defined = 0;
  std::uint64_t locals_max = 0;  // of one function, parameters not counted
  std::uint64_t data_segments = 0;
  std::uint64_t element_segments = 0;
  std::uint64_t custom_bytes = 0;  // all custom sections together
  std::uint64_t code_bytes = 0;    // all function bodies together

  // The export of that name, or nullptr. Names are unique.
  [[nodiscard]] const ModuleExport* find_export(std::string_view wanted) const {
    const auto found = std::ranges::find(exports, wanted, &ModuleExport::name);
    return found == exports.end() ? nullptr : &*found;
  }
};

}  // namespace palyra::capability
