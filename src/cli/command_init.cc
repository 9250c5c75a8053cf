// SPDX-License-Identifier: Apache-2.0
#include "commands.h"
#include "option_values.h"
#include "present.h"

#include <palyra/app/init_skill.h>
#include <palyra/app/version_info.h>
#include <palyra/runtime/runtime.h>

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <sstream>

namespace palyra::cli {
namespace {

struct InitOptions {
  std::string directory;
  std::string language = "c";
  std::string publisher = "example";
};

Result<Report> init(const InitOptions& options) {
  const app::GuestLanguage language =
      std::ranges::find(app::kGuestLanguages, options.language, &app::GuestLanguageName::name)->language;
  const app::InitSkillReply reply = PALYRA_TRY(
      app::init_skill({.directory = options.directory, .language = language, .publisher = options.publisher}));
  const std::string enter = fmt::format("cd {}", shown(options.directory));
  std::vector<std::string> next{enter};
  if (language == app::GuestLanguage::kAssemblyScript) next.emplace_back("npm install");
  if (language != app::GuestLanguage::kWat) next.emplace_back("./build.sh");
  next.emplace_back("./test.sh");
  next.emplace_back("palyra skills package keygen -o my.palyra-key --no-passphrase");
  next.push_back(
      fmt::format("palyra skills package build . --signing-key my.palyra-key -o {}.palyra-skill", reply.name));

  Report report;
  report.result = Json::Object{{"directory", options.directory},     {"skill_id", reply.skill_id},
                               {"tool_id", reply.tool_id},           {"sample_input", reply.sample_input},
                               {"files", strings_json(reply.files)}, {"next", strings_json(next)}};
  report.text = fmt::format("{} is a new skill in {}\n", reply.skill_id, shown(options.directory)) +
                list_text("files", reply.files) + list_text("next", next);
  return report;
}

}  // namespace

void add_init_command(CLI::App& program, Dispatch& dispatch) {
  CLI::App* command = add_command(program, {.name = "init",
                                            .about = "Write a new skill that builds, tests and packages as it stands",
                                            .examples = "Examples:\n"
                                                        "  palyra init hello\n"
                                                        "  palyra init hello --lang rust --publisher acme\n"});
  const auto options = std::make_shared<InitOptions>();
  command->add_option("DIR", options->directory, "a new or empty directory; its name becomes the skill's")->required();
  std::vector<std::string> languages;
  for (const app::GuestLanguageName& each : app::kGuestLanguages) languages.emplace_back(each.name);
  one_of(command->add_option("--lang", options->language, "what its source is written in (default: c)"), languages);
  command->add_option("--publisher", options->publisher, "whose skill it is (default: example)");
  set_action(command, dispatch, [options](Session&) { return init(*options); });
}

Report version_report() {
  const runtime::EngineFacts engine = runtime::engine_facts();
  Json::Array features;
  std::istringstream words(engine.features);
  for (std::string word; words >> word;) features.emplace_back(word);
  Report report;
  report.result = Json::Object{
      {"version", app::palyra_version()},
      {"commit", app::palyra_commit()},
      {"engine", Json::Object{{"name", "wasmtime"}, {"version", engine.version}, {"features", std::move(features)}}}};
  report.text = fmt::format("palyra {} (commit {})\nwasmtime {}: {}\n", app::palyra_version(), app::palyra_commit(),
                            engine.version, engine.features);
  return report;
}

}  // namespace palyra::cli
