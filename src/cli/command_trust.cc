// SPDX-License-Identifier: Apache-2.0
#include "commands.h"
#include "consent.h"
#include "present.h"
#include "present_trust.h"

#include <palyra/app/trust_publishers.h>
#include <palyra/base/file.h>

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

struct AddOptions {
  std::string publisher;
  std::vector<std::string> keys;
  std::uint32_t threshold = 1;
};

Result<Report> add(Session& session, const AddOptions& options) {
  const app::Services& services = *PALYRA_TRY(session.services());
  const skills::Publisher added =
      PALYRA_TRY(app::add_publisher(services, {.publisher = options.publisher,
                                               .keys = PALYRA_TRY(app::read_public_keys(options.keys)),
                                               .threshold = options.threshold}));
  Report report;
  report.result = publisher_json(options.publisher, added);
  report.text = "trusted: " + publisher_text(options.publisher, added);
  return report;
}

struct RemoveOptions {
  std::string publisher;
  bool yes = false;
};

Result<Report> remove(Session& session, const RemoveOptions& options) {
  const app::Services& services = *PALYRA_TRY(session.services());
  const app::RemovalPlan plan = PALYRA_TRY(app::plan_removal(services, options.publisher));
  const app::ConsentForm consent = PALYRA_TRY(ask_consent(
      session,
      {.plan = publisher_text(plan.publisher, plan.record) + stopped_text(plan.stopped) +
               "Everything of this publisher goes into quarantine. Which skills and versions he had, and which of his\n"
               "keys are retired or revoked, stays known.",
       .question = fmt::format("Type the publisher's name ({}) to trust it no more:", shown(plan.publisher)),
       .expected = plan.publisher},
      options.yes ? ConsentFlag::kYes : ConsentFlag::kNotSaid));
  PALYRA_TRY(app::remove_publisher(services, plan, consent));
  Report report;
  report.result = publisher_json(plan.publisher, plan.record);
  report.result.set("stopped", versions_json(plan.stopped));
  report.text = fmt::format("not trusted any more: {}\n", shown(plan.publisher)) + stopped_text(plan.stopped);
  return report;
}

struct ListOptions {
  bool first_use = false;
};

Json skill_json(const std::string& skill_id, const skills::SkillRecord& record) {
  Json json;
  json.set("skill_id", skill_id);
  json.set("publisher", record.publisher);
  if (record.highest_version) json.set("highest_version", record.highest_version->to_text());
  json.set("versions_seen", record.content.size());
  return json;
}

void add_publishers(const skills::SkillTrustStore& trust, const ListOptions& options, Report& report) {
  Json::Array publishers;
  for (const auto& [name, publisher] : trust.publishers()) {
    if (options.first_use && publisher.source != skills::PublisherSource::kTofu) continue;
    publishers.push_back(publisher_json(name, publisher));
    report.text += publisher_text(name, publisher);
    const auto rotation = trust.rotations().find(name);
    if (rotation != trust.rotations().end()) report.text += rotation_record_text(rotation->second);
  }
  if (publishers.empty()) {
    report.text = options.first_use ? "no first use has pinned a key\n"
                                    : "nobody is trusted yet: palyra trust add PUBLISHER --key KEY\n";
  }
  report.result.set("publishers", std::move(publishers));
}

void add_rotations(const skills::SkillTrustStore& trust, Report& report) {
  Json::Array rotations;
  for (const auto& [name, record] : trust.rotations()) {
    rotations.push_back(rotation_record_json(name, record));
    if (trust.find_publisher(name) != nullptr) continue;
    report.text += fmt::format("{}  not trusted now\n", shown(name)) + rotation_record_text(record);
  }
  report.result.set("rotations", std::move(rotations));
}

void add_revocations(Session& session, const skills::SkillTrustStore& trust, WallTime now, Report& report) {
  Json::Array lists;
  for (const auto& [issuer, list] : trust.revocations()) {
    lists.push_back(revocation_list_json(list, now));
    report.text += revocation_list_text(list, now);
    if (session.options().verbose) {
      for (const std::string& line : revocation_entry_lines(list.entries)) report.text += fmt::format("  {}\n", line);
    }
    if (!is_expired(list, now) || trust.find_publisher(issuer) == nullptr) continue;
    session.output().warn(fmt::format("the revocation list of '{}' expired at {}: ask him for a newer one", issuer,
                                      to_text(list.expires)));
  }
  report.result.set("revocations", std::move(lists));
}

