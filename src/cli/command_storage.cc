// SPDX-License-Identifier: Apache-2.0
#include "commands.h"
#include "consent.h"
#include "present.h"

#include <palyra/app/stored_data.h>
#include <palyra/base/json_bytes.h>
#include <palyra/base/utf8.h>

#include <fmt/format.h>

#include <memory>
#include <unistd.h>

namespace palyra::cli {
namespace {

template <class Number>
std::string count_of(Number values) {
  return fmt::format("{} {}", values, values == 1 ? "value" : "values");
}

Json skill_json(const state::StoredSkill& skill) {
  Json json = Json::Object{{"skill", name_of(skill)}, {"skill_id", skill.skill_id}, {"publisher", skill.publisher}};
  if (skill.orphaned) json.set("orphaned", time_text(*skill.orphaned));
  Json::Array prefixes;
  for (const state::StoredPrefix& each : skill.prefixes) {
    prefixes.push_back(
        Json::Object{{"prefix", each.prefix}, {"entries", each.entries}, {"used_bytes", each.used_bytes}});
  }
  json.set("prefixes", std::move(prefixes));
  return json;
}

std::string skill_text(const state::StoredSkill& skill) {
  std::vector<std::string> lines;
  lines.reserve(skill.prefixes.size());
  for (const state::StoredPrefix& each : skill.prefixes) {
    lines.push_back(fmt::format("{}  {}, {} bytes", shown(each.prefix), count_of(each.entries), each.used_bytes));
  }
  std::string name = shown(name_of(skill));
  if (skill.orphaned) {
    name += fmt::format(" (orphaned {}: another publisher named {} has the id)", time_text(*skill.orphaned),
                        shown(skill.publisher));
  }
  return lines.empty() ? name + "\n" : list_text(name, lines);
}

Result<Report> list_all(const app::Services& services) {
  Report report;
  Json::Array skills;
  for (const std::vector<state::StoredSkill> all = PALYRA_TRY(state::list_stored_skills(services.state.root));
       const state::StoredSkill& skill : all) {
    skills.push_back(skill_json(skill));
    report.text += skill_text(skill);
  }
  if (skills.empty()) report.text = "no skill keeps anything\n";
  report.result = Json::Object{{"skills", std::move(skills)}};
  return report;
}

Result<Report> list_one(const app::Services& services, const std::string& skill) {
  const app::StoredSkillKeys found = PALYRA_TRY(app::list_stored_keys(services, skill));
  Report report;
  report.result = skill_json(found.skill);
  Json::Array keys;
  for (const state::StoredKey& key : found.keys) {
    keys.push_back(Json::Object{
        {"prefix", key.prefix}, {"key", key.key}, {"version", key.version}, {"size_bytes", key.size_bytes}});
    report.text +=
        fmt::format("{}  {}  version {}, {} bytes\n", shown(key.prefix), shown(key.key), key.version, key.size_bytes);
  }
  report.result.set("keys", std::move(keys));
  if (found.keys.empty()) report.text = skill_text(found.skill);
  return report;
}

Result<Report> list(Session& session, const std::string& skill) {
  const app::Services& services = *PALYRA_TRY(session.services());
  return skill.empty() ? list_all(services) : list_one(services, skill);
}

Result<Report> get(Session& session, const app::StoredValueRequest& request) {
  const capability::StoredValue stored = PALYRA_TRY(app::read_stored(*PALYRA_TRY(session.services()), request));
  Report report;
  const std::string_view text = as_text(stored.value);
  report.result = Json::Object{{"version", stored.version}, {"size_bytes", stored.value.size()}};
  set_bytes(report.result, "value", stored.value);
  // A stranger's text does not command a terminal.
  report.text = is_terminal(STDOUT_FILENO) ? printable(text, 16 * (text.size() + 1)) + "\n" : std::string(text);
  return report;
}

struct ExportOptions {
  std::string skill;
  std::string file;
};

Result<Report> export_values(Session& session, const ExportOptions& options) {
  const app::StorageExport made =
      PALYRA_TRY(app::export_stored(*PALYRA_TRY(session.services()), options.skill, options.file));
  return Report{
      .result = Json::Object{{"file", options.file}, {"entries", made.entries}, {"size_bytes", made.size_bytes}},
      .text = fmt::format("{}: {}, {} bytes\n", shown(options.file), count_of(made.entries), made.size_bytes)};
}

struct ClearOptions {
  std::string skill;
  std::optional<std::string> prefix;
  bool yes = false;
};

Result<Report> clear(Session& session, const ClearOptions& options) {
  const app::Services& services = *PALYRA_TRY(session.services());
  const app::ClearPlan plan = PALYRA_TRY(app::plan_clear(services, options.skill, options.prefix));
  const std::string name = name_of(plan.skill);
  const std::string what = plan.prefix ? fmt::format("what is below {} of this", shown(*plan.prefix)) : "all of this";
  const app::ConsentForm consent =
      PALYRA_TRY(ask_consent(session,
                             {.plan = skill_text(plan.skill),
                              .question = fmt::format("Type the skill's id ({}) to delete {}:", shown(name), what),
                              .expected = name},
                             options.yes ? ConsentFlag::kYes : ConsentFlag::kNotSaid));
  const std::int64_t bytes = PALYRA_TRY(app::clear_stored(services, plan, consent));
  Report report;
  report.result = Json::Object{{"skill", name}, {"deleted_bytes", bytes}};
  if (plan.prefix) report.result.set("prefix", *plan.prefix);
  report.text = fmt::format("{}: {} bytes deleted\n", shown(name), bytes);
  return report;
}

constexpr const char* kSkillHelp = "a skill's id, or ID#NUMBER of orphaned values";

void add_list_command(CLI::App& storage, Dispatch& dispatch) {
  CLI::App* command = add_command(storage, {.name = "list",
                                            .about = "Who keeps how much, or what one skill keeps",
                                            .examples = "Examples:\n  palyra storage list\n"
                                                        "  palyra storage list acme.notes --json\n"});
  const auto skill = std::make_shared<std::string>();
  command->add_option("SKILL", *skill, kSkillHelp);
  set_action(command, dispatch, [skill](Session& session) { return list(session, *skill); });
}

void add_get_command(CLI::App& storage, Dispatch& dispatch) {
  CLI::App* command = add_command(storage, {.name = "get",
                                            .about = "One value, byte for byte",
                                            .examples = "Examples:\n"
                                                        "  palyra storage get acme.notes notes/ today\n"
                                                        "  palyra storage get acme.notes notes/ today --json\n"});
  const auto request = std::make_shared<app::StoredValueRequest>();
  command->add_option("SKILL", request->skill, kSkillHelp)->required();
  command->add_option("PREFIX", request->prefix, "as storage list shows it")->required();
  command->add_option("KEY", request->key, "as storage list shows it")->required();
  set_action(command, dispatch, [request](Session& session) { return get(session, *request); });
}

void add_export_command(CLI::App& storage, Dispatch& dispatch) {
  CLI::App* command = add_command(storage, {.name = "export",
                                            .about = "Everything that a skill keeps, one line of JSON a value",
                                            .examples = "Examples:\n"
                                                        "  palyra storage export acme.notes -o notes.ndjson\n"
                                                        "  palyra storage export 'acme.notes#1' -o orphaned.ndjson\n"});
  const auto options = std::make_shared<ExportOptions>();
  command->add_option("SKILL", options->skill, kSkillHelp)->required();
  command->add_option("-o,--output", options->file, "never overwritten; only for you to read (0600)")->required();
  set_action(command, dispatch, [options](Session& session) { return export_values(session, *options); });
}

void add_clear_command(CLI::App& storage, Dispatch& dispatch) {
  CLI::App* command = add_command(storage, {.name = "clear",
                                            .about = "Delete what a skill keeps",
                                            .examples = "Examples:\n"
                                                        "  palyra storage clear acme.notes\n"
                                                        "  palyra storage clear acme.notes --prefix notes/ --yes\n"});
  const auto options = std::make_shared<ClearOptions>();
  command->add_option("SKILL", options->skill, kSkillHelp)->required();
  command->add_option("--prefix", options->prefix, "only what is below this prefix");
  command->add_flag("--yes", options->yes, "do not ask; needs policy.noninteractive_promote");
  set_action(command, dispatch, [options](Session& session) { return clear(session, *options); });
}

}  // namespace

void add_storage_commands(CLI::App& program, Dispatch& dispatch) {
  CLI::App* storage = add_command(program, {.name = "storage", .about = "What skills keep", .examples = ""});
  storage->require_subcommand(1);
  add_list_command(*storage, dispatch);
  add_get_command(*storage, dispatch);
  add_export_command(*storage, dispatch);
  add_clear_command(*storage, dispatch);
}

}  // namespace palyra::cli
