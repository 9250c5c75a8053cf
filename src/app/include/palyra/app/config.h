// SPDX-License-Identifier: Apache-2.0
#pragma once
// What an operator has set: `config.toml` and `PALYRA_*` variables merged over the defaults, each value with its
// origin. Source: docs/cli.md, "Configuration".

#include <palyra/base/error.h>

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
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

struct Config {
  DefaultLimits limits;
  Ceilings ceilings;
  bool noninteractive_promote = false;  // policy.noninteractive_promote
  // Where a key that is not at its default was set: "/home/…/config.toml" or "PALYRA_LIMITS__FUEL_BUDGET".
  std::map<std::string, std::string, std::less<>> origins;
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
  std::vector<std::string> warnings;  // about PALYRA_* variables that are no keys
};

// Errors: kConfigUnknownKey, kConfigWrongType, kConfigOutOfRange, each naming the key and where it stands; those of
// parse_toml and read_file.
Result<LoadedConfig> load_config(const ConfigSources& sources);

}  // namespace palyra::app
