// SPDX-License-Identifier: Apache-2.0
// Golden examples of skills that send requests and use files.
#include "examples_fixture.h"

#include <fmt/ranges.h>
#include <gmock/gmock.h>

namespace palyra::app {
namespace {

using ::testing::HasSubstr;
using testing::IsOk;

constexpr std::string_view kRule =
    "[[capabilities.http]]\nhost = \"api.example.com\"\nredirects = 1\nmethods = [\"GET\", \"HEAD\"]\n"
    "max_response_bytes = 8\n";
constexpr std::string_view kKey =
    "[[capabilities.secrets]]\nscope = \"global\"\nkey_names = [\"key\"]\nuses = [\"http\"]\n";

// Asks for each path in turn and writes the bodies one behind the other; fails with "refused" where one is refused.
struct Asking {
  std::vector<std::string> paths;
  int method = 0;
  bool secret = false;

  [[nodiscard]] std::string wat() const {
    std::string data;
    std::string calls;
    int at = 256;
    for (const std::string& path : paths) {
      data += fmt::format("(data (i32.const {}) \"{}\")\n", at, path);
      calls += fmt::format("(if (call $ask (i32.const {}) (i32.const {})) (then (return (i32.const 1))))\n", at,
                           path.size());
      at += 64;
    }
    const std::string use =
        "(drop (call $use (local.get $r) (call $key (i32.const 64) (i32.const 10))))";  // "global/key"
    return R"((module
      (import "palyra:skill/http@1.0.0" "grant" (func $grant (param i32 i32) (result i32)))
      (import "palyra:skill/http@1.0.0" "open" (func $open (param i32 i32 i32 i32) (result i32)))
      (import "palyra:skill/http@1.0.0" "secret" (func $use (param i32 i32) (result i32)))
      (import "palyra:skill/http@1.0.0" "send" (func $send (param i32) (result i32)))
      (import "palyra:skill/http@1.0.0" "response-read" (func $read (param i32 i32 i32) (result i32)))
      (import "palyra:skill/secret@1.0.0" "grant" (func $key (param i32 i32) (result i32)))
      (import "palyra:skill/call@1.0.0" "output-write" (func $write (param i32 i32) (result i32)))
      (import "palyra:skill/call@1.0.0" "error-write" (func $error (param i32 i32) (result i32)))
      (memory (export "memory") 1)
      (data (i32.const 0) "https://api.example.com") (data (i32.const 64) "global/key") (data (i32.const 128) "refused")
      )" + data +
           R"((func $ask (param $path i32) (param $size i32) (result i32) (local $r i32)
        (local.set $r (call $open (call $grant (i32.const 0) (i32.const 23)) (i32.const )" +
           std::to_string(method) + R"() (local.get $path) (local.get $size))))" + (secret ? use : "") +
           R"((if (i32.lt_s (call $send (local.get $r)) (i32.const 200))
          (then (drop (call $error (i32.const 128) (i32.const 7))) (return (i32.const 1))))
        (call $write (i32.const 4096) (call $read (local.get $r) (i32.const 4096) (i32.const 4096))))
      (func (export "run") (result i32)
        )" +
           calls + "(i32.const 0)))";
  }
};

std::string reply(std::string_view url, std::string_view body, std::string_view more = "") {
  return fmt::format("{{ method = \"GET\", url = \"{}\", body = \"{}\"{} }}", url, body, more);
}

std::string recorded(const std::vector<std::string>& replies, std::string_view output) {
  return example("e", fmt::format("output = \"{}\"\nhttp = [{}]", output, fmt::join(replies, ", ")));
}

class RecordedExamplesTest : public ExamplesTest {
 protected:
  [[nodiscard]] ExampleResult result_of(const Asking& asking, const std::string& examples,
                                        std::string_view rest = kRule) const {
    return result({.wat = asking.wat(), .examples = examples, .rest = std::string(rest)});
  }
};

TEST_F(RecordedExamplesTest, ARequestGetsTheReplyThatWasRecordedForIt) {
  const std::string replies =
      recorded({reply("https://api.example.com/b", "two"), reply("https://api.example.com/a?x=1", "one")}, "onetwo");
  const ExampleResult result = result_of({.paths = {"/a?x=1", "/b"}}, replies);
  EXPECT_EQ(to_text(result.status), "pass") << result.reason << " " << result.got;
}

TEST_F(RecordedExamplesTest, RepliesToTheSameRequestComeInTheirOrderAndEachOnce) {
  const std::vector<std::string> twice{reply("https://api.example.com/", "one"),
                                       reply("https://API.example.com:443", "two")};
  EXPECT_EQ(to_text(result_of({.paths = {"/", "/"}}, recorded(twice, "onetwo")).status), "pass");
  const ExampleResult thrice = result_of({.paths = {"/", "/", "/"}}, recorded(twice, "onetwo"));
  EXPECT_EQ(to_text(thrice.status), "fail");
  EXPECT_EQ(thrice.expected, "no further request");
}

// Also where the tool would make the best of it.
TEST_F(RecordedExamplesTest, WhatWasNotRecordedIsRefusedAndIsAFailure) {
  const std::string keys = "error = \"refused\"\nhttp = [" + reply("https://api.example.com/a", "one") + "]";
  const ExampleResult result = result_of({.paths = {"/b"}}, example("e", keys));
  EXPECT_EQ(to_text(result.status), "fail");
  EXPECT_THAT(result.reason, HasSubstr("no recorded reply"));
  EXPECT_EQ(result.expected, "GET https://api.example.com/a");
  EXPECT_EQ(result.got, "GET https://api.example.com/b");
  EXPECT_EQ(result_of({.paths = {"/a"}, .method = 1}, example("e", keys)).got, "HEAD https://api.example.com/a");
}

TEST_F(RecordedExamplesTest, TheRuleDecidesAsWithAServer) {
  const ExampleResult large =
      result_of({.paths = {"/"}}, recorded({reply("https://api.example.com/", "nine bytes")}, "nine bytes"));
  EXPECT_EQ(large.got, "the failure: refused");
  const ExampleResult elsewhere =
      result_of({.paths = {"/"}}, recorded({reply("https://api.example.com/", "one")}, "one"),
                "[[capabilities.http]]\nhost = \"other.example.com\"\n");
  EXPECT_EQ(to_text(elsewhere.status), "not_run");
  const std::vector<std::string> moved{
      reply("https://api.example.com/", "", ", status = 302, headers = { location = \"/new\" }"),
      reply("https://api.example.com/new", "there")};
  EXPECT_EQ(to_text(result_of({.paths = {"/"}}, recorded(moved, "there")).status), "pass");
}

TEST_F(RecordedExamplesTest, AReplyToHeadHasNoBody) {
  const std::string keys =
      "output = \"\"\nhttp = [{ method = \"HEAD\", url = \"https://api.example.com/\", body = \"one\" }]";
  EXPECT_EQ(to_text(result_of({.paths = {"/"}, .method = 1}, example("e", keys)).status), "pass");
}

TEST_F(RecordedExamplesTest, ASecretIsStoodInForWhereverItIsPlaced) {
  const std::string replies = recorded({reply("https://api.example.com/a?b=1", "one")}, "one");
  for (const std::string placement : {"bearer", "basic", "header:X-Key", "query:key"}) {
    const std::string rest = std::string(kRule) + "secret = \"global/key\"\nsecret_placement = \"" + placement + "\"\n";
    const ExampleResult result = result_of({.paths = {"/a?b=1"}, .secret = true}, replies, rest + std::string(kKey));
    EXPECT_EQ(to_text(result.status), "pass") << placement << ": " << result.got;
  }
}

TEST_F(RecordedExamplesTest, WithoutRecordedRepliesThereIsNoHttp) {
  const ExampleResult result = result_of({.paths = {"/"}}, example("e"));
  EXPECT_EQ(result.cause, NotRunCause::kNeedsMore);
  EXPECT_THAT(result.reason, HasSubstr("https://api.example.com"));
}

// Makes a file, which there must be none of.
constexpr const char* kFiles = R"((module
  (import "palyra:skill/call@1.0.0" "cancelled" (func (result i32)))
  (import "palyra:skill/files@1.0.0" "root" (func $root (param i32 i32) (result i32)))
  (import "palyra:skill/files@1.0.0" "open" (func $open (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1) (data (i32.const 0) "data") (data (i32.const 16) "new")
  (func (export "run") (result i32)
    (i32.lt_s (call $open (call $root (i32.const 0) (i32.const 4)) (i32.const 16) (i32.const 3) (i32.const 38))
              (i32.const 0)))))";

TEST_F(RecordedExamplesTest, RootsAreEmptyForEachAndEndWithIt) {
  const Golden golden{.wat = kFiles,
                      .examples = example("one") + example("two"),
                      .rest = "[capabilities.filesystem]\nwrite_roots = [\"data\"]\n"};
  for (const ExampleResult& each : report(golden).results) EXPECT_EQ(to_text(each.status), "pass") << each.got;
}

TEST_F(RecordedExamplesTest, ARootIsWhereADeveloperSaysItIs) {
  const std::string directory = dir_.file("mine");
  std::filesystem::create_directories(directory);
  const Golden golden{.wat = kFiles,
                      .examples = example("one") + example("two"),
                      .rest = "[capabilities.filesystem]\nwrite_roots = [\"data\"]\n"};
  const skills::Package built = package(golden);
  const auto grants = grant_for_development(services_, built.verification.manifest->capabilities,
                                            {.map_root = {"data=" + directory}, .allow_address = {}});
  ASSERT_THAT(grants, IsOk());
  const auto all = run_examples(services_, built.verification, kExamplesTime, &*grants);
  ASSERT_THAT(all, IsOk());
  EXPECT_EQ(to_text(all->results.at(0).status), "pass");
  EXPECT_EQ(to_text(all->results.at(1).status), "fail");  // it is there now
  EXPECT_TRUE(std::filesystem::exists(directory + "/new"));
}

TEST_F(RecordedExamplesTest, PlacesOfADevelopmentAreJudgedAsThoseOfAPromotion) {
  const auto refused = [&](const DevelopmentPlaces& places) {
    const auto asked = capability::CapabilityGrantSet::create({capability::FilesystemRoot{.name = "data"}});
    return grant_for_development(services_, *asked, places);
  };
  using testing::FailsWith;
  EXPECT_THAT(refused({.map_root = {"other=" + dir_.path()}, .allow_address = {}}), FailsWith(kPromoteRoot));
  EXPECT_THAT(refused({.map_root = {"data=" + dir_.path()}, .allow_address = {}}), FailsWith(kPromoteRoot));
  EXPECT_THAT(refused({.map_root = {"data=/"}, .allow_address = {}}), FailsWith(kPromoteRoot));
  EXPECT_THAT(refused({.map_root = {}, .allow_address = {"api.example.com=127.0.0.1"}}), FailsWith(kPromoteAddress));
}

}  // namespace
}  // namespace palyra::app
