// SPDX-License-Identifier: Apache-2.0
#include "sbom_document.h"

#include <palyra/base/utf8.h>
#include <palyra/skills/provenance.h>
#include <palyra/skills/statement.h>

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

namespace palyra::skills {
namespace {

constexpr DocumentCodes kCodes{kProvenanceMissing, kProvenanceSize,         kProvenanceDepth,
                               kProvenanceNotJson, kProvenanceDuplicateKey, kProvenanceNotObject};
constexpr std::string_view kStatementType = "https://in-toto.io/Statement/v1";
constexpr std::string_view kPredicateType = "https://slsa.dev/provenance/v1";
constexpr std::string_view kBuildType = "https://palyra.dev/build/package/1";
constexpr std::string_view kBuilderId = "https://palyra.dev/builder/palyra/1";

Result<> check_word(const Json& document, std::string_view key, std::string_view wanted, ErrorCode code) {
  const std::string_view found = text_member(document, key);
  if (found == wanted) return {};
  return fail(code, "{} is \"{}\", not \"{}\"", key, printable(found), wanted);
}

Result<> check_subject(const Json& subject, std::span<const ArtifactEntry> entries, std::set<std::string>& named) {
  const std::string_view name = text_member(subject, "name");
  const ArtifactEntry* entry = find_entry(entries, name);
  if (entry == nullptr) return fail(kProvenanceSubject, "the subject \"{}\" is no entry", printable(name));
  if (!named.insert(entry->name).second) return fail(kProvenanceSubject, "{} is a subject twice", entry->name);
  const Json* digests = subject.find("digest");
  if (digests == nullptr || !names_digest(digests->find("sha256"), *entry)) {
    return fail(kProvenanceSubjectDigest, "{} has the SHA-256 {}, which the subject does not say", entry->name,
                crypto::to_hex(entry->sha256));
  }
  return {};
}

Result<const Json::Array*> take_subjects(const Json& document) {
  const Json* subjects = document.find("subject");
  if (subjects == nullptr || subjects->as_array() == nullptr || subjects->as_array()->empty()) {
    return fail(kProvenanceSubject, "\"subject\" is not a list of at least one");
  }
  return subjects->as_array();
}

Result<> check_subjects(const Json& document, std::span<const ArtifactEntry> entries) {
  const Json::Array* subjects = PALYRA_TRY(take_subjects(document));
  std::set<std::string> named;
  for (const Json& subject : *subjects) PALYRA_TRY(check_subject(subject, entries, named));
  const ArtifactEntry* missing = find_unnamed_module(entries, named);
  if (missing == nullptr) return {};
  return fail(kProvenanceModuleMissing, "the module {} is not a subject", missing->name);
}

// The text at predicate.<group>... is there and not empty.
Result<> check_filled(const Json& document, std::initializer_list<std::string_view> path) {
  const Json* at = &document;
  for (const std::string_view key : path) at = at == nullptr ? nullptr : at->find(key);
  if (at != nullptr && at->as_string() != nullptr && !at->as_string()->empty()) return {};
  return fail(kProvenancePredicate, "\"{}\" is not a text", fmt::join(path, "."));
}

// Of in-toto: a subject, or a ResourceDescriptor of SLSA.
Json resource(const std::string& name, const crypto::Sha256Digest& sha256) {
  return Json::Object{{"name", name}, {"digest", Json::Object{{"sha256", crypto::to_hex(sha256)}}}};
}

// Made here, and not brought by the caller.
bool is_made(const ArtifactEntry& entry) {
  return entry.name == kSbomEntry || entry.name == kProvenanceEntry || entry.name == kSignatureEntry;
}

Json build_definition(const BuildFacts& facts, std::span<const ArtifactEntry> entries) {
  Json::Array dependencies;
  for (const ArtifactEntry& entry : entries) {
    if (is_made(entry)) continue;
    const auto source = facts.sources.find(entry.name);
    dependencies.push_back(source == facts.sources.end() ? resource(entry.name, entry.sha256)
                                                         : resource(source->second.name, source->second.sha256));
  }
  const Json manifest = Json::Object{{"publisher", facts.identity.publisher},
                                     {"skill_id", facts.identity.skill_id},
                                     {"version", facts.identity.version.to_text()}};
  return Json::Object{{"buildType", kBuildType},
                      {"externalParameters", Json::Object{{"manifest", manifest},
                                                          {"created", facts.created.seconds},
                                                          {"not_after", facts.not_after.seconds}}},
                      {"internalParameters", Json::Object{{"artifact_format", 2}, {"guest_abi", kGuestAbi}}},
                      {"resolvedDependencies", std::move(dependencies)}};
}

// The same for the same build, and no other: nothing that a clock or a machine adds.
std::string invocation_id(const BuildFacts& facts, std::span<const ArtifactEntry> entries) {
  std::vector<ArtifactEntry> brought;
  std::ranges::copy_if(entries, std::back_inserter(brought), [](const auto& entry) { return !is_made(entry); });
  return "sha256:" + crypto::to_hex(crypto::sha256(
                         as_bytes(fmt::format("{} {}", crypto::to_hex(content_root(brought)), facts.created.seconds))));
}

Json run_details(const BuildFacts& facts, std::span<const ArtifactEntry> entries) {
  Json::Object metadata = {{"invocationId", invocation_id(facts, entries)}};
  if (has_calendar_date(facts.created)) metadata.emplace_back("startedOn", palyra::to_text(facts.created));
  return Json::Object{
      {"builder", Json::Object{{"id", kBuilderId}, {"version", Json::Object{{"palyra", facts.palyra_version}}}}},
      {"metadata", std::move(metadata)}};
}

}  // namespace

Result<> check_provenance(std::span<const ArtifactEntry> entries) {
  const Json document = PALYRA_TRY(read_document(entries, kProvenanceEntry, kCodes));
  PALYRA_TRY(check_word(document, "_type", kStatementType, kProvenanceStatementType));
  PALYRA_TRY(check_word(document, "predicateType", kPredicateType, kProvenancePredicateType));
  PALYRA_TRY(check_subjects(document, entries));
  PALYRA_TRY(check_filled(document, {"predicate", "buildDefinition", "buildType"}));
  return check_filled(document, {"predicate", "runDetails", "builder", "id"});
}

Result<> check_legacy_provenance(std::span<const ArtifactEntry> entries) {
  const Json document = PALYRA_TRY(read_document(entries, kProvenanceEntry, kCodes));
  const Json* builder = document.find("builder");
  if (builder == nullptr || builder->as_object() == nullptr) {
    return fail(kProvenancePredicate, "\"builder\" is not an object");
  }
  static_cast<void>(PALYRA_TRY(take_subjects(document)));
  return {};
}

std::string make_provenance(const BuildFacts& facts, std::span<const ArtifactEntry> entries) {
  Json::Array subjects;
  for (const ArtifactEntry& entry : entries) {
    if (entry.name == kProvenanceEntry || entry.name == kSignatureEntry) continue;
    subjects.push_back(resource(entry.name, entry.sha256));
  }
  const Json document = Json::Object{{"_type", kStatementType},
                                     {"subject", std::move(subjects)},
                                     {"predicateType", kPredicateType},
                                     {"predicate", Json::Object{{"buildDefinition", build_definition(facts, entries)},
                                                                {"runDetails", run_details(facts, entries)}}}};
  return palyra::to_text(document, JsonStyle::kPretty);
}

}  // namespace palyra::skills
