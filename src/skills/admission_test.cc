// SPDX-License-Identifier: Apache-2.0
#include "palyra/skills/admission.h"

#include <palyra/base/testing.h>
#include <palyra/capability/abi_table.h>
#include <palyra/skills/fake_module_inspector.h>
#include <palyra/skills/skill_manifest.h>

#include <string>

namespace palyra::skills {
namespace {

using capability::ExternKind;
using capability::ModuleFacts;
using capability::ModuleImport;
using palyra::testing::FailsWith;
using palyra::testing::IsOk;

constexpr std::int64_t kPageBytes = 65'536;

ModuleFacts usual() { return testing::FakeModuleInspector().facts; }

ModuleFacts importing(ModuleImport import) {
  ModuleFacts facts = usual();
  facts.imports.push_back(std::move(import));
  return facts;
}

ModuleFacts importing(std::string_view module, std::string_view name, std::string_view type) {
  return importing({.module = std::string(module), .name = std::string(name), .type = std::string(type)});
}

Result<> admit(const ModuleFacts& facts, const AskedLimits& asked = {}, const AdmissionLimits& limits = {}) {
  return admit_module(facts, asked, limits);
}

AskedLimits asking(std::int64_t memory_bytes) {
  AskedLimits asked;
  asked.max_memory_bytes = memory_bytes;
  return asked;
}

std::string type_of(const capability::AbiFunction& function) {
  std::string parameters;
  for (const capability::ValueType type : function.parameters) {
    parameters += parameters.empty() ? "" : " ";
    parameters += type == capability::ValueType::kI32 ? "i32" : "i64";
  }
  std::string result;
  if (function.result) result = *function.result == capability::ValueType::kI32 ? "i32" : "i64";
  return "(" + parameters + ")->(" + result + ")";
}

TEST(AdmissionTest, AdmitsEveryFunctionOfTheAbiUnderItsTypeAndNoOther) {
  for (const capability::AbiFunction& function : capability::abi_table()) {
    SCOPED_TRACE(std::string(function.module) + " " + std::string(function.name));
    EXPECT_THAT(admit(importing(function.module, function.name, type_of(function))), IsOk());
    for (const char* other : {"(f32)->()", "(i32 i32 i32 i32 i32 i32 i32 i32)->(i32)", "?", ""}) {
      EXPECT_THAT(admit(importing(function.module, function.name, other)), FailsWith(kAdmissionImportType)) << other;
    }
  }
}

TEST(AdmissionTest, RefusesImportsThatTheHostDoesNotOffer) {
  const std::pair<std::string_view, std::string_view> unknown[] = {
      {"env", "abort"},
      {"", ""},
      {capability::kCallModule, "output_write"},
      {capability::kCallModule, "Output-Write"},
      {"palyra:skill/call@2.0.0", "output-write"},
      {"palyra:skill/call", "output-write"},
      {"palyra:plugins/host-capabilities@0.2.0", "http-count"},
      {capability::kLegacyModule, "output-write"},
      {"wasi_unstable", "fd_write"},
      {"palyra:skill/nothing@1.0.0", "send"},
  };
  for (const auto& [module, name] : unknown) {
    EXPECT_THAT(admit(importing(module, name, "(i32 i32)->(i32)")), FailsWith(kAdmissionUnknownImport)) << name;
  }
}

TEST(AdmissionTest, AdmitsTheOlderInterfaceWithItsTypes) {
  EXPECT_THAT(admit(importing(capability::kLegacyModule, "http-count", "()->(i32)")), IsOk());
  EXPECT_THAT(admit(importing(capability::kLegacyModule, "http-handle", "(i32)->(i32)")), IsOk());
  EXPECT_THAT(admit(importing(capability::kLegacyModule, "http-handle", "(i32)->(i64)")),
              FailsWith(kAdmissionImportType));
}

TEST(AdmissionTest, RefusesAnImportOfTheHostsThatIsNoFunction) {
  for (const ExternKind kind : {ExternKind::kTable, ExternKind::kMemory, ExternKind::kGlobal}) {
    const ModuleFacts facts = importing(
        {.module = std::string(capability::kLegacyModule), .name = "http-count", .kind = kind, .type = "()->(i32)"});
    EXPECT_THAT(admit(facts), FailsWith(kAdmissionImportType));
  }
}

TEST(AdmissionTest, NamesInMessagesAreEscaped) {
  const auto refused = admit(importing("env\x1b[2J", "a\nb", "()->()"));
  ASSERT_THAT(refused, FailsWith(kAdmissionUnknownImport));
  EXPECT_EQ(refused.error().message().find('\n'), std::string::npos);
  EXPECT_EQ(refused.error().message().find('\x1b'), std::string::npos);
}

TEST(AdmissionTest, WhoPassesAddressesExportsTheMemoryTheyLieIn) {
  for (const capability::AbiFunction& function : capability::abi_table()) {
    SCOPED_TRACE(std::string(function.name));
    ModuleFacts facts = importing(function.module, function.name, type_of(function));
    facts.exports.clear();
    facts.exports.push_back({.name = "Memory", .kind = ExternKind::kMemory, .type = ""});
    facts.exports.push_back({.name = "memory", .kind = ExternKind::kGlobal, .type = "i32"});
    if (capability::takes_addresses(function)) {
      EXPECT_THAT(admit(facts), FailsWith(kAdmissionMemoryNotExported));
      facts.memories.clear();
      EXPECT_THAT(admit(facts), IsOk());
    } else {
      EXPECT_THAT(admit(facts), IsOk());
    }
  }
  for (const char* name : {"args_get", "environ_get", "fd_write", "poll_oneoff", "random_get"}) {
    EXPECT_TRUE(capability::takes_addresses(*capability::find_abi_function(capability::kWasiModule, name))) << name;
  }
  for (const char* name : {"proc_exit", "sched_yield", "fd_close"}) {
    EXPECT_FALSE(capability::takes_addresses(*capability::find_abi_function(capability::kWasiModule, name))) << name;
  }
}

TEST(AdmissionTest, OneMemoryAtMost) {
  ModuleFacts facts = usual();
  facts.memories.clear();
  EXPECT_THAT(admit(facts), IsOk());
  facts.memories.assign(2, {.minimum = 1, .maximum = std::nullopt});
  EXPECT_THAT(admit(facts), FailsWith(kAdmissionMemories));
}

TEST(AdmissionTest, TheMemoryBeginsWithinWhatARunGets) {
  ModuleFacts facts = usual();
  const auto with_pages = [&facts](std::uint64_t pages) {
    facts.memories = {{.minimum = pages, .maximum = std::nullopt}};
    return facts;
  };
  const AdmissionLimits limits{.max_memory_bytes = 4 * kPageBytes, .memory_ceiling_bytes = 8 * kPageBytes};
  EXPECT_THAT(admit(with_pages(4), {}, limits), IsOk());
  EXPECT_THAT(admit(with_pages(5), {}, limits), FailsWith(kAdmissionMemoryQuota));
  const AskedLimits more = asking(6 * kPageBytes + 1);
  EXPECT_THAT(admit(with_pages(6), more, limits), IsOk());
  EXPECT_THAT(admit(with_pages(7), more, limits), FailsWith(kAdmissionMemoryQuota));
  const AskedLimits too_much = asking(100 * kPageBytes);
  EXPECT_THAT(admit(with_pages(8), too_much, limits), IsOk());
  EXPECT_THAT(admit(with_pages(9), too_much, limits), FailsWith(kAdmissionMemoryQuota));
  const AskedLimits less = asking(kPageBytes);
  EXPECT_THAT(admit(with_pages(2), less, limits), FailsWith(kAdmissionMemoryQuota));
  EXPECT_THAT(admit(with_pages(std::uint64_t{1} << 63), {}, limits), FailsWith(kAdmissionMemoryQuota));
}

TEST(AdmissionTest, AllTablesTogetherBeginWithinTheLimit) {
  ModuleFacts facts = usual();
  facts.tables = {{.minimum = 60'000, .maximum = std::nullopt}, {.minimum = 40'000, .maximum = std::nullopt}};
  EXPECT_THAT(admit(facts), IsOk());
  facts.tables.push_back({.minimum = 1, .maximum = std::nullopt});
  EXPECT_THAT(admit(facts), FailsWith(kAdmissionTableLimit));
  facts.tables = {{.minimum = ~std::uint64_t{0}, .maximum = std::nullopt}, {.minimum = 1, .maximum = std::nullopt}};
  EXPECT_THAT(admit(facts), FailsWith(kAdmissionTableLimit));
}

SkillTool tool_calling(std::string name, ToolAbi abi = ToolAbi::kCore) {
  SkillTool tool;
  tool.id = "acme.demo.run";
  tool.export_name = std::move(name);
  tool.abi = abi;
  return tool;
}

TEST(AdmissionTest, AToolsFunctionIsExportedWithTheTypeOfItsAbi) {
  EXPECT_THAT(admit_tool(usual(), tool_calling("run")), IsOk());
  EXPECT_THAT(admit_tool(usual(), tool_calling("_start", ToolAbi::kWasi)), IsOk());
  EXPECT_THAT(admit_tool(usual(), tool_calling("Run")), FailsWith(kAdmissionNoExport));
  EXPECT_THAT(admit_tool(usual(), tool_calling("memory")), FailsWith(kAdmissionNoExport));
  EXPECT_THAT(admit_tool(usual(), tool_calling("_start")), FailsWith(kAdmissionExportType));
  EXPECT_THAT(admit_tool(usual(), tool_calling("run", ToolAbi::kWasi)), FailsWith(kAdmissionExportType));
  ModuleFacts facts = usual();
  for (const char* type : {"()->(i64)", "(i32)->(i32)", "()->(i32 i32)", ""}) {
    facts.exports = {{.name = "run", .kind = ExternKind::kFunction, .type = type}};
    EXPECT_THAT(admit_tool(facts, tool_calling("run")), FailsWith(kAdmissionExportType)) << type;
  }
}

}  // namespace
}  // namespace palyra::skills
