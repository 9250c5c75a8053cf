// SPDX-License-Identifier: Apache-2.0
#pragma once
// TOML 1.0 documents, read strictly into JSON values.

#include <palyra/base/json.h>

namespace palyra {

inline constexpr ErrorCode kTomlSyntax{ErrorKind::kMalformed, "toml.syntax"};  // also duplicate keys
inline constexpr ErrorCode kTomlDuplicateKey{ErrorKind::kMalformed, "toml.duplicate_key"};
inline constexpr ErrorCode kTomlNotUtf8{ErrorKind::kMalformed, "toml.not_utf8"};  // also a byte-order mark or a NUL
inline constexpr ErrorCode kTomlTooLarge{ErrorKind::kLimitExceeded, "toml.too_large"};
inline constexpr ErrorCode kTomlTooDeep{ErrorKind::kLimitExceeded, "toml.too_deep"};
inline constexpr ErrorCode kTomlDate{ErrorKind::kMalformed, "toml.date"};      // no format of ours has dates
inline constexpr ErrorCode kTomlNumber{ErrorKind::kMalformed, "toml.number"};  // nan or inf

struct TomlLimits {
  std::size_t max_bytes;
  std::size_t max_depth;         // of nested tables and arrays, dotted keys and headers included
  std::size_t max_array_length;  // elements
  std::size_t max_string_bytes;
};

// Order of checks: size, UTF-8, nesting as the bytes show it, syntax, then dates, numbers, depth, arrays and strings in
// document order. Messages name the key and, for syntax, the line.
Result<Json> parse_toml(BytesView text, const TomlLimits& limits);

// A value that is no table with members, and where its key stands.
struct TomlLeaf {
  std::vector<std::string> path;  // names of its tables and its own, without quotes: {"limits", "fuel_budget"}
  Json value;
  std::size_t line;  // from 1
};

// The same document as its leaves, by line. The tables of an array are within the array's value. Errors as parse_toml.
Result<std::vector<TomlLeaf>> parse_toml_leaves(BytesView text, const TomlLimits& limits);

}  // namespace palyra
