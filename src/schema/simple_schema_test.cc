// SPDX-License-Identifier: Apache-2.0
// Plain schemas have a shorter way to "conforms". `allOf` around the same schema has not, so both must agree on every
// document: those of the JSON Schema Test Suite and random ones, whole and damaged.
#include <palyra/base/json.h>
#include <palyra/base/testing.h>
#include <palyra/schema/json_schema.h>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace palyra::schema {
namespace {

namespace fs = std::filesystem;

std::string_view code_of(const Result<void>& verdict) { return verdict ? "conforms" : verdict.error().code().id; }

// A schema with and without the shorter way.
struct Pair {
  JsonSchema direct;
  JsonSchema wrapped;
};

// Nothing when one of them is refused: "#" in a reference is another place below `allOf`.
std::optional<Pair> compile(const std::string& schema) {
  auto direct = JsonSchema::compile(as_bytes(schema));
  auto wrapped = JsonSchema::compile(as_bytes(fmt::format(R"({{"allOf":[{}]}})", schema)));
  if (!direct || !wrapped) return std::nullopt;
  return Pair{.direct = std::move(*direct), .wrapped = std::move(*wrapped)};
}

// Whether the document conforms.
bool agree(const Pair& pair, const std::string& schema, const std::string& document) {
  const auto direct = pair.direct.validate(as_bytes(document));
  EXPECT_EQ(code_of(direct), code_of(pair.wrapped.validate(as_bytes(document)))) << schema << "\n" << document;
  return direct.has_value();
}

struct Suite {
  std::vector<std::string> schemas;
  std::vector<std::string> documents;
};

Suite read_suite() {
  constexpr std::size_t kMaxFile = 1024UZ * 1024;
  Suite suite;
  for (const auto& entry : fs::directory_iterator(palyra::testing::test_file("vectors/json-schema-2020-12"))) {
    if (entry.path().extension() != ".json") continue;
    const auto groups =
        parse_json(palyra::testing::must_read(entry.path().string()), {.max_bytes = kMaxFile, .max_depth = 64});
    EXPECT_TRUE(groups.has_value()) << entry.path();
    for (const Json& group : *groups->as_array()) {
      // without references, which mean something else below `allOf`
      std::string schema = to_text(*group.find("schema"));
      if (!schema.contains(R"("$ref")") && !schema.contains(R"("$dynamicRef")"))
        suite.schemas.push_back(std::move(schema));
      for (const Json& one : *group.find("tests")->as_array()) suite.documents.push_back(to_text(*one.find("data")));
    }
  }
  return suite;
}

TEST(SimpleSchemaTest, AgreesWithTheValidatorOnEverySchemaAndDocumentOfTheSuite) {
  const Suite suite = read_suite();
  const std::size_t step =
      std::max(suite.documents.size() / std::max(palyra::testing::scaled(suite.documents.size()), 1UZ), 1UZ);
  std::size_t compiled = 0;
  std::size_t conform = 0;
  for (std::size_t i = 0; i < suite.schemas.size(); ++i) {
    const auto pair = compile(suite.schemas[i]);
    if (!pair) continue;
    ++compiled;
    for (std::size_t at = i % step; at < suite.documents.size(); at += step) {
      conform += agree(*pair, suite.schemas[i], suite.documents[at]) ? 1U : 0U;
    }
  }
  EXPECT_GT(compiled, 200U);
  EXPECT_GT(conform, 0U);
}

// Schemas of plain keywords, and documents that often conform to them.
class Maker {
 public:
  std::string schema(int depth) {
    if (depth == 0 || one_in(10)) return fmt::format(R"({{"type":"{}"}})", pick(kTypes));
    switch (below(8)) {
      case 0:
        return fmt::format(R"({{"type":["null","{}"],"title":"x"}})", pick(std::span(kTypes).subspan(1)));
      case 1:
        return fmt::format(R"({{"minimum":{},"maximum":{}}})", pick(kNumbers), pick(kNumbers));
      case 2:
        return fmt::format(R"({{"type":"integer","maximum":{}}})", pick(kNumbers));
      case 3:
        return fmt::format(R"({{"type":"string","minLength":{},"maxLength":{}}})", below(3), 1 + below(4));
      case 4:
        return R"({"enum":["a","abc","z"]})";
      case 5:
        return fmt::format(R"({{"type":"array","items":{},"minItems":{},"maxItems":{}}})", schema(depth - 1), below(2),
                           2 + below(5));
      default:
        return object_schema(depth);
    }
  }

