// SPDX-License-Identifier: Apache-2.0
// A publisher's keys become others: he makes and signs the statement, installations take it up.
#include "commands.h"
#include "consent.h"
#include "present.h"
#include "present_trust.h"
#include "signing_key.h"

#include <palyra/app/rotate_keys.h>
#include <palyra/app/time_argument.h>
#include <palyra/app/trust_publishers.h>

#include <fmt/format.h>

#include <algorithm>
#include <memory>

namespace palyra::cli {
namespace {

struct RotateOptions {
  std::string publisher;
  std::vector<std::string> old_keys;
  std::vector<std::string> new_keys;
  std::uint32_t threshold = 1;
  std::optional<std::uint64_t> sequence;
  std::string not_before;
  std::string sign;
  std::vector<std::string> apply;
  SigningKeysOptions keys;
  std::string output;
  bool yes = false;
};

// The keys, each with whether it has signed.
std::vector<std::string> signer_lines(std::span<const crypto::PublicKey> keys,
                                      const skills::RotationDocument& document) {
  std::vector<std::string> lines;
  lines.reserve(keys.size());
  for (const crypto::PublicKey& key : keys) {
    const bool signed_by_it = std::ranges::any_of(document.signatures, [&key](const skills::ClaimedSignature& each) {
      return std::ranges::equal(each.public_key, key.bytes());
    });
    lines.push_back(fmt::format("{}  {}", crypto::fingerprint(key), signed_by_it ? "signed" : "not signed"));
  }
  return lines;
}

Json rotation_json(const skills::Rotation& rotation) {
  return Json::Object{{"publisher", rotation.publisher},          {"sequence", rotation.sequence},
                      {"old_keys", keys_json(rotation.old_keys)}, {"new_keys", keys_json(rotation.new_keys)},
                      {"new_threshold", rotation.new_threshold},  {"not_before", to_text(rotation.not_before)},
                      {"created", to_text(rotation.created)}};
}

Report written_report(const app::WrittenRotation& written) {
  const skills::Rotation& rotation = written.document.rotation;
  Report report;
  report.result = rotation_json(rotation);
  report.result.set("file", written.output);
  report.result.set("old_signatures", written.old_signatures);
  report.result.set("new_signatures", written.new_signatures);
  const Row rows[] = {
      {"statement", shown(written.output)},
      {"publisher", fmt::format("{}, rotation {}", shown(rotation.publisher), rotation.sequence)},
      {"not before", to_text(rotation.not_before)},
      {"threshold", fmt::format("{} of {} new keys", rotation.new_threshold, rotation.new_keys.size())}};
  report.text = table_text(rows) + list_text("old keys", signer_lines(rotation.old_keys, written.document)) +
                list_text("new keys", signer_lines(rotation.new_keys, written.document));
  const bool enough = written.old_signatures > 0 && written.new_signatures >= rotation.new_threshold;
  if (!enough) {
    report.text += fmt::format("next: palyra trust rotate --sign {} --signing-key KEY, for each key that has to sign\n",
                               shown(written.output));
  }
  report.text += fmt::format("next: palyra trust rotate --apply {}, wherever {} is trusted\n", shown(written.output),
                             shown(rotation.publisher));
  return report;
}

Result<Report> make(Session& session, const RotateOptions& options) {
  if (options.output.empty()) return fail(kUsage, "name the statement to write with -o FILE.palyra-rotation");
  const app::Services& services = *PALYRA_TRY(session.services());
  app::MakeRotationRequest request{.publisher = options.publisher,
                                   .old_keys = PALYRA_TRY(app::read_public_keys(options.old_keys)),
                                   .new_keys = PALYRA_TRY(app::read_public_keys(options.new_keys)),
                                   .new_threshold = options.threshold,
                                   .sequence = options.sequence,
                                   .output = options.output};
  if (!options.not_before.empty()) {
    request.not_before = PALYRA_TRY(app::parse_time(options.not_before, services.clock.wall_seconds()));
  }
  const std::vector<crypto::SigningKey> keys = PALYRA_TRY(read_signing_keys(options.keys));
  request.signing_keys = keys;
  return written_report(PALYRA_TRY(app::make_rotation(services, request)));
}

Result<Report> sign(const RotateOptions& options) {
  const std::vector<crypto::SigningKey> keys = PALYRA_TRY(read_signing_keys(options.keys));
  return written_report(
      PALYRA_TRY(app::sign_rotation_file({.path = options.sign, .signing_keys = keys, .output = options.output})));
}

std::string keys_text(std::string_view heading, const skills::Publisher& publisher) {
  return list_text(fmt::format("{} ({} must sign)", heading, publisher.threshold), fingerprints(publisher.keys));
}

Result<Report> apply(Session& session, const RotateOptions& options) {
  const app::Services& services = *PALYRA_TRY(session.services());
  const app::RotationPlan plan = PALYRA_TRY(app::plan_rotation(services, options.apply));
  const std::string text =
      fmt::format("{}, rotation {}\n", shown(plan.publisher), plan.chain.back().rotation.sequence) +
      keys_text("keys until now", plan.before) + keys_text("keys from now on", plan.after);
  const app::ConsentForm consent = PALYRA_TRY(ask_consent(
      session,
      {.plan = text + "Ask the publisher, by another way than where the file came from, whether these are his keys.",
       .question = fmt::format("Type the publisher's name ({}) to take up his new keys:", shown(plan.publisher)),
       .expected = plan.publisher},
      options.yes ? ConsentFlag::kYes : ConsentFlag::kNotSaid));
  const skills::Publisher publisher = PALYRA_TRY(app::rotate_keys(services, plan, consent));
  Report report;
  report.result = publisher_json(plan.publisher, publisher);
  report.result.set("sequence", plan.chain.back().rotation.sequence);
  report.result.set("before",
                    Json::Object{{"keys", keys_json(plan.before.keys)}, {"threshold", plan.before.threshold}});
  // A person at a terminal has seen it already.
  if (options.yes) report.text = text;
  report.text += "trusted: " + publisher_text(plan.publisher, publisher);
  return report;
}

// Exactly one of the three is meant, and what belongs to the others is not said.
Result<> check_usage(const RotateOptions& options) {
  const bool makes = !options.publisher.empty();
  const bool signs = !options.sign.empty();
  const bool applies = !options.apply.empty();
  if (makes + signs + applies != 1) {
    return fail(kUsage, "name a PUBLISHER whose keys change, or --sign FILE, or --apply FILE");
  }
  const bool statement = !options.old_keys.empty() || !options.new_keys.empty() || options.sequence ||
                         !options.not_before.empty() || options.threshold != 1;
  if (!makes && statement) return fail(kUsage, "what a statement says is said once, when it is made");
  if (makes && (options.old_keys.empty() || options.new_keys.empty())) {
    return fail(kUsage, "name the keys with --old-key and --new-key");
  }
  if (applies && (is_named(options.keys) || !options.output.empty())) {
    return fail(kUsage, "--apply takes no signing key and writes no file");
  }
  if (!applies && options.yes) return fail(kUsage, "--yes belongs to --apply");
  return {};
}

Result<Report> rotate(Session& session, const RotateOptions& options) {
  PALYRA_TRY(check_usage(options));
  if (!options.apply.empty()) return apply(session, options);
  if (!options.sign.empty()) return sign(options);
  return make(session, options);
}

void add_options(CLI::App* command, RotateOptions& options) {
  command->add_option("PUBLISHER", options.publisher, "make a statement: whose keys change");
  command->add_option("--old-key", options.old_keys, "a key of before, as for trust add; all of them, repeatable")
      ->allow_extra_args(false);
  command->add_option("--new-key", options.new_keys, "a key of after; all of them, repeatable")
      ->allow_extra_args(false);
  command->add_option("--threshold", options.threshold, "how many of the new keys must sign (default: 1)");
  command->add_option("--sequence", options.sequence,
                      "1 for the publisher's first rotation (default: one more than this installation has seen)");
  command->add_option("--not-before", options.not_before,
                      "2026-11-22T18:00:00Z, 2026-11-22, +7d or seconds since 1970 (default: now)");
  command->add_option("--sign", options.sign, "add signatures to this statement");
  command->add_option("--apply", options.apply, "take up these statements of one publisher, in any order");
  add_signing_key_options(command, options.keys);
  command->add_option("-o,--output", options.output, "the statement to write (default with --sign: FILE is replaced)");
  command->add_flag("--yes", options.yes, "apply without a person; only where policy.noninteractive_promote = true");
}

}  // namespace

void add_rotate_command(CLI::App& trust, Dispatch& dispatch) {
  CLI::App* command = add_command(
      trust, {.name = "rotate",
              .about = "A publisher's keys become others: make, sign or apply a rotation statement",
              .examples = "Examples:\n"
                          "  palyra trust rotate acme --old-key old.pub --new-key new.pub \\\n"
                          "    --signing-key old.palyra-key --signing-key new.palyra-key \\\n"
                          "    -o acme-1.palyra-rotation\n"
                          "  palyra trust rotate --sign acme-1.palyra-rotation --signing-key second.palyra-key\n"
                          "  palyra trust rotate --apply acme-1.palyra-rotation\n"});
  const auto options = std::make_shared<RotateOptions>();
  add_options(command, *options);
  set_action(command, dispatch, [options](Session& session) { return rotate(session, *options); });
}

}  // namespace palyra::cli
