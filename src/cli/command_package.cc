// SPDX-License-Identifier: Apache-2.0
#include "commands.h"
#include "present.h"
#include "present_audit.h"
#include "signing_key.h"
#include "terminal.h"

#include <palyra/app/build_package.h>
#include <palyra/app/inspect_package.h>
#include <palyra/app/make_key.h>
#include <palyra/app/time_argument.h>
#include <palyra/app/trust_publishers.h>
#include <palyra/app/verify_package.h>
#include <palyra/base/hex.h>

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <memory>

namespace palyra::cli {
namespace {

struct KeygenOptions {
  std::string output;
  bool no_passphrase = false;
  std::string passphrase_file;
};

Result<std::optional<Secret>> new_passphrase(const KeygenOptions& options) {
  if (options.no_passphrase && !options.passphrase_file.empty()) {
    return fail(kUsage, "--no-passphrase and --passphrase-file exclude each other");
  }
  if (options.no_passphrase) return std::nullopt;
  if (!options.passphrase_file.empty()) return PALYRA_TRY(read_passphrase_file(options.passphrase_file));
  if (!can_ask()) {
    return std::unexpected(Error(kNoTerminal, "a new key needs a passphrase and there is no terminal to ask on")
                               .with_next("say --passphrase-file FILE, or --no-passphrase for a key in the clear"));
  }
  return PALYRA_TRY(ask_new_passphrase("Passphrase for the new key:"));
}

Result<Report> keygen(const KeygenOptions& options) {
  app::MakeKeyRequest request{.path = options.output, .passphrase = PALYRA_TRY(new_passphrase(options))};
  const app::MakeKeyReply reply = PALYRA_TRY(app::make_key(request));
  const std::string hex = to_hex(reply.public_key.bytes());
  const std::string fingerprint = crypto::fingerprint(reply.public_key);
  const std::string next = fmt::format("palyra trust add PUBLISHER --key {}", hex);
  Report report;
  report.result = Json::Object{{"key_file", options.output},
                               {"encrypted", request.passphrase.has_value()},
                               {"public_key", hex},
                               {"fingerprint", fingerprint},
                               {"next", Json::Array{next}}};
  const Row rows[] = {
      {"key file", shown(options.output)}, {"public key", hex}, {"fingerprint", fingerprint}, {"next", next}};
  report.text = table_text(rows);
  return report;
}

struct BuildOptions {
  app::BuildPackageRequest request;
  SigningKeyOptions key;
  std::string manifest;
  std::string sbom;
  std::string provenance;
  std::string created;
  std::string not_after;
};

std::optional<std::string> if_named(const std::string& text) {
  if (text.empty()) return std::nullopt;
  return text;
}

// --created, else SOURCE_DATE_EPOCH, else now.
Result<WallTime> creation_time(const BuildOptions& options, WallTime now) {
  if (!options.created.empty()) return app::parse_time(options.created, now);
  const char* text = std::getenv("SOURCE_DATE_EPOCH");  // NOLINT(concurrency-mt-unsafe): nothing sets variables
  if (text == nullptr || *text == '\0') return now;
  const std::string_view digits(text);
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
  if (error != std::errc() || end != digits.data() + digits.size()) {
    return fail(kUsage, "SOURCE_DATE_EPOCH is '{}', which is no number of seconds", shown(digits));
  }
  return WallTime{seconds};
}

Result<> check_build_arguments(const BuildOptions& options) {
  const bool named = !options.manifest.empty();
  if (named && !options.request.directory.empty()) {
    return fail(kUsage, "give either a directory or --manifest, not both");
  }
  if (!named && (!options.request.modules.empty() || !options.request.assets.empty())) {
    return fail(kUsage, "--module and --asset go with --manifest");
  }
  return {};
}

Report build_report(const app::BuildPackageReply& reply) {
  const std::string_view admission = skills::to_text(reply.admission);
  const std::string_view audit = skills::to_text(reply.audit.status());
  const std::string_view examples = app::to_text(reply.examples.status());
  Report report;
  report.result = Json::Object{{"file", reply.output},
                               {"size_bytes", reply.size_bytes},
                               {"file_sha256", crypto::to_hex(reply.sha256)},
                               {"skill_id", reply.statement.identity.skill_id},
                               {"version", reply.statement.identity.version.to_text()},
                               {"publisher", reply.statement.identity.publisher},
                               {"content_root", crypto::to_hex(reply.statement.content_root)},
                               {"created", to_text(reply.statement.created)},
                               {"signed_by", reply.key_fingerprint},
                               {"checks", Json::Array{Json::Object{{"check", "admission"}, {"status", admission}},
                                                      Json::Object{{"check", "audit"}, {"status", audit}},
                                                      Json::Object{{"check", "examples"}, {"status", examples}}}},
                               {"examples", examples_json(reply.examples)},
                               {"audit", audit_json(reply.audit)}};
  const bool expires = reply.statement.not_after.seconds != 0;
  if (expires) report.result.set("not_after", to_text(reply.statement.not_after));
  const Row rows[] = {{"package", fmt::format("{} ({} bytes)", shown(reply.output), reply.size_bytes)},
                      {"skill", reply.statement.identity.skill_id + "@" + reply.statement.identity.version.to_text()},
                      {"publisher", reply.statement.identity.publisher},
                      {"content root", crypto::to_hex(reply.statement.content_root)},
                      {"file sha256", crypto::to_hex(reply.sha256)},
                      {"not after", expires ? to_text(reply.statement.not_after) : "- (never expires)"},
                      {"signed by", reply.key_fingerprint},
                      {"checks", fmt::format("admission {}, audit {}, examples {}", admission, audit, examples)},
                      {"next", fmt::format("palyra skills package verify {}", shown(reply.output))}};
  report.text = table_text(rows) + examples_text(reply.examples);
  if (reply.audit.status() != skills::AuditStatus::kPass) {
    report.text += "audit:\n" + audit_text(reply.audit, AuditDetail::kFindings);
  }
  return report;
}

Result<Report> build(Session& session, const BuildOptions& options) {
  PALYRA_TRY(check_build_arguments(options));
  const app::Services& services = *PALYRA_TRY(session.services());
  app::BuildPackageRequest request = options.request;
  if (request.directory.empty()) request.directory = ".";
  request.manifest = if_named(options.manifest);
  request.sbom = if_named(options.sbom);
  request.provenance = if_named(options.provenance);
  const WallTime created = PALYRA_TRY(creation_time(options, services.clock.wall_seconds()));
  request.created = created.seconds;
  // Counted from `created`, so that a build with a fixed time is the same on every day.
  if (!options.not_after.empty()) request.not_after = PALYRA_TRY(app::parse_time(options.not_after, created)).seconds;
  const crypto::SigningKey key = PALYRA_TRY(read_signing_key(options.key));
  request.signing_key = &key;
  const app::BuildPackageReply reply = PALYRA_TRY(app::build_package(services, request));
  return build_report(reply);
}

struct VerifyOptions {
  std::string file;
  std::vector<std::string> trusted;  // PUBLISHER=HEX
  std::string trust_store;
  bool run_examples = false;
};

Result<app::TrustArguments> trust_arguments(const VerifyOptions& options) {
  app::TrustArguments trust;
  trust.trust_store = if_named(options.trust_store);
  for (const std::string& argument : options.trusted) {
    const std::size_t equals = argument.find('=');
    const auto bytes =
        equals == std::string::npos ? std::nullopt : parse_hex(std::string_view(argument).substr(equals + 1));
    if (!bytes) return fail(kUsage, "--trusted-publisher takes PUBLISHER=<64 hex digits>, not '{}'", shown(argument));
    trust.publishers.emplace_back(argument.substr(0, equals),
                                  PALYRA_TRY(crypto::parse_public_key(*bytes), fmt::format("in '{}'", argument)));
  }
  return trust;
}

// The worst first: what is wrong with the file, then with its examples, then that nobody knows who made it.
std::optional<Failure> failure_of_package(const app::VerifiedPackage& package) {
  const skills::Verification& verification = package.verification;
  if (verification.error) return failure_of(*verification.error);
  if (package.examples) {
    auto checked = app::check_examples(*package.examples);
    if (!checked) return failure_of(std::move(checked).error());
  }
  if (verification.skill) return std::nullopt;
  Failure failure =
      failure_of(Error(skills::kTrustFirstUse, "the signature is valid, but its publisher is not known here"));
  failure.exit = kExitFirstUse;
  return failure;
}

Result<Report> verify(Session& session, const VerifyOptions& options) {
  const app::Services& services = *PALYRA_TRY(session.services());
  const app::VerifiedPackage package = PALYRA_TRY(
      app::verify_package(services, {.path = options.file,
                                     .trust = PALYRA_TRY(trust_arguments(options)),
                                     .examples = options.run_examples ? app::Examples::kRun : app::Examples::kLeave}));
  const skills::Verification& verification = package.verification;
  const auto examples = package.examples ? package.examples->status() : app::ExampleStatus::kNotRun;
  Report report;
  report.result = verification_json(verification, {.examples = examples});
  report.text = table_text(verification_rows(verification, {.examples = examples}));
  if (verification.manifest) {
    report.text += list_text("tools", tool_lines(*verification.manifest));
    const auto asked = verification.manifest->capabilities.to_list();
    report.text += asked.empty() ? "asks for no capabilities\n" : list_text("asks to", capability_lines(asked));
  }
  if (package.examples) {
    report.result.set("examples", examples_json(*package.examples));
    report.text += examples_text(*package.examples);
  }
  report.failure = failure_of_package(package);
  return report;
}

struct InspectOptions {
  std::string file;
  bool unverified = false;
};

Json entries_json(const skills::Artifact& artifact) {
  Json::Array entries;
  for (const skills::ArtifactEntry& entry : artifact.entries()) {
    entries.emplace_back(Json::Object{
        {"name", entry.name}, {"size_bytes", entry.bytes.size()}, {"sha256", crypto::to_hex(entry.sha256)}});
  }
  return entries;
}

Json modules_json(const app::InspectPackageReply& reply) {
  Json::Array modules;
  for (const app::DescribedModule& module : reply.modules) {
    Json json = module.facts ? module_json(*module.facts) : Json(Json::Object{});
    json.set("name", module.name);
    if (!module.facts) json.set("error", module.facts.error().describe());
    modules.push_back(std::move(json));
  }
  return modules;
}

std::string inspection_text(const app::InspectPackageReply& reply) {
  const skills::Verification& verification = reply.package.verification;
  std::string text;
  if (!verification.skill) text += "NOT VERIFIED: whatever stands below is a claim of whoever made the file.\n";
  text += table_text(verification_rows(verification));
  std::vector<std::string> entries;
  for (const skills::ArtifactEntry& entry : verification.artifact->entries()) {
    entries.push_back(
        fmt::format("{}  {} bytes  {}", shown(entry.name), entry.bytes.size(), crypto::to_hex(entry.sha256)));
  }
  text += list_text("entries", entries);
  if (reply.manifest) {
    const Row rows[] = {{"name", shown(reply.manifest->name)},
                        {"description", shown(reply.manifest->description.value_or("-"))},
                        {"license", shown(reply.manifest->license.value_or("-"))}};
    text += table_text(rows);
    text += list_text("tools", tool_lines(*reply.manifest));
    text += list_text("asks to", capability_lines(reply.manifest->capabilities.to_list()));
  }
  for (const app::DescribedModule& module : reply.modules) {
    const std::vector<std::string> lines =
        module.facts ? module_lines(*module.facts) : std::vector<std::string>{shown(module.facts.error().describe())};
    text += list_text(shown(module.name), lines);
  }
  return text;
}

Result<Report> inspect(Session& session, const InspectOptions& options) {
  const app::Services& services = *PALYRA_TRY(session.services());
  const auto show = options.unverified ? app::ShowUnverified::kYes : app::ShowUnverified::kNo;
  auto inspected = app::inspect_package(services, options.file, show);
  if (!inspected) {
    Error error = std::move(inspected).error();
    if (!options.unverified && error.kind() == ErrorKind::kUntrusted) {
      error = std::move(error).with_next("look at it anyway with --unverified");
    }
    return std::unexpected(std::move(error));
  }
  Report report;
  report.result = verification_json(inspected->package.verification);
  report.result.set("entries", entries_json(*inspected->package.verification.artifact));
  report.result.set("modules", modules_json(*inspected));
  if (inspected->manifest && !inspected->package.verification.manifest) {
    report.result.set("claimed_tools", tools_json(*inspected->manifest));
    report.result.set("claimed_capabilities", capabilities_json(inspected->manifest->capabilities.to_list()));
  }
  report.text = inspection_text(*inspected);
  return report;
}

void add_build_command(CLI::App& package, Dispatch& dispatch) {
  CLI::App* command = add_command(
      package, {.name = "build",
                .about = "Make a signed artifact of a skill's directory, or of named files. A .wat module is assembled",
                .examples = "Examples:\n"
                            "  palyra skills package build hello --signing-key my.palyra-key -o hello.palyra-skill\n"
                            "  palyra skills package build --manifest skill.toml --module hello.wat \\\n"
                            "    --signing-key-stdin -o hello.palyra-skill < key\n"});
  const auto options = std::make_shared<BuildOptions>();
  command->add_option("DIR", options->request.directory,
                      "holds skill.toml, modules/ and perhaps assets/ and skill/ (default: here)");
  command->add_option("--manifest", options->manifest, "skill.toml, when there is no directory");
  command->add_option("--module", options->request.modules, "a .wasm or .wat file; repeatable")
      ->allow_extra_args(false);
  command
      ->add_option("--asset", options->request.assets,
                   "FILE, or ENTRY=FILE with ENTRY below assets/ or skill/; repeatable")
      ->allow_extra_args(false);
  command->add_option("--sbom", options->sbom, "CycloneDX JSON (default: made from the content)");
  command->add_option("--provenance", options->provenance, "SLSA v1 statement (default: made from the content)");
  command->add_option("--signing-key", options->key.file, "a .palyra-key file");
  command->add_flag("--signing-key-stdin", options->key.standard_input,
                    "the key on standard input: 32 bytes, 64 hex digits or 44 characters of base64");
  command->add_option("--passphrase-file", options->key.passphrase_file, "first line is the key's passphrase");
  command->add_option("-o,--output", options->request.output, "the artifact")->required();
  command->add_option("--created", options->created,
                      "a time as 2026-11-22T18:00:00Z, or seconds since 1970 (default: SOURCE_DATE_EPOCH, else now)");
  command->add_option("--not-after", options->not_after,
                      "refused from then on: a time, or +90d counted from --created (default: never)");
  set_action(command, dispatch, [options](Session& session) { return build(session, *options); });
}

void add_keygen_command(CLI::App& package, Dispatch& dispatch) {
  CLI::App* command = add_command(package, {.name = "keygen",
                                            .about = "Make a signing key and print its fingerprint",
                                            .examples = "Examples:\n"
                                                        "  palyra skills package keygen -o my.palyra-key\n"});
  const auto options = std::make_shared<KeygenOptions>();
  command->add_option("-o,--output", options->output, "the key file; never overwritten")->required();
  command->add_flag("--no-passphrase", options->no_passphrase, "keep the key in the clear (the file has mode 0600)");
  command->add_option("--passphrase-file", options->passphrase_file, "first line is the passphrase");
  set_action(command, dispatch, [options](Session&) { return keygen(*options); });
}

void add_verify_command(CLI::App& package, Dispatch& dispatch) {
  CLI::App* command = add_command(
      package, {.name = "verify",
                .about = "Say what is to be thought of an artifact; changes nothing",
                .examples = "Examples:\n"
                            "  palyra skills package verify hello.palyra-skill\n"
                            "  palyra skills package verify hello.palyra-skill --trusted-publisher acme=HEX\n"
                            "  palyra skills package verify hello.palyra-skill --run-examples\n"
                            "Ends with 10 when the signature is valid and the publisher unknown.\n"});
  const auto options = std::make_shared<VerifyOptions>();
  command->add_option("FILE", options->file, "a .palyra-skill file")->required();
  command
      ->add_option("--trusted-publisher", options->trusted,
                   "PUBLISHER=HEX: trust this key instead of the installation's; repeatable")
      ->allow_extra_args(false);
  command->add_option("--trust-store", options->trust_store, "a palyra/trust/1 file, instead of the installation's");
  command->add_flag("--run-examples", options->run_examples, "also run the skill's golden examples in the sandbox");
  set_action(command, dispatch, [options](Session& session) { return verify(session, *options); });
}

void add_inspect_command(CLI::App& package, Dispatch& dispatch) {
  CLI::App* command =
      add_command(package, {.name = "inspect",
                            .about = "Describe what is in an artifact, without judging it",
                            .examples = "Examples:\n"
                                        "  palyra skills package inspect hello.palyra-skill\n"
                                        "  palyra skills package inspect strange.palyra-skill --unverified\n"});
  const auto options = std::make_shared<InspectOptions>();
  command->add_option("FILE", options->file, "a .palyra-skill file")->required();
  command->add_flag("--unverified", options->unverified, "also an artifact that does not verify");
  set_action(command, dispatch, [options](Session& session) { return inspect(session, *options); });
}

}  // namespace

void add_package_commands(CLI::App& skills, Dispatch& dispatch) {
  CLI::App* package = add_command(skills, {.name = "package", .about = "Make and look at artifacts", .examples = ""});
  package->require_subcommand(1);
  add_keygen_command(*package, dispatch);
  add_build_command(*package, dispatch);
  add_verify_command(*package, dispatch);
  add_inspect_command(*package, dispatch);
  add_sign_command(*package, dispatch);
}

}  // namespace palyra::cli
