// SPDX-License-Identifier: Apache-2.0
#include "manifest_sections.h"

#include <palyra/base/utf8.h>
#include <palyra/capability/capability_names.h>

namespace palyra::skills {
namespace {

constexpr JsonLimits kSchemaLimits{.max_bytes = 262'144, .max_depth = 32};

// The schema that the text names, from the artifact.
Result<Json> load_schema(std::string_view name, const std::string& entry_name, const ManifestContext& context) {
  if (!is_json_asset(entry_name)) {
    return fail(kManifestPath, "\"{}\" is \"{}\", not the name of an entry assets/….json", name, printable(entry_name));
  }
  const ArtifactEntry* entry = find_entry(context.entries, entry_name);
  if (entry == nullptr) {
    return fail(kManifestSchemaEntryMissing, "\"{}\" names {}, which is not in the artifact", name, entry_name);
  }
  auto schema = parse_json(entry->bytes, kSchemaLimits);
  if (!schema) return fail(kSchemaRefused, "{}: {}", entry_name, schema.error().describe());
  return schema;
}

bool has_object_root(const Json& schema) {
  const Json* type = schema.find("type");
  return type != nullptr && type->as_string() != nullptr && *type->as_string() == "object";
}

}  // namespace

bool is_json_asset(std::string_view text) {
  return capability::is_portable_name(text) && text.starts_with("assets/") && text.ends_with(".json");
}

Result<std::optional<std::string>> read_schema(TableReader& tool, std::string_view key,
                                               const ManifestContext& context) {
  const Json* value = tool.take(key);
  if (value == nullptr) return std::nullopt;
  const std::string name = tool.name(key);
  Json schema = *value;
  const std::string* entry_name = value->as_string();
  if (entry_name != nullptr && tool.is_version_3()) {
    schema = PALYRA_TRY(load_schema(name, *entry_name, context));
  } else if (value->as_object() == nullptr) {
    return wrong_type(name, tool.is_version_3() ? "a table or the name of an asset" : "a table", *value);
  }
  if (!has_object_root(schema)) {
    return fail(kManifestSchemaRootType, "\"{}\" has a root whose type is not \"object\"", name);
  }
  std::string text = to_text(schema);
  PALYRA_TRY(context.schemas.compile(as_bytes(text)), fmt::format("while compiling \"{}\"", name));
  return text;
}

}  // namespace palyra::skills
