// SPDX-License-Identifier: Apache-2.0
#include "palyra/skills/package_builder.h"

#include <palyra/base/check.h>
#include <palyra/skills/module_inspector.h>
#include <palyra/skills/provenance.h>
#include <palyra/skills/sbom.h>
#include <palyra/skills/signature_document.h>
#include <palyra/skills/skill_manifest.h>
#include <palyra/skills/trust_decision.h>
#include <palyra/skills/verify.h>

#include <algorithm>
#include <map>
#include <string>

namespace palyra::skills {
namespace {

// Asks the other inspector once about each module: for its producers first, and again when the artifact is verified.
class RememberingInspector final : public ModuleInspector {
 public:
  explicit RememberingInspector(const ModuleInspector& inspector) : inspector_(inspector) {}
  [[nodiscard]] Result<capability::ModuleFacts> describe(BytesView wasm) const override {
    const crypto::Sha256Digest digest = crypto::sha256(wasm);
    const auto known = answers_.find(digest);
    return known != answers_.end() ? known->second : answers_.emplace(digest, inspector_.describe(wasm)).first->second;
  }

 private:
  const ModuleInspector& inspector_;
  mutable std::map<crypto::Sha256Digest, Result<capability::ModuleFacts>> answers_;
};

// A module that cannot be read says nothing here; verification will say why it cannot.
void add_producers(BuildFacts& facts, std::span<const EntryContent> modules, const ModuleInspector& inspector) {
  for (const EntryContent& module : modules) {
    auto described = inspector.describe(module.bytes);
    if (described) facts.producers.emplace(module.name, std::move(described->producers));
  }
}

void add_sources(BuildFacts& facts, std::span<const EntryContent> contents) {
  for (const EntryContent& content : contents) {
    if (content.source) facts.sources.emplace(content.name, *content.source);
  }
}

void add_entries(std::vector<ArtifactEntry>& entries, std::span<const EntryContent> contents) {
  for (const EntryContent& content : contents) entries.push_back(make_entry(std::string(content.name), content.bytes));
}

BuildFacts facts_of(const PackageRequest& request, const SkillManifest& manifest, const ModuleInspector& inspector) {
  BuildFacts facts{.identity = manifest.identity,
                   .name = manifest.name,
                   .license = manifest.license,
                   .created = request.created,
                   .not_after = request.not_after,
                   .palyra_version = request.palyra_version};
  if (!request.sbom) add_producers(facts, request.modules, inspector);
  add_sources(facts, request.modules);
  add_sources(facts, request.assets);
  return facts;
}

// The signer trusts himself; everything else is judged as it will be by others.
Result<Verification> verify_own_work(const PackageRequest& request, const ModuleInspector& inspector, BytesView file,
                                     const Statement& statement) {
  SkillTrustStore trust;
  PALYRA_TRY(trust.add_publisher(statement.identity.publisher, {.keys = {request.signing_key->public_key()},
                                                                .threshold = 1,
                                                                .source = PublisherSource::kOperator,
                                                                .first_seen = request.created,
                                                                .pinned_by = {}}));
  Verification verification = verify_skill_artifact({.file = file,
                                                     .trust = &trust,
                                                     .schemas = request.schemas,
                                                     .modules = &inspector,
                                                     .now = request.created,
                                                     .policy = {}});
  if (verification.error) return std::unexpected(*std::move(verification.error));
  PALYRA_CHECK(verification.skill.has_value());
  return verification;
}

}  // namespace

Result<Package> build_signed_skill_artifact(const PackageRequest& request) {
  PALYRA_CHECK(request.signing_key != nullptr && request.schemas != nullptr && request.inspector != nullptr);
  std::vector<ArtifactEntry> entries{make_entry(std::string(kManifestEntry), request.manifest)};
  add_entries(entries, request.modules);
  add_entries(entries, request.assets);
  std::ranges::sort(entries, {}, &ArtifactEntry::name);  // what is made of them must not depend on who listed them how
  const SkillManifest manifest =
      PALYRA_TRY(parse_skill_manifest(request.manifest, {.entries = entries, .schemas = *request.schemas}),
                 "while reading skill.toml");

  const RememberingInspector inspector(*request.inspector);
  const BuildFacts facts = facts_of(request, manifest, inspector);
  const std::string made_sbom = request.sbom ? std::string() : make_sbom(facts, entries);
  entries.push_back(make_entry(std::string(kSbomEntry), request.sbom.value_or(as_bytes(made_sbom))));
  const std::string made_provenance = request.provenance ? std::string() : make_provenance(facts, entries);
  entries.push_back(make_entry(std::string(kProvenanceEntry), request.provenance.value_or(as_bytes(made_provenance))));

  const Statement statement{.identity = manifest.identity,
                            .content_root = content_root(entries),
                            .manifest_sha256 = crypto::sha256(request.manifest),
                            .created = request.created,
                            .not_after = request.not_after};
  const SignatureDocument document = PALYRA_TRY(sign_statement(statement, {request.signing_key, 1}));
  const std::string signature = format_signature_document(document);
  entries.push_back(make_entry(std::string(kSignatureEntry), as_bytes(signature)));

  Package package{
      .bytes = PALYRA_TRY(write_artifact(entries)), .sha256 = {}, .statement = statement, .verification = {}};
  package.verification = PALYRA_TRY(verify_own_work(request, inspector, package.bytes, statement),
                                    "while verifying the artifact just built");
  package.sha256 = crypto::sha256(package.bytes);
  return package;
}

}  // namespace palyra::skills
