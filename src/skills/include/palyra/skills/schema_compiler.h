// SPDX-License-Identifier: Apache-2.0
#pragma once
// How manifests have their JSON Schemas compiled: this layer does not know the compiler. Source:
// docs/formats/skill-manifest.md, "Schemas are strangers' programs".

#include <palyra/base/bytes.h>
#include <palyra/base/error.h>

namespace palyra::skills {

// A `$ref` or `$dynamicRef` that leaves the document.
inline constexpr ErrorCode kSchemaRemoteRef{ErrorKind::kMalformed, "manifest.schema_remote_ref"};
// Refused for any other reason; the message has the compiler's own code.
inline constexpr ErrorCode kSchemaRefused{ErrorKind::kMalformed, "manifest.schema"};

class SchemaCompiler {
 public:
  SchemaCompiler() = default;
  SchemaCompiler(const SchemaCompiler&) = delete;
  SchemaCompiler& operator=(const SchemaCompiler&) = delete;
  virtual ~SchemaCompiler() = default;

  // Whether `json_schema` compiles within the limits for schemas. Errors: kSchemaRemoteRef, kSchemaRefused.
  [[nodiscard]] virtual Result<> compile(BytesView json_schema) const = 0;
};

}  // namespace palyra::skills
