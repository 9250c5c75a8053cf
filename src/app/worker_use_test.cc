// SPDX-License-Identifier: Apache-2.0
// What is done by the worker, and what needs none: strangers' modules are read and compiled there, once.
#include "app_fixture.h"
#include "worker_inspector.h"

#include <palyra/app/inspect_package.h>
#include <palyra/app/verify_package.h>
#include <palyra/state/state_store.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/stat.h>

namespace palyra::app {
namespace {

namespace fs = std::filesystem;
using testing::FailsWith;
using testing::IsOk;
using Kind = WasmPluginRunErrorKind;

class WorkerUseTest : public AppTest {
 protected:
  void SetUp() override {
    trust();
    use(&own_);
  }

  EngineOptions options(std::string worker = "") const {
    return {.worker = std::move(worker), .code_directory = code(), .state_root = state_.root};
  }
  std::string code() const { return dir_.file("cache/palyra/code"); }
  std::string no_worker() const { return dir_.file("no-such-worker"); }

  // From here on, everything is done with this engine.
  void use(LazyEngine* engine) { engine_ = engine; }
  Services services() const {
    return {.clock = clock_,
            .config = config_,
            .schemas = schemas_,
            .state = state_,
            .runs = runs_,
            .watch = watch_,
            .engine = *engine_,
            .random = random_,
            .activities = activities_};
  }

  // A worker that reads modules and does `instead` when it is to compile.
  std::string worker_that(const std::string& instead) const {
    std::string path = dir_.file("worker");
    const std::string real = runtime::find_worker().value();
    std::ofstream(path) << "#!/bin/sh\n[ \"$1\" = compile ] || exec '" << real << "' \"$@\"\n" << instead << "\n";
    fs::permissions(path, fs::perms::owner_all);
    return path;
  }

  Result<state::InstalledVersion> install_and_promote_demo() {
    const Services services = this->services();
    const InstallSkillReply installed =
        PALYRA_TRY(install_skill_artifact(services, {.path = build({}), .pin_fingerprint = {}}));
    EXPECT_TRUE(installed.kept.has_value());
    const PromotionPlan plan = PALYRA_TRY(plan_promotion(services, {.selector = "acme.demo", .only = {}, .deny = {}}));
    return promote_skill(services, plan, {.form = ConsentForm::kTyped, .pin_fingerprint = {}});
  }

  Execution call_demo(const AskedByCaller& limits = {}) const {
    return run_tool(services(), InstalledTool{.id = "acme.demo.echo"},
                    {.arguments = as_bytes("{}"), .limits = limits, .started = clock_.steady()});
  }

  std::vector<std::string> code_files() const {
    std::vector<std::string> files;
    for (const auto& each : fs::directory_iterator(code())) files.push_back(each.path().string());
    return files;
  }

