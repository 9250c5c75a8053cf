// SPDX-License-Identifier: Apache-2.0
#pragma once
// The golden calls of a skill, run in the sandbox: by `package build`, `package verify --run-examples` and promotion,
// and by nothing else.
//
// An example gets no power and nothing that differs from one run to the next: storage and directories that are empty
// and end with it, the replies that were recorded for it and no others, a value that stands in for the secrets of those
// requests, no other grants, the defaults of the skill's settings, a clock that stands still at the statement's
// `created`, random bytes made from the content root, a run id of zeros. Its limits are those of an ordinary call.
// Nobody is asked for approval. Source: docs/formats/skill-manifest.md, `examples`.

#include <palyra/app/development_skill.h>
#include <palyra/app/services.h>
#include <palyra/skills/verify.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace palyra::app {

// An example did not do what its manifest says, or did not run for want of time.
inline constexpr ErrorCode kExampleFailed{ErrorKind::kToolFailed, "package.example_failed"};

// Wall time for all examples of a skill. Compiling its modules is done before and does not count.
inline constexpr std::chrono::seconds kExamplesTime{60};

enum class ExampleStatus : std::uint8_t { kPass, kFail, kNotRun };
std::string_view to_text(ExampleStatus status);  // "pass", "fail", "not_run"

enum class NotRunCause : std::uint8_t {
  // More than examples are given: a request without recorded replies, a secret, a channel, a setting, another Palyra.
  // Shown, and no reason to refuse the skill.
  kNeedsMore,
  // The time for all of them was over before it ended. As good as a failure: the format promises that they fit.
  kOutOfTime,
};

struct ExampleResult {
  std::string tool_id;
  std::string name;
  ExampleStatus status = ExampleStatus::kPass;
  std::optional<NotRunCause> cause;  // with kNotRun
  std::string reason;                // why it is no pass; printable
  // Of a failure, printable and cut: JSON, "success", or how the call failed.
  std::string expected;
  std::string got;

  friend bool operator==(const ExampleResult&, const ExampleResult&) = default;
};

struct ExampleReport {
  std::vector<ExampleResult> results;  // in the order of the manifest

  // kFail when one failed; else kNotRun when one did not run, or there are none; else kPass.
  [[nodiscard]] ExampleStatus status() const;
};

// Runs them all, whatever becomes of the first. `verification` has passed every stage; its publisher may be unknown.
// With `development` the roots are where its developer says, and examples without recorded replies send requests to the
// origins that he named an address for; null: nothing of both. Errors: ours alone (no engine, no worker); what a tool
// does is a result.
Result<ExampleReport> run_examples(const Services& services, const skills::Verification& verification,
                                   std::chrono::milliseconds time = kExamplesTime,
                                   const DevelopmentGrants* development = nullptr);

// kExampleFailed when one failed or was out of time; the context names the first few with what was expected and what
// came.
Result<> check_examples(const ExampleReport& report);

}  // namespace palyra::app
