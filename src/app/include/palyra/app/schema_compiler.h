// SPDX-License-Identifier: Apache-2.0
#pragma once
// How `skills` compiles the schemas of a manifest: with the validator that calls are judged by.

#include <palyra/skills/schema_compiler.h>

namespace palyra::app {

class JsonSchemaCompiler final : public skills::SchemaCompiler {
 public:
  [[nodiscard]] Result<> compile(BytesView json_schema) const override;
};

}  // namespace palyra::app
