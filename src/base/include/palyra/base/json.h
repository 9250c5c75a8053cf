// SPDX-License-Identifier: Apache-2.0
#pragma once
// JSON values: read strictly, written plainly. TOML documents become the same values (toml.h).

#include <palyra/base/bytes.h>
#include <palyra/base/error.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace palyra {

inline constexpr ErrorCode kJsonSyntax{ErrorKind::kMalformed, "json.syntax"};
inline constexpr ErrorCode kJsonNotUtf8{ErrorKind::kMalformed, "json.not_utf8"};
inline constexpr ErrorCode kJsonDuplicateKey{ErrorKind::kMalformed, "json.duplicate_key"};
inline constexpr ErrorCode kJsonTooDeep{ErrorKind::kLimitExceeded, "json.too_deep"};
inline constexpr ErrorCode kJsonTooLarge{ErrorKind::kLimitExceeded, "json.too_large"};
inline constexpr ErrorCode kJsonNumber{ErrorKind::kMalformed, "json.number_out_of_range"};

class Json {
 public:
  using Array = std::vector<Json>;
  using Member = std::pair<std::string, Json>;
  using Object = std::vector<Member>;  // in the order of the document; keys are unique

  Json() = default;                                             // null
  Json(std::nullptr_t) {}                                       // NOLINT(google-explicit-constructor)
  Json(bool value) : value_(value) {}                           // NOLINT(google-explicit-constructor)
  Json(double value) : value_(value) {}                         // NOLINT(google-explicit-constructor)
  Json(std::string value) : value_(std::move(value)) {}         // NOLINT(google-explicit-constructor)
  Json(std::string_view value) : value_(std::string(value)) {}  // NOLINT(google-explicit-constructor)
  Json(const char* value) : value_(std::string(value)) {}       // NOLINT(google-explicit-constructor)
  Json(Array value) : value_(std::move(value)) {}               // NOLINT(google-explicit-constructor)
  Json(Object value) : value_(std::move(value)) {}              // NOLINT(google-explicit-constructor)
  // An integer in -2^63 to 2^64-1; one that fits int64 is held as int64.
  template <std::integral T>
  Json(T value) {  // NOLINT(google-explicit-constructor)
    if (std::in_range<std::int64_t>(value)) {
      value_ = static_cast<std::int64_t>(value);
    } else {
      value_ = static_cast<std::uint64_t>(value);
    }
  }

  [[nodiscard]] bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  // The value of that type, or nullptr when it is of another.
  [[nodiscard]] const bool* as_bool() const { return std::get_if<bool>(&value_); }
  [[nodiscard]] const std::int64_t* as_int() const { return std::get_if<std::int64_t>(&value_); }
  [[nodiscard]] const std::uint64_t* as_uint() const { return std::get_if<std::uint64_t>(&value_); }  // above 2^63-1
  [[nodiscard]] const double* as_double() const { return std::get_if<double>(&value_); }
  [[nodiscard]] const std::string* as_string() const { return std::get_if<std::string>(&value_); }
  [[nodiscard]] const Array* as_array() const { return std::get_if<Array>(&value_); }
  [[nodiscard]] const Object* as_object() const { return std::get_if<Object>(&value_); }

  // The member `key` of an object, or nullptr.
  [[nodiscard]] const Json* find(std::string_view key) const;
  // Appends a member (PALYRA_CHECK: this is an object without `key`) and returns it; null becomes an object first.
  Json& set(std::string key, Json value);
  // Appends an element and returns it; null becomes an array first.
  Json& push(Json value);

  // "null", "boolean", "integer", "number", "string", "array" or "object", for messages.
  [[nodiscard]] std::string_view type_name() const;

  // Objects without regard to order, integers and numbers by value.
  friend bool operator==(const Json& a, const Json& b);

 private:
  std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string, Array, Object> value_;
};

struct JsonLimits {
  std::size_t max_bytes;
  std::size_t max_depth;  // of nested arrays and objects; a scalar has depth 0
};

// One document: UTF-8 without byte-order mark, no duplicate key, integers in -2^63 to 2^64-1, numbers within double,
// no trailing bytes. Order of checks: size, UTF-8, syntax, then in document order depth, numbers, keys.
Result<Json> parse_json(BytesView text, const JsonLimits& limits);

// One line, without spaces; `kPretty` with two-space indent and a final newline. Ill-formed UTF-8 in a string is
// written as U+FFFD.
enum class JsonStyle : std::uint8_t { kCompact, kPretty };
std::string to_text(const Json& value, JsonStyle style = JsonStyle::kCompact);
// What to_text writes for a string, appended: for whoever writes text often and without a Json.
void append_json_string(std::string& text, std::string_view value);

}  // namespace palyra
