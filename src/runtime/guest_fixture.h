// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the runtime's own tests share: one engine, and guests written in the text format.

#include <palyra/base/testing.h>
#include <palyra/runtime/runtime.h>

#include <memory>
#include <span>
#include <string_view>
#include <utility>

namespace palyra::runtime {

// A run for which a wall-clock limit is no part of the test.
inline constexpr std::chrono::milliseconds kAmple = std::chrono::minutes(5);
inline constexpr std::uint64_t kUnlimitedFuel = std::uint64_t{1} << 62;

// Within a test class, Run is a member of GoogleTest's.
using RunResult = Result<Run>;

class GuestTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto made = WasmRuntime::create();
    ASSERT_THAT(made, testing::IsOk());
    shared() = *std::move(made);
  }
  static void TearDownTestSuite() { shared().reset(); }
  static const WasmRuntime& runtime() { return *shared(); }

  static Result<std::shared_ptr<const CompiledModule>> compile(std::string_view wat) {
    const Bytes wasm = PALYRA_TRY(parse_wat(wat));
    return InProcessCompiler(runtime(), CompileInThisProcess{}).compile(wasm);
  }
  static Result<std::shared_ptr<const LinkedModule>> link(std::string_view wat,
                                                          std::span<const HostFunction> functions = {}) {
    return runtime().link(PALYRA_TRY(compile(wat)), functions);
  }
  static RunResult run(std::string_view wat, const RunLimits& limits = {.wall_clock_timeout = kAmple},
                       std::string_view entry = "run", EntryKind kind = EntryKind::kCore) {
    const auto module = PALYRA_TRY(link(wat));
    return runtime().invoke({.module = *module, .entry = entry, .kind = kind, .limits = limits});
  }

 private:
  static std::unique_ptr<WasmRuntime>& shared() {
    static std::unique_ptr<WasmRuntime> runtime;
    return runtime;
  }
};

// The outcome of a run, and that it is a T.
template <class T>
T outcome_as(const RunResult& run) {
  EXPECT_THAT(run, testing::IsOk());
  if (!run) return {};
  const T* outcome = std::get_if<T>(&run->outcome);
  EXPECT_NE(outcome, nullptr) << "the outcome is alternative " << run->outcome.index();
  return outcome == nullptr ? T{} : *outcome;
}

inline std::int32_t returned(const RunResult& run) { return outcome_as<Returned>(run).value; }

}  // namespace palyra::runtime
