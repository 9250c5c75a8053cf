// SPDX-License-Identifier: Apache-2.0
#include "example_judgement.h"

#include <palyra/base/check.h>
#include <palyra/base/json.h>
#include <palyra/base/utf8.h>
#include <palyra/schema/json_schema.h>

#include <fmt/ranges.h>

namespace palyra::app {
namespace {

constexpr std::size_t kMaxShownBytes = 512;  // of what was expected, and of what came

std::string shown(std::string_view text) { return printable(text, kMaxShownBytes); }

// What the guest itself said, as it said it; words for it when it said nothing.
std::string_view failure_text(const Execution& execution) {
  return execution.failure_message.empty() ? execution.error->error.message() : execution.failure_message;
}

bool is_tool_failure(const Execution& execution) {
  return execution.error && execution.error->kind == WasmPluginRunErrorKind::kToolFailed;
}

bool fails_as_expected(const skills::ToolExample& example, const Execution& execution) {
  return is_tool_failure(execution) && failure_text(execution) == *example.error;
}

// By value. A text is what a JSON string says; any other text is read as JSON.
bool answers_as_expected(const skills::ToolExample& example, const ToolOutput& output) {
  const auto expected = parse_json(as_bytes(*example.output),
                                   {.max_bytes = example.output->size(), .max_depth = schema::kMaxDocumentDepth});
  PALYRA_CHECK(expected.has_value());  // the manifest's parser wrote it
  if (output.form == OutputForm::kText && expected->as_string() != nullptr) {
    return *expected->as_string() == as_text(output.bytes);
  }
  const auto got = parse_json(output.bytes, {.max_bytes = output.bytes.size(), .max_depth = schema::kMaxDocumentDepth});
  return got && *got == *expected;
}

bool passes(const skills::ToolExample& example, const Execution& execution) {
  if (example.error) return fails_as_expected(example, execution);
  if (execution.error) return false;
  return !example.output || answers_as_expected(example, execution.output);
}

std::string describe_expected(const skills::ToolExample& example) {
  if (example.error) return "the failure: " + shown(*example.error);
  return example.output ? shown(*example.output) : "success";
}

std::string describe_got(const Execution& execution) {
  if (is_tool_failure(execution)) return fmt::format("the failure: {}", shown(failure_text(execution)));
  if (execution.error) {
    return fmt::format("{}: {}", to_text(execution.error->kind), shown(execution.error->error.message()));
  }
  if (execution.output.form == OutputForm::kBytes) {
    return fmt::format("{} bytes that are no text", execution.output.bytes.size());
  }
  return shown(as_text(execution.output.bytes));
}

std::string describe_failure(const skills::ToolExample& example, const Execution& execution) {
  if (!example.error) return execution.error ? "the call failed" : "the output is another";
  if (!execution.error) return "the call succeeded, and should have failed";
  return is_tool_failure(execution) ? "the tool failed with other words" : "the tool failed in another way";
}

}  // namespace

ExampleResult judge_example(const skills::ToolExample& example, const Execution& execution) {
  ExampleResult result;
  if (passes(example, execution)) return result;
  result.status = ExampleStatus::kFail;
  result.reason = describe_failure(example, execution);
  result.expected = describe_expected(example);
  result.got = describe_got(execution);
  return result;
}

ExampleResult unrecorded_request(const std::string& missed, const std::vector<std::string>& unused) {
  ExampleResult result;
  result.status = ExampleStatus::kFail;
  result.reason = "it sent a request that it has no recorded reply for";
  result.expected = unused.empty() ? "no further request" : shown(fmt::format("{}", fmt::join(unused, " or ")));
  result.got = shown(missed);
  return result;
}

}  // namespace palyra::app
