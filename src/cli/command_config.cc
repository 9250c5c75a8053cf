// SPDX-License-Identifier: Apache-2.0
#include "commands.h"
#include "present.h"

#include <palyra/app/config.h>

#include <fmt/format.h>

#include <memory>

namespace palyra::cli {
namespace {

Json value_json(const app::ConfigValue& value) {
  const app::ConfigKey& key = *value.key;
  return Json::Object{{"key", key.name},
                      {"value", value.value},
                      {"origin", value.origin},
                      {"default", key.default_value()},
                      {"allowed", key.allowed_text()},
                      {"applies", key.applies == app::Applies::kLive ? "live" : "restart"},
                      {"used", key.is_used()}};
}

Result<Report> show(Session& session, bool with_origin) {
  static_cast<void>(PALYRA_TRY(session.services()));
  Report report;
  Json::Array settings;
  for (const app::ConfigValue& each : session.loaded_config().values) {
    settings.push_back(value_json(each));
    const std::string* text = each.value.as_string();
    const std::string origin = with_origin ? "  " + shown(each.origin) : "";
    report.text += fmt::format("{:<36} = {}{}{}\n", each.key->name,
                               text == nullptr || text->empty() ? to_text(each.value) : shown(*text), origin,
                               each.key->is_used() ? "" : "  (not used by this version)");
  }
  report.result = Json::Object{{"settings", std::move(settings)}};
  return report;
}

}  // namespace

void add_config_commands(CLI::App& program, Dispatch& dispatch) {
  CLI::App* config = add_command(program, {.name = "config", .about = "The operator's settings", .examples = ""});
  config->require_subcommand(1);
  CLI::App* command =
      add_command(*config, {.name = "show",
                            .about = "Every setting and its value",
                            .examples = "Examples:\n"
                                        "  palyra config show --origin\n"
                                        "  PALYRA_LIMITS__FUEL_BUDGET=5000 palyra config show --json\n"});
  const auto origin = std::make_shared<bool>(false);
  command->add_flag("--origin", *origin, "also where each value comes from: default, file and line, or variable");
  set_action(command, dispatch, [origin](Session& session) { return show(session, *origin); });
}

}  // namespace palyra::cli
