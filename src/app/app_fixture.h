// SPDX-License-Identifier: Apache-2.0
#pragma once
// An installation in a temporary directory, and skills to put into it.

#include <palyra/app/build_package.h>
#include <palyra/app/init_skill.h>
#include <palyra/app/install_skill.h>
#include <palyra/app/promote_skill.h>
#include <palyra/app/run_tool.h>
#include <palyra/app/schema_compiler.h>
#include <palyra/app/trust_publishers.h>
#include <palyra/base/testing.h>

#include <filesystem>
#include <string>
#include <vector>

namespace palyra::app {

// Remembers what was begun.
class RecordedActivities final : public ActivitySink {
 public:
  void begin(std::string_view what) override { seen.emplace_back(what); }
  void end() override {}
  [[nodiscard]] bool compiled() const {
    return std::ranges::any_of(seen, [](const std::string& what) { return what.starts_with("compiling"); });
  }
  std::vector<std::string> seen;
};

// One for all tests of the process: an engine costs more than most of them.
inline LazyEngine& shared_engine() {
  static LazyEngine engine;
  return engine;
}

inline crypto::SigningKey signing_key(std::uint8_t first = 1) {
  Bytes seed(crypto::kSeedBytes, first);
  return crypto::SigningKey::from_seed(Secret(std::move(seed)));
}

class AppTest : public ::testing::Test {
 protected:
  // Publisher "acme", skill id "acme.demo", tool "acme.demo.echo" that exports `run`; `tool` is TOML for the tool.
  struct Skill {
    std::string wat = kEcho;
    std::string tool{};
    std::string rest{};  // TOML behind the tools
    std::string version = "1.0.0";
    std::uint8_t key = 1;
  };

  static constexpr const char* kEcho = R"((module
    (import "palyra:skill/call@1.0.0" "input-length" (func $length (result i32)))
    (import "palyra:skill/call@1.0.0" "input-read" (func $read (param i32 i32 i32) (result i32)))
    (import "palyra:skill/call@1.0.0" "output-write" (func $write (param i32 i32) (result i32)))
    (memory (export "memory") 2)
    (func (export "run") (result i32)
      (drop (call $read (i32.const 0) (call $length) (i32.const 0)))
      (call $write (i32.const 0) (call $length)))))";

  [[nodiscard]] std::string build(const Skill& skill) const {
    const std::string directory = dir_.file("skill-" + skill.version);
    std::filesystem::create_directories(directory + "/modules");
    write(directory + "/modules/demo.wat", skill.wat);
    write(directory + "/skill.toml", R"(manifest_version = 3
publisher = "acme"
skill_id = "acme.demo"
version = ")" + skill.version + R"("
name = "Demo"
[[entrypoints.tools]]
id = "acme.demo.echo"
name = "Echo"
description = "Answers with its arguments."
input_schema = { type = "object", properties = { n = { type = "integer" } }, additionalProperties = false }
)" + skill.tool + "\n" + skill.rest);
    const std::string output = dir_.file("demo-" + skill.version + ".palyra-skill");
    const crypto::SigningKey key = signing_key(skill.key);
    BuildPackageRequest request;
    request.directory = directory;
    request.signing_key = &key;
    request.output = output;
    EXPECT_THAT(build_package(services_, request), testing::IsOk());
    return output;
  }

  static void write(const std::string& path, const std::string& text) {
    EXPECT_THAT(write_file_atomic(path, as_bytes(text), 0600, Overwrite::kYes), testing::IsOk());
  }

  void trust(std::uint8_t key = 1) {
    if (!std::filesystem::exists(state_.root)) {
      EXPECT_THAT(init_trust(services_), testing::IsOk());
    }
    EXPECT_THAT(
        add_publisher(services_, {.publisher = "acme", .keys = {signing_key(key).public_key()}, .threshold = 1}),
        testing::IsOk());
  }

  [[nodiscard]] Result<InstallSkillReply> install(const std::string& path) const {
    return install_skill_artifact(services_, {.path = path, .pin_fingerprint = {}});
  }

  [[nodiscard]] Result<state::InstalledVersion> promote(const std::string& selector) const {
    const PromotionPlan plan = PALYRA_TRY(plan_promotion(services_, {.selector = selector, .only = {}, .deny = {}}));
    return promote_skill(services_, plan, {.form = ConsentForm::kTyped, .pin_fingerprint = {}});
  }

  void install_and_promote(const Skill& skill) {
    ASSERT_THAT(install(build(skill)), testing::IsOk());
    ASSERT_THAT(promote("acme.demo@" + skill.version), testing::IsOk());
  }

  [[nodiscard]] Execution call(std::string_view arguments, Approval approval = Approval::kNotGiven) const {
    return run_tool(services_, InstalledTool{.id = "acme.demo.echo"},
                    {.arguments = as_bytes(arguments), .limits = {}, .approval = approval, .started = clock_.steady()});
  }

  [[nodiscard]] Execution call_inline(std::string_view wat, std::string_view arguments = "{}",
                                      const AskedByCaller& limits = {}) const {
    return run_tool(services_, InlineModule{.bytes = to_bytes(wat), .name = "test.wat", .export_name = {}},
                    {.arguments = as_bytes(arguments), .limits = limits, .started = clock_.steady()});
  }

  testing::TempDir dir_;
  SystemClock clock_;
  Config config_;
  JsonSchemaCompiler schemas_;
  state::StateOptions state_{.root = dir_.file("state"), .actor = "test", .clock = &clock_};
  mutable state::RunLog runs_{state_.root};
  mutable RunWatch watch_{state_};
  mutable host::SystemRandom random_;
  mutable RecordedActivities activities_;
  Services services_{.clock = clock_,
                     .config = config_,
                     .schemas = schemas_,
                     .state = state_,
                     .runs = runs_,
                     .watch = watch_,
                     .engine = shared_engine(),
                     .random = random_,
                     .activities = activities_};
};

}  // namespace palyra::app
