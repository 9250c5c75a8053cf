// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the tests of this layer share: real artifacts, signed and verified, and a state directory of their own.

#include <palyra/base/testing.h>
#include <palyra/crypto/ed25519.h>
#include <palyra/skills/fake_module_inspector.h>
#include <palyra/skills/package_builder.h>
#include <palyra/skills/schema_compiler.h>
#include <palyra/skills/verify.h>
#include <palyra/state/state_store.h>

#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace palyra::state {

class AcceptingCompiler final : public skills::SchemaCompiler {
 public:
  [[nodiscard]] Result<> compile(BytesView /*json_schema*/) const override { return {}; }
};

inline crypto::SigningKey key_number(std::uint8_t number) {
  return crypto::SigningKey::from_seed(Secret(Bytes(crypto::kSeedBytes, number)));
}

struct SkillSpec {
  std::string skill_id = "acme.demo";  // the publisher is what stands before the dot
  std::string version = "1.0.0";
  std::string tool = "acme.demo.run";
  std::string asset = "some text";
  std::uint8_t key = 1;
  std::int64_t created = 1'700'000'000;
};

inline std::string manifest_text(const SkillSpec& spec) {
  return fmt::format(
      "manifest_version = 3\npublisher = \"{}\"\nskill_id = \"{}\"\nversion = \"{}\"\nname = \"Demo\"\n"
      "[[entrypoints.tools]]\nid = \"{}\"\nname = \"Run\"\ndescription = \"Runs.\"\n"
      "[entrypoints.tools.input_schema]\ntype = \"object\"\n"
      "[capabilities]\nhttp_egress_allowlist = [\"api.example.com\"]\n",
      spec.skill_id.substr(0, spec.skill_id.find('.')), spec.skill_id, spec.version, spec.tool);
}

inline Bytes make_artifact(const SkillSpec& spec = {}) {
  static const Bytes kModule = {0, 'a', 's', 'm', 1, 0, 0, 0};
  const std::string manifest = manifest_text(spec);
  const crypto::SigningKey key = key_number(spec.key);
  const AcceptingCompiler compiler;
  const skills::testing::FakeModuleInspector inspector;
  const skills::EntryContent module{.name = "modules/demo.wasm", .bytes = kModule};
  const skills::EntryContent asset{.name = "assets/data.txt", .bytes = as_bytes(spec.asset)};
  skills::PackageRequest request;
  request.manifest = as_bytes(manifest);
  request.modules = {&module, 1};
  request.assets = {&asset, 1};
  request.signing_key = &key;
  request.created = {spec.created};
  request.schemas = &compiler;
  request.inspector = &inspector;
  request.palyra_version = "0.1.0";
  const auto package = skills::build_signed_skill_artifact(request);
  EXPECT_THAT(package, testing::IsOk());
  return package ? package->bytes : Bytes{};
}

// The same container with another entry in one place.
inline Bytes with_entry(BytesView file, std::string_view name, BytesView bytes) {
  const skills::Artifact artifact = skills::Artifact::read(file).value();
  std::vector<skills::ArtifactEntry> entries(artifact.entries().begin(), artifact.entries().end());
  for (skills::ArtifactEntry& entry : entries) {
    if (entry.name == name) entry = {.name = entry.name, .bytes = bytes, .sha256 = crypto::sha256(bytes)};
  }
  return skills::write_artifact(entries).value();
}

// The same content under a signature that is not good.
inline Bytes with_bad_signature(BytesView file) {
  const skills::Artifact artifact = skills::Artifact::read(file).value();
  std::string document(as_text(artifact.at(skills::kSignatureEntry).bytes));
  constexpr std::string_view kBefore = "\"signature\": \"";
  char& first = document.at(document.find(kBefore) + kBefore.size());
  first = first == 'A' ? 'B' : 'A';
  return with_entry(file, skills::kSignatureEntry, as_bytes(document));
}

inline skills::Publisher publisher_with_key(std::uint8_t number) {
  return {.keys = {key_number(number).public_key()},
          .threshold = 1,
          .source = skills::PublisherSource::kOperator,
          .first_seen = {},
          .pinned_by = {}};
}

// One grant, for content that asks for it.
inline capability::CapabilityGrantSet one_grant() {
  return capability::CapabilityGrantSet::create({capability::HttpRule{.host = "api.example.com"}}).value();
}

// From one key to another, signed by both.
inline skills::RotationDocument rotation_number(std::uint64_t sequence, std::uint8_t from, std::uint8_t to) {
  const std::array keys = {key_number(from), key_number(to)};
  return skills::sign_rotation({.rotation = {.publisher = "acme",
                                             .sequence = sequence,
                                             .old_keys = {keys.front().public_key()},
                                             .new_keys = {keys.back().public_key()},
                                             .new_threshold = 1,
                                             .not_before = {1},
                                             .created = {1}},
                                .signatures = {}},
                               keys)
      .value();
}

