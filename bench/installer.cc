// SPDX-License-Identifier: Apache-2.0
#include "installer.h"

#include "must.h"

#include <palyra/skills/package_builder.h>
#include <palyra/skills/skill_manifest.h>
#include <palyra/skills/verify.h>

#include <fmt/format.h>

#include <optional>

namespace palyra::bench {
namespace {

constexpr const char* kPublisher = "bench";

std::string module_of(const Tool& tool) { return fmt::format("modules/{}.wasm", tool.name); }

std::string manifest_of(const Skill& skill) {
  std::string text = fmt::format(
      "manifest_version = 3\npublisher = \"{0}\"\nskill_id = \"{0}.{1}\"\nversion = \"{2}\"\nname = \"Skill {1}\"\n",
      kPublisher, skill.name, skill.version);
  for (const Tool& tool : skill.tools) {
    text += fmt::format(
        "[[entrypoints.tools]]\nid = \"{}.{}.{}\"\nname = \"Tool\"\ndescription = \"Answers.\"\nmodule = \"{}\"\n"
        "export = \"{}\"\ninput_schema = {}\n",
        kPublisher, skill.name, tool.name, module_of(tool), tool.entry, tool.input_schema);
  }
  return text + "[capabilities]\n" + skill.capabilities;
}

}  // namespace

Result<capability::ModuleFacts> RememberingInspector::describe(BytesView wasm) const {
  const crypto::Sha256Digest digest = crypto::sha256(wasm);
  const auto known = known_.find(digest);
  if (known != known_.end()) return known->second;
  return known_.emplace(digest, PALYRA_TRY(engine_.inspector().describe(wasm))).first->second;
}

Installer::Installer(const std::string& root)
    : key_(crypto::SigningKey::from_seed(Secret(Bytes(crypto::kSeedBytes, 1)))),
      store_(must(state::StateStore::init({.root = root, .actor = "bench", .clock = &clock_}))) {
  skills::Publisher publisher;
  publisher.keys = {key_.public_key()};
  must(store_.add_publisher(kPublisher, publisher));
}

Bytes Installer::build(const Skill& skill) const {
  const std::string manifest = manifest_of(skill);
  std::vector<std::string> names;
  for (const Tool& tool : skill.tools) names.push_back(module_of(tool));
  std::vector<skills::EntryContent> modules;
  for (std::size_t i = 0; i < names.size(); ++i) modules.push_back({.name = names[i], .bytes = skill.tools[i].wasm});
  return must(skills::build_signed_skill_artifact({.manifest = as_bytes(manifest),
                                                   .modules = modules,
                                                   .assets = {},
                                                   .sbom = {},
                                                   .provenance = {},
                                                   .signing_key = &key_,
                                                   .created = clock_.wall_seconds(),
                                                   .not_after = {},
                                                   .schemas = &schemas_,
                                                   .inspector = &modules_,
                                                   .palyra_version = "bench"}))
      .bytes;
}

crypto::Sha256Digest Installer::install(const Skill& skill) {
  const Bytes package = build(skill);
  const skills::SkillTrustStore trust = must(store_.trust());
  const skills::Verification verification = skills::verify_skill_artifact({.file = package,
                                                                           .trust = &trust,
                                                                           .schemas = &schemas_,
                                                                           .modules = &modules_,
                                                                           .now = clock_.wall_seconds(),
                                                                           .policy = {}});
  PALYRA_CHECK(verification.skill.has_value());
  const auto kept =
      must(store_.keep_in_quarantine({.verification = &verification, .trust_generation = trust.generation()}));
  const auto before = promoted_.find(skill.name);
  const auto replaced = before == promoted_.end() ? std::nullopt : std::optional(before->second);
  promoted_[skill.name] = must(store_.promote({.skill = &*verification.skill,
                                               .trust_generation = must(store_.trust()).generation(),
                                               .version_generation = kept.generation,
                                               .replaces = state::ActiveVersion::of(replaced),
                                               .grants = verification.manifest->capabilities}));
  return kept.content_root();
}

void Installer::stop(const crypto::Sha256Digest& content_root) {
  must(store_.quarantine(content_root, "not among the active"));
}

}  // namespace palyra::bench
