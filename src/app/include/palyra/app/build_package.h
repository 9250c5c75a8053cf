// SPDX-License-Identifier: Apache-2.0
#pragma once
// Use case: a directory, or named files, into a signed artifact.

#include <palyra/app/run_examples.h>
#include <palyra/crypto/ed25519.h>
#include <palyra/crypto/sha256.h>
#include <palyra/skills/audit.h>
#include <palyra/skills/package_builder.h>

#include <optional>
#include <string>
#include <vector>

namespace palyra::app {

// Something in the directory that is neither a file nor a directory, or a link.
inline constexpr ErrorCode kPackageNotAFile{ErrorKind::kInvalidArgument, "package.not_a_file"};
inline constexpr ErrorCode kPackageNoModule{ErrorKind::kInvalidArgument, "package.no_module"};
inline constexpr ErrorCode kPackageModuleName{ErrorKind::kInvalidArgument, "package.module_name"};

struct BuildPackageRequest {
  // `skill.toml`, `modules/*.wasm` and `*.wat`, `assets/**` and `skill/**` below it. Not read when `manifest` is given.
  std::string directory;
  std::optional<std::string> manifest;  // a file; then modules and assets are those named here
  std::vector<std::string> modules;     // files `<stem>.wasm`, or `.wat`, which are assembled; `modules/<stem>.wasm`
  std::vector<std::string> assets;      // files, as `assets/<name>`; or `<entry name>=<file>`
  std::optional<std::string> sbom;
  std::optional<std::string> provenance;
  const crypto::SigningKey* signing_key = nullptr;
  std::string output;
  std::optional<std::int64_t> created;  // seconds since 1970; the clock's time when absent
  std::int64_t not_after = 0;           // 0: never
};

struct BuildPackageReply {
  std::string output;
  std::uint64_t size_bytes = 0;
  crypto::Sha256Digest sha256;
  skills::Statement statement;
  std::string key_fingerprint;
  skills::StageStatus admission = skills::StageStatus::kNotRun;
  ExampleReport examples;
  skills::AuditReport audit;  // under the policy of here; another's may be stricter or laxer, so it stops nothing
};

// All of build_package but the examples and the writing; `output` is not looked at.
Result<skills::Package> assemble_package(const Services& services, const BuildPackageRequest& request);

// Writes nothing unless what it writes would verify and its golden examples pass. Errors, in this order: those of
// reading the files, runtime::parse_wat, skills::build_signed_skill_artifact, run_examples, check_examples and
// load_audit_policy.
Result<BuildPackageReply> build_package(const Services& services, const BuildPackageRequest& request);

}  // namespace palyra::app
