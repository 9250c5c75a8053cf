// SPDX-License-Identifier: Apache-2.0
#pragma once
// `sbom.cdx.json`: what is inside, as CycloneDX. Checked because the publisher signs it, and a signed false statement
// is worse than none. Source: docs/formats/skill-artifact.md, "Order of verification", SBOM; CycloneDX 1.6.

#include <palyra/base/clock.h>
#include <palyra/base/error.h>
#include <palyra/capability/module_facts.h>
#include <palyra/skills/artifact.h>
#include <palyra/skills/skill_names.h>

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace palyra::skills {

inline constexpr ErrorCode kSbomMissing{ErrorKind::kMalformed, "sbom.missing"};
inline constexpr ErrorCode kSbomSize{ErrorKind::kLimitExceeded, "sbom.size"};    // 4 MiB
inline constexpr ErrorCode kSbomDepth{ErrorKind::kLimitExceeded, "sbom.depth"};  // 32
inline constexpr ErrorCode kSbomNotJson{ErrorKind::kMalformed, "sbom.not_json"};
inline constexpr ErrorCode kSbomDuplicateKey{ErrorKind::kMalformed, "sbom.duplicate_key"};
inline constexpr ErrorCode kSbomNotObject{ErrorKind::kMalformed, "sbom.not_object"};
inline constexpr ErrorCode kSbomFormat{ErrorKind::kMalformed, "sbom.bom_format"};         // not CycloneDX
inline constexpr ErrorCode kSbomSpecVersion{ErrorKind::kMalformed, "sbom.spec_version"};  // not 1.4 to 1.9
inline constexpr ErrorCode kSbomComponent{ErrorKind::kMalformed, "sbom.component"};       // not a list of components
inline constexpr ErrorCode kSbomDuplicate{ErrorKind::kMalformed, "sbom.component_duplicate"};  // one entry twice
inline constexpr ErrorCode kSbomHashCount{ErrorKind::kMalformed, "sbom.hash_count"};  // not exactly one SHA-256
inline constexpr ErrorCode kSbomDigestMismatch{ErrorKind::kUntrusted, "sbom.digest_mismatch"};
inline constexpr ErrorCode kSbomModuleMissing{ErrorKind::kUntrusted, "sbom.module_missing"};

// Components of type `file` named like an entry have exactly one SHA-256, the entry's; none is listed twice; every
// module is listed. Components inside components count. Other keys are free. Order of checks: as the codes stand above,
// the last four for each component in document order, modules last.
Result<> check_sbom(std::span<const ArtifactEntry> entries);
// Of format 1: the same, but a module need not be listed. Publishers had to bring a document, and nobody looked into
// it.
Result<> check_legacy_sbom(std::span<const ArtifactEntry> entries);

struct SourceFile {
  std::string name;
  crypto::Sha256Digest sha256;
};

// What the two documents that package build makes say about the build.
struct BuildFacts {
  SkillIdentity identity;
  std::string name;                    // the skill's display name
  std::optional<std::string> license;  // SPDX expression
  WallTime created;                    // a time after the year 9999 is left out
  WallTime not_after{};                // 0 = never
  std::string palyra_version;          // of the program that builds
  // By name of the module's entry: what its tools say of themselves.
  std::map<std::string, std::vector<capability::Producer>, std::less<>> producers{};
  // By name of the entry: the file that it was made of, where that is another.
  std::map<std::string, SourceFile, std::less<>> sources{};
};

// A CycloneDX 1.6 document, the same bytes for the same input: the skill, which depends on each of `entries` but sbom,
// provenance and signature, a `file` component each; the lines of a module's `producers` are its properties. The serial
// number is a UUID of version 8, made of the SHA-256 of the rest.
std::string make_sbom(const BuildFacts& facts, std::span<const ArtifactEntry> entries);

}  // namespace palyra::skills
