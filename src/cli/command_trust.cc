// SPDX-License-Identifier: Apache-2.0
#include "commands.h"
#include "present.h"

#include <palyra/app/trust_publishers.h>

#include <fmt/format.h>

#include <memory>

namespace palyra::cli {
namespace {

Result<Report> init(Session& session) {
  const app::Services& services = *PALYRA_TRY(session.services());
  PALYRA_TRY(app::init_trust(services));
  Report report;
  report.result = Json::Object{{"state_root", session.state_root()}};
  report.text = fmt::format("{} is ready and trusts nobody\nnext: palyra trust add PUBLISHER --key KEY\n",
                            shown(session.state_root()));
  return report;
}

Json publisher_json(const std::string& name, const skills::Publisher& publisher) {
  return Json::Object{{"publisher", name},
                      {"keys", keys_json(publisher.keys)},
                      {"threshold", publisher.threshold},
                      {"source", skills::to_text(publisher.source)},
                      {"first_seen", to_text(publisher.first_seen)},
                      {"pinned_by", publisher.pinned_by}};
}

std::string publisher_text(const std::string& name, const skills::Publisher& publisher) {
  std::string text =
      fmt::format("{}  {} of {} keys, from {} since {}\n", shown(name), publisher.threshold, publisher.keys.size(),
                  skills::to_text(publisher.source), to_text(publisher.first_seen));
  for (const std::string& fingerprint : fingerprints(publisher.keys)) text += fmt::format("  {}\n", fingerprint);
  return text;
}

struct AddOptions {
  std::string publisher;
  std::vector<std::string> keys;
  std::uint32_t threshold = 1;
};

Result<Report> add(Session& session, const AddOptions& options) {
  const app::Services& services = *PALYRA_TRY(session.services());
  app::AddPublisherRequest request{.publisher = options.publisher, .keys = {}, .threshold = options.threshold};
  for (const std::string& key : options.keys) request.keys.push_back(PALYRA_TRY(app::read_public_key(key)));
  const skills::Publisher added = PALYRA_TRY(app::add_publisher(services, request));
  Report report;
  report.result = publisher_json(options.publisher, added);
  report.text = "trusted: " + publisher_text(options.publisher, added);
  return report;
}

Result<Report> list(Session& session) {
  const app::Services& services = *PALYRA_TRY(session.services());
  const skills::SkillTrustStore trust = PALYRA_TRY(app::list_trust(services));
  Report report;
  Json::Array publishers;
  for (const auto& [name, publisher] : trust.publishers()) {
    publishers.push_back(publisher_json(name, publisher));
    report.text += publisher_text(name, publisher);
  }
  if (publishers.empty()) report.text = "nobody is trusted yet: palyra trust add PUBLISHER --key KEY\n";
  report.result = Json::Object{{"publishers", std::move(publishers)}};
  return report;
}

}  // namespace

void add_trust_commands(CLI::App& program, Dispatch& dispatch) {
  CLI::App* trust = add_command(program, {.name = "trust", .about = "Whom this installation believes", .examples = ""});
  trust->require_subcommand(1);

  CLI::App* command = add_command(*trust, {.name = "init",
                                           .about = "Make the state directory; it trusts nobody",
                                           .examples = "Examples:\n  palyra trust init\n"});
  set_action(command, dispatch, [](Session& session) { return init(session); });

  command = add_command(*trust, {.name = "add",
                                 .about = "Trust a publisher's keys",
                                 .examples = "Examples:\n"
                                             "  palyra trust add acme --key 3d40...c1b2\n"
                                             "  palyra trust add acme --key a.pub --key b.pub --threshold 2\n"});
  const auto options = std::make_shared<AddOptions>();
  command->add_option("PUBLISHER", options->publisher, "as its skills name it")->required();
  command
      ->add_option("--key", options->keys,
                   "64 hex digits, 44 characters of base64, or a file with one of these or a .palyra-key; repeatable")
      ->required()
      ->allow_extra_args(false);
  command->add_option("--threshold", options->threshold, "how many of the keys must sign (default: 1)");
  set_action(command, dispatch, [options](Session& session) { return add(session, *options); });

  command = add_command(*trust, {.name = "list",
                                 .about = "Publishers, their keys and where they came from",
                                 .examples = "Examples:\n  palyra trust list --json\n"});
  set_action(command, dispatch, [](Session& session) { return list(session); });
}

}  // namespace palyra::cli
