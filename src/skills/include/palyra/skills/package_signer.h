// SPDX-License-Identifier: Apache-2.0
#pragma once
// Another signature on an artifact that is signed already: for publishers with a threshold, and for reviewers.
// Source: docs/formats/skill-artifact.md, "Content root, statement, signature".

#include <palyra/base/clock.h>
#include <palyra/base/error.h>
#include <palyra/crypto/ed25519.h>
#include <palyra/crypto/sha256.h>
#include <palyra/skills/admission.h>
#include <palyra/skills/statement.h>

#include <vector>

namespace palyra::skills {

class ModuleInspector;
class SchemaCompiler;

inline constexpr ErrorCode kPackageAlreadySigned{ErrorKind::kAlreadyExists, "package.already_signed"};
// Format 1 has room for one signature, and nobody writes it anymore.
inline constexpr ErrorCode kPackageLegacy{ErrorKind::kIncompatible, "package.legacy"};

struct SignatureRequest {
  BytesView file;
  const crypto::SigningKey* signing_key = nullptr;
  const SchemaCompiler* schemas = nullptr;
  const ModuleInspector* inspector = nullptr;
  WallTime now;
  AdmissionLimits limits{};
};

struct CountersignedPackage {
  Bytes bytes;  // canonical: the same statement and content, the signatures sorted by key
  crypto::Sha256Digest sha256;
  Statement statement;
  std::vector<crypto::PublicKey> signers;  // all of them, sorted
};

// Nobody signs what nobody could use: the artifact passes every stage but trust first, whoever signed it.
// Errors: those of verify_skill_artifact; kPackageLegacy; kPackageAlreadySigned (by this key); kShapeSignatureCount.
Result<CountersignedPackage> add_signature(const SignatureRequest& request);

}  // namespace palyra::skills
