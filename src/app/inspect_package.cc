// SPDX-License-Identifier: Apache-2.0
#include <palyra/app/inspect_package.h>
#include <palyra/skills/skill_manifest.h>

#include <algorithm>

namespace palyra::app {
namespace {

// Of an artifact that verification refused before it came to the manifest.
std::shared_ptr<const skills::SkillManifest> read_claimed_manifest(const Services& services,
                                                                   const skills::Artifact& artifact) {
  const skills::ArtifactEntry* entry = artifact.find(skills::kManifestEntry);
  if (entry == nullptr) return nullptr;
  auto manifest = skills::parse_skill_manifest(
      entry->bytes, {.entries = artifact.entries(), .schemas = services.schemas, .format = artifact.format()});
  if (!manifest) return nullptr;
  return std::make_shared<const skills::SkillManifest>(*std::move(manifest));
}

// As verification has found them; it stops at the first module that it refuses, and may not have come so far.
Result<capability::ModuleFacts> facts_of(const Services& services, const skills::Verification& verification,
                                         const skills::ArtifactEntry& entry) {
  const auto found = std::ranges::find(verification.modules, entry.name, &skills::InspectedModule::name);
  if (found != verification.modules.end()) return found->facts;
  return services.engine.inspector().describe(entry.bytes);
}

}  // namespace

Result<InspectPackageReply> inspect_package(const Services& services, const std::string& path, ShowUnverified show) {
  InspectPackageReply reply;
  reply.package = PALYRA_TRY(verify_package(services, {.path = path, .trust = {}}));
  const skills::Verification& verification = reply.package.verification;
  if (verification.error && (show == ShowUnverified::kNo || !verification.artifact)) {
    return std::unexpected(*verification.error);
  }
  const skills::Artifact& artifact = *verification.artifact;
  reply.manifest = verification.manifest ? verification.manifest : read_claimed_manifest(services, artifact);
  for (const skills::ArtifactEntry& entry : artifact.entries()) {
    if (!entry.name.starts_with(skills::kModuleFolder)) continue;
    reply.modules.push_back({.name = entry.name, .facts = facts_of(services, verification, entry)});
  }
  return reply;
}

}  // namespace palyra::app
