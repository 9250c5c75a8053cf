// SPDX-License-Identifier: Apache-2.0
#pragma once
// What an operator has set: `config.toml` and `PALYRA_*` variables merged over the defaults, each value with its
// origin. Source: docs/cli.md, "Configuration".

#include <palyra/base/error.h>
#include <palyra/base/json.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace palyra::app {

inline constexpr ErrorCode kConfigUnknownKey{ErrorKind::kInvalidArgument, "config.unknown_key"};
inline constexpr ErrorCode kConfigWrongType{ErrorKind::kInvalidArgument, "config.wrong_type"};
inline constexpr ErrorCode kConfigOutOfRange{ErrorKind::kInvalidArgument, "config.out_of_range"};

// What a run may use when neither its caller nor its manifest says anything.
struct DefaultLimits {
  std::int64_t fuel_budget = 10'000'000;
  std::int64_t wall_clock_timeout_ms = 30'000;
  std::int64_t max_memory_bytes = std::int64_t{64} << 20;
  std::int64_t max_table_elements = 100'000;
  std::int64_t max_instances = 256;
};

// What no run may exceed, whoever asks.
struct Ceilings {
  std::int64_t fuel_budget = 100'000'000'000;
  std::int64_t wall_clock_timeout_ms = 120'000;
  std::int64_t max_memory_bytes = std::int64_t{512} << 20;
  std::int64_t input_bytes = std::int64_t{8} << 20;
  std::int64_t output_bytes = std::int64_t{8} << 20;
};

// The keys that this version uses, and where they were looked for.
struct Config {
  std::string file{};  // config.toml, there or not; empty: none was looked for
  DefaultLimits limits;
  Ceilings ceilings;
  bool noninteractive_promote = false;                        // policy.noninteractive_promote
  std::string audit_file{};                                   // policy.audit_file; empty: none
  std::string updates = "ask";                                // policy.updates: "ask", "auto" or "off"
  std::int64_t min_release_age_hours = 72;                    // policy.min_release_age_hours
  std::int64_t max_grants_per_class = 1'000;                  // policy.max_grants_per_class
  std::string http_ca_file{};                                 // http.ca_file; empty: the system's authorities
  std::string http_proxy{};                                   // http.proxy; empty: none
  std::int64_t http_max_concurrent = 64;                      // http.max_concurrent
  std::int64_t max_storage_bytes = std::int64_t{64} << 20;    // storage.max_bytes_per_skill
  std::int64_t max_root_bytes = std::int64_t{256} << 20;      // files.max_bytes_per_root
  std::int64_t max_root_files = 10'000;                       // files.max_files_per_root
  std::string secrets_passphrase_file{};                      // secrets.passphrase_file; empty: none
  std::int64_t max_quarantine_bytes = std::int64_t{1} << 30;  // quarantine.max_bytes
  std::int64_t max_code_bytes = std::int64_t{2} << 30;        // cache.max_bytes
};

// When a program that is already running takes a change.
enum class Applies : std::uint8_t { kLive, kRestart };

struct IntegerRange {
  std::int64_t minimum;
  std::int64_t maximum;
};
struct TrueOrFalse {};
struct OneOf {
  std::span<const std::string_view> choices;
};
struct AnyText {
  std::size_t max_bytes;
  std::size_t min_bytes = 1;
};
using Allowed = std::variant<IntegerRange, TrueOrFalse, OneOf, AnyText>;

// Where the value of a key goes. Without a field the key is reserved: checked and shown, and without any effect.
using Field = std::variant<std::monostate, std::int64_t* (*)(Config&), bool* (*)(Config&), std::string* (*)(Config&)>;

// What a reserved key would be: the value, or in brackets what stands for it ("[none]", "[cores]").
using ReservedDefault = std::variant<std::string_view, std::int64_t, bool>;

// One row of the table.
struct ConfigKey {
  std::string_view name;  // "limits.fuel_budget"
  Applies applies;
  Allowed allowed;
  Field field{};
  ReservedDefault reserved_default{};  // only without a field

  [[nodiscard]] bool is_used() const { return !std::holds_alternative<std::monostate>(field); }
  [[nodiscard]] Json default_value() const;
  // "1 to 10000", "true or false", "ask, auto or off", "text of at most 4096 bytes"
  [[nodiscard]] std::string allowed_text() const;
  // "PALYRA_LIMITS__FUEL_BUDGET"
  [[nodiscard]] std::string variable() const;
};

// The whole table, in the order of the documentation.
std::span<const ConfigKey> config_keys();

struct ConfigValue {
  const ConfigKey* key = nullptr;
  Json value;
  std::string origin;  // "default", "/home/…/config.toml:3" or "PALYRA_LIMITS__FUEL_BUDGET"
};

struct ConfigSources {
  // Not read when absent; an absent file is an empty one unless `file_must_exist`.
  std::optional<std::string> file;
  bool file_must_exist = false;
  // NAME, VALUE; only names that begin with PALYRA_ are looked at.
  std::span<const std::pair<std::string, std::string>> environment;
};

struct LoadedConfig {
  Config config;
  std::vector<ConfigValue> values;    // one a row of the table
  std::vector<std::string> warnings;  // about PALYRA_* variables that are no keys, and reserved keys that were set
};

// Errors: kConfigUnknownKey, kConfigWrongType, kConfigOutOfRange, each naming the key and the file and line, or the
// variable; those of parse_toml_leaves and read_file.
Result<LoadedConfig> load_config(const ConfigSources& sources);

}  // namespace palyra::app
