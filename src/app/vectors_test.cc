// SPDX-License-Identifier: Apache-2.0
// The format's vectors again, with the schema validator that the program uses.
#include <palyra/app/engine.h>
#include <palyra/app/schema_compiler.h>
#include <palyra/base/json.h>
#include <palyra/base/testing.h>
#include <palyra/skills/trust_store.h>
#include <palyra/skills/verify.h>

namespace palyra::app {
namespace {

skills::SkillTrustStore store_of(const Json& row) {
  Json document;
  document.set("format", "palyra/trust/1");
  document.set("publishers", *row.find("trust")->find("publishers"));
  auto store = skills::parse_trust_document(as_bytes(to_text(document)), {});
  EXPECT_THAT(store, palyra::testing::IsOk());
  return store ? *std::move(store) : skills::SkillTrustStore();
}

std::string expected_code(const Json& row) {
  if (*row.find("verdict")->as_string() == "valid") return "";
  const std::string& stage = *row.find("stage")->as_string();
  std::string reason = *row.find("reason")->as_string();
  if (stage == "container") reason.front() = 'c';  // C7 is container.c7
  return stage + "." + reason;
}

TEST(VectorsTest, EndTheSameWithTheValidatorOfTheProgram) {
  const Bytes text = palyra::testing::must_read(palyra::testing::test_file("vectors/skill-v2/index.json"));
  const Json index = parse_json(text, {.max_bytes = std::size_t{1} << 20U, .max_depth = 16}).value();
  const JsonSchemaCompiler schemas;
  const LazyEngine engine;
  std::size_t judged = 0;
  for (const Json& row : *index.find("vectors")->as_array()) {
    const std::string& name = *row.find("file")->as_string();
    SCOPED_TRACE(name);
    const Bytes file = palyra::testing::must_read(palyra::testing::test_file("vectors/skill-v2/") + name);
    const skills::SkillTrustStore trust = store_of(row);
    const skills::Verification verification =
        skills::verify_skill_artifact({.file = file,
                                       .trust = &trust,
                                       .schemas = &schemas,
                                       .modules = &engine.inspector(),
                                       .now = {*row.find("trust")->find("now")->as_int()},
                                       .policy = {.unknown_publisher = skills::UnknownPublisher::kReport}});
    EXPECT_EQ(verification.error ? verification.error->code().id : "", expected_code(row));
    ++judged;
  }
  EXPECT_EQ(judged, 151U);
}

}  // namespace
}  // namespace palyra::app