void add_skills(Session& session, const skills::SkillTrustStore& trust, Report& report) {
  Json::Array skills;
  for (const auto& [skill_id, record] : trust.skills()) {
    skills.push_back(skill_json(skill_id, record));
    if (!session.options().verbose) continue;
    report.text +=
        fmt::format("skill {}  of {}, {}\n", shown(skill_id), shown(record.publisher),
                    record.highest_version ? "nothing below " + record.highest_version->to_text() : "never promoted");
  }
  report.result.set("skills", std::move(skills));
}

Result<Report> list(Session& session, const ListOptions& options) {
  const app::Services& services = *PALYRA_TRY(session.services());
  const skills::SkillTrustStore trust = PALYRA_TRY(app::list_trust(services));
  Report report;
  report.result = Json::Object{{"generation", trust.generation()}};
  add_publishers(trust, options, report);
  if (options.first_use) return report;
  add_rotations(trust, report);
  add_revocations(session, trust, services.clock.wall_seconds(), report);
  add_skills(session, trust, report);
  return report;
}

Result<Report> export_document(Session& session, const std::string& output) {
  const skills::SkillTrustStore trust = PALYRA_TRY(app::list_trust(*PALYRA_TRY(session.services())));
  const std::string document = skills::format_trust_document(trust);
  Report report;
  if (output.empty()) {
    constexpr JsonLimits kLimits{.max_bytes = skills::kMaxTrustDocumentBytes, .max_depth = 8};
    report.result = Json::Object{{"trust", PALYRA_TRY(parse_json(as_bytes(document), kLimits))}};
    report.text = document;
    return report;
  }
  constexpr mode_t kReadable = 0644;
  PALYRA_TRY(write_file_atomic(output, as_bytes(document), kReadable, Overwrite::kYes));
  report.result = Json::Object{{"file", output}, {"publishers", trust.publishers().size()}};
  report.text = fmt::format("{}: {} publishers with their keys\n", shown(output), trust.publishers().size());
  return report;
}

void add_add_command(CLI::App& trust, Dispatch& dispatch) {
  CLI::App* command =
      add_command(trust, {.name = "add",
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
}

void add_remove_command(CLI::App& trust, Dispatch& dispatch) {
  CLI::App* command = add_command(trust, {.name = "remove",
                                          .about = "Trust a publisher no more; everything of his is quarantined",
                                          .examples = "Examples:\n"
                                                      "  palyra trust remove acme\n"});
  const auto options = std::make_shared<RemoveOptions>();
  command->add_option("PUBLISHER", options->publisher, "one of palyra trust list")->required();
  command->add_flag("--yes", options->yes, "without a person; only where policy.noninteractive_promote = true");
  set_action(command, dispatch, [options](Session& session) { return remove(session, *options); });
}

void add_list_command(CLI::App& trust, Dispatch& dispatch) {
  CLI::App* command = add_command(
      trust, {.name = "list",
              .about = "Publishers, their keys and where they came from; rotations and revocations",
              .examples = "Examples:\n"
                          "  palyra trust list\n"
                          "  palyra trust list -v              also what is revoked, and the versions of skills\n"
                          "  palyra trust list --first-use     keys that nobody but a first use vouches for\n"});
  const auto options = std::make_shared<ListOptions>();
  command->add_flag("--first-use", options->first_use, "only publishers whose key a first use pinned");
  set_action(command, dispatch, [options](Session& session) { return list(session, *options); });
}

}  // namespace

void add_trust_commands(CLI::App& program, Dispatch& dispatch) {
  CLI::App* trust = add_command(program, {.name = "trust", .about = "Whom this installation believes", .examples = ""});
  trust->require_subcommand(1);
  CLI::App* command = add_command(*trust, {.name = "init",
                                           .about = "Make the state directory; it trusts nobody",
                                           .examples = "Examples:\n  palyra trust init\n"});
  set_action(command, dispatch, [](Session& session) { return init(session); });
  add_add_command(*trust, dispatch);
  add_list_command(*trust, dispatch);
  add_remove_command(*trust, dispatch);
  add_rotate_command(*trust, dispatch);
  add_revoke_command(*trust, dispatch);
  command =
      add_command(*trust, {.name = "export",
                           .about = "Publishers and their keys as a file that verify --trust-store reads",
                           .examples = "Examples:\n"
                                       "  palyra trust export -o trust.json\n"
                                       "  palyra skills package verify hello.palyra-skill --trust-store trust.json\n"});
  const auto output = std::make_shared<std::string>();
  command->add_option("-o,--output", *output, "a file (default: standard output)");
  set_action(command, dispatch, [output](Session& session) { return export_document(session, *output); });
  add_recover_command(*trust, dispatch);
}

}  // namespace palyra::cli
