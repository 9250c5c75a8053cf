// SPDX-License-Identifier: Apache-2.0
#include <palyra/app/audit_log.h>

#include <algorithm>

namespace palyra::app {
namespace {

// "trust" is meant by "trust" alone and by everything that begins with "trust.".
bool is_meant(std::string_view asked, std::string_view text, char separator) {
  if (asked.empty() || text == asked) return true;
  return text.size() > asked.size() && text.starts_with(asked) && text[asked.size()] == separator;
}

bool is_wanted(const state::AuditRow& row, const AuditQuery& query) {
  return is_meant(query.event, row.event, '.') && is_meant(query.subject, row.subject, '@') &&
         (!query.since || row.time >= *query.since);
}

Json row_json(const state::AuditRow& row) {
  return Json::Object{{"generation", row.generation},
                      {"time", row.time.seconds},
                      {"actor", row.actor},
                      {"event", row.event},
                      {"subject", row.subject},
                      {"details", row.details},
                      {"trust_sha256", crypto::to_hex(row.trust_sha256)},
                      {"previous_sha256", crypto::to_hex(row.previous)},
                      {"row_sha256", crypto::to_hex(row.digest)}};
}

}  // namespace

Result<std::vector<state::AuditRow>> list_audit(const Services& services, const AuditQuery& query) {
  const state::StateStore store = PALYRA_TRY(state::StateStore::open(services.state));
  std::vector<state::AuditRow> rows = PALYRA_TRY(store.audit_rows());
  std::erase_if(rows, [&query](const state::AuditRow& row) { return !is_wanted(row, query); });
  std::ranges::reverse(rows);
  if (rows.size() > query.limit) rows.resize(query.limit);
  return rows;
}

Result<AuditExport> export_audit(const Services& services) {
  const state::StateStore store = PALYRA_TRY(state::StateStore::open(services.state));
  const std::vector<state::AuditRow> rows = PALYRA_TRY(store.audit_rows());
  AuditExport exported;
  exported.rows.reserve(rows.size());
  for (const state::AuditRow& row : rows) {
    exported.rows.push_back(row_json(row));
    exported.head = row.digest;
  }
  return exported;
}

std::string lines_of(const AuditExport& exported) {
  std::string text;
  for (const Json& row : exported.rows) text += to_text(row, JsonStyle::kCompact) + "\n";
  return text;
}

}  // namespace palyra::app
