// SPDX-License-Identifier: Apache-2.0
#pragma once
// A state directory with real, signed skills of publisher "bench" in it, each built, installed and promoted through the
// calls that the program makes. Grants are what the manifests ask for.

#include <palyra/app/engine.h>
#include <palyra/app/schema_compiler.h>
#include <palyra/crypto/ed25519.h>
#include <palyra/skills/module_inspector.h>
#include <palyra/state/state_store.h>

#include <map>
#include <string>
#include <vector>

namespace palyra::bench {

// "bench.<skill>.<name>".
struct Tool {
  std::string name;
  Bytes wasm;
  std::string entry = "run";
  std::string input_schema = R"({ type = "object" })";  // TOML
};

// "bench.<name>".
struct Skill {
  std::string name;
  std::vector<Tool> tools;
  std::string version = "1.0.0";
  std::string capabilities{};  // TOML of that table
};

// Describes each module once.
class RememberingInspector final : public skills::ModuleInspector {
 public:
  [[nodiscard]] Result<capability::ModuleFacts> describe(BytesView wasm) const override;

 private:
  mutable app::LazyEngine engine_;
  mutable std::map<crypto::Sha256Digest, capability::ModuleFacts> known_;
};

class Installer {
 public:
  // `root` must not exist.
  explicit Installer(const std::string& root);
  // In the place of the version that was promoted before it. Returns the version's content root.
  crypto::Sha256Digest install(const Skill& skill);
  void stop(const crypto::Sha256Digest& content_root);

 private:
  [[nodiscard]] Bytes build(const Skill& skill) const;

  SystemClock clock_;
  app::JsonSchemaCompiler schemas_;
  RememberingInspector modules_;
  crypto::SigningKey key_;
  state::StateStore store_;
  std::map<std::string, state::InstalledVersion> promoted_;  // the last of each skill, by its name
};

}  // namespace palyra::bench