// By the publisher acme with a key of his.
inline skills::RevocationDocument revocations_number(std::uint64_t list_version,
                                                     std::vector<skills::RevocationEntry> entries,
                                                     std::uint8_t key = 1) {
  const std::array keys = {key_number(key)};
  return skills::sign_revocations({.list = {.issuer = "acme",
                                            .list_version = list_version,
                                            .created = {1},
                                            .expires = {4'000'000'000},
                                            .entries = std::move(entries)},
                                   .signatures = {}},
                                  keys)
      .value();
}

// Replaces a file without the care, and the time, that durable bytes take.
inline void scribble(const std::string& path, BytesView bytes) {
  std::filesystem::remove(path);
  std::ofstream(path, std::ios::binary) << as_text(bytes);
}

// Runs `child` in a process of its own; its exit status, or minus the signal that ended it.
inline int in_child(const std::function<void()>& child) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    // An exception must end the child, not unwind into the test runner.
    [&]() noexcept { child(); }();
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

class StateTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::string root() const { return directory_.file("state"); }
  [[nodiscard]] StateOptions options() const { return {.root = root(), .actor = "uid 1000 (ann)", .clock = &clock_}; }
  StateStore must_init() const { return StateStore::init(options()).value(); }
  StateStore must_open() const { return StateStore::open(options()).value(); }

  // As a command would: against the trust of the moment. `file` outlives the answer.
  [[nodiscard]] skills::Verification verify(const StateStore& store, BytesView file,
                                            const skills::TrustPolicy& policy = {}) const {
    const skills::SkillTrustStore trust = store.trust().value();
    const AcceptingCompiler compiler;
    const skills::testing::FakeModuleInspector inspector;
    return skills::verify_skill_artifact({.file = file,
                                          .trust = &trust,
                                          .schemas = &compiler,
                                          .modules = &inspector,
                                          .now = clock_.wall_seconds(),
                                          .policy = policy});
  }

  Result<InstalledVersion> keep(StateStore& store, BytesView file, const skills::TrustPolicy& policy = {}) const {
    const std::uint64_t generation = store.trust().value().generation();
    const skills::Verification verification = verify(store, file, policy);
    if (!verification.artifact) return std::unexpected(verification.error.value());
    return store.keep_in_quarantine({.verification = &verification, .trust_generation = generation});
  }

  [[nodiscard]] std::optional<ActiveVersion> active_of(const StateStore& store,
                                                       const std::string& skill_id = "acme.demo") const {
    const std::vector<InstalledVersion> versions = store.versions_of(skill_id).value();
    std::optional<InstalledVersion> active;
    for (const InstalledVersion& version : versions) {
      if (version.status == VersionStatus::kActive) active = version;
    }
    return ActiveVersion::of(active);
  }

  Result<InstalledVersion> promote(StateStore& store, BytesView file, const skills::TrustPolicy& policy = {}) const {
    const std::uint64_t generation = store.trust().value().generation();
    const skills::Verification verification = verify(store, file, policy);
    if (!verification.skill) return std::unexpected(verification.error.value());
    const auto shown = store.version(verification.skill->content_root());
    return store.promote({.skill = &*verification.skill,
                          .trust_generation = generation,
                          .version_generation = shown ? shown->generation : 0,
                          .replaces = active_of(store, verification.skill->statement().identity.skill_id),
                          .grants = one_grant()});
  }

  Result<InstalledVersion> activate(StateStore& store, BytesView file, Activation activation) const {
    const std::uint64_t generation = store.trust().value().generation();
    const skills::TrustPolicy policy{.unknown_publisher = skills::UnknownPublisher::kRefuse,
                                     .pin_fingerprint = std::nullopt,
                                     .downgrade = skills::Downgrade::kAllow};
    const skills::Verification verification = verify(store, file, policy);
    if (!verification.skill) return std::unexpected(verification.error.value());
    const auto shown = store.version(verification.skill->content_root());
    return store.activate({.skill = &*verification.skill,
                           .trust_generation = generation,
                           .version_generation = shown ? shown->generation : 0,
                           .replaces = active_of(store, verification.skill->statement().identity.skill_id),
                           .activation = activation});
  }

  // Kept and promoted; the publisher is added when he is not known.
  InstalledVersion must_install(StateStore& store, BytesView file) const {
    if (store.trust().value().find_publisher("acme") == nullptr) {
      EXPECT_THAT(store.add_publisher("acme", publisher_with_key(1)), testing::IsOk());
    }
    EXPECT_THAT(keep(store, file), testing::IsOk());
    return promote(store, file).value();
  }

  testing::TempDir directory_;
  testing::FakeClock clock_;
};

}  // namespace palyra::state
