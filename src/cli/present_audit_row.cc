// SPDX-License-Identifier: Apache-2.0
#include "present_audit_row.h"

#include "present.h"

#include <fmt/format.h>

namespace palyra::cli {

Json audit_row_json(const state::AuditRow& row) {
  Json json;
  json.set("generation", row.generation);
  json.set("time", to_text(row.time));
  json.set("actor", row.actor);
  json.set("event", row.event);
  json.set("subject", row.subject);
  // The store wrote it. One that somebody edited is shown as the text that it is.
  constexpr JsonLimits kLimits{.max_bytes = std::size_t{4} << 20U, .max_depth = 32};
  auto details = parse_json(as_bytes(row.details), kLimits);
  json.set("details", details ? std::move(*details) : Json(row.details));
  json.set("trust_sha256", crypto::to_hex(row.trust_sha256));
  json.set("previous_sha256", crypto::to_hex(row.previous));
  json.set("row_sha256", crypto::to_hex(row.digest));
  return json;
}

std::string audit_row_text(const state::AuditRow& row, bool verbose) {
  std::string text = fmt::format("{:>6}  {}  {:<24}  {}  by {}\n", row.generation, to_text(row.time), shown(row.event),
                                 row.subject.empty() ? "-" : shown(row.subject), shown(row.actor));
  if (verbose) text += fmt::format("        {}\n", shown(row.details));
  return text;
}

}  // namespace palyra::cli
