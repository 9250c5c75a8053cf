// SPDX-License-Identifier: Apache-2.0
#include "bomb_text.h"
#include "json_schema_bombs.h"

namespace palyra::schema {
namespace {

using Sizes = std::vector<std::size_t>;

std::string deep(std::size_t levels, std::string_view key, std::string inner) {
  return nested(levels, std::move(inner),
                [key](std::size_t, const std::string& below) { return fmt::format(R"({{"{}":{}}})", key, below); });
}

Bomb bomb(std::string schema, std::string document) { return {std::move(schema), std::move(document)}; }

// Two ways to the next definition, through `keyword`.
BombFamily doubling(std::string_view keyword) {
  const auto make = [keyword](std::size_t size) {
    const auto link = [keyword](const std::string& next) {
      if (keyword == "if") {
        return fmt::format(R"({{"if":{0},"then":{0},"else":{0}}})", next);
      }
      if (keyword == "not") {
        return fmt::format(R"({{"not":{0},"allOf":[{{"not":{0}}}]}})", next);
      }
      if (keyword == "dependentSchemas") {
        return fmt::format(R"({{"dependentSchemas":{{"a":{0},"b":{0}}}}})", next);
      }
      return fmt::format(R"({{"{0}":[{1},{1}]}})", keyword, next);
    };
    return Bomb{chain(size, R"({"type":"string"})", link), filled(kDocument / 64, R"({"a":1,"b":2})")};
  };
  return {keyword, make, {1, 4, 6, 7, 8, 9, 12, 20, 26, 60}};
}

std::vector<BombFamily> references() {
  std::vector<BombFamily> out;
  for (const std::string_view keyword : {"allOf", "anyOf", "oneOf", "if", "not", "dependentSchemas"}) {
    out.push_back(doubling(keyword));
  }
  const auto wide = [](std::size_t size, std::string_view keyword) {
    return Bomb{fmt::format(R"({{"items":{{"{}":[{}]}},"$defs":{{"a":{{"type":"string"}}}}}})", keyword,
                            same(size, R"({"$ref":"#/$defs/a"})")),
                filled(kDocument, "0")};
  };
  out.push_back({"items anyOf wide", [wide](std::size_t n) { return wide(n, "anyOf"); }, {10, 30, 40, 100, 498}});
  out.push_back({"items oneOf wide", [wide](std::size_t n) { return wide(n, "oneOf"); }, {10, 30, 40, 100, 498}});
  return out;
}

std::vector<BombFamily> recursions() {
  std::vector<BombFamily> out;
  out.push_back(
      {"two ways to a recursive child",
       [](std::size_t n) {
         return Bomb{
             R"({"allOf":[{"properties":{"x":{"$ref":"#"}}},{"properties":{"x":{"$ref":"#"}}}],"type":"object"})",
             deep(n, "x", "1")};
       },
       Sizes{1, 8, 16, 18, 20, 22, 40, 63}});
  out.push_back({"two ways in anyOf",
                 [](std::size_t n) {
                   return Bomb{R"({"anyOf":[{"properties":{"x":{"$ref":"#"}},"required":["x"]},
                                   {"additionalProperties":{"$ref":"#"},"required":["x"]}]})",
                               deep(n, "x", "1")};
                 },
                 Sizes{1, 8, 16, 18, 20, 40, 63}});
  out.push_back({"in-place chain in a recursion",
                 [](std::size_t n) {
                   const auto link = [](const std::string& next) { return fmt::format(R"({{"allOf":[{}]}})", next); };
                   return Bomb{chain(n, R"({"properties":{"x":{"$ref":"#"}}})", link), deep(63, "x", "{}")};
                 },
                 Sizes{5, 20, 30, 31, 32, 64, 2'000, 4'900}});
  out.push_back({"$dynamicRef recursion",
                 [](std::size_t n) {
                   return Bomb{R"({"$dynamicAnchor":"n","allOf":[{"additionalProperties":{"$dynamicRef":"#n"}},
                                   {"properties":{"x":{"$dynamicRef":"#n"}}}],"minProperties":1})",
                               deep(n, "x", "{}")};
                 },
                 Sizes{1, 8, 16, 20, 24, 63}});
  return out;
}

