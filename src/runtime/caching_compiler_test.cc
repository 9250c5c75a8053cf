// SPDX-License-Identifier: Apache-2.0
#include "guest_fixture.h"
#include "worker_fixture.h"

#include <palyra/runtime/caching_compiler.h>

#include <filesystem>

namespace palyra::runtime {
namespace {

using testing::FailsWith;
using testing::IsOk;

constexpr std::string_view kTool = R"((module
  (import "palyra:skill/call@1.0.0" "input-length" (func))
  (memory (export "memory") 1)
  (func (export "run") (result i32) (i32.const 42))))";

class CachingCompilerTest : public GuestTest {
 protected:
  CachingCompilerTest() : cache_(open_cache()), wasm_(parse_wat(kTool).value()) {}
  CodeCache open_cache() {
    return CodeCache::open({.directory = directory_.file("code"), .key = Secret(Bytes(32, 1))}).value();
  }
  const CodeCache& cache() { return cache_; }
  const Bytes& wasm() { return wasm_; }
  const WorkerClient& worker() { return worker_; }
  const WorkerClient& no_worker() { return no_worker_; }
  std::uint64_t files() { return cache_.facts(runtime().compatibility()).value().files; }
  void remove_files() { std::filesystem::remove_all(directory_.file("code")); }
  void damage_files() {
    for (const auto& entry : std::filesystem::directory_iterator(directory_.file("code"))) {
      EXPECT_THAT(write_file_atomic(entry.path().string(), Bytes(500, 1), 0600, Overwrite::kYes), IsOk());
    }
  }

 private:
  testing::TempDir directory_;
  CodeCache cache_;
  Bytes wasm_;
  WorkerClient worker_{real_worker(), ample_limits()};
  WorkerClient no_worker_{"/nowhere/palyra-worker"};
};

TEST_F(CachingCompilerTest, CodeOfTheWorkerRuns) {
  const Bytes plain = parse_wat(R"((module (func (export "run") (result i32) (i32.const 42))))").value();
  const auto compiled = CachingCompiler(runtime(), worker(), nullptr).compile(plain);
  ASSERT_THAT(compiled, IsOk());
  const auto linked = runtime().link(*compiled, {});
  ASSERT_THAT(linked, IsOk());
  EXPECT_EQ(returned(runtime().invoke({.module = **linked, .entry = "run", .limits = {.wall_clock_timeout = kAmple}})),
            42);
}

TEST_F(CachingCompilerTest, WhatIsInTheCacheNeedsNoWorker) {
  ASSERT_THAT(CachingCompiler(runtime(), worker(), &cache()).compile(wasm()), IsOk());
  EXPECT_EQ(files(), 1U);
  EXPECT_THAT(CachingCompiler(runtime(), no_worker(), &cache()).compile(wasm()), IsOk());
  EXPECT_THAT(CachingCompiler(runtime(), no_worker(), nullptr).compile(wasm()), FailsWith(kWorkerMissing));
}

TEST_F(CachingCompilerTest, ADamagedCacheCostsAWorkerAndIsReplaced) {
  ASSERT_THAT(CachingCompiler(runtime(), worker(), &cache()).compile(wasm()), IsOk());
  damage_files();
  EXPECT_THAT(CachingCompiler(runtime(), no_worker(), &cache()).compile(wasm()), FailsWith(kWorkerMissing));
  EXPECT_THAT(CachingCompiler(runtime(), worker(), &cache()).compile(wasm()), IsOk());
  EXPECT_THAT(CachingCompiler(runtime(), no_worker(), &cache()).compile(wasm()), IsOk());
}

// Authentic, and still not code: only a bug writes that, and it must not outlive its repair.
TEST_F(CachingCompilerTest, CodeThatTheEngineDoesNotTakeIsMadeAgain) {
  auto writer = SealedFile::Writer::make().value();
  ASSERT_THAT(writer.append(as_bytes("no code at all")), IsOk());
  ASSERT_THAT(cache().store(crypto::sha256(wasm()), runtime().compatibility(), std::move(writer).seal().value()),
              IsOk());
  EXPECT_THAT(CachingCompiler(runtime(), worker(), &cache()).compile(wasm()), IsOk());
  EXPECT_THAT(CachingCompiler(runtime(), no_worker(), &cache()).compile(wasm()), IsOk());
}

TEST_F(CachingCompilerTest, ACacheThatCannotBeWrittenFailsNoCompile) {
  remove_files();
  EXPECT_THAT(CachingCompiler(runtime(), worker(), &cache()).compile(wasm()), IsOk());
}

TEST_F(CachingCompilerTest, AModuleInUseIsSharedWithoutACache) {
  const CachingCompiler compiler(runtime(), worker(), nullptr);
  const auto first = compiler.compile(wasm());
  ASSERT_THAT(first, IsOk());
  const auto second = compiler.compile(wasm());
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(*first, *second);
}

TEST_F(CachingCompilerTest, RefusalsAreThoseOfTheParser) {
  const CachingCompiler compiler(runtime(), worker(), &cache());
  EXPECT_THAT(compiler.compile(as_bytes("no module")), FailsWith(kInvalidModule));
  EXPECT_THAT(compiler.compile(parse_wat("(module (func (result v128) (v128.const i64x2 0 0)))").value()),
              FailsWith(kFeatureDisabled));
  EXPECT_EQ(files(), 0U);
}

TEST_F(CachingCompilerTest, TheCallersDeadlineCovers) {
  const CachingCompiler compiler(runtime(), worker(), &cache());
  EXPECT_THAT(compiler.compile(wasm(), {.deadline = std::chrono::steady_clock::now()}), FailsWith(kCompileTimedOut));
}

TEST_F(CachingCompilerTest, ACompiledModuleSaysWhatItImportsAndExports) {
  const auto compiled = compile(kTool);
  ASSERT_THAT(compiled, IsOk());
  EXPECT_TRUE(imports_from(**compiled, "palyra:skill/call@1.0.0"));
  EXPECT_FALSE(imports_from(**compiled, "palyra:skill/call"));
  EXPECT_TRUE(exports_function(**compiled, "run"));
  EXPECT_FALSE(exports_function(**compiled, "memory"));
  EXPECT_FALSE(exports_function(**compiled, "absent"));
}

}  // namespace
}  // namespace palyra::runtime
