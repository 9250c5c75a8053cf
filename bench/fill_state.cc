// SPDX-License-Identifier: Apache-2.0
// Fills a state directory with real, signed versions, as installing and promoting them one after the other would, in
// one process. many_versions.py measures the program on what it makes.
//
// usage: palyra_fill_state ROOT COUNT MODULE.wat
// Skills have up to ten versions, each promoted after the one before it. Ten skills stay active; every other one is
// stopped.
#include <palyra/app/engine.h>
#include <palyra/app/schema_compiler.h>
#include <palyra/base/check.h>
#include <palyra/base/file.h>
#include <palyra/crypto/ed25519.h>
#include <palyra/runtime/limits.h>
#include <palyra/runtime/runtime.h>
#include <palyra/skills/package_builder.h>
#include <palyra/skills/skill_manifest.h>
#include <palyra/state/state_store.h>

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <string>

namespace {

using namespace palyra;  // NOLINT(google-build-using-namespace): one small program

constexpr int kVersionsOfSkill = 10;
constexpr int kActiveSkills = 10;
constexpr const char* kPublisher = "bench";

template <class T>
T must(Result<T> result) {
  if (!result) fmt::print(stderr, "{}\n", result.error().describe());
  PALYRA_CHECK(result.has_value());
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

// All versions have one module, which is described once.
class OneModule final : public skills::ModuleInspector {
 public:
  explicit OneModule(Result<capability::ModuleFacts> facts) : facts_(std::move(facts)) {}
  [[nodiscard]] Result<capability::ModuleFacts> describe(BytesView /*wasm*/) const override { return facts_; }

 private:
  Result<capability::ModuleFacts> facts_;
};

std::string manifest_of(int skill, int version) {
  const std::string id = fmt::format("{}.skill-{}", kPublisher, skill);
  return fmt::format(
      "manifest_version = 3\npublisher = \"{0}\"\nskill_id = \"{1}\"\nversion = \"1.{2}.0\"\nname = \"Skill {3}\"\n"
      "[[entrypoints.tools]]\nid = \"{1}.echo\"\nname = \"Echo\"\ndescription = \"Answers with its own arguments.\"\n"
      "module = \"modules/echo.wasm\"\nexport = \"echo\"\n"
      "[entrypoints.tools.input_schema]\ntype = \"object\"\n"
      "[capabilities]\nhttp_egress_allowlist = [\"api.example.com\"]\n",
      kPublisher, id, version, skill);
}

class Filler {
 public:
  Filler(const std::string& root, Bytes module)
      : module_(std::move(module)),
        facts_(engine_.inspector().describe(module_)),
        store_(must(state::StateStore::init({.root = root, .actor = "bench", .clock = &clock_}))) {
    skills::Publisher publisher;
    publisher.keys = {key_.public_key()};
    must(store_.add_publisher(kPublisher, publisher));
  }

  crypto::Sha256Digest install(int skill, int version) {
    const std::string manifest = manifest_of(skill, version);
    const skills::EntryContent module{.name = "modules/echo.wasm", .bytes = module_};
    const skills::Package package = must(skills::build_signed_skill_artifact({.manifest = as_bytes(manifest),
                                                                              .modules = {&module, 1},
                                                                              .assets = {},
                                                                              .sbom = {},
                                                                              .provenance = {},
                                                                              .signing_key = &key_,
                                                                              .created = clock_.wall_seconds(),
                                                                              .not_after = {},
                                                                              .schemas = &schemas_,
                                                                              .inspector = &facts_,
                                                                              .palyra_version = "bench"}));
    const skills::SkillTrustStore trust = must(store_.trust());
    const skills::Verification verification = skills::verify_skill_artifact({.file = package.bytes,
                                                                             .trust = &trust,
                                                                             .schemas = &schemas_,
                                                                             .modules = &facts_,
                                                                             .now = clock_.wall_seconds(),
                                                                             .policy = {}});
    PALYRA_CHECK(verification.skill.has_value());
    const auto kept =
        must(store_.keep_in_quarantine({.verification = &verification, .trust_generation = trust.generation()}));
    must(store_.promote({.skill = &*verification.skill,
                         .trust_generation = must(store_.trust()).generation(),
                         .version_generation = kept.generation,
                         .grants = verification.manifest->capabilities}));
    return kept.content_root();
  }

  void stop(const crypto::Sha256Digest& content_root) { must(store_.quarantine(content_root, "not among the active")); }

 private:
  SystemClock clock_;
  app::LazyEngine engine_;
  app::JsonSchemaCompiler schemas_;
  Bytes module_;
  OneModule facts_;
  crypto::SigningKey key_ = crypto::SigningKey::from_seed(Secret(Bytes(crypto::kSeedBytes, 1)));
  state::StateStore store_;
};

void fill(Filler& filler, int count) {
  for (int skill = 0; count > 0; ++skill) {
    const int versions = std::clamp(count / kActiveSkills, 1, kVersionsOfSkill);
    crypto::Sha256Digest last{};
    for (int version = 0; version < versions; ++version, --count) last = filler.install(skill, version);
    if (skill >= kActiveSkills) filler.stop(last);
    if (skill % 100 == 99) fmt::print(stderr, "{} skills\n", skill + 1);
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 4) {
    fmt::print(stderr, "usage: palyra_fill_state ROOT COUNT MODULE.wat\n");
    return 2;
  }
  Filler filler(arguments[1], must(runtime::parse_wat(as_text(must(read_file(arguments[3], runtime::kMaxWatBytes))))));
  fill(filler, std::atoi(arguments[2]));
  return 0;
}
