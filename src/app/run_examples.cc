// SPDX-License-Identifier: Apache-2.0
#include "example_host.h"
#include "example_judgement.h"

#include <palyra/app/run_examples.h>
#include <palyra/app/run_limits.h>
#include <palyra/app/skill_settings.h>
#include <palyra/base/check.h>
#include <palyra/base/deadline.h>
#include <palyra/base/utf8.h>

#include <algorithm>
#include <memory>
#include <set>
#include <vector>

namespace palyra::app {
namespace {

using Kind = WasmPluginRunErrorKind;

constexpr std::size_t kMaxFailuresNamed = 8;

struct Subject {
  const skills::Artifact& artifact;
  const skills::SkillManifest& manifest;
  WallTime created;
  const DevelopmentGrants* development;  // null: it is none that is being written
};

ExampleResult not_run(NotRunCause cause, std::string reason) {
  ExampleResult result;
  result.status = ExampleStatus::kNotRun;
  result.cause = cause;
  result.reason = std::move(reason);
  return result;
}

// What no example of the skill can have, or nothing.
std::string missing_for_all(const skills::SkillManifest& manifest) {
  if (const auto compatible = check_host_compatibility(manifest); !compatible) return compatible.error().message();
  if (const auto settings = effective_settings(manifest, {}); !settings) return settings.error().message();
  return {};
}

bool is_at(const capability::AddressBinding& bound, const capability::HttpRule& rule) {
  return bound.host == rule.host && bound.port == rule.port;
}

// Which of the manifest's capabilities an example has: storage and roots, which are empty for each and end with it;
// requests where replies were recorded, with secrets that stand in for those of the rules; and of a skill in
// development what its developer says where it is.
class Given {
 public:
  Given(const skills::ToolExample& example, const DevelopmentGrants* development)
      : recorded_(!example.http.empty()), development_(development) {}

  [[nodiscard]] bool operator()(const capability::StoragePrefix& /*prefix*/) const { return true; }
  [[nodiscard]] bool operator()(const capability::FilesystemRoot& /*root*/) const { return true; }
  [[nodiscard]] bool operator()(const capability::ChannelUse& /*channel*/) const { return false; }
  [[nodiscard]] bool operator()(const capability::SecretUse& secret) const {
    return recorded_ && secret.purpose == capability::SecretPurpose::kHttp;
  }
  [[nodiscard]] bool operator()(const capability::HttpRule& rule) const {
    if (recorded_ || development_ == nullptr) return recorded_;
    return std::ranges::any_of(development_->addresses, [&](const auto& bound) { return is_at(bound, rule); });
  }

 private:
  bool recorded_;
  const DevelopmentGrants* development_;
};

capability::CapabilityGrantSet given_to_example(const skills::SkillManifest& manifest, const Given& is_given) {
  std::vector<capability::Capability> asked = manifest.capabilities.to_list();
  std::erase_if(asked, [&](const capability::Capability& each) { return !std::visit(is_given, each); });
  auto given = capability::CapabilityGrantSet::create(std::move(asked));
  PALYRA_CHECK(given.has_value());
  return *std::move(given);
}

// Ahead of the clock, so that the time for the examples is theirs. A module that does not compile is found out by the
// first example that needs it.
// What it gives keeps the code in use, so that it is compiled once also where none is kept on disk.
std::vector<std::shared_ptr<const runtime::CompiledModule>> compile_modules(const Services& services,
                                                                            const Subject& subject) {
  std::vector<std::shared_ptr<const runtime::CompiledModule>> in_use;
  std::set<std::string_view> names;
  for (const skills::SkillTool& tool : subject.manifest.tools) {
    if (!tool.examples.empty()) names.insert(tool.module);
  }
  const auto compiler = services.engine.compiler();
  if (!compiler) return in_use;
  for (const std::string_view name : names) {
    const Activity activity(services.activities, "compiling " + printable(name));
    auto compiled = (*compiler)->compile(subject.artifact.at(name).bytes);
    if (compiled) in_use.push_back(*std::move(compiled));
  }
  return in_use;
}

class ExampleRunner {
 public:
  ExampleRunner(const Services& services, const Subject& subject, Deadline deadline)
      : services_(services), subject_(subject), deadline_(deadline), missing_(missing_for_all(subject.manifest)) {}

  Result<ExampleResult> run(const skills::SkillTool& tool, const skills::ToolExample& example) const {
    if (!missing_.empty()) return not_run(NotRunCause::kNeedsMore, missing_);
    const std::chrono::milliseconds left = deadline_.left(services_.clock);
    if (left == std::chrono::milliseconds(0)) return out_of_time();
    return call(tool, example, left);
  }

 private:
  static ExampleResult out_of_time() {
    return not_run(NotRunCause::kOutOfTime, "the time for all examples of a skill was over");
  }

