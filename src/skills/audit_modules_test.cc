// SPDX-License-Identifier: Apache-2.0
#include "audit_testing.h"

#include <palyra/capability/abi_table.h>
#include <palyra/skills/audit.h>

namespace palyra::skills {
namespace {

using capability::ExternKind;
using ::testing::HasSubstr;
using AuditModulesTest = testing::AuditTest;
using testing::kAuditedManifest;

struct ClassCase {
  std::string_view interface;
  std::string_view toml;
};
constexpr auto kClassCases = std::to_array<ClassCase>({
    {"palyra:skill/http@1.0.0", "[capabilities]\nhttp_egress_allowlist = [\"a.example.com\"]\n"},
    {"palyra:skill/secret@1.0.0", "[[capabilities.secrets]]\nscope = \"global\"\nkey_names = [\"k\"]\n"},
    {"palyra:skill/storage@1.0.0", "[[capabilities.storage]]\nprefix = \"cache/\"\n"},
    {"palyra:skill/channel@1.0.0", "[[capabilities.channels]]\nname = \"c\"\ndirection = \"send\"\n"},
    {"palyra:skill/files@1.0.0", "[capabilities.filesystem]\nread_roots = [\"in\"]\n"},
});

std::string with(std::string_view more) { return std::string(kAuditedManifest) + std::string(more); }

void import(Verification& verification, std::string_view module, std::string_view name) {
  verification.modules.at(0).facts.imports.push_back(
      {.module = std::string(module), .name = std::string(name), .kind = ExternKind::kFunction, .type = "()->()"});
}

TEST_F(AuditModulesTest, AModuleThatThePolicyFindsTooLargeFails) {
  policy_.max_module_bytes = 13;  // "not looked at"
  EXPECT_EQ(status(audit(), "wasm_module_size_limit"), "pass");
  policy_.max_module_bytes = 12;
  const AuditReport report = audit();
  EXPECT_EQ(status(report, "wasm_module_size_limit"), "fail");
  EXPECT_THAT(check(report, "wasm_module_size_limit").message, HasSubstr("modules/main.wasm with 13 bytes"));
  EXPECT_FALSE(report.passed());
}

TEST_F(AuditModulesTest, ManyExportedFunctionsAreAWarningAndTooManyAFailure) {
  const Verification verification = verify(kAuditedManifest);  // exports two functions and a memory
  policy_.warn_exported_functions = 2;
  EXPECT_EQ(status(audit(verification), "wasm_exported_function_limit"), "pass");
  policy_.warn_exported_functions = 1;
  EXPECT_EQ(status(audit(verification), "wasm_exported_function_limit"), "warn");
  policy_.max_exported_functions = 1;
  EXPECT_EQ(status(audit(verification), "wasm_exported_function_limit"), "fail");
  policy_.warn_exported_functions = 2;
  EXPECT_EQ(status(audit(verification), "wasm_exported_function_limit"), "fail");  // a limit below the warning
}

TEST_F(AuditModulesTest, FilesOfTheComponentModelWithoutADeclaredRootFail) {
  Verification verification = verify(kAuditedManifest);
  EXPECT_EQ(status(audit(verification), "wasm_wasi_filesystem_imports"), "pass");
  import(verification, "wasi:filesystem/types@0.2.0", "open-at");
  EXPECT_EQ(status(audit(verification), "wasm_wasi_filesystem_imports"), "fail");
  verification = verify(with("[capabilities.filesystem]\nread_roots = [\"in\"]\n"));
  import(verification, "wasi:filesystem/types@0.2.0", "open-at");
  EXPECT_EQ(status(audit(verification), "wasm_wasi_filesystem_imports"), "pass");
}

TEST_F(AuditModulesTest, FilesOfWasiWithoutADeclaredRootAreAWarning) {
  Verification verification = verify(kAuditedManifest);
  import(verification, capability::kWasiModule, "fd_write");
  EXPECT_EQ(status(audit(verification), "wasm_wasi_filesystem_imports"), "pass");
  import(verification, capability::kWasiModule, "path_open");
  EXPECT_EQ(status(audit(verification), "wasm_wasi_filesystem_imports"), "warn");
  verification = verify(with("[capabilities.filesystem]\nread_roots = [\"in\"]\n"));
  import(verification, capability::kWasiModule, "path_open");
  EXPECT_EQ(status(audit(verification), "wasm_wasi_filesystem_imports"), "pass");
}

TEST_F(AuditModulesTest, ImportsOfACapabilityThatTheManifestLeavesOutFail) {
  for (const ClassCase& each : kClassCases) {
    SCOPED_TRACE(each.interface);
    Verification silent = verify(kAuditedManifest);
    import(silent, each.interface, "grant");
    const AuditReport report = audit(silent);
    EXPECT_EQ(status(report, "wasm_imports_granted"), "fail");
    EXPECT_FALSE(report.passed());
    Verification open = verify(with(each.toml));
    import(open, each.interface, "grant");
    EXPECT_EQ(status(audit(open), "wasm_imports_granted"), "pass");
    EXPECT_EQ(status(audit(open), "capabilities_unused"), "pass");
  }
}

TEST_F(AuditModulesTest, CapabilitiesThatNoImportCouldUseAreAWarning) {
  for (const ClassCase& each : kClassCases) {
    SCOPED_TRACE(each.interface);
    EXPECT_EQ(status(audit(with(each.toml)), "capabilities_unused"), "warn");
  }
  EXPECT_EQ(status(audit(), "capabilities_unused"), "pass");
}

TEST_F(AuditModulesTest, CapabilitiesAreUsedThroughOtherInterfacesToo) {
  Verification files = verify(with(kClassCases[4].toml));
  import(files, capability::kWasiModule, "fd_write");
  EXPECT_EQ(status(audit(files), "capabilities_unused"), "warn");
  import(files, capability::kWasiModule, "path_open");
  EXPECT_EQ(status(audit(files), "capabilities_unused"), "pass");
  Verification older = verify(with(kClassCases[0].toml));
  import(older, capability::kLegacyModule, "secret-count");
  EXPECT_EQ(status(audit(older), "capabilities_unused"), "warn");
  import(older, capability::kLegacyModule, "http-count");
  EXPECT_EQ(status(audit(older), "capabilities_unused"), "pass");
  Verification secret = verify(with(kClassCases[1].toml));
  import(secret, "palyra:skill/http@1.0.0", "open");
  EXPECT_EQ(status(audit(secret), "capabilities_unused"), "pass");
}

TEST_F(AuditModulesTest, AStartFunctionIsAWarning) {
  EXPECT_EQ(status(audit(), "wasm_start_function"), "pass");
  inspector_.facts.has_start_function = true;
  EXPECT_EQ(status(audit(), "wasm_start_function"), "warn");
}

// A module that was not read could be anything; one that was read and is bad is bad.
TEST_F(AuditModulesTest, ModulesThatWereNotReadLeaveAWarningOpenAndAFailureAsItIs) {
  inspector_.facts.has_start_function = true;
  const Verification read = verify(kAuditedManifest);
  Verification half = stopped(read, Stage::kAdmission, kAdmissionNoExport);
  half.modules = read.modules;
  import(half, "palyra:skill/http@1.0.0", "open");
  const AuditReport report = audit(half);
  EXPECT_EQ(status(report, "wasm_start_function"), "not_run");
  EXPECT_EQ(status(report, "wasm_exported_function_limit"), "not_run");
  EXPECT_EQ(status(report, "wasm_imports_granted"), "fail");
}

}  // namespace
}  // namespace palyra::skills
