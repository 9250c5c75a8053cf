// SPDX-License-Identifier: Apache-2.0
#pragma once
// The static audit: everything that can be said about an artifact without running it, as a list of named checks, each
// with its own verdict.
//
// Nothing in the artifact relaxes a check: what it says about itself (reviews, provenance, bill of materials) is shown,
// never believed. Pure: what this installation knows comes in as values.
// Source: docs/formats/skill-artifact.md, "Module admission"; the checks and their policy:
// docs/formats/audit-policy.md.

#include <palyra/base/clock.h>
#include <palyra/base/error.h>
#include <palyra/base/json.h>
#include <palyra/crypto/ed25519.h>
#include <palyra/skills/skill_manifest.h>
#include <palyra/skills/verify.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace palyra::skills {

// A check failed; the message names the checks.
inline constexpr ErrorCode kAuditFailed{ErrorKind::kDenied, "policy.audit_failed"};
// The audit could not be finished, and an audit that was not finished allows nothing.
inline constexpr ErrorCode kAuditNotRun{ErrorKind::kDenied, "policy.audit_not_run"};
// A policy file that is not as docs/formats/audit-policy.md says.
inline constexpr ErrorCode kAuditPolicyMalformed{ErrorKind::kMalformed, "policy.audit_policy_malformed"};

enum class AuditStatus : std::uint8_t {
  kNotRun,  // could not be judged; the message says why
  kPass,
  kWarn,
  kFail,
};
std::string_view to_text(AuditStatus status);  // "not_run", "pass", "warn", "fail"

enum class AuditSeverity : std::uint8_t { kInfo, kWarning, kError };
std::string_view to_text(AuditSeverity severity);  // "info", "warning", "error"

struct AuditCheck {
  std::string check_id;  // one of audit_check_ids(), or "manifest_warning:" and the id of a warning
  AuditStatus status = AuditStatus::kNotRun;
  std::string message;  // one printable sentence
  Json details{};       // null, or an object; strings of strangers in it are not escaped

  // kError of a failure, kWarning of a warning, else kInfo.
  [[nodiscard]] AuditSeverity severity() const;
};

// What this installation wants; every artifact is measured by the same.
struct AuditPolicy {
  std::int64_t max_module_bytes = std::int64_t{16} << 20;  // of one module
  std::int64_t warn_exported_functions = 128;              // of one module: more is a warning
  std::int64_t max_exported_functions = 1'024;             // more is a failure
  bool allow_device_capabilities = false;                  // devices and nodes
  bool allow_wildcard_capabilities = false;
  std::int64_t max_grants_per_class = 1'000;
  std::int64_t min_release_age_hours = 72;
};

inline constexpr std::size_t kMaxAuditPolicyBytes = 65'536;

// `defaults` with what the TOML document says instead. Strict: an unknown key is refused. Errors:
// kAuditPolicyMalformed, naming the key, the value and the range, and those of parse_toml.
Result<AuditPolicy> parse_audit_policy(BytesView toml, const AuditPolicy& defaults);

// The version of the same skill that runs now.
struct ActiveFacts {
  crypto::Sha256Digest content_root;
  std::shared_ptr<const SkillManifest> manifest;  // never null
  std::vector<crypto::PublicKey> signers;
};

// What this installation knows.
struct InstalledFacts {
  std::optional<ActiveFacts> active;    // absent: none, or it cannot be read; `no_active` says which
  std::string no_active;                // "no version of it runs here"
  bool active_unreadable = false;       // one runs, and `no_active` says why it cannot be read
  std::vector<std::string> publishers;  // every name that is known; empty: no installation to compare with
  std::optional<WallTime> first_seen;   // of this content; absent: never installed here
  WallTime now;
};

// What became of the golden examples.
struct ExampleFacts {
  std::size_t passed = 0;
  std::size_t failed = 0;  // also those that were out of time
  std::size_t not_run = 0;
};

struct AuditRequest {
  const Verification* verification = nullptr;  // of the artifact; how it ended does not matter
  AuditPolicy policy;
  InstalledFacts installed;
  std::optional<ExampleFacts> examples;  // absent: they were not run
};

struct AuditReport {
  std::vector<AuditCheck> checks;  // in the order of audit_check_ids()

  // kFail when one failed; else kNotRun when verification did not come to its end; else kWarn or kPass.
  [[nodiscard]] AuditStatus status() const;
  [[nodiscard]] bool passed() const { return status() == AuditStatus::kPass || status() == AuditStatus::kWarn; }
  [[nodiscard]] std::vector<std::string> ids_with(AuditStatus status) const;
};

// All checks, in the order of reports; warnings of the manifest come after `manifest_sanity`.
std::span<const std::string_view> audit_check_ids();

AuditReport audit_skill_artifact_security(const AuditRequest& request);

// Nothing when it passed. Errors: kAuditFailed, kAuditNotRun.
Result<> check_audit(const AuditReport& report);

}  // namespace palyra::skills
