// SPDX-License-Identifier: Apache-2.0
#include "examples_fixture.h"

#include <palyra/app/verify_package.h>
#include <palyra/base/hex.h>

#include <gmock/gmock.h>

namespace palyra::app {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;
using ::testing::StartsWith;

// Writes all that it can learn of the world as hexadecimal digits: two clocks, the time left, 40 random bytes in two
// pieces, the run id.
constexpr const char* kWorld = R"((module
  (import "palyra:skill/call@1.0.0" "output-write" (func $write (param i32 i32) (result i32)))
  (import "palyra:skill/call@1.0.0" "deadline-ms" (func $left (result i64)))
  (import "palyra:skill/call@1.0.0" "run-id" (func $run (param i32 i32) (result i32)))
  (import "palyra:skill/clock@1.0.0" "wall-ms" (func $wall (result i64)))
  (import "palyra:skill/clock@1.0.0" "monotonic-ms" (func $monotonic (result i64)))
  (import "palyra:skill/random@1.0.0" "fill" (func $random (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "0123456789abcdef")
  (func $digit (param $to i32) (param $value i32)
    (i32.store8 (local.get $to) (i32.load8_u (i32.and (local.get $value) (i32.const 15)))))
  (func (export "run") (result i32) (local $i i32)
    (i64.store (i32.const 64) (call $wall))
    (i64.store (i32.const 72) (call $monotonic))
    (i64.store (i32.const 80) (call $left))
    (drop (call $random (i32.const 88) (i32.const 7)))
    (drop (call $random (i32.const 95) (i32.const 33)))
    (drop (call $run (i32.const 128) (i32.const 32)))
    (loop $each
      (call $digit (i32.add (i32.const 256) (i32.shl (local.get $i) (i32.const 1)))
                   (i32.shr_u (i32.load8_u offset=64 (local.get $i)) (i32.const 4)))
      (call $digit (i32.add (i32.const 257) (i32.shl (local.get $i) (i32.const 1)))
                   (i32.load8_u offset=64 (local.get $i)))
      (br_if $each (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 96))))
    (call $write (i32.const 256) (i32.const 192)))))";

constexpr const char* kSpin = R"((module (import "palyra:skill/call@1.0.0" "cancelled" (func (result i32)))
  (func (export "run") (result i32) (loop $for_ever (br $for_ever)) (i32.const 0))))";

// Uses an asset that it never opened.
constexpr const char* kGreedy = R"((module
  (import "palyra:skill/assets@1.0.0" "size" (func $size (param i32) (result i64)))
  (import "palyra:skill/call@1.0.0" "cancelled" (func (result i32)))
  (func (export "run") (result i32) (drop (call $size (i32.const 100000))) (i32.const 0))))";

class RunExamplesTest : public ExamplesTest {};

