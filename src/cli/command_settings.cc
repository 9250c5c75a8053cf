// SPDX-License-Identifier: Apache-2.0
#include "commands.h"
#include "present.h"
#include "present_settings.h"

#include <palyra/app/skill_settings.h>

#include <fmt/format.h>

#include <algorithm>
#include <memory>

namespace palyra::cli {
namespace {

struct SettingOptions {
  std::string skill;
  std::string key;
  std::optional<std::string> value;
  bool unset = false;
};

Result<Report> get(Session& session, const SettingOptions& options) {
  const app::Services& services = *PALYRA_TRY(session.services());
  app::SkillSettings found = PALYRA_TRY(app::list_settings(services, options.skill));
  if (!options.key.empty()) {
    std::erase_if(found.settings, [&](const app::Setting& each) { return each.property.key != options.key; });
    if (found.settings.empty()) {
      return fail(app::kSettingUnknown, "{} has no setting '{}'", version_name(found.version), shown(options.key));
    }
  }
  Report report;
  report.result = Json::Object{{"skill", version_name(found.version)}, {"settings", settings_json(found.settings)}};
  for (const std::string& line : settings_lines(found.settings)) report.text += line + "\n";
  if (found.settings.empty()) report.text = version_name(found.version) + " has no settings\n";
  return report;
}

Result<Report> set(Session& session, const SettingOptions& options) {
  if (options.unset == options.value.has_value()) return fail(kUsage, "give either a VALUE or --unset");
  const app::Services& services = *PALYRA_TRY(session.services());
  const app::Setting setting =
      PALYRA_TRY(app::set_setting(services, {.selector = options.skill, .key = options.key, .value = options.value}));
  return Report{.result = Json::Object{{"setting", setting_json(setting)}}, .text = setting_line(setting) + "\n"};
}

}  // namespace

void add_settings_commands(CLI::App& skills, Dispatch& dispatch) {
  CLI::App* config = add_command(skills, {.name = "config", .about = "The settings of a skill", .examples = ""});
  config->require_subcommand(1);
  const auto options = std::make_shared<SettingOptions>();
  CLI::App* get_command =
      add_command(*config, {.name = "get",
                            .about = "What a skill can be told, its value, and where that comes from",
                            .examples = "Examples:\n"
                                        "  palyra skills config get acme.weather\n"
                                        "  palyra skills config get acme.weather region --json\n"});
  get_command->add_option("SKILL", options->skill, "ID, ID@VERSION, or a content root")->required();
  get_command->add_option("KEY", options->key, "the setting (default: all)");
  set_action(get_command, dispatch, [options](Session& session) { return get(session, *options); });
  CLI::App* set_command =
      add_command(*config, {.name = "set",
                            .about = "Give a setting a value, for every version of the skill",
                            .examples = "Examples:\n"
                                        "  palyra skills config set acme.weather region eu\n"
                                        "  palyra skills config set acme.weather days 5\n"
                                        "  palyra skills config set acme.weather region --unset\n"});
  set_command->add_option("SKILL", options->skill, "ID, ID@VERSION, or a content root")->required();
  set_command->add_option("KEY", options->key, "the setting")->required();
  set_command->add_option("VALUE", options->value, "JSON of the setting's type; a string need not be quoted");
  set_command->add_flag("--unset", options->unset, "back to the default");
  set_action(set_command, dispatch, [options](Session& session) { return set(session, *options); });
}

}  // namespace palyra::cli
