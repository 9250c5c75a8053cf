// SPDX-License-Identifier: Apache-2.0
#pragma once
// Making a signed artifact: the same input gives the same bytes, and nothing is handed out that would not verify.
// Source: docs/formats/skill-artifact.md.

#include <palyra/base/clock.h>
#include <palyra/base/error.h>
#include <palyra/crypto/ed25519.h>
#include <palyra/skills/artifact.h>
#include <palyra/skills/sbom.h>
#include <palyra/skills/statement.h>
#include <palyra/skills/verify.h>

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace palyra::skills {

class ModuleInspector;
class SchemaCompiler;

struct EntryContent {
  std::string_view name;
  BytesView bytes;
  std::optional<SourceFile> source{};  // what `bytes` were made of, where that is another file
};

struct PackageRequest {
  BytesView manifest;                     // the bytes of skill.toml
  std::span<const EntryContent> modules;  // "modules/<name>.wasm"
  std::span<const EntryContent> assets;   // "assets/..." and "skill/..."
  std::optional<BytesView> sbom;          // CycloneDX JSON; one is made when absent
  std::optional<BytesView> provenance;    // SLSA v1 statement; likewise
  const crypto::SigningKey* signing_key = nullptr;
  WallTime created;
  WallTime not_after;  // 0 = never
  const SchemaCompiler* schemas = nullptr;
  const ModuleInspector* inspector = nullptr;
  std::string palyra_version;  // of the program that builds; stands in the SBOM and provenance that are made
};

// Movable; the verification's views point into `bytes`.
struct Package {
  Bytes bytes;
  crypto::Sha256Digest sha256;  // of the file
  Statement statement;
  Verification verification;  // by one who trusts the signer: every stage has passed
};

// Errors: those of the container, the manifest, SBOM, provenance and admission by the default limits, `created` and
// `not_after` as signature.json's rules have them; each exactly as verify_skill_artifact would name it.
Result<Package> build_signed_skill_artifact(const PackageRequest& request);

}  // namespace palyra::skills
