// SPDX-License-Identifier: Apache-2.0
#include "commands.h"
#include "development.h"
#include "present.h"
#include "present_audit.h"
#include "promotion.h"
#include "terminal.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>

namespace palyra::cli {
namespace {

std::string asked_limits(const skills::AskedLimits& limits) {
  std::string text;
  if (limits.fuel_budget) text += fmt::format("{} fuel, ", *limits.fuel_budget);
  if (limits.wall_clock_timeout_ms) text += fmt::format("{} ms, ", *limits.wall_clock_timeout_ms);
  if (limits.max_memory_bytes) text += fmt::format("{} bytes of memory, ", *limits.max_memory_bytes);
  if (text.empty()) return "the defaults";
  text.resize(text.size() - 2);
  return text;
}

std::vector<capability::Capability> left_out(const app::PromotionPlan& plan) {
  return capability::diff(plan.grants, plan.manifest().capabilities).added;
}

std::vector<std::string> setting_lines(const app::PromotionPlan& plan) {
  std::vector<std::string> lines;
  lines.reserve(plan.missing_settings.size());
  for (const std::string& key : plan.missing_settings) {
    lines.push_back(fmt::format("{}: palyra skills config set {} {} VALUE", shown(key),
                                shown(plan.manifest().identity.skill_id), shown(key)));
  }
  return lines;
}

FurtherChecks further_checks(const app::PromotionPlan& plan) {
  return {.examples = plan.examples.status(), .audit = plan.audit.status()};
}

std::string plan_text(const app::PromotionPlan& plan) {
  std::vector<Row> rows = verification_rows(plan.verification, further_checks(plan));
  rows.push_back({"limits", "asks for " + asked_limits(plan.manifest().limits)});
  if (plan.replaces) rows.push_back({"replaces", version_name(*plan.replaces)});
  std::string text = table_text(rows);
  text += list_text("tools", tool_lines(plan.manifest()));
  text += examples_text(plan.examples);
  text += "audit:\n" + audit_text(plan.audit, AuditDetail::kFindings);
  text += plan.grants.empty() ? "will be allowed nothing beyond its own arguments, assets, a clock and random numbers\n"
                              : list_text("will be allowed to", capability_lines(plan.grants.to_list()));
  text += list_text("asks for, and will not be allowed to", capability_lines(left_out(plan)));
  text += list_text("its directories are", root_lines(plan.roots));
  text += list_text("DANGEROUS: will be connected without a judgement of the address", address_lines(plan.addresses));
  text += list_text("does not run before these settings have a value", setting_lines(plan));
  if (plan.replaces) {
    text += list_text("new against the version it replaces", capability_lines(plan.difference.added));
    text += list_text("no more against the version it replaces", capability_lines(plan.difference.removed));
  }
  return text;
}

Json plan_json(const app::PromotionPlan& plan) {
  Json json;
  json.set("skill", version_json(plan.version));
  json.set("verification", verification_json(plan.verification, further_checks(plan)));
  json.set("examples", examples_json(plan.examples));
  json.set("audit", audit_json(plan.audit));
  json.set("grants", capabilities_json(plan.grants.to_list()));
  json.set("left_out", capabilities_json(left_out(plan)));
  json.set("added", capabilities_json(plan.difference.added));
  json.set("removed", capabilities_json(plan.difference.removed));
  json.set("roots", roots_json(plan.roots));
  json.set("addresses", addresses_json(plan.addresses));
  json.set("missing_settings", strings_json(plan.missing_settings));
  if (plan.replaces) json.set("replaces", version_json(*plan.replaces));
  return json;
}

// Before anything is asked: an unknown publisher's skill is promoted only with the consent to pin its key.
Result<> check_publisher(const app::PromotionPlan& plan, const PromotionOptions& options) {
  if (!plan.is_first_use() || options.first_use.trust_on_first_use || !options.first_use.fingerprint.empty()) return {};
  const std::string publisher = shown(plan.manifest().identity.publisher);
  const std::string keys = fmt::format("{}", fmt::join(fingerprints(*plan.verification.signers), ", "));
  Error error(skills::kTrustUntrusted,
              fmt::format("publisher '{}' is not known here; the signature by {} is valid", publisher, keys));
  return std::unexpected(
      std::move(error)
          .with_next(fmt::format("palyra skills promote {} --trust-on-first-use, after comparing the fingerprint with "
                                 "the publisher's own",
                                 version_name(plan.version)))
          .with_next(fmt::format("palyra trust add {} --key KEY", publisher)));
}

// The plan goes to standard error, where the question is; what was done goes to standard output.
Result<app::PromotionConsent> ask_consent(Session& session, const app::PromotionPlan& plan,
                                          const PromotionOptions& options) {
  app::PromotionConsent consent;
  if (options.yes) {
    consent.pin_fingerprint = PALYRA_TRY(consent_to_first_use(plan.verification, options.first_use));
    return consent;
  }
  if (!can_ask()) {
    return std::unexpected(Error(kNoTerminal, "promoting needs a person at a terminal")
                               .with_next("run the command on a terminal and type the skill's id")
                               .with_next("or say --yes where policy.noninteractive_promote = true"));
  }
  const std::string& skill_id = plan.manifest().identity.skill_id;
  session.output().note(plan_text(plan));
  consent.pin_fingerprint = PALYRA_TRY(consent_to_first_use(plan.verification, options.first_use));
  PALYRA_TRY(confirm(fmt::format("Type the skill's id ({}) to let it run:", skill_id), skill_id));
  consent.form = app::ConsentForm::kTyped;
  return consent;
}

void add_options(CLI::App* command, PromotionOptions& options) {
  command->add_option("SKILL", options.plan.selector, "ID, ID@VERSION, or a content root")->required();
  command->add_option("--only", options.plan.only, "allow only this of what the skill asks for; repeatable")
      ->allow_extra_args(false);
  command->add_option("--deny", options.plan.deny, "do not allow this; repeatable")->allow_extra_args(false);
  add_places(command, {.map_root = options.plan.map_root, .allow_address = options.plan.allow_address});
  add_first_use_options(command, options.first_use);
  command->add_flag_callback(
      "--allow-downgrade", [&options] { options.plan.downgrade = skills::Downgrade::kAllow; },
      "also a version below one that ran here");
  command->add_flag("--dry-run", options.dry_run, "show the plan and change nothing");
  command->add_flag("--yes", options.yes, "without a person; only where policy.noninteractive_promote = true");
}

}  // namespace

Result<Report> promote(Session& session, const PromotionOptions& options) {
  const app::Services& services = *PALYRA_TRY(session.services());
  const app::PromotionPlan plan = PALYRA_TRY(app::plan_promotion(services, options.plan));
  auto passed = app::check_examples(plan.examples);
  if (passed) passed = skills::check_audit(plan.audit);
  if (options.dry_run || !passed) {
    Report report{.result = plan_json(plan), .text = plan_text(plan)};
    if (!passed) report.failure = failure_of(std::move(passed).error());
    return report;
  }
  PALYRA_TRY(check_publisher(plan, options));
  const app::PromotionConsent consent = PALYRA_TRY(ask_consent(session, plan, options));
  const state::InstalledVersion promoted = PALYRA_TRY(app::promote_skill(services, plan, consent));
  Report report;
  report.result = plan_json(plan);
  report.result.set("promoted", version_json(promoted));
  // A person at a terminal has seen the plan already.
  if (options.yes) report.text = plan_text(plan);
  report.text += fmt::format("active: {}\n", version_name(promoted));
  for (const std::string& tool : promoted.tools) {
    report.text += fmt::format("next: palyra run {} --input '{{...}}'\n", shown(tool));
  }
  return report;
}

void add_promote_command(CLI::App& skills, Dispatch& dispatch) {
  CLI::App* command = add_command(
      skills,
      {.name = "promote",
       .about = "Let a quarantined version run, or change what the active one may do; shows everything and asks",
       .examples = "Examples:\n"
                   "  palyra skills promote acme.weather\n"
                   "  palyra skills promote acme.weather@1.2.0 --deny 'https://api.example.com:443/ GET'\n"
                   "  palyra skills promote acme.notes --map-root notes=/home/ann/notes:ro\n"
                   "  palyra skills promote acme.weather --dry-run\n"});
  const auto options = std::make_shared<PromotionOptions>();
  add_options(command, *options);
  set_action(command, dispatch, [options](Session& session) { return promote(session, *options); });
}

}  // namespace palyra::cli
