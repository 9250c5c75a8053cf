// SPDX-License-Identifier: Apache-2.0
#include "bomb_text.h"
#include "json_schema_bombs.h"

#include <cstdint>

namespace palyra::schema {
namespace {

using Sizes = std::vector<std::size_t>;

// "ababaab…", the same for each run.
std::string noise(std::size_t bytes) {
  std::uint64_t state = 88'172'645'463'325'252U;
  std::string out;
  for (std::size_t i = 0; i < bytes; ++i) {
    state ^= state << 13U;
    state ^= state >> 7U;
    state ^= state << 17U;
    out += (state & 1U) == 0 ? 'a' : 'b';
  }
  return out;
}

BombFamily pattern(std::string_view name, std::function<std::string(std::size_t)> expression, Sizes sizes) {
  const auto make = [expression = std::move(expression)](std::size_t size) {
    return Bomb{fmt::format(R"({{"items":{{"pattern":"{}"}}}})", expression(size)),
                "[" + same(4, '"' + noise(16'000) + '"') + "]"};
  };
  return {name, make, std::move(sizes)};
}

// The brackets of number `n`, as many as its bits: all different, all without a value inside.
std::string brackets(std::size_t n) {
  std::string open;
  std::string close;
  for (; n > 1; n /= 2) {
    open += n % 2 == 0 ? "[" : "[[],";
    close += "]";
  }
  return open + "[]" + close;
}

std::vector<BombFamily> errors() {
  std::vector<BombFamily> out;
  out.push_back({"errors: many",
                 [](std::size_t n) { return Bomb{R"({"items":{"type":"string"}})", "[" + same(n, "0") + "]"}; },
                 Sizes{100, 10'000, 20'000, 30'000, 100'000, 250'000, 1'000'000}});
  out.push_back({"errors: long paths",
                 [](std::size_t n) {
                   return Bomb{R"({"additionalProperties":{"items":{"type":"string"}}})",
                               fmt::format("{{{}:[{}]}}", quoted(n), same(10'000, "0"))};
                 },
                 Sizes{10, 400, 600, 10'000, 500'000}});
  out.push_back({"errors: required names",
                 [](std::size_t n) {
                   return Bomb{fmt::format(R"({{"items":{{"required":[{}]}}}})",
                                           list(n, [](std::size_t i) { return fmt::format(R"("k{}")", i); })),
                               filled(kDocument / 4, "{}")};
                 },
                 Sizes{1, 10, 100, 3'000}});
  return out;
}

std::vector<BombFamily> error_lists() {
  std::vector<BombFamily> out;
  out.push_back({"errors: a long const",
                 [](std::size_t n) {
                   return Bomb{fmt::format(R"({{"items":{{"const":{}}}}})", quoted(n)), "[" + same(10'000, "0") + "]"};
                 },
                 Sizes{10, 1'000, 100'000, 250'000}});
  out.push_back({"errors: branches around branches",
                 [](std::size_t n) {
                   return Bomb{nested(
                                   n, R"({"type":"string"})",
                                   [](std::size_t, const std::string& inner) {
                                     return fmt::format(R"({{"anyOf":[{},{{"type":"null"}}]}})", inner);
                                   }).insert(0, R"({"items":)") +
                                   "}",
                               filled(10'000, "0")};
                 },
                 Sizes{1, 4, 8, 14}});
  out.push_back({"errors: unknown names",
                 [](std::size_t n) {
                   return Bomb{R"({"additionalProperties":false,"unevaluatedProperties":false})",
                               "{" + list(n, [](std::size_t i) { return fmt::format(R"("k{}":0)", i); }) + "}"};
                 },
                 Sizes{100, 10'000, 60'000}});
  out.push_back({"errors: copies of an array",
                 [](std::size_t n) {
                   return Bomb{fmt::format(R"({{"allOf":[{}]}})", same(n, R"({"uniqueItems":true})")),
                               filled(50'000, "0")};
                 },
                 Sizes{1, 4, 8, 40, 498}});
  return out;
}

std::vector<BombFamily> unique() {
  std::vector<BombFamily> out;
  out.push_back({"uniqueItems: brackets",
                 [](std::size_t bytes) {
                   std::string document;
                   for (std::size_t i = 1; document.size() < bytes; ++i) {
                     document += (i == 1 ? "" : ",") + brackets(i);
                   }
                   return Bomb{R"({"uniqueItems":true})", "[" + document + "]"};
                 },
                 Sizes{1'000, 100'000, kDocument, kLargestDocument}});
  out.push_back({"uniqueItems: integers that are one double",
                 [](std::size_t bytes) {
                   return Bomb{R"({"uniqueItems":true})", "[" + list(bytes / 21, [](std::size_t i) {
                                                            return fmt::to_string(18'000'000'000'000'000'000U + i);
                                                          }) + "]"};
                 },
                 Sizes{1'000, 100'000, kDocument, kLargestDocument}});
  out.push_back({"uniqueItems: objects",
                 [](std::size_t bytes) {
                   return Bomb{R"({"uniqueItems":true})", "[" + list(bytes / 30, [](std::size_t i) {
                                                            return fmt::format(R"({{"same":1,"b":{{"c":{}}}}})", i);
                                                          }) + "]"};
                 },
                 Sizes{1'000, 100'000, kDocument, kLargestDocument}});
  return out;
}

std::vector<BombFamily> scans() {
  std::vector<BombFamily> out;
  out.push_back({"uniqueItems: from many places",
                 [](std::size_t n) {
                   return Bomb{fmt::format(R"({{"allOf":[{}]}})", same(n, R"({"uniqueItems":true})")),
                               "[" + list(kDocument / 7, [](std::size_t i) { return fmt::to_string(i); }) + "]"};
                 },
                 Sizes{1, 4, 6, 7, 100, 498}});
  out.push_back({"uniqueItems: at every depth",
                 [](std::size_t depth) {
                   return Bomb{R"({"uniqueItems":true,"items":{"$ref":"#"}})",
                               nested(depth, "[" + list(100'000, [](std::size_t i) { return fmt::to_string(i); }) + "]",
                                      [](std::size_t, const std::string& inner) { return "[" + inner + "]"; })};
                 },
                 Sizes{0, 4, 8, 9, 10, 60}});
  out.push_back({"minLength from many places",
                 [](std::size_t n) {
                   return Bomb{fmt::format(R"({{"allOf":[{}]}})", same(n, R"({"minLength":5000000})")),
                               quoted(kLargestDocument)};
                 },
                 Sizes{1, 8, 30, 100, 498}});
  return out;
}

std::vector<BombFamily> shapes() {
  std::vector<BombFamily> out;
  const auto shape = [](std::string_view name, std::string_view element) {
    return BombFamily{name, [element](std::size_t bytes) { return Bomb{"true", filled(bytes, element)}; },
                      Sizes{1'000, 100'000, kDocument / 2, kDocument, kLargestDocument}};
  };
  out.push_back(shape("many values", "0"));
  out.push_back(shape("many small objects", R"({"":0})"));
  out.push_back(shape("many empty arrays", "[]"));
  out.push_back(shape("many short strings", R"("a")"));
  out.push_back(shape("escapes", R"("\u00e9\ud83d\ude00\n\u0000")"));
  out.push_back(shape("numbers halfway between doubles", "9007199254740993.00000000000000000000000000000000000001e-3"));
  out.push_back(shape("long fractions", "2.2250738585072011360574097967091319759348195463516456e-308"));
  return out;
}

std::vector<BombFamily> tokens() {
  std::vector<BombFamily> out;
  out.push_back({"one long string", [](std::size_t bytes) { return Bomb{"true", quoted(bytes)}; },
                 Sizes{kDocument, kLargestDocument}});
  out.push_back({"one long number", [](std::size_t bytes) { return Bomb{"true", "0." + std::string(bytes, '9')}; },
                 Sizes{1'000, kDocument, kLargestDocument}});
  return out;
}

std::vector<BombFamily> objects() {
  std::vector<BombFamily> out;
  out.push_back({"many keys",
                 [](std::size_t bytes) {
                   return Bomb{
                       R"({"additionalProperties":{"type":"integer"}})",
                       "{" + list(bytes / 12, [](std::size_t i) { return fmt::format(R"("{:07}":0)", i); }) + "}"};
                 },
                 Sizes{1'000, 100'000, kDocument, kLargestDocument}});
  out.push_back({"many keys in no order",
                 [](std::size_t bytes) {
                   return Bomb{R"({"additionalProperties":{"type":"integer"}})",
                               "{" + list(bytes / 14, [](std::size_t i) {
                                 return fmt::format(R"("{:08x}":0)", static_cast<std::uint32_t>(i * 2'654'435'761U));
                               }) + "}"};
                 },
                 Sizes{1'000, 100'000, kDocument, kLargestDocument}});
  out.push_back({"large objects with keys in no order",
                 [](std::size_t members) {
                   const std::string object = list(members, [](std::size_t i) {
                     return fmt::format(R"("{:08x}":0)", static_cast<std::uint32_t>(i * 2'654'435'761U));
                   });
                   return Bomb{"true", filled(kLargestDocument, "{" + object + "}")};
                 },
                 Sizes{100, 5'000, 65'536, 65'537}});
  out.push_back({"deep trees",
                 [](std::size_t bytes) {
                   const std::string one = std::string(60, '[') + std::string(60, ']');
                   return Bomb{R"({"items":{"$ref":"#"}})", filled(bytes, one)};
                 },
                 Sizes{1'000, 100'000, kDocument, kLargestDocument}});
  out.push_back({"deep objects",
                 [](std::size_t bytes) {
                   const std::string one = nested(60, "0", [](std::size_t, const std::string& inner) {
                     return fmt::format(R"({{"x":{}}})", inner);
                   });
                   return Bomb{R"({"additionalProperties":{"$ref":"#"},"items":{"$ref":"#"}})", filled(bytes, one)};
                 },
                 Sizes{1'000, 100'000, kDocument, kLargestDocument}});
  return out;
}

std::vector<BombFamily> programs() {
  std::vector<BombFamily> out;
  out.push_back(pattern("pattern: counted", [](std::size_t n) { return fmt::format("[ab]*a[ab]{{{}}}c", n); },
                        {10, 40, 100, 200, 400, 800, 3'000}));
  out.push_back(pattern("pattern: nested counts",
                        [](std::size_t n) { return fmt::format("(([ab]?){{{0}}}b?){{{0}}}$", n); },
                        {2, 5, 8, 12, 20, 1'000}));
  out.push_back(pattern(
      "pattern: alternatives",
      [](std::size_t n) { return "^(" + list(n, [](std::size_t i) { return fmt::format("[ab]*{}", i); }) + ")$"; },
      {5, 20, 40, 80, 1'000}));
  out.push_back(pattern("pattern: Unicode classes",
                        [](std::size_t n) { return fmt::format(R"(\\p{{L}}{{{}}}\\P{{Lu}}$)", n); },
                        {1, 2, 4, 10, 1'000}));
  return out;
}

std::vector<BombFamily> texts() {
  std::vector<BombFamily> out;
  out.push_back(pattern("pattern: classes that leave nothing",
                        [](std::size_t n) {
                          std::string text;
                          for (std::size_t i = 0; i < n; ++i) text += R"((?i:\\p{L}){0})";
                          return text;
                        },
                        {10, 50, 100, 300, 1'000, 16'000}));
  out.push_back(pattern("pattern: text that leaves nothing",
                        [](std::size_t n) {
                          std::string text;
                          for (std::size_t i = 0; i < n; ++i) text += "[^a-cx-z]{0}";
                          return text;
                        },
                        {10, 100, 1'000, 1'300, 20'000}));
  out.push_back(pattern("pattern: negated words",
                        [](std::size_t n) {
                          std::string text;
                          for (std::size_t i = 0; i < n; ++i) text += R"((?i:[^\\w\\p{Greek}&&\\PN]){0})";
                          return text;
                        },
                        {10, 50, 100, 150, 1'000}));
  return out;
}

std::vector<BombFamily> many_patterns() {
  std::vector<BombFamily> out;
  out.push_back({"patterns: many",
                 [](std::size_t n) {
                   return Bomb{fmt::format(R"({{"properties":{{{}}}}})",
                                           list(n,
                                                [](std::size_t i) {
                                                  return fmt::format(R"("{0}":{{"pattern":"[ab]*a[ab]{{{1}}}{0}"}})", i,
                                                                     60);
                                                })),
                               "{" + list(n, [](std::size_t i) { return fmt::format(R"("{}":"ab")", i); }) + "}"};
                 },
                 {10, 100, 256, 257, 4'000}});
  out.push_back(
      {"patterns: many Unicode",
       [](std::size_t n) {
         return Bomb{
             fmt::format(
                 R"({{"properties":{{{}}}}})",
                 list(n, [](std::size_t i) { return fmt::format(R"("{0}":{{"pattern":"(?i)[\\p{{L}}]{0}"}})", i); })),
             "{" + list(n, [](std::size_t i) { return fmt::format(R"("{}":"ab")", i); }) + "}"};
       },
       {10, 100, 256, 257, 4'000}});
  out.push_back({"patternProperties over many keys",
                 [](std::size_t n) {
                   return Bomb{
                       fmt::format(R"({{"items":{{"patternProperties":{{{}}}}}}})",
                                   list(n, [](std::size_t i) { return fmt::format(R"("[ab]+c?{}$":true)", i); })),
                       filled(kDocument, R"({"":0})")};
                 },
                 {1, 4, 20, 100, 256}});
  return out;
}

std::vector<BombFamily> key_patterns() {
  std::vector<BombFamily> out;
  out.push_back(
      {"patternProperties beside additionalProperties",
       [](std::size_t n) {
         return Bomb{
             fmt::format(R"({{"patternProperties":{{{}}},"additionalProperties":false,"unevaluatedProperties":false}})",
                         list(n, [](std::size_t i) { return fmt::format(R"("[ab]*a[ab]{{50}}{}$":true)", i); })),
             "{" + list(20, [](std::size_t i) { return fmt::format(R"("{}{}":0)", noise(60), i); }) + "}"};
       },
       {1, 4, 20, 100, 256}});
  out.push_back({"pattern on property names",
                 [](std::size_t n) {
                   return Bomb{
                       R"({"propertyNames":{"pattern":"[ab]*a[ab]{100}c"}})",
                       "{" + list(n, [](std::size_t i) { return fmt::format(R"("{}{}":0)", noise(1'000), i); }) + "}"};
                 },
                 {1, 10, 16, 64, 1'000}});
  out.push_back(
      {"pattern over empty strings",
       [](std::size_t n) {
         return Bomb{
             fmt::format(
                 R"({{"items":{{"allOf":[{}]}}}})",
                 list(n, [](std::size_t i) { return fmt::format(R"({{"pattern":"[ab]*a[ab]{{80}}{}|^$"}})", i); })),
             filled(kDocument, R"("")")};
       },
       {1, 4, 8, 20, 200}});
  return out;
}

}  // namespace

std::vector<BombFamily> pattern_bombs() { return together({programs, texts, many_patterns, key_patterns}); }

std::vector<BombFamily> document_bombs() {
  return together({errors, error_lists, unique, scans, shapes, tokens, objects});
}

}  // namespace palyra::schema
