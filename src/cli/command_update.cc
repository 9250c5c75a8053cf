// SPDX-License-Identifier: Apache-2.0
#include "commands.h"
#include "present.h"
#include "promotion.h"
#include "terminal.h"
#include "worst_failure.h"

#include <palyra/app/install_skill.h>
#include <palyra/app/update_skill.h>
#include <palyra/base/shell_quoted.h>

#include <fmt/format.h>

#include <filesystem>
#include <memory>

namespace palyra::cli {
namespace {

constexpr std::string_view kAgain = "palyra skills update";

struct UpdateOptions {
  std::string path;
  std::string skill_id;
  bool yes = false;

  [[nodiscard]] std::optional<std::string> only() const {
    return skill_id.empty() ? std::nullopt : std::optional(skill_id);
  }
};

Result<std::vector<std::string>> files_of(const std::string& path) {
  if (path.empty()) return std::vector<std::string>();
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) return std::vector{path};
  return app::discover_artifacts(path);
}

std::string_view fate_of(const app::OfferedFile& offered) {
  if (!offered.error) return offered.kept ? "kept" : "skipped";
  const ErrorKind kind = offered.error->kind();
  return kind == ErrorKind::kUnavailable || kind == ErrorKind::kInternal ? "failed" : "refused";
}

// Files that are no update of anything here are no failure; what was refused, or could not be judged, is.
void add_offered(const app::OfferedFile& offered, Json::Array& files, Report& report) {
  Json json(Json::Object{{"file", offered.path}});
  const std::string_view fate = fate_of(offered);
  json.set("status", fate);
  if (offered.kept) json.set("skill", version_json(*offered.kept));
  if (!offered.skipped.empty()) json.set("reason", offered.skipped);
  if (offered.error) json.set("code", offered.error->code().id);
  files.push_back(std::move(json));
  const std::string why = offered.error ? shown(offered.error->message()) : offered.skipped;
  report.text += fmt::format("{:<9} {}{}\n", fate, shown(offered.path), why.empty() ? "" : ": " + why);
  if (!offered.error) return;
  Error error = *offered.error;
  keep_worst(report.failure,
             failure_of(std::move(error).with_context(fmt::format("while looking at '{}'", shown(offered.path)))));
}

Result<> offer_files(const app::Services& services, const UpdateOptions& options, Report& report) {
  Json::Array files;
  for (const std::string& path : PALYRA_TRY(files_of(options.path))) {
    auto offered = app::offer_update(services, path, options.only());
    if (!offered && offered.error().is(app::kUpdatesOff)) return std::unexpected(std::move(offered).error());
    if (!offered) offered = app::OfferedFile{.path = path, .kept = {}, .skipped = {}, .error = offered.error()};
    add_offered(*offered, files, report);
  }
  report.result.set("files", std::move(files));
  return {};
}

// How a waiting update goes on, decided by the policy and by who is there.
enum class Way : std::uint8_t { kByPolicy, kByFlag, kAsk, kWait };

Way way_of(const app::Services& services, const UpdateOptions& options, const app::WaitingUpdate& update) {
  if (services.config.updates == "auto" && update.is_clear()) return Way::kByPolicy;
  if (options.yes && update.is_clear()) return Way::kByFlag;
  const bool ask = services.config.updates == "ask" && update.plan && !options.yes && can_ask();
  return ask ? Way::kAsk : Way::kWait;
}

Result<std::optional<state::InstalledVersion>> ask_person(Session& session, const app::WaitingUpdate& update) {
  for (const std::string& each : update.obstacles) session.output().note("needs your word: " + shown(each));
  Report promoted = PALYRA_TRY(promote(session, {.plan = update.promotion, .first_use = {}}));
  if (promoted.failure) return std::unexpected(std::move(promoted.failure->error));
  return update.version;
}

// Absent: it waits, which is no failure.
using Outcome = Result<std::optional<state::InstalledVersion>>;

Outcome go_on(Session& session, const UpdateOptions& options, const app::WaitingUpdate& update) {
  const app::Services& services = *PALYRA_TRY(session.services());
  switch (way_of(services, options, update)) {
    case Way::kByPolicy:
      return PALYRA_TRY(app::activate_update(services, update));
    case Way::kByFlag:
      return PALYRA_TRY(
          app::promote_skill(services, *update.plan, {.form = app::ConsentForm::kFlag, .pin_fingerprint = {}}));
    case Way::kAsk:
      return ask_person(session, update);
    case Way::kWait:
      return std::nullopt;
  }
  return std::nullopt;
}

std::string next_command(const app::WaitingUpdate& update) {
  std::string command = fmt::format("palyra skills promote {}", version_name(update.version));
  for (const std::string& text : update.promotion.deny) command += " --deny " + shell_quoted(shown(text));
  return command;
}

// A policy or a person that says no lets it wait; anything else that goes wrong is a failure.
std::string_view fate_of(const Outcome& outcome) {
  if (outcome) return *outcome ? "activated" : "waits";
  const ErrorKind kind = outcome.error().kind();
  return kind == ErrorKind::kDenied || kind == ErrorKind::kCancelled ? "waits" : "failed";
}

void add_failed(const Error& error, Json& json, Report& report) {
  json.set("code", error.code().id);
  json.set("next", kAgain);
  report.text += fmt::format("          because {}\n          next: {}\n", shown(error.message()), kAgain);
}

void add_waiting(const app::WaitingUpdate& update, Json& json, Report& report) {
  json.set("next", next_command(update));
  if (update.error) json.set("code", update.error->code().id);
  for (const std::string& each : update.obstacles) report.text += fmt::format("          because {}\n", shown(each));
  if (update.obstacles.empty()) report.text += "          because a person decides about updates here\n";
  report.text += fmt::format("          next: {}\n", next_command(update));
}

void add_update(const app::WaitingUpdate& update, const Outcome& outcome, Json::Array& updates, Report& report) {
  const std::string_view fate = fate_of(outcome);
  const bool activated = fate == "activated";
  Json json;
  json.set("skill", version_json(activated ? **outcome : update.version));
  json.set("replaces", version_name(update.active));
  json.set("status", fate);
  json.set("reasons", strings_json(update.obstacles));
  report.text += fmt::format("{:<9} {} ({} {})\n", fate, version_name(update.version), activated ? "was" : "active is",
                             version_name(update.active));
  if (fate == "failed") add_failed(outcome.error(), json, report);
  if (fate == "waits") add_waiting(update, json, report);
  updates.push_back(std::move(json));
}

Result<> update_skill(Session& session, const UpdateOptions& options, const std::string& skill_id, Report& report,
                      Json::Array& updates) {
  const app::Services& services = *PALYRA_TRY(session.services());
  for (const app::WaitingUpdate& update : PALYRA_TRY(app::judge_updates(services, skill_id))) {
    auto activated = go_on(session, options, update);
    add_update(update, activated, updates, report);
    if (!activated) {
      keep_worst(report.failure, failure_of(std::move(activated).error().with_context(
                                     fmt::format("while updating {}", version_name(update.version)))));
    } else if (*activated) {
      break;
    }
  }
  return {};
}

Result<Report> update(Session& session, const UpdateOptions& options) {
  const app::Services& services = *PALYRA_TRY(session.services());
  Report report;
  report.result = Json(Json::Object{});
  PALYRA_TRY(offer_files(services, options, report));
  Json::Array updates;
  // From here on something may have changed: what fails is told, and what was done before it as well.
  const auto waiting = app::skills_with_updates(services, options.only());
  if (!waiting) keep_worst(report.failure, failure_of(waiting.error()));
  for (const std::string& skill_id : waiting.value_or(std::vector<std::string>())) {
    auto updated = update_skill(session, options, skill_id, report, updates);
    if (updated) continue;
    keep_worst(report.failure,
               failure_of(std::move(updated).error().with_context("while updating " + shown(skill_id))));
  }
  if (report.text.empty() && !report.failure) report.text = "no update waits\n";
  report.result.set("updates", std::move(updates));
  return report;
}

}  // namespace

void add_update_command(CLI::App& skills, Dispatch& dispatch) {
  CLI::App* command = add_command(
      skills,
      {.name = "update",
       .about = "Newer versions of active skills: taken from files, judged, and activated as policy.updates says",
       .examples = "Examples:\n"
                   "  palyra skills update downloads/\n"
                   "  palyra skills update weather-1.3.0.palyra-skill acme.weather\n"
                   "  palyra skills update               what waits already\n"});
  const auto options = std::make_shared<UpdateOptions>();
  command->add_option("FILE|DIR", options->path, "a .palyra-skill file, or a directory of them");
  command->add_option("SKILL", options->skill_id, "only this skill's id");
  command->add_flag("--yes", options->yes,
                    "activate what nothing stands against, without a person; only where "
                    "policy.noninteractive_promote = true");
  set_action(command, dispatch, [options](Session& session) { return update(session, *options); });
}

}  // namespace palyra::cli
