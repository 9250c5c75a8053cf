// SPDX-License-Identifier: Apache-2.0
#include "promotion_steps.h"

#include <palyra/app/check_skill.h>
#include <palyra/app/module_source.h>
#include <palyra/app/skill_selector.h>
#include <palyra/app/skill_settings.h>
#include <palyra/app/verify_artifact.h>
#include <palyra/base/utf8.h>
#include <palyra/state/vault.h>

#include <algorithm>

namespace palyra::app {
namespace {

using state::InstalledVersion;
using state::VersionStatus;

std::string name_of(const InstalledVersion& version) {
  return printable(version.artifact.skill_id + "@" + version.artifact.version);
}

Finding check_status(const InstalledVersion& version) {
  if (version.status == VersionStatus::kActive) return Finding::ok("status", "active");
  const std::string because = version.status_reason.empty() ? "" : ": " + printable(version.status_reason);
  return Finding::failed(
      "status", Error(kRunDisabled, fmt::format("it is {} and does not run{}", state::to_text(version.status), because))
                    .with_next(way_back(version)));
}

Finding check_result(std::string check, const Result<>& result, std::string fine) {
  if (!result) return Finding::failed(std::move(check), result.error());
  return Finding::ok(std::move(check), std::move(fine));
}

Finding check_settings(const skills::SkillManifest& manifest, std::span<const state::SkillSetting> set) {
  const auto settings = effective_settings(manifest, set);
  if (!settings) return Finding::failed("settings", settings.error());
  return Finding::ok("settings", "every required one has a value");
}

// As a promotion would judge the file now. A call does not: what runs was verified when it was promoted.
Finding check_verification(const Services& services, const state::StateStore& store, const InstalledVersion& version) {
  const std::string check = "verification";
  const auto file = store.load_object(version.artifact.sha256);
  const auto trust = store.trust();
  if (!file || !trust) return Finding::not_run(check, file ? trust.error().message() : file.error().message());
  const skills::Verification verification = verify_artifact(
      services, file->view(), *trust, {.unknown_publisher = skills::UnknownPublisher::kRefuse, .pin_fingerprint = {}});
  if (!verification.error) return Finding::ok(check, "every stage passes today");
  const Error& error = *verification.error;
  return Finding::warn(check, fmt::format("it would be refused today: {} [{}]", error.message(), error.code().id),
                       {error.next().begin(), error.next().end()});
}

Finding check_grants(const InstalledVersion& version, const skills::SkillManifest& manifest) {
  const capability::CapabilityGrantSet granted = capability_grants_from_manifest(manifest, version.grants);
  const auto missing = capability::diff(granted, manifest.capabilities).added;
  if (missing.empty()) return Finding::ok("grants", "it has all that it asks for");
  std::string names;
  for (const capability::Capability& each : missing) names += ", " + printable(capability::canonical_text(each));
  return Finding::warn(
      "grants", "it asks for what it was not granted, and is refused that: " + names.substr(2),
      {fmt::format("palyra skills promote {} --dry-run  # then with --deny for what it still may not have",
                   name_of(version))});
}

// Those that it was granted. It runs without them, and its requests and signatures fail.
std::optional<Finding> check_secrets(const Services& services, const InstalledVersion& version,
                                     const skills::SkillManifest& manifest) {
  const capability::CapabilityGrantSet granted = capability_grants_from_manifest(manifest, version.grants);
  const auto secrets = granted.of(capability::CapabilityClass::kSecret);
  if (secrets.empty()) return std::nullopt;
  const auto entries = state::list_secrets(services.state);
  if (!entries && !entries.error().is(state::kVaultMissing))
    return Finding::not_run("secrets", entries.error().message());
  std::string names;
  std::vector<std::string> next;
  for (const capability::Capability& secret : secrets) {
    const std::string name = capability::canonical_text(secret);
    if (entries && std::ranges::find(*entries, name, &state::SecretEntry::name) != entries->end()) continue;
    names += (names.empty() ? "" : ", ") + name;
    next.push_back("palyra secrets set " + name);
  }
  if (names.empty()) return Finding::ok("secrets", "every one that it may use is set");
  return Finding::warn("secrets", "it may use what is not set: " + names, std::move(next));
}

// A note in either case: code that is not there is made when the tool is called.
Finding check_code(const Services& services, const SkillObjects& objects, const skills::SkillManifest& manifest) {
  const auto runtime = services.engine.runtime();
  const runtime::CodeCache* cache = services.engine.code_cache();
  if (!runtime || cache == nullptr) return Finding::not_run("code", "no compiled code is kept here");
  for (const skills::SkillTool& tool : manifest.tools) {
    const auto wasm = objects.find_entry(tool.module);
    if (wasm && cache->load(wasm->sha256(), (*runtime)->compatibility())) continue;
    return Finding::ok("code", printable(tool.module) + " is not compiled yet: the first call does it");
  }
  return Finding::ok("code", "compiled");
}

void check_manifest(const Services& services, const SkillObjects& objects, SkillCheck& check) {
  const auto manifest = read_manifest(services, objects);
  if (!manifest) {
    check.findings.push_back(Finding::failed("manifest", manifest.error()));
    return;
  }
  check.findings.push_back(Finding::ok("manifest", fmt::format("tools: {}", manifest->tools.size())));
  check.findings.push_back(check_result("host", check_host_compatibility(*manifest), "it is meant for this Palyra"));
  check.findings.push_back(check_settings(*manifest, check.version.settings));
  check.findings.push_back(check_grants(check.version, *manifest));
  if (auto secrets = check_secrets(services, check.version, *manifest)) check.findings.push_back(*std::move(secrets));
  check.findings.push_back(check_code(services, objects, *manifest));
}

void check_objects(const Services& services, const state::StateStore& store, SkillCheck& check) {
  if (check.version.entries.empty()) {
    check.findings.push_back(Finding::not_run("objects", "it was never promoted"));
    return;
  }
  const auto objects = SkillObjects::load(store, check.version);
  if (!objects) {
    check.findings.push_back(Finding::failed("objects", objects.error()));
    return;
  }
  check.findings.push_back(
      Finding::ok("objects", fmt::format("{}, as they were promoted", check.version.entries.size())));
  check_manifest(services, *objects, check);
}

SkillCheck check_version(const Services& services, const state::StateStore& store, const InstalledVersion& version) {
  SkillCheck check{.version = version, .findings = {check_status(version)}};
  check_objects(services, store, check);
  check.findings.push_back(check_verification(services, store, version));
  return check;
}

}  // namespace

const Error* SkillCheck::reason() const {
  const auto failed = std::ranges::find(findings, FindingStatus::kFail, &Finding::status);
  return failed == findings.end() ? nullptr : &*failed->error;
}

Result<std::vector<SkillCheck>> check_skills(const Services& services, const std::optional<std::string>& selector) {
  const state::StateStore store = PALYRA_TRY(state::StateStore::open(services.state));
  std::vector<SkillCheck> checks;
  if (selector) {
    checks.push_back(check_version(services, store, PALYRA_TRY(select_version(store, *selector))));
    return checks;
  }
  const std::vector<InstalledVersion> versions = PALYRA_TRY(store.active_versions());
  checks.reserve(versions.size());
  for (const InstalledVersion& version : versions) checks.push_back(check_version(services, store, version));
  return checks;
}

}  // namespace palyra::app
