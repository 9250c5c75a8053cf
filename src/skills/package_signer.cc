// SPDX-License-Identifier: Apache-2.0
#include "palyra/skills/package_signer.h"

#include <palyra/base/check.h>
#include <palyra/skills/signature_document.h>
#include <palyra/skills/verify.h>

#include <algorithm>

namespace palyra::skills {
namespace {

// By everybody's rules and nobody's trust: an unknown publisher is what every publisher is here.
Result<Verification> verify_for_anybody(const SignatureRequest& request, BytesView file) {
  const SkillTrustStore nobody;
  Verification verification =
      verify_skill_artifact({.file = file,
                             .trust = &nobody,
                             .schemas = request.schemas,
                             .modules = request.inspector,
                             .now = request.now,
                             .policy = {.unknown_publisher = UnknownPublisher::kReport, .pin_fingerprint = {}},
                             .limits = request.limits});
  if (verification.error) return std::unexpected(*std::move(verification.error));
  PALYRA_CHECK(verification.signers.has_value());
  return verification;
}

Result<SignatureDocument> with_signature(SignatureDocument document, const crypto::SigningKey& key) {
  const SignatureDocument added = PALYRA_TRY(sign_statement(document.statement, {&key, 1}));
  for (const ClaimedSignature& each : document.signatures) {
    if (each.public_key == added.signatures.front().public_key) {
      return fail(kPackageAlreadySigned, "{} has signed this already", crypto::fingerprint(key.public_key()));
    }
  }
  document.signatures.push_back(added.signatures.front());
  std::ranges::sort(document.signatures, {}, &ClaimedSignature::public_key);
  return document;
}

}  // namespace

Result<CountersignedPackage> add_signature(const SignatureRequest& request) {
  PALYRA_CHECK(request.signing_key != nullptr);
  const Verification before = PALYRA_TRY(verify_for_anybody(request, request.file));
  if (before.artifact->format() == ArtifactFormat::kFormat1) {
    return fail(kPackageLegacy, "an artifact of format 1 takes no further signature");
  }
  const SignatureDocument document = PALYRA_TRY(with_signature(*before.document, *request.signing_key));
  const std::string signature = format_signature_document(document);
  std::vector<ArtifactEntry> entries(before.artifact->entries().begin(), before.artifact->entries().end());
  const auto replaced = std::ranges::find(entries, kSignatureEntry, &ArtifactEntry::name);
  PALYRA_CHECK(replaced != entries.end());
  *replaced = make_entry(std::string(kSignatureEntry), as_bytes(signature));
  CountersignedPackage package{
      .bytes = PALYRA_TRY(write_artifact(entries)), .sha256 = {}, .statement = document.statement, .signers = {}};
  package.sha256 = crypto::sha256(package.bytes);
  package.signers =
      *PALYRA_TRY(verify_for_anybody(request, package.bytes), "while verifying the artifact just signed").signers;
  return package;
}

}  // namespace palyra::skills
