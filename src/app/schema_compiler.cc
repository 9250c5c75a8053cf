// SPDX-License-Identifier: Apache-2.0
#include <palyra/app/schema_compiler.h>
#include <palyra/schema/json_schema.h>

namespace palyra::app {

Result<> JsonSchemaCompiler::compile(BytesView json_schema) const {
  auto compiled = schema::JsonSchema::compile(json_schema);
  if (compiled) return {};
  const Error& error = compiled.error();
  const bool remote = error.is(schema::kForeignRef);
  return fail(remote ? skills::kSchemaRemoteRef : skills::kSchemaRefused, "{}", error.describe());
}

}  // namespace palyra::app