std::vector<BombFamily> pointers() {
  std::vector<BombFamily> out;
  out.push_back({"$ref chain, no recursion",
                 [](std::size_t n) {
                   return Bomb{chain(n, "{}", [](const std::string& next) { return next; }), filled(kDocument, "0")};
                 },
                 Sizes{10, 60, 65, 4'000, 8'000}});
  out.push_back({"pointers in every spelling",
                 [](std::size_t n) {
                   const auto link = [](std::string_view to) {
                     return fmt::format(R"({{"allOf":[{{"$ref":"#/$defs/{0}"}},{{"$ref":"#/%24defs/{0}"}}]}})", to);
                   };
                   std::string definitions;
                   for (std::size_t i = 0; i < n; ++i) {
                     definitions += fmt::format(R"("a~b/%{}":{},)", i, link(fmt::format("a~0b~1%25{}", i + 1)));
                   }
                   const std::string first = link("a~0b~1%250");
                   return Bomb{fmt::format(R"({},"$defs":{{{}"a~b/%{}":{{"type":"string"}}}}}})",
                                           first.substr(0, first.size() - 1), definitions, n),
                               "0"};
                 },
                 Sizes{1, 5, 7, 8, 20}});
  out.push_back(
      {"$ref to no schema position",
       [](std::size_t n) {
         const std::string examples = list(n, [](std::size_t i) {
           return fmt::format(R"({{"allOf":[{{"$ref":"#/examples/{0}"}},{{"$ref":"#/examples/{0}"}}]}})", i + 1);
         });
         return Bomb{fmt::format(R"({{"$ref":"#/examples/0","examples":[{},{{"type":"string"}}]}})", examples), "0"};
       },
       Sizes{1, 5, 8, 9, 26}});
  return out;
}

std::string unevaluated(std::size_t levels, std::string_view keyword, std::string_view branches) {
  return nested(levels, R"({"properties":{"a":true}})", [&](std::size_t, const std::string& inner) {
    return fmt::format(R"({{"{0}":false,"{1}":[{2},{{"properties":{{"b":true}}}}]}})", keyword, branches, inner);
  });
}

std::vector<BombFamily> unevaluated_families() {
  std::vector<BombFamily> out;
  for (const std::string_view branches : {"anyOf", "oneOf", "allOf"}) {
    out.push_back({branches == "anyOf"   ? "unevaluatedProperties in anyOf"
                   : branches == "oneOf" ? "unevaluatedProperties in oneOf"
                                         : "unevaluatedProperties in allOf",
                   [branches](std::size_t n) {
                     return Bomb{unevaluated(n, "unevaluatedProperties", branches), R"({"a":1,"b":2})"};
                   },
                   Sizes{1, 2, 3, 4, 5, 7, 10, 15}});
  }
  out.push_back({"unevaluatedProperties over many objects",
                 [](std::size_t n) {
                   return Bomb{fmt::format(R"({{"items":{}}})", unevaluated(n, "unevaluatedProperties", "anyOf")),
                               filled(kDocument / 2, R"({"a":1,"b":2})")};
                 },
                 Sizes{1, 2, 3, 4}});
  return out;
}

std::vector<BombFamily> unevaluated_items() {
  std::vector<BombFamily> out;
  out.push_back(
      {"unevaluatedItems in anyOf",
       [](std::size_t n) { return Bomb{unevaluated(n, "unevaluatedItems", "anyOf"), filled(kDocument / 2, "0")}; },
       Sizes{1, 2, 3, 4, 7, 15}});
  out.push_back(
      {"unevaluatedItems with contains",
       [](std::size_t n) {
         return Bomb{
             nested(
                 n, R"({"contains":{"type":"string"}})",
                 [](std::size_t, const std::string& inner) {
                   return fmt::format(
                       R"({{"unevaluatedItems":{{"type":"integer"}},"allOf":[{0}],"contains":{{"minimum":1}},"minContains":0}})",
                       inner);
                 }),
             filled(kDocument / 2, "0")};
       },
       Sizes{1, 2, 3, 4, 8}});
  return out;
}

std::vector<BombFamily> unevaluated_recursions() {
  std::vector<BombFamily> out;
  // One node that asks a long chain, whose every link is asked again for each link around it.
  out.push_back({"unevaluatedProperties over a long chain",
                 [](std::size_t n) {
                   const auto link = [](const std::string& next) { return fmt::format(R"({{"allOf":[{}]}})", next); };
                   const std::string schema =
                       chain(n, fmt::format(R"({{"anyOf":[{}]}})", same(10, R"({"type":"string"})")), link);
                   // {"$ref": …, "$defs": {…}} with the reference one level down
                   const std::string_view root = R"({"$ref":"#/$defs/0")";
                   return Bomb{
                       R"({"items":{"unevaluatedProperties":false,"$ref":"#/$defs/0"})" + schema.substr(root.size()),
                       filled(kDocument / 4, R"({"a":1,"b":2})")};
                 },
                 Sizes{1, 4, 8, 12, 16, 31}});
  // Each level of the document builds its part twice and more.
  out.push_back(
      {"unevaluatedProperties at every level",
       [](std::size_t n) {
         return Bomb{nested(n, R"({"type":"string"})",
                            [](std::size_t, const std::string& inner) {
                              return fmt::format(
                                  R"({{"unevaluatedProperties":false,"allOf":[{{"properties":{{"x":{}}}}}]}})", inner);
                            }),
                     deep(n, "x", "1")};
       },
       Sizes{1, 3, 5, 7, 8}});
  out.push_back(
      {"unevaluatedProperties by reference at every level",
       [](std::size_t n) {
         const auto link = [](const std::string& next) {
           return fmt::format(
               R"({{"unevaluatedProperties":{0},"allOf":[{{"properties":{{"x":{0}}}}}],"anyOf":[{{"properties":{{"y":{0}}}}}]}})",
               next);
         };
         return Bomb{chain(n, R"({"type":"string"})", link), deep(std::min(n, 63UZ), "x", "1")};
       },
       Sizes{1, 3, 5, 8, 12, 20, 40, 200}});
  return out;
}

std::vector<BombFamily> keywords() {
  std::vector<BombFamily> out;
  out.push_back({"enum of numbers",
                 [](std::size_t n) {
                   return bomb(fmt::format(R"({{"items":{{"enum":[{}]}}}})",
                                           list(n, [](std::size_t i) { return fmt::to_string(i + 10); })),
                               filled(kDocument, "0"));
                 },
                 Sizes{10, 100, 150, 3'900, 40'000}});
  out.push_back({"enum of long arrays with one beginning",
                 [](std::size_t n) {
                   const std::string zeros = same(n, "0");
                   return bomb(
                       fmt::format(R"({{"items":{{"enum":[{}]}}}})",
                                   list(40, [&](std::size_t i) { return fmt::format("[{},{}]", zeros, i + 1); })),
                       filled(kDocument, fmt::format("[{},0]", zeros)));
                 },
                 Sizes{3, 10, 90, 100, 3'000}});
  out.push_back({"const, large, from many places",
                 [](std::size_t n) {
                   const std::string zeros = same(n, "0");
                   return bomb(fmt::format(R"({{"items":{{"anyOf":[{}]}},"$defs":{{"c":{{"const":[{},1]}}}}}})",
                                           same(90, R"({"$ref":"#/$defs/c"})"), zeros),
                               filled(kDocument, fmt::format("[{},0]", zeros)));
                 },
                 Sizes{2, 20, 40, 1'000, 100'000}});
  out.push_back({"const, long text",
                 [](std::size_t n) {
                   return bomb(fmt::format(R"({{"items":{{"allOf":[{}]}},"$defs":{{"c":{{"const":{}}}}}}})",
                                           same(100, R"({"$ref":"#/$defs/c"})"), quoted(n)),
                               filled(kDocument, quoted(n)));
                 },
                 Sizes{10, 1'000, 2'000, 100'000}});
  return out;
}

std::vector<BombFamily> names() {
  std::vector<BombFamily> out;
  out.push_back({"required",
                 [](std::size_t n) {
                   const auto key = [](std::size_t i) { return fmt::format(R"("k{}")", i); };
                   const std::string object = list(n, [&](std::size_t i) { return key(i) + ":0"; });
                   return bomb(fmt::format(R"({{"items":{{"anyOf":[{}]}},"$defs":{{"r":{{"required":[{},"z"]}}}}}})",
                                           same(8, R"({"$ref":"#/$defs/r"})"), list(n, key)),
                               filled(kDocument, "{" + object + "}"));
                 },
                 Sizes{10, 100, 400, 4'000, 20'000}});
  out.push_back({"dependentRequired",
                 [](std::size_t n) {
                   const auto key = [](std::size_t i) { return fmt::format(R"("k{}")", i); };
                   const std::string keys = list(n, key);
                   return bomb(
                       fmt::format(R"({{"items":{{"dependentRequired":{{{}}}}}}})",
                                   list(n, [&](std::size_t i) { return fmt::format("{}:[{}]", key(i), keys); })),
                       filled(kDocument, "{" + list(n, [&](std::size_t i) { return key(i) + ":0"; }) + "}"));
                 },
                 Sizes{5, 20, 60, 150}});
  out.push_back({"properties over empty objects",
                 [](std::size_t n) {
                   return bomb(fmt::format(R"({{"items":{{"properties":{{{}}}}}}})",
                                           list(n, [](std::size_t i) { return fmt::format(R"("k{}":true)", i); })),
                               filled(kDocument, "{}"));
                 },
                 Sizes{10, 100, 1'000, 3'900, 4'900}});
  out.push_back({"propertyNames",
                 [](std::size_t n) {
                   return bomb(
                       fmt::format(R"({{"propertyNames":{{"allOf":[{}]}}}})", same(n, R"({"maxLength":100})")),
                       "{" + list(kDocument / 11, [](std::size_t i) { return fmt::format(R"("k{}":0)", i); }) + "}");
                 },
                 Sizes{10, 40, 100, 900}});
  return out;
}

std::vector<BombFamily> items() {
  std::vector<BombFamily> out;
  out.push_back({"contains and minContains",
                 [](std::size_t n) {
                   return bomb(
                       fmt::format(R"({{"allOf":[{}]}})",
                                   same(n, R"({"contains":{"type":"string"},"minContains":0,"maxContains":5})")),
                       filled(kDocument, "0"));
                 },
                 Sizes{1, 10, 30, 40, 300}});
  out.push_back({"multipleOf and bounds",
                 [](std::size_t n) {
                   return bomb(fmt::format(R"({{"items":{{"allOf":[{}]}}}})",
                                           same(n, R"({"multipleOf":5e-324,"minimum":0.1,"exclusiveMaximum":1e308})")),
                               filled(kDocument / 8, "1.7976931348623157e307"));
                 },
                 Sizes{1, 4, 7, 8, 10, 100, 900}});
  out.push_back({"multipleOf a decimal fraction",
                 [](std::size_t n) {
                   return bomb(R"({"items":{"multipleOf":0.01}})",
                               "[" + list(n, [](std::size_t i) { return fmt::format("{}.{:02}", i, i % 100); }) + "]");
                 },
                 Sizes{1'000, 40'000, 49'000, 60'000}});
  return out;
}

std::vector<BombFamily> closures() {
  std::vector<BombFamily> out;
  out.push_back(
      {"closures of many names",
       [](std::size_t n) {
         const std::string many = fmt::format(R"({{"allOf":[{}]}})", same(n, R"({"$ref":"#/$defs/many"})"));
         return bomb(
             fmt::format(
                 R"({{"items":{{"items":{{"items":{{"items":{{"items":{}}}}}}}}},"$defs":{{"many":{{"properties":{{{}}}}}}}}})",
                 many, list(n, [](std::size_t i) { return fmt::format(R"("{}":true)", i); })),
             "0");
       },
       Sizes{100, 200, 300, 1'000, 2'400}});
  out.push_back(
      {"closures that share their names",
       [](std::size_t n) {
         const std::string many = fmt::format(R"({{"properties":{{{}}}}})",
                                              list(n, [](std::size_t i) { return fmt::format(R"("{}":true)", i); }));
         return bomb(
             fmt::format(
                 R"({{"$ref":"#/$defs/0","$defs":{{{},"m":{}}}}})",
                 list(
                     900,
                     [](std::size_t i) {
                       return fmt::format(
                           R"("{}":{{"items":{{"$ref":"#/$defs/m"}},"allOf":[{{"$ref":"#/$defs/m"}}],"contains":{{"$ref":"#/$defs/{}"}}}})",
                           i, (i + 1) % 900);
                     }),
                 many),
             "0");
       },
       Sizes{10, 100, 500, 2'000}});
  out.push_back({"additionalProperties beside many properties",
                 [](std::size_t n) {
                   return bomb(
                       fmt::format(R"({{"items":{{"properties":{{{}}},"additionalProperties":{{"type":"integer"}}}}}})",
                                   list(n, [](std::size_t i) { return fmt::format(R"("k{}":true)", i); })),
                       filled(kDocument, R"({"a":1,"b":2,"c":3,"d":4})"));
                 },
                 Sizes{10, 100, 1'000, 3'900}});
  return out;
}

std::vector<BombFamily> unused() {
  std::vector<BombFamily> out;
  out.push_back({"$defs that nothing leads to",
                 [](std::size_t n) {
                   return bomb(fmt::format(R"({{"$defs":{{{}}}}})",
                                           list(n,
                                                [](std::size_t i) {
                                                  return fmt::format(
                                                      R"("d{}":{{"$anchor":"a{}","allOf":[{{"$ref":"#a0"}}]}})", i, i);
                                                })),
                               "0");
                 },
                 Sizes{10, 1'000, 2'499, 2'500}});
  out.push_back(
      {"large annotations, built many times",
       [](std::size_t n) {
         const std::string note = fmt::format(R"("x":[{}])", same(n, R"({"a":0})"));
         return bomb(nested(7, fmt::format(R"({{{}}})", note),
                            [](std::size_t, const std::string& inner) {
                              return fmt::format(
                                  R"({{"unevaluatedProperties":false,"allOf":[{{"properties":{{"x":{}}}}}]}})", inner);
                            }),
                     "{}");
       },
       Sizes{10, 1'000, 10'000, 30'000}});
  return out;
}

}  // namespace

std::vector<BombFamily> schema_bombs() {
  return together({references, recursions, pointers, unevaluated_families, unevaluated_items, unevaluated_recursions,
                   keywords, names, items, closures, unused});
}

}  // namespace palyra::schema