  [[nodiscard]] Result<ExampleResult> call(const skills::SkillTool& tool, const skills::ToolExample& example,
                                           std::chrono::milliseconds left) const {
    ModuleSource source = PALYRA_TRY(source_of_artifact(subject_.artifact, subject_.manifest, tool));
    source.grants = given_to_example(subject_.manifest, Given(example, subject_.development));
    if (subject_.development != nullptr) {
      source.roots = subject_.development->roots;
      source.addresses = subject_.development->addresses;
    }
    runtime::RunLimits limits = effective_limits(services_.config, subject_.manifest.limits, {});
    const std::chrono::milliseconds allowed = limits.wall_clock_timeout;
    limits.wall_clock_timeout = std::min(allowed, left);
    const SteadyTime started = services_.clock.steady();
    // Seen on it, the deadline is always as far away as the limits say.
    const StoppedClock clock(subject_.created, started + limits.wall_clock_timeout - allowed);
    ContentRandom random(subject_.artifact.content_root());
    RecordedHttp recorded(example.http);
    const StandInSecrets secrets;
    const auto version = PALYRA_TRY(ToolVersion::create(services_, std::move(source), started));
    const Execution execution = execute_module(services_, {.tool = *version,
                                                           .arguments = as_bytes(example.input),
                                                           .limits = limits,
                                                           .run_id = std::string(32, '0'),
                                                           .started = started,
                                                           .guest_clock = &clock,
                                                           .guest_random = &random,
                                                           .guest_http = example.http.empty() ? nullptr : &recorded,
                                                           .guest_secrets = &secrets});
    if (recorded.missed()) return unrecorded_request(*recorded.missed(), recorded.unused());
    if (!execution.error) return judge_example(example, execution);
    const Kind kind = execution.error->kind;
    if (kind == Kind::kHostFailure) return std::unexpected(execution.error->error);
    if (kind == Kind::kTimedOut && left < allowed) return out_of_time();
    if (kind == Kind::kCapabilityDenied && !subject_.manifest.capabilities.empty()) {
      return not_run(NotRunCause::kNeedsMore, "examples are given storage, roots and recorded replies alone: " +
                                                  printable(execution.error->error.message()));
    }
    return judge_example(example, execution);
  }

  const Services& services_;
  const Subject& subject_;
  Deadline deadline_;
  std::string missing_;
};

bool is_unacceptable(const ExampleResult& result) {
  return result.status == ExampleStatus::kFail || result.cause == NotRunCause::kOutOfTime;
}

std::string describe(const ExampleResult& result) {
  std::string text =
      fmt::format("example '{}' of {}: {}", printable(result.name), printable(result.tool_id), result.reason);
  if (result.status == ExampleStatus::kFail) text += fmt::format("; expected {}, got {}", result.expected, result.got);
  return text;
}

}  // namespace

std::string_view to_text(ExampleStatus status) {
  switch (status) {
    case ExampleStatus::kPass:
      return "pass";
    case ExampleStatus::kFail:
      return "fail";
    case ExampleStatus::kNotRun:
      return "not_run";
  }
  PALYRA_CHECK(false);
}

ExampleStatus ExampleReport::status() const {
  const auto has = [this](ExampleStatus status) {
    return std::ranges::find(results, status, &ExampleResult::status) != results.end();
  };
  if (has(ExampleStatus::kFail)) return ExampleStatus::kFail;
  return results.empty() || has(ExampleStatus::kNotRun) ? ExampleStatus::kNotRun : ExampleStatus::kPass;
}

Result<ExampleReport> run_examples(const Services& services, const skills::Verification& verification,
                                   std::chrono::milliseconds time, const DevelopmentGrants* development) {
  PALYRA_CHECK(verification.manifest && verification.artifact && verification.document && !verification.error);
  const Subject subject{.artifact = *verification.artifact,
                        .manifest = *verification.manifest,
                        .created = verification.document->statement.created,
                        .development = development};
  const auto in_use = compile_modules(services, subject);
  const Activity activity(services.activities, "running the examples of " + subject.manifest.identity.skill_id);
  const ExampleRunner runner(services, subject, Deadline::after(services.clock, time));
  ExampleReport report;
  for (const skills::SkillTool& tool : subject.manifest.tools) {
    for (const skills::ToolExample& example : tool.examples) {
      ExampleResult result =
          PALYRA_TRY(runner.run(tool, example), fmt::format("while running the example '{}'", printable(example.name)));
      result.tool_id = tool.id;
      result.name = example.name;
      report.results.push_back(std::move(result));
    }
  }
  return report;
}

Result<> check_examples(const ExampleReport& report) {
  const auto failures = std::ranges::count_if(report.results, is_unacceptable);
  if (failures == 0) return {};
  Error error(kExampleFailed, fmt::format("{} of {} golden examples {} not pass", failures, report.results.size(),
                                          failures == 1 ? "does" : "do"));
  std::size_t named = 0;
  for (const ExampleResult& result : report.results) {
    if (!is_unacceptable(result) || named == kMaxFailuresNamed) continue;
    ++named;
    error = std::move(error).with_context(describe(result));
  }
  return std::unexpected(std::move(error));
}

}  // namespace palyra::app
