// SPDX-License-Identifier: Apache-2.0
#pragma once
// A skill that passes every check it can, to be spoiled in one place by each test.

#include <palyra/base/testing.h>
#include <palyra/skills/audit.h>
#include <palyra/skills/fake_module_inspector.h>
#include <palyra/skills/fake_schema_compiler.h>
#include <palyra/skills/package_builder.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <string_view>

namespace palyra::skills::testing {

inline constexpr WallTime kAuditNow{1'800'000'000};
inline constexpr std::string_view kAuditedManifest = R"(manifest_version = 3
publisher = "acme"
skill_id = "acme.weather"
version = "1.2.0"
name = "Weather"

[[entrypoints.tools]]
id = "acme.weather.now"
name = "Now"
description = "Answers for one place."
[entrypoints.tools.input_schema]
type = "object"
)";

inline constexpr std::string_view kOlderManifest = R"(publisher = "acme"
skill_id = "acme.weather"
version = "1.2.0"
name = "Weather"
[[entrypoints.tools]]
id = "acme.weather.now"
name = "Now"
description = "Answers for one place."
input_schema = { type = "object" }
output_schema = { type = "object" }
[compat]
required_protocol_major = 1
min_palyra_version = "0.1.0"
[capabilities]
)";

class AuditTest : public ::testing::Test {
 protected:
  static crypto::SigningKey key(std::uint8_t first = 7) {
    return crypto::SigningKey::from_seed(Secret(Bytes(crypto::kSeedBytes, first)));
  }

  // Verified by somebody who trusts the signer. The package that it points into lives as long as the test.
  Verification verify(std::string_view manifest, std::optional<std::string_view> provenance = std::nullopt) {
    const std::array<EntryContent, 1> modules{{{.name = "modules/main.wasm", .bytes = as_bytes("not looked at")}}};
    const crypto::SigningKey signer = key();
    auto package =
        build_signed_skill_artifact({.manifest = as_bytes(manifest),
                                     .modules = modules,
                                     .assets = {},
                                     .sbom = std::nullopt,
                                     .provenance = provenance ? std::optional(as_bytes(*provenance)) : std::nullopt,
                                     .signing_key = &signer,
                                     .created = kAuditNow,
                                     .not_after = {0},
                                     .schemas = &schemas_,
                                     .inspector = &inspector_,
                                     .palyra_version = "0.1.0"});
    EXPECT_THAT(package, palyra::testing::IsOk());
    if (!package) return {};
    kept_.push_back(std::make_unique<Package>(*std::move(package)));
    return kept_.back()->verification;
  }

  [[nodiscard]] AuditReport audit(const Verification& verification) const {
    return audit_skill_artifact_security(
        {.verification = &verification, .policy = policy_, .installed = installed_, .examples = examples_});
  }
  AuditReport audit(std::string_view manifest) { return audit(verify(manifest)); }
  AuditReport audit() { return audit(kAuditedManifest); }

  static AuditCheck check(const AuditReport& report, std::string_view id) {
    const auto found = std::ranges::find(report.checks, id, &AuditCheck::check_id);
    EXPECT_NE(found, report.checks.end()) << id;
    return found == report.checks.end() ? AuditCheck{} : *found;
  }
  static std::string status(const AuditReport& report, std::string_view id) {
    return std::string(to_text(check(report, id).status));
  }

  // What verification leaves behind when a stage refuses the file.
  static Verification stopped(Verification verification, Stage stage, ErrorCode code) {
    verification.failed_stage = stage;
    verification.error = Error(code, "for a reason");
    verification.stages.at(static_cast<std::size_t>(stage)) = StageStatus::kFail;
    for (auto later = static_cast<std::size_t>(stage) + 1; later < kStages; ++later) {
      verification.stages.at(later) = StageStatus::kNotRun;
    }
    verification.skill.reset();
    if (stage <= Stage::kAdmission) verification.modules.clear();
    if (stage <= Stage::kManifest) verification.manifest.reset();
    if (stage <= Stage::kSignature) verification.signers.reset();
    if (stage <= Stage::kSignatureShape) verification.document.reset();
    if (stage <= Stage::kContainer) verification.artifact.reset();
    if (stage < Stage::kTrust) verification.trust.reset();
    return verification;
  }

  void runs_now(std::string_view manifest, std::uint8_t signer = 7) {
    const Verification active = verify(manifest);
    installed_.active = ActiveFacts{.content_root = crypto::sha256(as_bytes("another")),
                                    .manifest = active.manifest,
                                    .signers = {key(signer).public_key()}};
    installed_.no_active.clear();
  }

  FakeSchemaCompiler schemas_;
  FakeModuleInspector inspector_;
  AuditPolicy policy_;
  InstalledFacts installed_{.active = {},
                            .no_active = "no version of it runs here",
                            .active_unreadable = false,
                            .publishers = {"contoso"},
                            .first_seen = {},
                            .now = kAuditNow};
  std::optional<ExampleFacts> examples_;

 private:
  std::vector<std::unique_ptr<Package>> kept_;
};

}  // namespace palyra::skills::testing
