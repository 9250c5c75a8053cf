// SPDX-License-Identifier: Apache-2.0
// The table of docs/cli.md, "Configuration".
#include <palyra/app/config.h>

#include <fmt/format.h>

#include <array>
#include <type_traits>

namespace palyra::app {
namespace {

// Above every useful value and below what arithmetic on it could overflow.
constexpr std::int64_t kMost = std::int64_t{1} << 53;
constexpr std::int64_t kMostMilliseconds = 24LL * 3600 * 1000;
constexpr std::int64_t kWasmPage = 65'536;
constexpr std::int64_t kWasmMemory = std::int64_t{1} << 32;
// What one call buffers on the host's side in all.
constexpr std::int64_t kMostBufferBytes = std::int64_t{64} << 20;
constexpr std::int64_t kMiB = std::int64_t{1} << 20;
constexpr std::int64_t kGiB = std::int64_t{1} << 30;
constexpr std::int64_t kMostGrants = 1'000;
constexpr std::int64_t kTenYearsInHours = 10LL * 366 * 24;

constexpr IntegerRange kFuel{1, kMost};
constexpr IntegerRange kMilliseconds{1, kMostMilliseconds};
constexpr IntegerRange kMemory{kWasmPage, kWasmMemory};
constexpr IntegerRange kStorage{0, kMost};
constexpr AnyText kPath{4'096};
constexpr AnyText kPathOrNone{4'096, 0};
constexpr AnyText kAddress{1'024};
constexpr AnyText kAddressOrNone{1'024, 0};
constexpr std::array<std::string_view, 3> kUpdates{"ask", "auto", "off"};

constexpr Applies kLive = Applies::kLive;
constexpr Applies kRestart = Applies::kRestart;

// NOLINTBEGIN(readability-magic-numbers): the table is where these numbers have their names
constexpr auto kKeys = std::to_array<ConfigKey>({
    {"limits.fuel_budget", kLive, kFuel, [](Config& config) { return &config.limits.fuel_budget; }},
    {"limits.wall_clock_timeout_ms", kLive, kMilliseconds,
     [](Config& config) { return &config.limits.wall_clock_timeout_ms; }},
    {"limits.max_memory_bytes", kLive, kMemory, [](Config& config) { return &config.limits.max_memory_bytes; }},
    {"limits.max_table_elements", kRestart, IntegerRange{0, 10'000'000},
     [](Config& config) { return &config.limits.max_table_elements; }},
    {"limits.max_instances", kRestart, IntegerRange{1, 10'000},
     [](Config& config) { return &config.limits.max_instances; }},
    {"ceilings.fuel_budget", kLive, kFuel, [](Config& config) { return &config.ceilings.fuel_budget; }},
    {"ceilings.wall_clock_timeout_ms", kLive, kMilliseconds,
     [](Config& config) { return &config.ceilings.wall_clock_timeout_ms; }},
    {"ceilings.max_memory_bytes", kLive, kMemory, [](Config& config) { return &config.ceilings.max_memory_bytes; }},
    {"ceilings.input_bytes", kLive, IntegerRange{2, kMostBufferBytes},
     [](Config& config) { return &config.ceilings.input_bytes; }},
    {"ceilings.output_bytes", kLive, IntegerRange{1, kMostBufferBytes},
     [](Config& config) { return &config.ceilings.output_bytes; }},
    {"policy.audit_file", kLive, kPathOrNone, [](Config& config) { return &config.audit_file; }},
    {"policy.noninteractive_promote", kLive, TrueOrFalse{},
     [](Config& config) { return &config.noninteractive_promote; }},
    {"policy.min_release_age_hours", kLive, IntegerRange{0, kTenYearsInHours},
     [](Config& config) { return &config.min_release_age_hours; }},
    {"policy.updates", kLive, OneOf{kUpdates}, [](Config& config) { return &config.updates; }},
    {"policy.max_grants_per_class", kLive, IntegerRange{0, kMostGrants},
     [](Config& config) { return &config.max_grants_per_class; }},
    {"http.ca_file", kLive, kPathOrNone, [](Config& config) { return &config.http_ca_file; }},
    {"http.proxy", kLive, kAddressOrNone, [](Config& config) { return &config.http_proxy; }},
    {"http.max_concurrent", kLive, IntegerRange{1, 1'024}, [](Config& config) { return &config.http_max_concurrent; }},
    {"secrets.passphrase_file", kLive, kPathOrNone, [](Config& config) { return &config.secrets_passphrase_file; }},
    {"storage.max_bytes_per_skill", kLive, kStorage, [](Config& config) { return &config.max_storage_bytes; }},
    {"files.max_bytes_per_root", kLive, kStorage, [](Config& config) { return &config.max_root_bytes; }},
    {"files.max_files_per_root", kLive, IntegerRange{0, 10'000'000},
     [](Config& config) { return &config.max_root_files; }},
    {"quarantine.max_bytes", kLive, IntegerRange{kMiB, kMost},
     [](Config& config) { return &config.max_quarantine_bytes; }},
    {"cache.max_bytes", kLive, kStorage, [](Config& config) { return &config.max_code_bytes; }},
    {"inline.enabled", kRestart, TrueOrFalse{}, {}, false},
    {"inline.max_bytes", kRestart, IntegerRange{8, 16 * kMiB}, {}, kMiB / 4},
    {"inline.fuel_budget", kRestart, kFuel, {}, 10'000'000},
    {"server.socket", kRestart, kPath, {}, "[runtime directory]"},
    {"server.http", kRestart, kAddress, {}, "[off]"},
    {"server.workers", kRestart, IntegerRange{1, 1'024}, {}, "[cores]"},
    {"server.queue", kRestart, IntegerRange{1, 1'000'000}, {}, 256},
    {"server.calls_per_minute_per_client", kRestart, IntegerRange{1, 1'000'000}, {}, 600},
    {"server.max_buffered_bytes", kRestart, IntegerRange{kMiB, kMost}, {}, 1 * kGiB},
});
// NOLINTEND(readability-magic-numbers)

std::string choices_text(std::span<const std::string_view> choices) {
  std::string text;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    const bool last = i + 1 == choices.size();
    if (i != 0) text += last ? " or " : ", ";
    text += choices[i];
  }
  return text;
}

}  // namespace

std::span<const ConfigKey> config_keys() { return kKeys; }

Json ConfigKey::default_value() const {
  Config defaults;
  return std::visit(
      [&](const auto& target) -> Json {
        if constexpr (std::is_same_v<std::decay_t<decltype(target)>, std::monostate>) {
          return std::visit([](const auto& value) { return Json(value); }, reserved_default);
        } else {
          return Json(*target(defaults));
        }
      },
      field);
}

std::string ConfigKey::allowed_text() const {
  if (const auto* range = std::get_if<IntegerRange>(&allowed)) {
    return fmt::format("{} to {}", range->minimum, range->maximum);
  }
  if (const auto* one_of = std::get_if<OneOf>(&allowed)) return choices_text(one_of->choices);
  if (const auto* text = std::get_if<AnyText>(&allowed)) {
    return fmt::format("text of {} to {} bytes", text->min_bytes, text->max_bytes);
  }
  return "true or false";
}

std::string ConfigKey::variable() const {
  std::string variable = "PALYRA_";
  for (const char c : name) {
    if (c == '.') {
      variable += "__";
    } else {
      variable += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    }
  }
  return variable;
}

}  // namespace palyra::app
