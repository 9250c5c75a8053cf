// SPDX-License-Identifier: Apache-2.0
#pragma once
// Whether a module may be compiled and run at all: what it imports, exports and needs from the start, judged from its
// facts. Pure; that the module is valid, within the caps and free of switched-off proposals is what facts stand for.
// Source: docs/formats/skill-artifact.md, "Module admission".

#include <palyra/base/error.h>
#include <palyra/capability/module_facts.h>
#include <palyra/skills/module_inspector.h>

#include <cstdint>

namespace palyra::skills {

struct AskedLimits;
struct SkillTool;

// The host offers no such function: no such interface, another version of it, or another name.
inline constexpr ErrorCode kAdmissionUnknownImport{ErrorKind::kIncompatible, "admission.unknown_import"};
// A function of the host's under another type, or something that is no function.
inline constexpr ErrorCode kAdmissionImportType{ErrorKind::kMalformed, "admission.import_type"};
inline constexpr ErrorCode kAdmissionMemories{ErrorKind::kLimitExceeded, "admission.memories"};
// It has a memory, passes addresses in it to the host and does not export it as "memory".
inline constexpr ErrorCode kAdmissionMemoryNotExported{ErrorKind::kMalformed, "admission.memory_not_exported"};
// A memory, or the tables together, that no run could be given.
inline constexpr ErrorCode kAdmissionMemoryQuota{ErrorKind::kLimitExceeded, "admission.memory_quota"};
inline constexpr ErrorCode kAdmissionTableLimit{ErrorKind::kLimitExceeded, "admission.table_limit"};
// The function that a tool names is not exported, or not as a function.
inline constexpr ErrorCode kAdmissionNoExport{ErrorKind::kMalformed, "admission.no_export"};
// It is not of the type that the tool's abi needs.
inline constexpr ErrorCode kAdmissionExportType{ErrorKind::kMalformed, "admission.export_type"};

// What this installation's runs can have.
struct AdmissionLimits {
  std::int64_t max_memory_bytes = std::int64_t{64} << 20;       // of a skill that asks for no other
  std::int64_t memory_ceiling_bytes = std::int64_t{512} << 20;  // of any
  std::int64_t max_table_elements = 100'000;                    // over all tables
};

// Order of checks: each import (known, then its type), count of memories, export of the memory, its minimum against
// what a run that asks `asked` would get, minimums of the tables. Errors: the first eight above but the last two.
Result<> admit_module(const capability::ModuleFacts& facts, const AskedLimits& asked, const AdmissionLimits& limits);

// That a module which was admitted can be called as `tool` says. Errors: kAdmissionNoExport, kAdmissionExportType.
Result<> admit_tool(const capability::ModuleFacts& facts, const SkillTool& tool);

}  // namespace palyra::skills
