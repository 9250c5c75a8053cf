// SPDX-License-Identifier: Apache-2.0
// The only file that sees toml++. NDEBUG is defined for it in every preset: the library asserts on some hostile input.
#include <palyra/base/toml.h>
#include <palyra/base/utf8.h>

#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include <cmath>

namespace palyra {
namespace {

// Walks the bytes of a document outside strings and comments, and finds the deepest nesting that the text can ask for:
// brackets, and the dots of one key. The library builds (and frees) dotted keys recursively without a limit.
class NestingScanner {
 public:
  explicit NestingScanner(std::string_view text) : text_(text) {}

  std::size_t deepest() {
    while (at_ < text_.size()) step();
    return deepest_;
  }

 private:
  void step() {
    const char c = text_[at_];
    if (c == '"' || c == '\'') return skip_string(c);
    if (c == '#') {
      at_ = std::min(text_.find('\n', at_), text_.size());
      return;
    }
    if (c == '.') ++dots_;
    if (c == '[' || c == '{') ++brackets_;
    if ((c == ']' || c == '}') && brackets_ > 0) --brackets_;
    if (c == '\n' || c == '=' || c == ',' || c == '[' || c == '{') dots_ = 0;
    deepest_ = std::max(deepest_, brackets_ + dots_);
    ++at_;
  }

  void skip_string(char quote) {
    const std::string triple(3, quote);
    const bool multi_line = text_.substr(at_).starts_with(triple);
    const std::string_view end = multi_line ? std::string_view(triple) : std::string_view(triple).substr(0, 1);
    at_ += end.size();
    while (at_ < text_.size() && !text_.substr(at_).starts_with(end)) {
      if (!multi_line && text_[at_] == '\n') return;  // not closed on its line: the parser refuses it
      at_ += quote == '"' && text_[at_] == '\\' ? 2U : 1U;
    }
    at_ = std::min(at_ + end.size(), text_.size());
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t brackets_ = 0;
  std::size_t dots_ = 0;
  std::size_t deepest_ = 0;
};

std::string dotted(const std::string& parent, std::string_view key) {
  return parent.empty() ? std::string(key) : parent + "." + std::string(key);
}

class Converter {
 public:
  explicit Converter(const TomlLimits& limits) : limits_(limits) {}

  Result<Json> convert(const toml::node& node, const std::string& key, std::size_t depth) const {
    if (depth > limits_.max_depth) {
      return fail(kTomlTooDeep, "\"{}\" is nested deeper than {} levels", printable(key), limits_.max_depth);
    }
    switch (node.type()) {
      case toml::node_type::table:
        return table(*node.as_table(), key, depth);
      case toml::node_type::array:
        return array(*node.as_array(), key, depth);
      case toml::node_type::string:
        return string(**node.as_string(), key);
      case toml::node_type::integer:
        return Json(**node.as_integer());
      case toml::node_type::floating_point:
        return number(**node.as_floating_point(), key);
      case toml::node_type::boolean:
        return Json(**node.as_boolean());
      case toml::node_type::date:
      case toml::node_type::time:
      case toml::node_type::date_time:
        return fail(kTomlDate, "\"{}\" is a date or a time", printable(key));
      case toml::node_type::none:
        break;
    }
    return fail(kTomlSyntax, "\"{}\" has no value", printable(key));
  }

 private:
  Result<Json> table(const toml::table& table, const std::string& key, std::size_t depth) const {
    Json::Object out;
    for (const auto& [name, value] : table) {
      out.emplace_back(std::string(name.str()), PALYRA_TRY(convert(value, dotted(key, name.str()), depth + 1)));
    }
    return Json(std::move(out));
  }

  Result<Json> array(const toml::array& array, const std::string& key, std::size_t depth) const {
    if (array.size() > limits_.max_array_length) {
      return fail(kTomlTooLarge, "\"{}\" has {} elements, limit {}", printable(key), array.size(),
                  limits_.max_array_length);
    }
    Json::Array out;
    for (std::size_t i = 0; i < array.size(); ++i) {
      out.push_back(PALYRA_TRY(convert(array[i], fmt::format("{}[{}]", key, i), depth + 1)));
    }
    return Json(std::move(out));
  }

  Result<Json> string(const std::string& text, const std::string& key) const {
    if (text.size() > limits_.max_string_bytes) {
      return fail(kTomlTooLarge, "\"{}\" is a string of {} bytes, limit {}", printable(key), text.size(),
                  limits_.max_string_bytes);
    }
    return Json(text);
  }

  static Result<Json> number(double value, const std::string& key) {
    if (!std::isfinite(value)) return fail(kTomlNumber, "\"{}\" is not a finite number", printable(key));
    return Json(value);
  }

  TomlLimits limits_;
};

}  // namespace

Result<Json> parse_toml(BytesView bytes, const TomlLimits& limits) {
  const std::string_view text = as_text(bytes);
  if (text.size() > limits.max_bytes) return fail(kTomlTooLarge, "{} bytes, limit {}", text.size(), limits.max_bytes);
  if (!is_utf8(text)) return fail(kTomlNotUtf8, "not UTF-8");
  if (text.starts_with("\xEF\xBB\xBF")) return fail(kTomlNotUtf8, "begins with a byte-order mark");
  if (text.find('\0') != std::string_view::npos) return fail(kTomlNotUtf8, "holds a NUL byte");
  if (const std::size_t deepest = NestingScanner(text).deepest(); deepest > limits.max_depth) {
    return fail(kTomlTooDeep, "nested {} levels deep, limit {}", deepest, limits.max_depth);
  }
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed) {
    const toml::parse_error& error = parsed.error();
    // The library has words for it, but no code.
    const bool duplicate = error.description().find("cannot redefine existing") != std::string_view::npos;
    return fail(duplicate ? kTomlDuplicateKey : kTomlSyntax, "line {}, column {}: {}", error.source().begin.line,
                error.source().begin.column, printable(error.description()));
  }
  return Converter(limits).convert(parsed.table(), "", 0);
}

}  // namespace palyra
