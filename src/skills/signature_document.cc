// SPDX-License-Identifier: Apache-2.0
#include "palyra/skills/signature_document.h"

#include "canonical_json.h"

#include <palyra/base/utf8.h>

namespace palyra::skills {
namespace {

constexpr std::string_view kFormat = "palyra/artifact-signature/2";
constexpr std::array<std::string_view, 10> kKeys{"format",       "publisher",       "skill_id", "version",
                                                 "content_root", "manifest_sha256", "created",  "not_after",
                                                 "guest_abi",    "signatures"};

Result<SkillIdentity> take_identity(const Json& object) {
  SkillIdentity identity;
  identity.publisher = PALYRA_TRY(take_publisher(object, "publisher"));
  identity.skill_id = PALYRA_TRY(take_skill_id(object, "skill_id"));
  const std::string version = PALYRA_TRY(take_string(object, "version"));
  const auto parsed = Version::parse(version);
  if (!parsed) return fail(kShapeVersion, "'{}' is no version", printable(version));
  identity.version = *parsed;
  return identity;
}

Result<> check_not_after(WallTime created, WallTime not_after) {
  if (not_after.seconds != 0 && not_after < created) {
    return fail(kShapeNotAfter, "not_after {} lies before created {}", not_after.seconds, created.seconds);
  }
  return {};
}

Result<Statement> take_statement(const Json& object) {
  Statement statement;
  statement.identity = PALYRA_TRY(take_identity(object));
  statement.content_root = PALYRA_TRY(take_digest(object, "content_root"));
  statement.manifest_sha256 = PALYRA_TRY(take_digest(object, "manifest_sha256"));
  statement.created = {PALYRA_TRY(take_integer(object, "created"))};
  statement.not_after = {PALYRA_TRY(take_integer(object, "not_after"))};
  PALYRA_TRY(check_not_after(statement.created, statement.not_after));
  const std::int64_t guest_abi = PALYRA_TRY(take_integer(object, "guest_abi"));
  if (guest_abi != kGuestAbi) return fail(kShapeGuestAbi, "guest ABI {}, this version knows {}", guest_abi, kGuestAbi);
  return statement;
}

}  // namespace

Result<SignatureDocument> parse_signature_document(BytesView json) {
  const Json object =
      PALYRA_TRY(parse_canonical(json, {.format = kFormat, .max_bytes = kMaxSignatureDocumentBytes, .keys = kKeys}));
  SignatureDocument document;
  document.statement = PALYRA_TRY(take_statement(object));
  document.signatures = PALYRA_TRY(take_signatures(object, kMaxSignatures));
  PALYRA_TRY(check_canonical(json, format_signature_document(document)));
  return document;
}

std::string format_signature_document(const SignatureDocument& document) {
  const Statement& statement = document.statement;
  return fmt::format(R"({{
  "format": "{}",
  "publisher": "{}",
  "skill_id": "{}",
  "version": "{}",
  "content_root": "{}",
  "manifest_sha256": "{}",
  "created": {},
  "not_after": {},
  "guest_abi": {},
  "signatures": [
{}
  ]
}}
)",
                     kFormat, statement.identity.publisher, statement.identity.skill_id,
                     statement.identity.version.to_text(), crypto::to_hex(statement.content_root),
                     crypto::to_hex(statement.manifest_sha256), statement.created.seconds, statement.not_after.seconds,
                     statement.guest_abi, format_signatures(document.signatures));
}

Result<SignatureDocument> sign_statement(const Statement& statement, std::span<const crypto::SigningKey> keys) {
  const SignatureDocument document{.statement = statement,
                                   .signatures = sign_message(statement_bytes(statement), keys)};
  // The reader decides whether the values may stand, here as for everybody.
  return parse_signature_document(as_bytes(format_signature_document(document)));
}

}  // namespace palyra::skills