TEST_F(RunExamplesTest, TheWorldIsTheSameInEveryRun) {
  const Golden world{.wat = kWorld, .examples = example("one", "output = 1") + example("two", "output = 1")};
  const skills::Package built = package(world);
  const auto first = run_examples(services_, built.verification);
  const auto second = run_examples(services_, built.verification);
  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(first->results, second->results);
  ASSERT_EQ(first->results.size(), 2U);
  EXPECT_EQ(first->results[0].got, first->results[1].got);

  const auto seen = parse_hex(first->results[0].got);
  ASSERT_TRUE(seen && seen->size() == 96);
  const auto number = [&](std::size_t at) {
    std::uint64_t value = 0;
    for (std::size_t i = 8; i-- > 0;) value = value << 8U | (*seen)[at + i];
    return value;
  };
  EXPECT_EQ(number(0), std::uint64_t{kCreated} * 1000);
  EXPECT_EQ(number(8), 1'000U);
  EXPECT_EQ(number(16), 30'000U);
  const auto block = [&](std::uint8_t index) {
    Bytes input = to_bytes(std::string_view("palyra/example-random/1\0", 24));
    const auto& root = built.verification.artifact->content_root().bytes;
    input.insert(input.end(), root.begin(), root.end());
    input.insert(input.end(), {0, 0, 0, 0, 0, 0, 0, index});
    return crypto::to_hex(crypto::sha256(input));
  };
  EXPECT_EQ(first->results[0].got.substr(48, 80), (block(0) + block(1)).substr(0, 80));
  EXPECT_EQ(as_text(BytesView(*seen).last(32)), std::string(32, '0'));
}

TEST_F(RunExamplesTest, OtherContentHasOtherRandomBytes) {
  const auto random_of = [&](const std::string& name) {
    return result({.wat = kWorld, .examples = example(name, "output = 1")}).got.substr(48, 80);
  };
  EXPECT_NE(random_of("one"), random_of("other"));
}

TEST_F(RunExamplesTest, WhatDoesNotFitIntoTheTimeForAllHasNotRunAndStopsTheSkill) {
  const Golden slow{.wat = kSpin,
                    .examples = example("one") + example("two"),
                    .rest = "[capabilities.quotas]\nfuel_budget = 100000000000\n"};
  const ExampleReport cut = report(slow, std::chrono::milliseconds(50));
  ASSERT_EQ(cut.results.size(), 2U);
  for (const ExampleResult& each : cut.results) {
    EXPECT_EQ(each.status, ExampleStatus::kNotRun);
    EXPECT_EQ(each.cause, NotRunCause::kOutOfTime);
  }
  EXPECT_EQ(cut.status(), ExampleStatus::kNotRun);
  EXPECT_THAT(check_examples(cut), FailsWith(kExampleFailed));
  EXPECT_EQ(report({.examples = example("one")}, std::chrono::milliseconds(0)).results[0].cause,
            NotRunCause::kOutOfTime);
}

TEST_F(RunExamplesTest, TheLimitsAreThoseOfTheManifest) {
  const ExampleResult late = result({.wat = kSpin,
                                     .examples = example("e"),
                                     .rest = "[capabilities.quotas]\nfuel_budget = 100000000000\n"
                                             "wall_clock_timeout_ms = 20\n"});
  EXPECT_THAT(late.got, StartsWith("TimedOut"));
  EXPECT_EQ(late.status, ExampleStatus::kFail);
  const ExampleResult hungry =
      result({.wat = kSpin, .examples = example("e"), .rest = "[capabilities.quotas]\nfuel_budget = 1000\n"});
  EXPECT_THAT(hungry.got, HasSubstr("fuel limit of 1000"));
}

TEST_F(RunExamplesTest, WhatNeedsMoreThanExamplesAreGivenHasNotRunAndStopsNothing) {
  const std::pair<Golden, std::string> cases[] = {
      {{.examples = example("e"), .rest = "[config.properties.unit]\ntype = \"string\"\nrequired = true\n"},
       "setting 'unit'"},
      {{.examples = example("e"), .rest = "[compat]\nrequired_protocol_major = 1\nmin_palyra_version = \"999.0.0\"\n"},
       "999.0.0"},
      {{.wat = kGreedy,
        .examples = example("e"),
        .rest = "[[capabilities.channels]]\nname = \"alerts\"\ndirection = \"send\"\n"},
       "recorded replies alone"},
      {{.wat = kGreedy, .examples = example("e"), .rest = "[[capabilities.http]]\nhost = \"api.example.com\"\n"},
       "recorded replies alone"}};
  for (const auto& [golden, reason] : cases) {
    const ExampleReport all = report(golden);
    ASSERT_EQ(all.results.size(), 1U) << reason;
    EXPECT_EQ(all.results[0].status, ExampleStatus::kNotRun) << reason;
    EXPECT_EQ(all.results[0].cause, NotRunCause::kNeedsMore) << reason;
    EXPECT_THAT(all.results[0].reason, HasSubstr(reason));
    EXPECT_EQ(all.status(), ExampleStatus::kNotRun) << reason;
    EXPECT_THAT(check_examples(all), IsOk()) << reason;
  }
  // A skill that asks for nothing has no such excuse.
  EXPECT_EQ(status({.wat = kGreedy, .examples = example("e")}), "fail");
}

// Each keeps its value as the first that there ever was.
TEST_F(RunExamplesTest, HaveStorageThatIsEmptyForEach) {
  const ExampleReport both = report({.wat = R"((module
    (import "palyra:skill/storage@1.0.0" "grant" (func $grant (param i32 i32) (result i32)))
    (import "palyra:skill/storage@1.0.0" "put" (func $put (param i32 i32 i32 i32 i32 i64) (result i64)))
    (import "palyra:skill/storage@1.0.0" "get" (func $get (param i32 i32 i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1) (data (i32.const 0) "cache/")
    (func (export "run") (result i32) (local $h i32)
      (local.set $h (call $grant (i32.const 0) (i32.const 6)))
      (if (i64.ne (i64.const 1) (call $put (local.get $h) (i32.const 0) (i32.const 5) (i32.const 0) (i32.const 6)
                                      (i64.const 0)))
        (then (return (i32.const 1))))
      (i32.sub (i32.const 6)
        (call $get (local.get $h) (i32.const 0) (i32.const 5) (i32.const 64) (i32.const 64) (i32.const 0))))))",
                                     .examples = example("one") + example("two"),
                                     .rest = "[[capabilities.storage]]\nprefix = \"cache/\"\n"});
  ASSERT_EQ(both.results.size(), 2U);
  for (const ExampleResult& each : both.results) EXPECT_EQ(to_text(each.status), "pass") << each.name;
}

TEST_F(RunExamplesTest, HaveNoGrantsWhateverTheManifestAsks) {
  EXPECT_EQ(status({.wat = R"((module
    (import "palyra:plugins/host-capabilities@0.1.0" "channel-count" (func $count (result i32)))
    (func (export "run") (result i32) (call $count))))",
                    .examples = example("e", "output = { exit_code = 0 }"),
                    .rest = "[[capabilities.channels]]\nname = \"alerts\"\ndirection = \"send\"\n"}),
            "pass");
}

