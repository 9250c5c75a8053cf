// SPDX-License-Identifier: Apache-2.0
#include "palyra/skills/admission.h"

#include <palyra/base/utf8.h>
#include <palyra/capability/abi_table.h>
#include <palyra/skills/skill_manifest.h>

#include <algorithm>
#include <string>

namespace palyra::skills {
namespace {

using capability::AbiFunction;
using capability::ExternKind;
using capability::ModuleExport;
using capability::ModuleFacts;
using capability::ModuleImport;

constexpr std::uint64_t kPageBytes = 65'536;
constexpr std::string_view kMemoryExport = "memory";
constexpr std::string_view kCoreEntryType = "()->(i32)";
constexpr std::string_view kWasiEntryType = "()->()";

// As facts write types.
std::string type_text(const AbiFunction& function) {
  const auto name = [](capability::ValueType type) { return type == capability::ValueType::kI32 ? "i32" : "i64"; };
  std::string parameters;
  for (const capability::ValueType type : function.parameters) {
    parameters += fmt::format("{}{}", parameters.empty() ? "" : " ", name(type));
  }
  return fmt::format("({})->({})", parameters, function.result ? name(*function.result) : "");
}

// The row of the import. Its type is ours from here on.
Result<const AbiFunction*> check_import(const ModuleImport& import) {
  const AbiFunction* function = capability::find_abi_function(import.module, import.name);
  if (function == nullptr) {
    return fail(kAdmissionUnknownImport, "it imports '{}' of '{}', which this version of Palyra does not offer",
                printable(import.name), printable(import.module));
  }
  if (import.kind != ExternKind::kFunction) {
    return fail(kAdmissionImportType, "it imports '{}' of '{}' as something else than a function",
                printable(import.name), printable(import.module));
  }
  const std::string wanted = type_text(*function);
  if (import.type != wanted) {
    return fail(kAdmissionImportType, "it imports '{}' of '{}' with the type {}, which has {}", printable(import.name),
                printable(import.module), printable(import.type), wanted);
  }
  return function;
}

Result<> check_memory_export(const ModuleFacts& facts, const AbiFunction& needs_it) {
  if (facts.memories.empty()) return {};  // then there are no addresses: every one is out of bounds
  const ModuleExport* memory = facts.find_export(kMemoryExport);
  if (memory != nullptr && memory->kind == ExternKind::kMemory) return {};
  return fail(kAdmissionMemoryNotExported, "it imports '{}' of '{}', which takes addresses, and exports no memory '{}'",
              needs_it.name, needs_it.module, kMemoryExport);
}

Result<> check_memory(const ModuleFacts& facts, std::uint64_t quota) {
  for (const capability::Extent& memory : facts.memories) {
    if (memory.minimum > quota / kPageBytes) {
      return fail(kAdmissionMemoryQuota, "its memory begins with {} pages of 64 KiB, a run has at most {} bytes",
                  memory.minimum, quota);
    }
  }
  return {};
}

Result<> check_tables(const ModuleFacts& facts, std::uint64_t limit) {
  std::uint64_t left = limit;
  for (const capability::Extent& table : facts.tables) {
    if (table.minimum > left) {
      return fail(kAdmissionTableLimit, "its tables begin with more elements than {}, the limit of a run", limit);
    }
    left -= table.minimum;
  }
  return {};
}

}  // namespace

Result<> admit_module(const ModuleFacts& facts, const AskedLimits& asked, const AdmissionLimits& limits) {
  const AbiFunction* takes_addresses = nullptr;
  for (const ModuleImport& import : facts.imports) {
    const AbiFunction* function = PALYRA_TRY(check_import(import));
    if (takes_addresses == nullptr && capability::takes_addresses(*function)) takes_addresses = function;
  }
  if (facts.memories.size() > 1) {
    return fail(kAdmissionMemories, "it has {} memories, limit 1", facts.memories.size());
  }
  if (takes_addresses != nullptr) PALYRA_TRY(check_memory_export(facts, *takes_addresses));
  const std::int64_t memory =
      std::min(asked.max_memory_bytes.value_or(limits.max_memory_bytes), limits.memory_ceiling_bytes);
  PALYRA_TRY(check_memory(facts, static_cast<std::uint64_t>(memory)));
  return check_tables(facts, static_cast<std::uint64_t>(limits.max_table_elements));
}

Result<> admit_tool(const ModuleFacts& facts, const SkillTool& tool) {
  const ModuleExport* entry = facts.find_export(tool.export_name);
  if (entry == nullptr || entry->kind != ExternKind::kFunction) {
    return fail(kAdmissionNoExport, "the tool '{}' calls '{}', which the module does not export as a function",
                printable(tool.id), printable(tool.export_name));
  }
  const std::string_view wanted = tool.abi == ToolAbi::kWasi ? kWasiEntryType : kCoreEntryType;
  if (entry->type == wanted) return {};
  return fail(kAdmissionExportType, "the tool '{}' calls '{}', which has the type {} and must have {}",
              printable(tool.id), printable(tool.export_name), printable(entry->type), wanted);
}

}  // namespace palyra::skills
