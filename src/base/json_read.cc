// SPDX-License-Identifier: Apache-2.0
// The only file that parses with simdjson.
#include <palyra/base/json.h>
#include <palyra/base/utf8.h>

#include <simdjson.h>

#include <algorithm>

namespace palyra {
namespace {

namespace dom = simdjson::dom;

Error read_error(simdjson::error_code code) {
  switch (code) {
    case simdjson::DEPTH_ERROR:
      return {kJsonTooDeep, "nested deeper than the parser's limit"};
    case simdjson::NUMBER_ERROR:
    case simdjson::NUMBER_OUT_OF_RANGE:
      return {kJsonNumber, "a number is malformed or out of range"};
    case simdjson::UTF8_ERROR:
      return {kJsonNotUtf8, "not UTF-8"};
    default:
      return {kJsonSyntax, simdjson::error_message(code)};
  }
}

Result<> refuse_duplicate_keys(const Json::Object& object) {
  std::vector<std::string_view> keys;
  keys.reserve(object.size());
  for (const auto& member : object) keys.push_back(member.first);
  std::ranges::sort(keys);
  const auto twice = std::ranges::adjacent_find(keys);
  if (twice != keys.end())
    return fail(kJsonDuplicateKey, "the key \"{}\" appears twice in one object", printable(*twice));
  return {};
}

Result<Json> convert(dom::element element, std::size_t depth_left);

Result<Json> convert_array(dom::array array, std::size_t depth_left) {
  Json::Array out;
  out.reserve(array.size());
  for (const dom::element element : array) out.push_back(PALYRA_TRY(convert(element, depth_left)));
  return Json(std::move(out));
}

Result<Json> convert_object(dom::object object, std::size_t depth_left) {
  Json::Object out;
  out.reserve(object.size());
  for (const auto& field : object)
    out.emplace_back(std::string(field.key), PALYRA_TRY(convert(field.value, depth_left)));
  PALYRA_TRY(refuse_duplicate_keys(out));
  return Json(std::move(out));
}

Result<Json> convert(dom::element element, std::size_t depth_left) {
  switch (element.type()) {
    case dom::element_type::NULL_VALUE:
      return Json();
    case dom::element_type::BOOL:
      return Json(bool(element));
    case dom::element_type::INT64:
      return Json(std::int64_t(element));
    case dom::element_type::UINT64:
      return Json(std::uint64_t(element));
    case dom::element_type::DOUBLE:
      return Json(double(element));
    case dom::element_type::STRING:
      return Json(std::string_view(element));
    case dom::element_type::ARRAY:
    case dom::element_type::OBJECT:
      break;
  }
  if (depth_left == 0) return fail(kJsonTooDeep, "arrays and objects are nested deeper than the limit");
  if (element.is_array()) return convert_array(dom::array(element), depth_left - 1);
  return convert_object(dom::object(element), depth_left - 1);
}

}  // namespace

Result<Json> parse_json(BytesView text, const JsonLimits& limits) {
  if (text.size() > limits.max_bytes) {
    return fail(kJsonTooLarge, "{} bytes of JSON, limit {}", text.size(), limits.max_bytes);
  }
  if (!is_utf8(as_text(text))) return fail(kJsonNotUtf8, "not UTF-8");
  dom::parser parser;
  const simdjson::padded_string padded(as_text(text));
  // One level more than ours, so that our own message names the limit.
  simdjson::error_code code = parser.allocate(padded.size() + 1, std::max<std::size_t>(limits.max_depth + 2, 4));
  dom::element root;
  if (code == simdjson::SUCCESS) code = parser.parse(padded).get(root);
  if (code != simdjson::SUCCESS) return std::unexpected(read_error(code));
  return convert(root, limits.max_depth);
}

}  // namespace palyra