  std::string document(int depth) {
    switch (below(depth == 0 ? 3 : 6)) {
      case 0:
        return std::string(pick(kScalars));
      case 1:
        return std::string(pick(kNumbers));
      case 2:
        return std::string(pick(kStrings));
      case 3:
        return '[' + list(depth, false) + ']';
      default:
        return '{' + list(depth, true) + '}';
    }
  }

  // One of its bytes is another.
  std::string damaged(std::string text) {
    text[below(text.size())] = static_cast<char>(below(256));
    return text;
  }

  bool one_in(std::size_t n) { return below(n) == 0; }

 private:
  static constexpr std::array<std::string_view, 7> kTypes{"null",   "boolean", "integer", "number",
                                                          "string", "array",   "object"};
  static constexpr std::array<std::string_view, 16> kNumbers{"0",
                                                             "-0",
                                                             "1",
                                                             "2",
                                                             "-3",
                                                             "2.0",
                                                             "2.5",
                                                             "1e2",
                                                             "3e-1",
                                                             "9007199254740992",
                                                             "9007199254740993",
                                                             "-9007199254740993",
                                                             "9.007199254740993e15",
                                                             "18446744073709551615",
                                                             "-9223372036854775808",
                                                             "1e19"};
  static constexpr std::array<std::string_view, 6> kScalars{
      "null", "true", "false", "1e400", "18446744073709551616", "-9223372036854775809"};
  static constexpr std::array<std::string_view, 8> kStrings{
      R"("")", R"("a")", R"("abc")", R"("z")", R"("\u0061")", R"("éé")", R"("\ud83d\ude00")", R"("\ud800")"};
  static constexpr std::array<std::string_view, 6> kKeys{R"("a")", R"("b")",      R"("c")",
                                                         R"("é")", R"("\u0061")", R"("d")"};

  std::size_t below(std::size_t n) { return random_() % n; }
  std::string_view pick(std::span<const std::string_view> from) { return from[below(from.size())]; }

  std::string object_schema(int depth) {
    std::string properties;
    std::string required;
    for (const std::string_view name : {R"("a")", R"("b")", R"("c")", R"("é")"}) {
      if (one_in(3)) continue;
      properties += fmt::format("{}{}:{}", properties.empty() ? "" : ",", name, schema(depth - 1));
      if (one_in(4)) required += fmt::format("{}{}", required.empty() ? "" : ",", name);
    }
    return fmt::format(R"({{"type":"object","properties":{{{}}},"required":[{}],"additionalProperties":{}}})",
                       properties, required, one_in(2));
  }

  std::string list(int depth, bool with_keys) {
    std::string out;
    for (std::size_t n = below(5); n > 0; --n) {
      if (!out.empty()) out += ", ";
      if (with_keys) out += fmt::format("{}:", pick(kKeys));
      out += document(depth - 1);
    }
    return out;
  }

  std::mt19937_64 random_{20'201'212};  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same documents in every run
};

TEST(SimpleSchemaTest, AgreesWithTheValidatorOnRandomSchemasAndDocuments) {
  constexpr int kDocuments = 50;
  Maker maker;
  std::size_t conform = 0;
  const std::size_t rounds = palyra::testing::scaled(10'000);
  for (std::size_t round = 0; round < rounds; ++round) {
    const std::string schema = maker.schema(3);
    const auto pair = compile(schema);
    ASSERT_TRUE(pair.has_value()) << schema;
    for (int i = 0; i < kDocuments; ++i) {
      const std::string document = maker.document(3);
      conform += agree(*pair, schema, maker.one_in(8) ? maker.damaged(document) : document) ? 1U : 0U;
    }
  }
  EXPECT_GT(conform, 0U);
}

}  // namespace
}  // namespace palyra::schema
