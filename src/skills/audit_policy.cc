// SPDX-License-Identifier: Apache-2.0
#include "palyra/skills/audit.h"

#include <palyra/base/toml.h>
#include <palyra/base/utf8.h>

#include <algorithm>
#include <array>
#include <variant>

namespace palyra::skills {
namespace {

constexpr std::string_view kFormatKey = "format";
constexpr std::string_view kFormat = "palyra/audit-policy/1";
constexpr TomlLimits kLimits{
    .max_bytes = kMaxAuditPolicyBytes, .max_depth = 4, .max_array_length = 64, .max_string_bytes = 1'024};

struct IntegerField {
  std::int64_t AuditPolicy::* field;
  std::int64_t lowest;
  std::int64_t highest;
};
using BooleanField = bool AuditPolicy::*;

struct PolicyKey {
  std::string_view name;
  std::variant<IntegerField, BooleanField> field;
};

// NOLINTBEGIN(readability-magic-numbers): the table is where these numbers have their names
constexpr auto kKeys = std::to_array<PolicyKey>({
    {"max_module_bytes", IntegerField{&AuditPolicy::max_module_bytes, 1, std::int64_t{16} << 20}},
    {"warn_exported_functions", IntegerField{&AuditPolicy::warn_exported_functions, 0, 4'096}},
    {"max_exported_functions", IntegerField{&AuditPolicy::max_exported_functions, 0, 4'096}},
    {"allow_device_capabilities", &AuditPolicy::allow_device_capabilities},
    {"allow_wildcard_capabilities", &AuditPolicy::allow_wildcard_capabilities},
    {"max_grants_per_class", IntegerField{&AuditPolicy::max_grants_per_class, 0, 1'000}},
    {"min_release_age_hours", IntegerField{&AuditPolicy::min_release_age_hours, 0, 10LL * 366 * 24}},
});
// NOLINTEND(readability-magic-numbers)

std::unexpected<Error> malformed(const TomlLeaf& leaf, std::string_view what) {
  return std::unexpected(
      Error(kAuditPolicyMalformed, fmt::format("line {}: {} {}", leaf.line, printable(leaf.path.back()), what)));
}

Result<> set_integer(const TomlLeaf& leaf, const IntegerField& field, AuditPolicy& policy) {
  const std::int64_t* value = leaf.value.as_int();
  if (value == nullptr) return malformed(leaf, fmt::format("is an integer, not of type {}", leaf.value.type_name()));
  if (*value < field.lowest || *value > field.highest) {
    return malformed(leaf, fmt::format("= {}, allowed are {} to {}", *value, field.lowest, field.highest));
  }
  policy.*field.field = *value;
  return {};
}

Result<> set_boolean(const TomlLeaf& leaf, BooleanField field, AuditPolicy& policy) {
  const bool* value = leaf.value.as_bool();
  if (value == nullptr) {
    return malformed(leaf, fmt::format("is true or false, not of type {}", leaf.value.type_name()));
  }
  policy.*field = *value;
  return {};
}

Result<> set(const TomlLeaf& leaf, AuditPolicy& policy) {
  const auto key = std::ranges::find(kKeys, leaf.path.front(), &PolicyKey::name);
  if (leaf.path.size() != 1 || key == kKeys.end()) return malformed(leaf, "is no key of an audit policy");
  if (const auto* field = std::get_if<IntegerField>(&key->field)) return set_integer(leaf, *field, policy);
  return set_boolean(leaf, std::get<BooleanField>(key->field), policy);
}

bool is_format(const TomlLeaf& leaf) { return leaf.path.size() == 1 && leaf.path.front() == kFormatKey; }

}  // namespace

Result<AuditPolicy> parse_audit_policy(BytesView toml, const AuditPolicy& defaults) {
  const std::vector<TomlLeaf> leaves = PALYRA_TRY(parse_toml_leaves(toml, kLimits));
  const auto format = std::ranges::find_if(leaves, is_format);
  if (format == leaves.end() || format->value != Json(kFormat)) {
    return fail(kAuditPolicyMalformed, "an audit policy says: {} = \"{}\"", kFormatKey, kFormat);
  }
  AuditPolicy policy = defaults;
  for (const TomlLeaf& leaf : leaves) {
    if (!is_format(leaf)) PALYRA_TRY(set(leaf, policy));
  }
  return policy;
}

}  // namespace palyra::skills
