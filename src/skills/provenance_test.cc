// SPDX-License-Identifier: Apache-2.0
#include "manifest_testing.h"

#include <palyra/skills/provenance.h>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

namespace palyra::skills {
namespace {

using palyra::testing::FailsWith;
using palyra::testing::IsOk;
using testing::TestEntries;

Result<> check(const std::string& provenance) {
  const TestEntries entries(
      {{"assets/a.txt", "asset"}, {"modules/w.wasm", "wasm"}, {std::string(kProvenanceEntry), provenance}});
  return check_provenance(entries.view());
}

std::string subject(std::string_view name, std::string_view content) {
  return fmt::format(R"({{"name":"{}","digest":{{"sha512":"x","sha256":"{}"}}}})", name,
                     crypto::to_hex(crypto::sha256(as_bytes(content))));
}

struct Parts {
  std::string type = "https://in-toto.io/Statement/v1";
  std::string predicate_type = "https://slsa.dev/provenance/v1";
  std::string subjects = subject("modules/w.wasm", "wasm");
  std::string build_type = "\"https://example.com/build\"";
  std::string builder = R"({"id":"https://example.com/builder"})";
};

std::string document(const Parts& parts) {
  return fmt::format(
      R"({{"_type":"{}","subject":[{}],"predicateType":"{}","predicate":{{"buildDefinition":{{"buildType":{}}},"runDetails":{{"builder":{}}}}}}})",
      parts.type, parts.subjects, parts.predicate_type, parts.build_type, parts.builder);
}

TEST(ProvenanceTest, AcceptsAStatementThatTellsTheTruth) {
  EXPECT_THAT(check(document({})), IsOk());
  EXPECT_THAT(check(document({.subjects = subject("assets/a.txt", "asset") + "," + subject("modules/w.wasm", "wasm")})),
              IsOk());
}

TEST(ProvenanceTest, RefusesWhatIsNotStrictJson) {
  const TestEntries none{{"modules/w.wasm", "wasm"}};
  EXPECT_THAT(check_provenance(none.view()), FailsWith(kProvenanceMissing));
  EXPECT_THAT(check("x"), FailsWith(kProvenanceNotJson));
  EXPECT_THAT(check(R"({"a":1,"a":2})"), FailsWith(kProvenanceDuplicateKey));
  EXPECT_THAT(check("[" + document({}) + "]"), FailsWith(kProvenanceNotObject));
  EXPECT_THAT(check(std::string(33, '[') + std::string(33, ']')), FailsWith(kProvenanceDepth));
  EXPECT_THAT(check(std::string((4U << 20U) + 1, ' ')), FailsWith(kProvenanceSize));
}

TEST(ProvenanceTest, RefusesOtherTypes) {
  EXPECT_THAT(check(document({.type = "https://in-toto.io/Statement/v0.1"})), FailsWith(kProvenanceStatementType));
  EXPECT_THAT(check("{}"), FailsWith(kProvenanceStatementType));
  EXPECT_THAT(check(document({.predicate_type = "https://slsa.dev/provenance/v0.2"})),
              FailsWith(kProvenancePredicateType));
}

TEST(ProvenanceTest, RefusesSubjectsThatLie) {
  const std::string module = subject("modules/w.wasm", "wasm");
  EXPECT_THAT(check(document({.subjects = ""})), FailsWith(kProvenanceSubject));
  EXPECT_THAT(check(document({.subjects = "1"})), FailsWith(kProvenanceSubject));
  EXPECT_THAT(check(document({.subjects = module + "," + module})), FailsWith(kProvenanceSubject));
  EXPECT_THAT(check(document({.subjects = module + "," + subject("assets/none", "x")})), FailsWith(kProvenanceSubject));
  EXPECT_THAT(check(document({.subjects = subject("modules/w.wasm", "other")})), FailsWith(kProvenanceSubjectDigest));
  EXPECT_THAT(check(document({.subjects = R"({"name":"modules/w.wasm"})"})), FailsWith(kProvenanceSubjectDigest));
  EXPECT_THAT(check(document({.subjects = R"({"name":"modules/w.wasm","digest":"x"})"})),
              FailsWith(kProvenanceSubjectDigest));
  EXPECT_THAT(check(document({.subjects = subject("assets/a.txt", "asset")})), FailsWith(kProvenanceModuleMissing));
}

TEST(ProvenanceTest, RefusesBuildsByNobody) {
  EXPECT_THAT(check(document({.build_type = "\"\""})), FailsWith(kProvenancePredicate));
  EXPECT_THAT(check(document({.build_type = "1"})), FailsWith(kProvenancePredicate));
  EXPECT_THAT(check(document({.builder = "{}"})), FailsWith(kProvenancePredicate));
  EXPECT_THAT(check(document({.builder = R"({"id":""})"})), FailsWith(kProvenancePredicate));
  EXPECT_THAT(check(document({.builder = "[]"})), FailsWith(kProvenancePredicate));
}

TEST(ProvenanceTest, OfFormat1NeedsABuilderAndASubject) {
  const auto check_legacy = [](const std::string& provenance) {
    const TestEntries entries{{"modules/w.wasm", "wasm"}, {std::string(kProvenanceEntry), provenance}};
    return check_legacy_provenance(entries.view());
  };
  EXPECT_THAT(check_legacy(R"({"builder":{"id":"local-dev"},"subject":[{"name":"module.wasm"}]})"), IsOk());
  EXPECT_THAT(check_legacy(R"({"builder":"local-dev","subject":[{}]})"), FailsWith(kProvenancePredicate));
  EXPECT_THAT(check_legacy(document({})), FailsWith(kProvenancePredicate));
  EXPECT_THAT(check_legacy(R"({"builder":{},"subject":[]})"), FailsWith(kProvenanceSubject));
  EXPECT_THAT(check_legacy(R"({"builder":{}})"), FailsWith(kProvenanceSubject));
}

BuildFacts example_facts() {
  return {.identity = *parse_skill_identity("acme", "acme.w", "1.0.0"),
          .name = "W",
          .license = std::nullopt,
          .created = {1'795'305'600},
          .not_after = {1'795'392'000},
          .palyra_version = "0.1.0"};
}

Json made_provenance(const BuildFacts& facts) {
  const TestEntries content{{"assets/a.txt", "asset"}, {"modules/w.wasm", "wasm"}};
  return parse_json(as_bytes(make_provenance(facts, content.view())), {.max_bytes = 1 << 20, .max_depth = 32}).value();
}

TEST(ProvenanceTest, MadeOnesSayWhatWasAskedOfWhomAndWhen) {
  const Json document = made_provenance(example_facts());
  const Json& build = *document.find("predicate")->find("buildDefinition");
  EXPECT_EQ(
      *build.find("externalParameters"),
      Json(Json::Object{{"manifest", Json::Object{{"publisher", "acme"}, {"skill_id", "acme.w"}, {"version", "1.0.0"}}},
                        {"created", 1'795'305'600},
                        {"not_after", 1'795'392'000}}));
  EXPECT_EQ(*build.find("internalParameters"), Json(Json::Object{{"artifact_format", 2}, {"guest_abi", 1}}));
  const Json& run = *document.find("predicate")->find("runDetails");
  EXPECT_EQ(*run.find("builder")->find("version")->find("palyra"), Json("0.1.0"));
  EXPECT_EQ(*run.find("metadata")->find("startedOn"), Json("2026-11-22T00:00:00Z"));
}

TEST(ProvenanceTest, MadeOnesDependOnTheFilesThatTheEntriesWereMadeOf) {
  BuildFacts facts = example_facts();
  const crypto::Sha256Digest text = crypto::sha256(as_bytes("(module)"));
  facts.sources.emplace("modules/w.wasm", SourceFile{.name = "modules/w.wat", .sha256 = text});
  const Json document = made_provenance(facts);
  const Json::Array& files =
      *document.find("predicate")->find("buildDefinition")->find("resolvedDependencies")->as_array();
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(*files[0].find("name"), Json("assets/a.txt"));
  EXPECT_EQ(*files[0].find("digest")->find("sha256"), Json(crypto::to_hex(crypto::sha256(as_bytes("asset")))));
  EXPECT_EQ(*files[1].find("name"), Json("modules/w.wat"));
  EXPECT_EQ(*files[1].find("digest")->find("sha256"), Json(crypto::to_hex(text)));
}

TEST(ProvenanceTest, MadeOnesHaveAnInvocationThatFollowsContentAndTime) {
  const auto invocation = [](const BuildFacts& facts) {
    const Json document = made_provenance(facts);
    return *document.find("predicate")->find("runDetails")->find("metadata")->find("invocationId")->as_string();
  };
  const std::string first = invocation(example_facts());
  EXPECT_EQ(first, invocation(example_facts()));
  BuildFacts later = example_facts();
  later.created = {later.created.seconds + 1};
  EXPECT_NE(first, invocation(later));
}

TEST(ProvenanceTest, MadeOnesAreAcceptedAndAlwaysTheSame) {
  const BuildFacts facts = example_facts();
  const TestEntries content{{"assets/a.txt", "asset"}, {"modules/w.wasm", "wasm"}};
  const std::string made = make_provenance(facts, content.view());
  EXPECT_EQ(made, make_provenance(facts, content.view()));
  EXPECT_THAT(check(made), IsOk());
}

}  // namespace
}  // namespace palyra::skills
