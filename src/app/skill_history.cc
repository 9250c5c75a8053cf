// SPDX-License-Identifier: Apache-2.0
#include <palyra/app/skill_history.h>
#include <palyra/base/json.h>
#include <palyra/base/utf8.h>

#include <algorithm>
#include <string_view>

namespace palyra::app {
namespace {

// "acme.weather" or "acme.weather@1.2.0".
bool is_of(std::string_view name, std::string_view skill_id) {
  if (!name.starts_with(skill_id)) return false;
  return name.size() == skill_id.size() || name[skill_id.size()] == '@';
}

bool names(const Json& value, std::string_view skill_id) {
  if (const std::string* text = value.as_string()) return is_of(*text, skill_id);
  if (const Json::Array* array = value.as_array()) {
    return std::ranges::any_of(*array, [&](const Json& each) { return names(each, skill_id); });
  }
  if (const Json::Object* object = value.as_object()) {
    return std::ranges::any_of(*object, [&](const Json::Member& each) { return names(each.second, skill_id); });
  }
  return false;
}

bool is_about(const state::AuditRow& row, std::string_view skill_id) {
  if (is_of(row.subject, skill_id)) return true;
  if (row.details.find(skill_id) == std::string::npos) return false;
  constexpr std::size_t kMaxDepth = 16;
  const auto details = parse_json(as_bytes(row.details), {.max_bytes = row.details.size(), .max_depth = kMaxDepth});
  return details && names(*details, skill_id);
}

}  // namespace

Result<std::vector<state::AuditRow>> skill_history(const Services& services, const std::string& skill_id) {
  const state::StateStore store = PALYRA_TRY(state::StateStore::open(services.state));
  std::vector<state::AuditRow> rows = PALYRA_TRY(store.audit_rows());
  std::erase_if(rows, [&](const state::AuditRow& row) { return !is_about(row, skill_id); });
  if (rows.empty()) {
    return fail(state::kSkillNotInstalled, "nothing was ever decided here about '{}'", printable(skill_id));
  }
  return rows;
}

}  // namespace palyra::app
