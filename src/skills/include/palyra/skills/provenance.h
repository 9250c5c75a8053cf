// SPDX-License-Identifier: Apache-2.0
#pragma once
// `provenance.json`: how it was built, as an in-toto Statement v1 with SLSA provenance v1.
// Source: docs/formats/skill-artifact.md, "Order of verification", Provenance; in-toto attestation 1.0; SLSA 1.0.

#include <palyra/skills/sbom.h>

namespace palyra::skills {

inline constexpr ErrorCode kProvenanceMissing{ErrorKind::kMalformed, "provenance.missing"};
inline constexpr ErrorCode kProvenanceSize{ErrorKind::kLimitExceeded, "provenance.size"};    // 4 MiB
inline constexpr ErrorCode kProvenanceDepth{ErrorKind::kLimitExceeded, "provenance.depth"};  // 32
inline constexpr ErrorCode kProvenanceNotJson{ErrorKind::kMalformed, "provenance.not_json"};
inline constexpr ErrorCode kProvenanceDuplicateKey{ErrorKind::kMalformed, "provenance.duplicate_key"};
inline constexpr ErrorCode kProvenanceNotObject{ErrorKind::kMalformed, "provenance.not_object"};
inline constexpr ErrorCode kProvenanceStatementType{ErrorKind::kMalformed, "provenance.statement_type"};
inline constexpr ErrorCode kProvenancePredicateType{ErrorKind::kMalformed, "provenance.predicate_type"};
// No subjects, one that is no entry, or one twice.
inline constexpr ErrorCode kProvenanceSubject{ErrorKind::kMalformed, "provenance.subject"};
inline constexpr ErrorCode kProvenanceSubjectDigest{ErrorKind::kUntrusted, "provenance.subject_digest"};
inline constexpr ErrorCode kProvenanceModuleMissing{ErrorKind::kUntrusted, "provenance.module_missing"};
inline constexpr ErrorCode kProvenancePredicate{ErrorKind::kMalformed,
                                                "provenance.predicate"};  // no build type, no builder

// Subjects are entries with their digests, none twice, every module among them; `predicate.buildDefinition.buildType`
// and `predicate.runDetails.builder.id` are not empty. Other keys are free. Order of checks: as the codes stand above.
Result<> check_provenance(std::span<const ArtifactEntry> entries);
// Of format 1: an object whose `builder` is an object and whose `subject` is a list of at least one. The subjects are
// compared with nothing: they were placeholders.
Result<> check_legacy_provenance(std::span<const ArtifactEntry> entries);

// A document of SLSA's build level 1, the same bytes for the same input: whoever builds says so himself. Each of
// `entries` but provenance and signature is a subject; each that the caller brought is a resolved dependency, by the
// file it was made of; the invocation's id is the SHA-256 of the content that was brought and of the time.
std::string make_provenance(const BuildFacts& facts, std::span<const ArtifactEntry> entries);

}  // namespace palyra::skills
