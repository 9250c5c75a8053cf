// SPDX-License-Identifier: Apache-2.0
#include "examples_fixture.h"

#include <gmock/gmock.h>

namespace palyra::app {
namespace {

using ::testing::StartsWith;

class ExampleJudgementTest : public ExamplesTest {};

TEST_F(ExampleJudgementTest, ComparesOutputsAsJsonByValue) {
  const auto echo = [&](std::string_view input, std::string_view output) {
    return status({.examples = example("e", fmt::format("input = {}\noutput = {}", input, output))});
  };
  EXPECT_EQ(echo("{ a = 1, b = [2.0] }", "{ b = [2], a = 1.0 }"), "pass");
  EXPECT_EQ(echo("{ a = 1 }", "{ a = 2 }"), "fail");
  EXPECT_EQ(echo("{ a = 1 }", "{ a = 1, b = 1 }"), "fail");
  EXPECT_EQ(echo("{ a = 1 }", "{ a = \"1\" }"), "fail");
  EXPECT_EQ(echo("{ a = [1, 2] }", "{ a = [2, 1] }"), "fail");
  EXPECT_EQ(echo("{ a = 9007199254740993 }", "{ a = 9007199254740993 }"), "pass");
  EXPECT_EQ(echo("{ a = 9007199254740993 }", "{ a = 9007199254740992 }"), "fail");
  EXPECT_EQ(echo("{ a = 9007199254740993 }", "{ a = 9007199254740992.0 }"), "fail");
}

TEST_F(ExampleJudgementTest, ComparesWithAnAssetThatTheManifestNames) {
  const std::string named = example("e", "input = { a = 1 }\noutput = \"assets/out.json\"");
  EXPECT_EQ(status({.examples = named, .asset = "{\"a\": 1.0}\n"}), "pass");
  EXPECT_EQ(status({.examples = named, .asset = "{\"a\": 2}\n"}), "fail");
}

TEST_F(ExampleJudgementTest, ComparesAnOutputWithoutSchemaWithATextByteForByte) {
  EXPECT_EQ(status({.wat = answering("good day"), .examples = example("e", "output = \"good day\"")}), "pass");
  EXPECT_EQ(status({.wat = answering("good day"), .examples = example("e", "output = \"Good day\"")}), "fail");
  // What is no string is JSON, also when the tool does not promise any.
  EXPECT_EQ(status({.wat = answering("[1, 2]"), .examples = example("e", "output = [1, 2]")}), "pass");
  EXPECT_EQ(status({.wat = answering("[1, 2"), .examples = example("e", "output = [1, 2]")}), "fail");
  const ExampleResult bytes =
      result({.wat = guest_that_says("output-write", "\\ff\\00", 0, 2), .examples = example("e", "output = \"x\"")});
  EXPECT_EQ(bytes.got, "2 bytes that are no text");
}

TEST_F(ExampleJudgementTest, ComparesAJsonOutputOfASchemaAsJson) {
  const std::string schema = "output_schema = { type = \"object\" }";
  EXPECT_EQ(status({.examples = example("e", "input = { a = 1 }\noutput = { a = 1 }"), .tool = schema}), "pass");
  EXPECT_EQ(status({.examples = example("e", "input = { a = 1 }\noutput = \"{\\\"a\\\":1}\""), .tool = schema}),
            "fail");
  EXPECT_THAT(result({.wat = answering("7"), .examples = example("e"), .tool = schema}).got,
              StartsWith("OutputInvalid"));
}

TEST_F(ExampleJudgementTest, WithoutOutputAndErrorTheCallMustSucceed) {
  EXPECT_EQ(status({.examples = example("e")}), "pass");
  const ExampleResult failed = result({.wat = failing("no such city"), .examples = example("e")});
  EXPECT_EQ(failed.status, ExampleStatus::kFail);
  EXPECT_EQ(failed.expected, "success");
  EXPECT_EQ(failed.got, "the failure: no such city");
  EXPECT_EQ(status({.wat = "(module (func (export \"run\") (result i32) unreachable))", .examples = example("e")}),
            "fail");
}

TEST_F(ExampleJudgementTest, ComparesTheToolsOwnWordsExactly) {
  const std::string wanted = example("e", "error = \"no such city\"");
  EXPECT_EQ(status({.wat = failing("no such city"), .examples = wanted}), "pass");
  EXPECT_EQ(status({.wat = failing("no such city."), .examples = wanted}), "fail");
  EXPECT_EQ(status({.wat = answering("no such city"), .examples = wanted}), "fail");
  // Not what a terminal would be shown of it.
  EXPECT_EQ(
      status({.wat = guest_that_says("error-write", "a\\07", 1, 2), .examples = example("e", "error = \"a\\u0007\"")}),
      "pass");
  EXPECT_EQ(
      status({.wat = guest_that_says("error-write", "a\\07", 1, 2), .examples = example("e", "error = \"a\\\\u{7}\"")}),
      "fail");
  EXPECT_EQ(status({.wat = guest_that_says("output-write", "x", 3, 1),
                    .examples = example("e", "error = \"tool returned 3\"")}),
            "pass");
}

TEST_F(ExampleJudgementTest, ATrapIsNoFailureOfTheToolWhateverItWroteBefore) {
  const ExampleResult trapped = result({.wat = R"((module
    (import "palyra:skill/call@1.0.0" "error-write" (func $say (param i32 i32) (result i32)))
    (memory (export "memory") 1) (data (i32.const 0) "no")
    (func (export "run") (result i32) (drop (call $say (i32.const 0) (i32.const 2))) unreachable)))",
                                        .examples = example("e", "error = \"no\"")});
  EXPECT_EQ(trapped.status, ExampleStatus::kFail);
  EXPECT_THAT(trapped.got, StartsWith("RuntimeFailure: the guest trapped"));
}

TEST_F(ExampleJudgementTest, ArgumentsThatDoNotFitTheSchemaFail) {
  EXPECT_THAT(result({.examples = example("e", "input = { s = 1 }")}).got, StartsWith("InvalidInput"));
}

}  // namespace
}  // namespace palyra::app
