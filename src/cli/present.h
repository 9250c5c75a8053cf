// SPDX-License-Identifier: Apache-2.0
#pragma once
// Values of the lower layers as text for people and as JSON. Texts of strangers are escaped here.

#include <palyra/app/finding.h>
#include <palyra/app/run_examples.h>
#include <palyra/base/json.h>
#include <palyra/capability/grant_set.h>
#include <palyra/capability/module_facts.h>
#include <palyra/capability/run_record.h>
#include <palyra/skills/audit.h>
#include <palyra/skills/skill_manifest.h>
#include <palyra/skills/verify.h>
#include <palyra/state/installed_version.h>

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace palyra::cli {

// One line: what strangers wrote, escaped, at most 2 KiB of it.
std::string shown(std::string_view text);

// Since 1970, to the second.
std::string time_text(std::chrono::milliseconds time);

// Two columns, the second aligned: "publisher:  acme\n".
struct Row {
  std::string_view name;
  std::string value;
};
std::string table_text(std::span<const Row> rows);
// Lines under a heading, or nothing when there are none.
std::string list_text(std::string_view heading, std::span<const std::string> lines);

Json strings_json(std::span<const std::string> texts);

Json keys_json(std::span<const crypto::PublicKey> keys);
std::vector<std::string> fingerprints(std::span<const crypto::PublicKey> keys);

// What it may do, in words, with the canonical text that options take.
std::vector<std::string> capability_lines(std::span<const capability::Capability> capabilities);
Json capabilities_json(std::span<const capability::Capability> capabilities);

// What was found out behind verification, by commands that go on.
struct FurtherChecks {
  app::ExampleStatus examples = app::ExampleStatus::kNotRun;
  skills::AuditStatus audit = skills::AuditStatus::kNotRun;
};

// "container pass, signature_shape pass, ... admission not_run, audit not_run, examples not_run".
std::string checks_text(const skills::Verification& verification, const FurtherChecks& further = {});
// Everything about an artifact that was verified, good or bad.
Json verification_json(const skills::Verification& verification, const FurtherChecks& further = {});
std::vector<Row> verification_rows(const skills::Verification& verification, const FurtherChecks& further = {});
// "allowlisted", "signature valid, first use", "refused: ..."
std::string verdict_text(const skills::Verification& verification);

// Each golden call and what became of it; no text when there are none.
Json examples_json(const app::ExampleReport& report);
std::string examples_text(const app::ExampleReport& report);

// Each check with what it found; what failed has its code, and everything that is not well what to do about it.
Json findings_json(std::span<const app::Finding> findings);
std::string findings_text(std::span<const app::Finding> findings);

Json tools_json(const skills::SkillManifest& manifest);
std::vector<std::string> tool_lines(const skills::SkillManifest& manifest);

// "notes  /home/ann/notes (read only)"; a root without a directory has one of its own.
std::vector<std::string> root_lines(std::span<const state::MappedRoot> roots);
Json roots_json(std::span<const state::MappedRoot> roots);

// "api.example.com:443 at 127.0.0.1:8080"
std::vector<std::string> address_lines(std::span<const capability::AddressBinding> addresses);
Json addresses_json(std::span<const capability::AddressBinding> addresses);

Json version_json(const state::InstalledVersion& version);
// "acme.weather@1.2.0", "(claimed) acme.weather@1.2.0", or the content root of a file without names.
std::string version_name(const state::InstalledVersion& version);

Json module_json(const capability::ModuleFacts& module);
std::vector<std::string> module_lines(const capability::ModuleFacts& module);

// What a run was refused and what would allow it, and what failed for a reason that the guest is not told; empty when
// there was nothing.
std::string trouble_text(const capability::RunRecord& record);
std::string record_text(const capability::RunRecord& record);

}  // namespace palyra::cli