TEST_F(RunExamplesTest, HaveTheDefaultsOfTheSettings) {
  EXPECT_EQ(status({.wat = R"((module
    (import "palyra:skill/call@1.0.0" "config" (func $config (param i32 i32 i32 i32) (result i32)))
    (import "palyra:skill/call@1.0.0" "output-write" (func $write (param i32 i32) (result i32)))
    (memory (export "memory") 1) (data (i32.const 0) "unit")
    (func (export "run") (result i32)
      (call $write (i32.const 8) (call $config (i32.const 0) (i32.const 4) (i32.const 8) (i32.const 64))))))",
                    .examples = example("e", "output = \"\\\"km\\\"\""),
                    .rest = "[config.properties.unit]\ntype = \"string\"\ndefault = \"km\"\n"}),
            "pass");
}

TEST_F(RunExamplesTest, NobodyIsAskedForApproval) {
  EXPECT_EQ(status({.examples = example("e"), .tool = "risk = { requires_approval = true }"}), "pass");
}

TEST_F(RunExamplesTest, AProgramForWasiHasExamplesToo) {
  // Copies its standard input to its standard output.
  EXPECT_EQ(status({.wat = R"((module
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1) (data (i32.const 0) "\10\00\00\00\40\00\00\00")
    (func (export "_start")
      (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 4)))
      (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))))",
                    .examples = example("e", "input = { s = \"hello\" }\noutput = \"hello\""),
                    .tool = "abi = \"wasi\"\nwasi = { stdin = \"{s}\" }"}),
            "pass");
}

TEST_F(RunExamplesTest, NoExamplesAreNoPass) {
  const ExampleReport none = report({.examples = ""});
  EXPECT_THAT(none.results, IsEmpty());
  EXPECT_EQ(none.status(), ExampleStatus::kNotRun);
  EXPECT_THAT(check_examples(none), IsOk());
}

