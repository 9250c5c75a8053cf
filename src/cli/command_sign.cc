// SPDX-License-Identifier: Apache-2.0
#include "commands.h"
#include "present.h"
#include "signing_key.h"

#include <palyra/app/sign_package.h>

#include <fmt/format.h>

#include <memory>

namespace palyra::cli {
namespace {

struct SignOptions {
  app::SignPackageRequest request;
  SigningKeyOptions key;
};

Result<Report> sign(Session& session, const SignOptions& options) {
  const app::Services& services = *PALYRA_TRY(session.services());
  const crypto::SigningKey key = PALYRA_TRY(read_signing_key(options.key));
  app::SignPackageRequest request = options.request;
  request.signing_key = &key;
  const app::SignPackageReply reply = PALYRA_TRY(app::sign_package(services, request));
  const skills::SkillIdentity& identity = reply.statement.identity;
  Report report;
  report.result = Json::Object{{"file", reply.output},
                               {"size_bytes", reply.size_bytes},
                               {"file_sha256", crypto::to_hex(reply.sha256)},
                               {"skill_id", identity.skill_id},
                               {"version", identity.version.to_text()},
                               {"publisher", identity.publisher},
                               {"content_root", crypto::to_hex(reply.statement.content_root)},
                               {"signed_by", reply.key_fingerprint},
                               {"signers", keys_json(reply.signers)}};
  const Row rows[] = {{"package", fmt::format("{} ({} bytes)", shown(reply.output), reply.size_bytes)},
                      {"skill", identity.skill_id + "@" + identity.version.to_text()},
                      {"publisher", identity.publisher},
                      {"content root", crypto::to_hex(reply.statement.content_root)},
                      {"file sha256", crypto::to_hex(reply.sha256)},
                      {"signed by", reply.key_fingerprint},
                      {"signatures", fmt::format("{} now", reply.signers.size())}};
  report.text = table_text(rows);
  return report;
}

}  // namespace

void add_sign_command(CLI::App& package, Dispatch& dispatch) {
  CLI::App* command = add_command(
      package, {.name = "sign",
                .about = "Add a signature to an artifact: for thresholds and reviewers",
                .examples = "Examples:\n"
                            "  palyra skills package sign hello.palyra-skill --signing-key second.palyra-key\n"
                            "  palyra skills package sign hello.palyra-skill --signing-key-stdin \\\n"
                            "    -o reviewed.palyra-skill < key\n"});
  const auto options = std::make_shared<SignOptions>();
  command->add_option("FILE", options->request.path, "a .palyra-skill file")->required();
  command->add_option("--signing-key", options->key.file, "a .palyra-key file");
  command->add_flag("--signing-key-stdin", options->key.standard_input,
                    "the key on standard input: 32 bytes, 64 hex digits or 44 characters of base64");
  command->add_option("--passphrase-file", options->key.passphrase_file, "first line is the key's passphrase");
  command->add_option("-o,--output", options->request.output, "the signed artifact (default: FILE is replaced)");
  set_action(command, dispatch, [options](Session& session) { return sign(session, *options); });
}

}  // namespace palyra::cli
