// SPDX-License-Identifier: Apache-2.0
#include <palyra/base/json.h>

#include <nlohmann/json.hpp>

#include <algorithm>

namespace palyra {
namespace {

using Document = nlohmann::ordered_json;

Document convert(const Json& value) {
  if (const auto* v = value.as_bool()) return *v;
  if (const auto* v = value.as_int()) return *v;
  if (const auto* v = value.as_uint()) return *v;
  if (const auto* v = value.as_double()) return *v;
  if (const auto* v = value.as_string()) return *v;
  if (const auto* array = value.as_array()) {
    Document out = Document::array();
    for (const Json& element : *array) out.push_back(convert(element));
    return out;
  }
  if (const auto* object = value.as_object()) {
    Document out = Document::object();
    // Keys are unique already: append without the library's linear search.
    auto& members = out.get_ref<Document::object_t&>();
    for (const auto& [key, member] : *object) {
      static_cast<std::vector<Document::object_t::value_type>&>(members).emplace_back(key, convert(member));
    }
    return out;
  }
  return nullptr;
}

// Written as they are in a JSON string.
bool is_plain(char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; }

}  // namespace

std::string to_text(const Json& value, JsonStyle style) {
  const bool pretty = style == JsonStyle::kPretty;
  std::string text = convert(value).dump(pretty ? 2 : -1, ' ', false, Document::error_handler_t::replace);
  if (pretty) text += '\n';
  return text;
}

void append_json_string(std::string& text, std::string_view value) {
  if (std::ranges::all_of(value, is_plain)) {
    text += '"';
    text += value;
    text += '"';
  } else {
    text += to_text(Json(value));
  }
}

}  // namespace palyra