TEST_F(RunExamplesTest, TheErrorSaysWhatWasExpectedAndWhatCame) {
  const ExampleReport all = report({.examples = example("good") + wrong_.examples});
  EXPECT_EQ(all.status(), ExampleStatus::kFail);
  const auto checked = check_examples(all);
  ASSERT_THAT(checked, FailsWith(kExampleFailed));
  EXPECT_EQ(checked.error().message(), "1 of 2 golden examples does not pass");
  EXPECT_THAT(checked.error().context(),
              ElementsAre("example 'wrong' of acme.demo.echo: the output is another; expected {\"s\":\"b\"}, got "
                          "{\"s\":\"a\"}"));
}

TEST_F(RunExamplesTest, AFailingExampleStopsTheBuildAndNothingIsWritten) {
  const std::string directory = dir_.file("skill");
  std::filesystem::create_directories(directory + "/modules");
  write(directory + "/modules/demo.wat", kEcho);
  write(directory + "/skill.toml", manifest_of(wrong_));
  const crypto::SigningKey key = signing_key();
  BuildPackageRequest request;
  request.directory = directory;
  request.signing_key = &key;
  request.output = dir_.file("out.palyra-skill");
  EXPECT_THAT(build_package(services_, request), FailsWith(kExampleFailed));
  EXPECT_FALSE(std::filesystem::exists(request.output));

  write(directory + "/skill.toml", manifest_of({.examples = example("good")}));
  const auto built = build_package(services_, request);
  ASSERT_THAT(built, IsOk());
  EXPECT_EQ(built->examples.status(), ExampleStatus::kPass);
  EXPECT_TRUE(std::filesystem::exists(request.output));
}

TEST_F(RunExamplesTest, AFailingExampleStopsThePromotionAndInstallingRunsNone) {
  trust();
  ASSERT_THAT(install(file(wrong_)), IsOk());
  EXPECT_FALSE(ran_examples());
  const auto plan = plan_promotion(services_, {.selector = "acme.demo", .only = {}, .deny = {}});
  ASSERT_THAT(plan, IsOk());
  EXPECT_EQ(plan->examples.status(), ExampleStatus::kFail);
  EXPECT_THAT(promote_skill(services_, *plan, {.form = ConsentForm::kTyped, .pin_fingerprint = {}}),
              FailsWith(kExampleFailed));
  EXPECT_EQ(call("{}").error->error.code().id, "run.disabled");
  EXPECT_THAT(activities_.seen, Contains("running the examples of acme.demo"));
}

TEST_F(RunExamplesTest, VerificationRunsThemOnlyWhenAskedAndAlsoOfAFirstUse) {
  const std::string path = file(wrong_);
  const auto plain = verify_package(services_, {.path = path, .trust = {}});
  ASSERT_THAT(plain, IsOk());
  EXPECT_FALSE(plain->examples);
  EXPECT_FALSE(ran_examples());
  const auto asked = verify_package(services_, {.path = path, .trust = {}, .examples = Examples::kRun});
  ASSERT_THAT(asked, IsOk());
  EXPECT_FALSE(asked->verification.skill);  // nobody knows the publisher
  ASSERT_TRUE(asked->examples);
  EXPECT_EQ(asked->examples->status(), ExampleStatus::kFail);
}

TEST_F(RunExamplesTest, VerificationRunsNothingOfAFileThatFails) {
  const std::string path = file(wrong_);
  const TrustArguments others{.publishers = {{"acme", signing_key(9).public_key()}}, .trust_store = {}};
  const auto package = verify_package(services_, {.path = path, .trust = others, .examples = Examples::kRun});
  ASSERT_THAT(package, IsOk());
  EXPECT_TRUE(package->verification.error);
  EXPECT_FALSE(package->examples);
  EXPECT_FALSE(ran_examples());
}

}  // namespace
}  // namespace palyra::app
