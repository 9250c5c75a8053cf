// SPDX-License-Identifier: Apache-2.0
#include <palyra/app/program_arguments.h>
#include <palyra/base/json.h>
#include <palyra/base/utf8.h>
#include <palyra/schema/json_schema.h>

namespace palyra::app {
namespace {

Result<std::string> field_text(const Json& arguments, std::string_view field) {
  const Json* value = arguments.find(field);
  if (value == nullptr) {
    return fail(kRunArguments, "the tool's command line needs the argument '{}', which is not given", printable(field));
  }
  return value->as_string() != nullptr ? *value->as_string() : to_text(*value);
}

// The field that `text` is made of entirely, as in "{path}"; empty when it is no such text.
std::string_view whole_field(std::string_view text) {
  if (text.size() < 3 || !text.starts_with('{') || text.find('}') != text.size() - 1) return {};
  return text.substr(1, text.size() - 2);
}

Result<std::string> substitute(const Json& arguments, std::string_view pattern) {
  std::string out;
  while (!pattern.empty()) {
    const std::size_t open = pattern.find('{');
    const std::size_t close = open == std::string_view::npos ? open : pattern.find('}', open);
    if (close == std::string_view::npos || close == open + 1) {
      const std::size_t plain = close == std::string_view::npos ? pattern.size() : close + 1;
      out += pattern.substr(0, plain);
      pattern.remove_prefix(plain);
      continue;
    }
    out += pattern.substr(0, open);
    out += PALYRA_TRY(field_text(arguments, pattern.substr(open + 1, close - open - 1)));
    pattern.remove_prefix(close + 1);
  }
  if (out.find('\0') != std::string::npos) {
    return fail(kRunArguments, "a NUL character cannot be part of a program's command line");
  }
  return out;
}

}  // namespace

Result<ProgramArguments> map_program_arguments(const ModuleSource& source, BytesView arguments) {
  ProgramArguments program;
  program.standard_input = arguments;
  if (!source.tool || !source.tool->wasi) return program;
  const skills::WasiMapping& mapping = *source.tool->wasi;
  const Json json =
      PALYRA_TRY(parse_json(arguments, {.max_bytes = arguments.size(), .max_depth = schema::kMaxDocumentDepth}));
  for (const std::string& pattern : mapping.args) {
    program.arguments.push_back(PALYRA_TRY(substitute(json, pattern)));
  }
  if (mapping.standard_input == "none") {
    program.standard_input = {};
  } else if (const std::string_view field = whole_field(mapping.standard_input); !field.empty()) {
    program.field_text = to_bytes(PALYRA_TRY(field_text(json, field)));
    program.standard_input = program.field_text;
  }
  return program;
}

}  // namespace palyra::app