  LazyEngine own_{options()};
  LazyEngine* engine_ = &own_;
};

TEST_F(WorkerUseTest, AfterPromotionARunStartsNoWorker) {
  ASSERT_THAT(install_and_promote_demo(), IsOk());
  EXPECT_EQ(code_files().size(), 1U);
  LazyEngine without(options(no_worker()));
  use(&without);
  const Execution execution = call_demo();
  EXPECT_FALSE(execution.error) << execution.error->error.describe();
}

TEST_F(WorkerUseTest, WithoutTheCacheARunCompilesAgainThroughTheWorker) {
  ASSERT_THAT(install_and_promote_demo(), IsOk());
  fs::remove_all(code());
  LazyEngine without(options(no_worker()));
  use(&without);
  const Execution failed = call_demo();
  ASSERT_TRUE(failed.error.has_value());
  EXPECT_TRUE(failed.error->error.is(runtime::kWorkerMissing)) << failed.error->error.describe();
  EXPECT_EQ(failed.error->kind, Kind::kHostFailure);

  LazyEngine with(options());
  use(&with);
  EXPECT_FALSE(call_demo().error);
  LazyEngine again_without(options(no_worker()));
  use(&again_without);
  EXPECT_FALSE(call_demo().error);
}

TEST_F(WorkerUseTest, ADamagedCacheNeverFailsARun) {
  ASSERT_THAT(install_and_promote_demo(), IsOk());
  const std::string file = code_files().front();
  const auto expect_to_run = [this] {
    LazyEngine fresh(options());
    use(&fresh);
    const Execution execution = call_demo();
    EXPECT_FALSE(execution.error) << execution.error->error.describe();
    use(&own_);
  };
  const Bytes good = testing::must_read(file);
  for (const std::size_t at : {std::size_t{0}, good.size() / 2, good.size() - 1}) {
    Bytes bad = good;
    bad.at(at) ^= 1U;
    fs::remove(file);
    std::ofstream(file, std::ios::binary) << as_text(bad);
    fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
    expect_to_run();
  }
  fs::resize_file(file, good.size() / 2);
  expect_to_run();
  fs::remove_all(code());
  std::ofstream(code()) << "no directory";
  expect_to_run();
  fs::remove(state_.root + "/keys/code-cache");
  expect_to_run();
}

TEST_F(WorkerUseTest, WithoutStateNoCodeIsKept) {
  LazyEngine engine({.worker = "", .code_directory = code(), .state_root = dir_.file("no-state")});
  EXPECT_EQ(engine.code_cache(), nullptr);
  EXPECT_FALSE(fs::exists(code()));
  ASSERT_THAT(engine.compiler(), IsOk());
  constexpr std::array<std::uint8_t, 8> kEmpty{0, 'a', 's', 'm', 1, 0, 0, 0};
  EXPECT_THAT((*engine.compiler())->compile(kEmpty), IsOk());
}

TEST_F(WorkerUseTest, PromotionCommitsNothingWhenAModuleDoesNotCompile) {
  LazyEngine failing(options(worker_that("exit 1")));
  use(&failing);
  EXPECT_THAT(install_and_promote_demo(), FailsWith(runtime::kWorkerFailed));
  const auto store = state::StateStore::open(state_);
  ASSERT_THAT(store, IsOk());
  EXPECT_THAT(store->find_active("acme.demo.echo"), FailsWith(state::kToolNotFound));
}

TEST_F(WorkerUseTest, PromotionSaysThatItCompiles) {
  activities_.seen.clear();
  ASSERT_THAT(install_and_promote_demo(), IsOk());
  EXPECT_THAT(activities_.seen, ::testing::Contains("compiling modules/demo.wasm"));
}

TEST_F(WorkerUseTest, CompilingIsPartOfTheCallsTime) {
  ASSERT_THAT(install_and_promote_demo(), IsOk());
  fs::remove_all(code());
  LazyEngine endless(options(worker_that("exec sleep 1000")));
  use(&endless);
  const Execution execution = call_demo({.fuel_budget = {}, .wall_clock_timeout_ms = 50});
  ASSERT_TRUE(execution.error.has_value());
  EXPECT_EQ(execution.error->kind, Kind::kTimedOut) << execution.error->error.describe();
}

TEST_F(WorkerUseTest, WithoutAWorkerNothingOfAStrangerIsBelieved) {
  const std::string file = build({});
  LazyEngine without(options(no_worker()));
  use(&without);
  const Services services = this->services();
  EXPECT_THAT(install_skill_artifact(services, {.path = file, .pin_fingerprint = {}}),
              FailsWith(runtime::kWorkerMissing));
  EXPECT_THAT(state::StateStore::open(state_)->versions().value(), ::testing::IsEmpty());
  use(&own_);
  EXPECT_THAT(install_skill_artifact(this->services(), {.path = file, .pin_fingerprint = {}}), IsOk());
  EXPECT_THAT(plan_promotion(services, {.selector = "acme.demo", .only = {}, .deny = {}}),
              FailsWith(runtime::kWorkerMissing));

  const auto verified = verify_package(services, {.path = file, .trust = {}});
  ASSERT_THAT(verified, IsOk());
  EXPECT_FALSE(verified->verification.skill.has_value());
  ASSERT_TRUE(verified->verification.error.has_value());
  EXPECT_TRUE(verified->verification.error->is(runtime::kWorkerMissing));
  EXPECT_EQ(verified->verification.status(skills::Stage::kAdmission), skills::StageStatus::kNotRun);

  const auto inspected = inspect_package(services, file, ShowUnverified::kYes);
  ASSERT_THAT(inspected, IsOk());
  EXPECT_THAT(inspected->modules.front().facts, FailsWith(runtime::kWorkerMissing));

  const Execution inline_run =
      run_tool(services, InlineModule{.bytes = to_bytes("(module)"), .name = "x.wat", .export_name = {}},
               {.arguments = as_bytes("{}"), .limits = {}, .started = clock_.steady()});
  ASSERT_TRUE(inline_run.error.has_value());
  EXPECT_TRUE(inline_run.error->error.is(runtime::kWorkerMissing));
}

TEST_F(WorkerUseTest, AModuleThatTakesTooLongToReadIsRefusedForIt) {
  const std::string endless = dir_.file("endless");
  std::ofstream(endless) << "#!/bin/sh\nexec sleep 1000\n";
  fs::permissions(endless, fs::perms::owner_all);
  runtime::WorkerLimits limits;
  limits.admit.wall = std::chrono::milliseconds(50);
  const runtime::WorkerClient worker(endless, limits);
  constexpr std::array<std::uint8_t, 8> kEmpty{0, 'a', 's', 'm', 1, 0, 0, 0};
  EXPECT_THAT(WorkerInspector(worker).describe(kEmpty), FailsWith(skills::kAdmissionTooCostly));
}

TEST_F(WorkerUseTest, AModuleGivenForDevelopmentIsAdmittedLikeAnyOther) {
  const auto code_of = [this](std::string_view wat, std::optional<std::string> entry = {}) {
    const Execution execution =
        run_tool(services(), InlineModule{.bytes = to_bytes(wat), .name = "x.wat", .export_name = entry},
                 {.arguments = as_bytes("{}"), .limits = {}, .started = clock_.steady()});
    if (!execution.error) return std::string_view("none");
    EXPECT_EQ(execution.error->kind, Kind::kInvalidInput);
    return execution.error->error.code().id;
  };
  constexpr const char* kRun = R"((module (func (export "run") (result i32) i32.const 0) (func (export "other"))))";
  EXPECT_EQ(code_of(kRun), "none");
  EXPECT_EQ(code_of(kRun, "other"), "admission.export_type");
  EXPECT_EQ(code_of(kRun, "nothing"), "admission.no_export");
  EXPECT_EQ(code_of("(component)"), "admission.component");
  EXPECT_EQ(code_of("(module (memory 1 2 shared))"), "admission.feature_disabled");
  EXPECT_EQ(code_of("(module (table 1 funcref) (table 1 funcref) (table 1 funcref) (table 1 funcref)"
                    " (table 1 funcref))"),
            "admission.over_cap");
  EXPECT_EQ(code_of("(module (func (result i32)))"), "admission.invalid_module");
  EXPECT_EQ(code_of(R"((module (import "env" "abort" (func))))"), "admission.unknown_import");
  config_.ceilings.max_memory_bytes = 131'072;
  EXPECT_EQ(code_of("(module (memory 3))"), "admission.memory_quota");
  config_.limits.max_table_elements = 10;
  EXPECT_EQ(code_of("(module (table 11 funcref))"), "admission.table_limit");
}

}  // namespace
}  // namespace palyra::app
