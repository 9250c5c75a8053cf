// SPDX-License-Identifier: Apache-2.0
#include "audit_checks.h"

#include <palyra/base/check.h>
#include <palyra/base/utf8.h>
#include <palyra/capability/abi_table.h>

#include <algorithm>
#include <array>

namespace palyra::skills {
namespace {

using capability::CapabilityClass;
using capability::ExternKind;
using capability::ModuleImport;

// The functions of a class stand in one import module, whatever its version.
struct ClassInterface {
  std::string_view prefix;
  CapabilityClass cls;
};
constexpr auto kInterfaces = std::to_array<ClassInterface>({
    {"palyra:skill/http@", CapabilityClass::kHttp},
    {"palyra:skill/secret@", CapabilityClass::kSecret},
    {"palyra:skill/storage@", CapabilityClass::kStorage},
    {"palyra:skill/channel@", CapabilityClass::kChannel},
    {"palyra:skill/files@", CapabilityClass::kFilesystem},
});
constexpr std::array kClasses{CapabilityClass::kHttp, CapabilityClass::kSecret, CapabilityClass::kStorage,
                              CapabilityClass::kChannel, CapabilityClass::kFilesystem};

bool is_of_class(const ModuleImport& import, CapabilityClass cls) {
  return std::ranges::any_of(kInterfaces, [&](const ClassInterface& interface) {
    return interface.cls == cls && import.module.starts_with(interface.prefix);
  });
}

bool is_wasi_path(const ModuleImport& import) {
  return import.module == capability::kWasiModule && import.name.starts_with("path_");
}

// Whether a guest could use a capability of the class through this import: by its own functions, by those of the older
// interface, files also by those of WASI, and secrets also with requests.
bool could_use(const ModuleImport& import, CapabilityClass cls) {
  if (is_of_class(import, cls)) return true;
  if (cls == CapabilityClass::kSecret && is_of_class(import, CapabilityClass::kHttp)) return true;
  if (cls == CapabilityClass::kFilesystem) {
    return is_wasi_path(import) || (import.module == capability::kWasiModule && import.name.starts_with("fd_prestat"));
  }
  return import.module == capability::kLegacyModule &&
         import.name.starts_with(fmt::format("{}-", capability::to_text(cls)));
}

bool all_read(const Verification& verification) { return verification.status(Stage::kAdmission) == StageStatus::kPass; }

struct ModuleFinding {
  AuditStatus status;  // kFail or kWarn
  std::string message;
};

// The worst that one of the modules is; a module that nobody read could be anything.
AuditCheck judge(const Verification& verification, std::string_view id, std::vector<ModuleFinding> findings,
                 std::string passed) {
  std::vector<std::string> failures;
  std::vector<std::string> warnings;
  for (ModuleFinding& finding : findings) {
    (finding.status == AuditStatus::kFail ? failures : warnings).push_back(std::move(finding.message));
  }
  if (!failures.empty()) return audit_failure(id, name_some(failures));
  if (!all_read(verification)) return audit_not_run(id, stop_reason(verification));
  if (!warnings.empty()) return audit_warning(id, name_some(warnings));
  return audit_pass(id, std::move(passed));
}

AuditCheck exported_functions(const AuditRequest& request) {
  std::vector<ModuleFinding> findings;
  const AuditPolicy& policy = request.policy;
  for (const InspectedModule& module : request.verification->modules) {
    const std::int64_t count =
        std::ranges::count(module.facts.exports, ExternKind::kFunction, &capability::ModuleExport::kind);
    if (count <= policy.warn_exported_functions && count <= policy.max_exported_functions) continue;
    const bool fails = count > policy.max_exported_functions;
    findings.push_back(
        {.status = fails ? AuditStatus::kFail : AuditStatus::kWarn,
         .message = fmt::format("{} exports {} functions, the policy {} more than {}", printable(module.name), count,
                                fails ? "refuses" : "warns of",
                                fails ? policy.max_exported_functions : policy.warn_exported_functions)});
  }
  return judge(*request.verification, "wasm_exported_function_limit", std::move(findings),
               fmt::format("no module exports more than {} functions", policy.warn_exported_functions));
}

// Of the component model, which no module of ours can link: that it asks for files behind the manifest's back is worth
// its own word. Those of preview 1 find no directory, and compilers import them unasked: a warning.
AuditCheck wasi_filesystem(const AuditRequest& request) {
  constexpr std::string_view kId = "wasm_wasi_filesystem_imports";
  const Verification& verification = *request.verification;
  if (!verification.manifest) return audit_not_run(kId, stop_reason(verification));
  const bool declared = verification.manifest->capabilities.count(CapabilityClass::kFilesystem) != 0;
  std::vector<ModuleFinding> findings;
  for (const InspectedModule& module : verification.modules) {
    const bool imports = std::ranges::any_of(
        module.facts.imports, [](const ModuleImport& import) { return import.module.starts_with("wasi:filesystem"); });
    if (declared) continue;
    if (imports) {
      findings.push_back({.status = AuditStatus::kFail,
                          .message = printable(module.name) + " imports wasi:filesystem, and no root is declared"});
    }
    const auto path = std::ranges::find_if(module.facts.imports, is_wasi_path);
    if (path == module.facts.imports.end()) continue;
    findings.push_back({.status = AuditStatus::kWarn,
                        .message = fmt::format("{} imports '{}' of WASI, and no root is declared",
                                               printable(module.name), printable(path->name))});
  }
  return judge(verification, kId, std::move(findings),
               declared ? "the manifest declares roots" : "no module imports WASI's files, and no root is declared");
}

AuditCheck imports_granted(const AuditRequest& request) {
  constexpr std::string_view kId = "wasm_imports_granted";
  const Verification& verification = *request.verification;
  if (!verification.manifest) return audit_not_run(kId, stop_reason(verification));
  std::vector<ModuleFinding> findings;
  for (const InspectedModule& module : verification.modules) {
    for (const CapabilityClass cls : kClasses) {
      if (verification.manifest->capabilities.count(cls) != 0) continue;
      const auto found = std::ranges::find_if(module.facts.imports,
                                              [&](const ModuleImport& import) { return is_of_class(import, cls); });
      if (found == module.facts.imports.end()) continue;
      findings.push_back({.status = AuditStatus::kFail,
                          .message = fmt::format("{} imports '{}' of '{}', and the manifest asks for no {} capability",
                                                 printable(module.name), printable(found->name),
                                                 printable(found->module), capability::to_text(cls))});
    }
  }
  return judge(verification, kId, std::move(findings),
               "no module imports the palyra:skill interface of a capability that the manifest leaves out");
}

AuditCheck capabilities_unused(const Verification& verification) {
  constexpr std::string_view kId = "capabilities_unused";
  if (!verification.manifest || !all_read(verification)) return audit_not_run(kId, stop_reason(verification));
  std::vector<std::string> unused;
  for (const CapabilityClass cls : kClasses) {
    if (verification.manifest->capabilities.count(cls) == 0) continue;
    const bool used = std::ranges::any_of(verification.modules, [&](const InspectedModule& module) {
      return std::ranges::any_of(module.facts.imports,
                                 [&](const ModuleImport& import) { return could_use(import, cls); });
    });
    if (!used) unused.emplace_back(capability::to_text(cls));
  }
  if (unused.empty()) return audit_pass(kId, "an import could use each class of what the manifest asks for");
  return audit_warning(kId, "the manifest asks for what no import could use: " + name_some(unused));
}

AuditCheck start_function(const Verification& verification) {
  std::vector<ModuleFinding> findings;
  for (const InspectedModule& module : verification.modules) {
    if (!module.facts.has_start_function) continue;
    findings.push_back({.status = AuditStatus::kWarn,
                        .message = printable(module.name) + " runs code of its own before the tool is called"});
  }
  return judge(verification, "wasm_start_function", std::move(findings), "no module has a start function");
}

void audit_entries(const AuditRequest& request, AuditChecks& checks) {
  constexpr std::string_view kPresence = "wasm_module_presence";
  constexpr std::string_view kSize = "wasm_module_size_limit";
  const Verification& verification = *request.verification;
  if (!verification.artifact) {
    checks.push_back(audit_not_run(kPresence, stop_reason(verification)));
    checks.push_back(audit_not_run(kSize, stop_reason(verification)));
    return;
  }
  std::size_t modules = 0;
  std::vector<std::string> large;
  for (const ArtifactEntry& entry : verification.artifact->entries()) {
    if (!entry.name.starts_with(kModuleFolder)) continue;
    ++modules;
    if (std::cmp_greater(entry.bytes.size(), request.policy.max_module_bytes)) {
      large.push_back(fmt::format("{} with {} bytes", entry.name, entry.bytes.size()));
    }
  }
  PALYRA_CHECK(modules != 0);  // rule C8 of the container
  checks.push_back(audit_pass(kPresence, fmt::format("modules: {}", modules)));
  checks.push_back(
      large.empty()
          ? audit_pass(kSize, fmt::format("no module has more than {} bytes", request.policy.max_module_bytes))
          : audit_failure(kSize, fmt::format("more than {} bytes, the policy's limit: {}",
                                             request.policy.max_module_bytes, name_some(large))));
}

}  // namespace

void audit_modules(const AuditRequest& request, AuditChecks& checks) {
  audit_entries(request, checks);
  checks.push_back(exported_functions(request));
  checks.push_back(wasi_filesystem(request));
  checks.push_back(imports_granted(request));
  checks.push_back(capabilities_unused(*request.verification));
  checks.push_back(start_function(*request.verification));
}

}  // namespace palyra::skills
