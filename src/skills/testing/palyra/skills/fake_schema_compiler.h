// SPDX-License-Identifier: Apache-2.0
#pragma once
// A schema compiler for tests that are not about schemas: it finds references that leave the document, and `type` of
// an unknown name.

#include <palyra/base/json.h>
#include <palyra/skills/schema_compiler.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace palyra::skills::testing {

class FakeSchemaCompiler final : public SchemaCompiler {
 public:
  [[nodiscard]] Result<> compile(BytesView json_schema) const override {
    return check(PALYRA_TRY(parse_json(json_schema, {.max_bytes = 256 * 1024, .max_depth = 32})));
  }

 private:
  static Result<> check(const Json& schema) {
    if (schema.as_array() != nullptr) {
      for (const Json& element : *schema.as_array()) PALYRA_TRY(check(element));
    }
    if (schema.as_object() == nullptr) return {};
    for (const auto& [key, value] : *schema.as_object()) {
      const std::string* text = value.as_string();
      if ((key == "$ref" || key == "$dynamicRef") && text != nullptr && !text->starts_with('#')) {
        return fail(kSchemaRemoteRef, "\"{}\" leaves the document", *text);
      }
      constexpr std::array<std::string_view, 7> kTypes = {"null",   "boolean", "object", "array",
                                                          "number", "string",  "integer"};
      if (key == "type" && text != nullptr && std::ranges::find(kTypes, *text) == kTypes.end()) {
        return fail(kSchemaRefused, "\"{}\" is not a type", *text);
      }
      PALYRA_TRY(check(value));
    }
    return {};
  }
};

}  // namespace palyra::skills::testing
