// SPDX-License-Identifier: Apache-2.0
// What must not be believed any more: by the operator's own word, or by a publisher's signed list.
#include "commands.h"
#include "consent.h"
#include "present.h"
#include "present_trust.h"
#include "signing_key.h"

#include <palyra/app/revoke.h>
#include <palyra/app/time_argument.h>

#include <fmt/format.h>

#include <memory>

namespace palyra::cli {
namespace {

struct RevokeOptions {
  app::RevocationArguments what;
  std::string issuer;
  std::optional<std::uint64_t> list_version;
  std::string created;
  std::string expires;
  std::string sign;
  std::string apply;
  SigningKeysOptions keys;
  std::string output;
  bool yes = false;
};

Result<Report> revoke_here(Session& session, const RevokeOptions& options) {
  const app::Services& services = *PALYRA_TRY(session.services());
  const std::vector<skills::RevocationEntry> entries = PALYRA_TRY(app::read_revocation_entries(services, options.what));
  const std::string what = list_text("revoked", revocation_entry_lines(entries));
  const app::ConsentForm consent = PALYRA_TRY(ask_consent(
      session,
      {.plan = what + "Nothing of it runs here any more, whoever signs it. A revocation cannot be taken back.",
       .question = "Type 'revoke' to go on:",
       .expected = "revoke"},
      options.yes ? ConsentFlag::kYes : ConsentFlag::kNotSaid));
  const std::vector<state::InstalledVersion> stopped = PALYRA_TRY(app::revoke(services, entries, consent));
  Report report;
  report.result = Json::Object{{"entries", revocation_entries_json(entries)}, {"stopped", versions_json(stopped)}};
  report.text = what + stopped_text(stopped);
  return report;
}

Result<Report> written_report(Session& session, const app::WrittenRevocations& written) {
  const skills::RevocationList& list = written.document.list;
  const WallTime now = PALYRA_TRY(session.services())->clock.wall_seconds();
  Report report;
  report.result = revocation_list_json(list, now);
  report.result.set("file", written.output);
  report.result.set("signatures", written.document.signatures.size());
  report.text = fmt::format("{}\n", shown(written.output)) + revocation_list_text(list, now) +
                list_text("revoked", revocation_entry_lines(list.entries)) +
                fmt::format("signatures: {}\nnext: palyra trust revoke --apply {}, wherever {} is trusted\n",
                            written.document.signatures.size(), shown(written.output), shown(list.issuer));
  return report;
}

Result<Report> make(Session& session, const RevokeOptions& options) {
  if (!options.list_version || options.expires.empty() || options.output.empty()) {
    return fail(kUsage, "a list needs --list-version N, --expires T and -o FILE.palyra-revocations");
  }
  const app::Services& services = *PALYRA_TRY(session.services());
  const WallTime now = services.clock.wall_seconds();
  app::MakeRevocationsRequest request{
      .issuer = options.issuer,
      .list_version = *options.list_version,
      .created = options.created.empty() ? now : PALYRA_TRY(app::parse_time(options.created, now)),
      .expires = PALYRA_TRY(app::parse_time(options.expires, now)),
      .entries = PALYRA_TRY(app::read_revocation_entries(services, options.what)),
      .output = options.output};
  const std::vector<crypto::SigningKey> keys = PALYRA_TRY(read_signing_keys(options.keys));
  request.signing_keys = keys;
  return written_report(session, PALYRA_TRY(app::make_revocations(services, request)));
}

Result<Report> sign(Session& session, const RevokeOptions& options) {
  const std::vector<crypto::SigningKey> keys = PALYRA_TRY(read_signing_keys(options.keys));
  return written_report(
      session,
      PALYRA_TRY(app::sign_revocations_file({.path = options.sign, .signing_keys = keys, .output = options.output})));
}

Result<Report> apply(Session& session, const RevokeOptions& options) {
  const app::Services& services = *PALYRA_TRY(session.services());
  const app::AppliedRevocations applied = PALYRA_TRY(app::apply_revocations(services, options.apply));
  const WallTime now = services.clock.wall_seconds();
  if (is_expired(applied.list, now)) {
    session.output().warn(fmt::format("this list expired at {}: ask '{}' for a newer one",
                                      to_text(applied.list.expires), applied.list.issuer));
  }
  Report report;
  report.result = revocation_list_json(applied.list, now);
  report.result.set("stopped", versions_json(applied.stopped));
  report.text = revocation_list_text(applied.list, now);
  if (session.options().verbose) report.text += list_text("revoked", revocation_entry_lines(applied.list.entries));
  report.text += stopped_text(applied.stopped);
  return report;
}

bool names_anything(const app::RevocationArguments& what) {
  return !what.keys.empty() || !what.fingerprints.empty() || !what.content_roots.empty() || !what.skills.empty();
}

// At most one of the three is meant, without any it is the operator's own word; and what belongs to others is not said.
Result<> check_usage(const RevokeOptions& options) {
  const bool makes = !options.issuer.empty();
  const bool signs = !options.sign.empty();
  const bool applies = !options.apply.empty();
  if (makes + signs + applies > 1) return fail(kUsage, "--issuer, --sign and --apply exclude each other");
  const bool list = options.list_version || !options.created.empty() || !options.expires.empty();
  if (!makes && list) return fail(kUsage, "--list-version, --created and --expires are of a list: name its --issuer");
  if ((signs || applies) && names_anything(options.what)) {
    return fail(kUsage, "what a list revokes is said once, when it is made");
  }
  if (!(makes || signs) && (is_named(options.keys) || !options.output.empty())) {
    return fail(kUsage, "only --issuer and --sign take a signing key and write a file");
  }
  if ((makes || signs || applies) && options.yes) return fail(kUsage, "--yes belongs to an operator's own revocation");
  return {};
}

Result<Report> revoke(Session& session, const RevokeOptions& options) {
  PALYRA_TRY(check_usage(options));
  if (!options.apply.empty()) return apply(session, options);
  if (!options.sign.empty()) return sign(session, options);
  if (!options.issuer.empty()) return make(session, options);
  return revoke_here(session, options);
}

void add_options(CLI::App* command, RevokeOptions& options) {
  command->add_option("--key", options.what.keys, "a key, as for trust add; repeatable")->allow_extra_args(false);
  command->add_option("--fingerprint", options.what.fingerprints, "of a key that is known here; repeatable")
      ->allow_extra_args(false);
  command->add_option("--content-root", options.what.content_roots, "64 hex digits; repeatable")
      ->allow_extra_args(false);
  command
      ->add_option("--skill", options.what.skills,
                   "ID, ID@VERSION, or ID@LOWEST..HIGHEST, both included and either left out; repeatable")
      ->allow_extra_args(false);
  command->add_option("--issuer", options.issuer, "make a signed list of this publisher instead");
  command->add_option("--list-version", options.list_version, "of the list; above that of the publisher's last one");
  command->add_option("--created", options.created, "of the list (default: now)");
  command->add_option(
      "--expires", options.expires,
      "when installations want a newer one: 2026-11-22T18:00:00Z, 2026-11-22, +90d or seconds since 1970");
  command->add_option("--sign", options.sign, "add signatures to this list");
  command->add_option("--apply", options.apply, "take up this list; nobody is asked, it only takes away");
  add_signing_key_options(command, options.keys);
  command->add_option("-o,--output", options.output, "the list to write (default with --sign: FILE is replaced)");
  command->add_flag("--yes", options.yes, "without a person; only where policy.noninteractive_promote = true");
}

}  // namespace

void add_revoke_command(CLI::App& trust, Dispatch& dispatch) {
  CLI::App* command = add_command(
      trust, {.name = "revoke",
              .about = "Believe a key, a content or versions no more; make, sign or apply a publisher's list",
              .examples = "Examples:\n"
                          "  palyra trust revoke --skill acme.weather@1.0.0..1.2.0\n"
                          "  palyra trust revoke --fingerprint ed25519:3d40...c1b2\n"
                          "  palyra trust revoke --issuer acme --list-version 1 --expires +90d \\\n"
                          "    --key stolen.pub --signing-key acme.palyra-key -o acme-1.palyra-revocations\n"
                          "  palyra trust revoke --apply acme-1.palyra-revocations\n"});
  const auto options = std::make_shared<RevokeOptions>();
  add_options(command, *options);
  set_action(command, dispatch, [options](Session& session) { return revoke(session, *options); });
}

}  // namespace palyra::cli
