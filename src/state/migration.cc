// SPDX-License-Identifier: Apache-2.0
#include "migration.h"

#include <palyra/state/state_codes.h>

namespace palyra::state {
namespace {

// Of a migration that died while it wrote its copy: only the one writer writes there.
void remove_unfinished_copies(const Directory& root, const Schema& schema) {
  const std::string prefix = fmt::format(".{}.before-", schema.file);
  for (const std::string& name : root.list().value_or(std::vector<std::string>{})) {
    if (!is_temporary_name(name) || !name.starts_with(prefix)) continue;
    [[maybe_unused]] const auto removed = root.remove_file(name);
  }
}

}  // namespace

Result<std::string> take_steps_with_copy(const Directory& root, const Database& database, const Schema& schema) {
  const std::int64_t version = PALYRA_TRY(schema_version(database, schema));
  remove_unfinished_copies(root, schema);
  std::string copy = fmt::format("{}.before-{}", schema.file, version);
  PALYRA_TRY(root.write_file(copy, PALYRA_TRY(database.serialize()), 0600, Overwrite::kYes));
  PALYRA_TRY(upgrade_schema(database, schema));
  PALYRA_TRY(check_schema(database, schema));
  return copy;
}

Result<> migrate(const StoreParts& parts) {
  const Database& database = parts.database;
  if (PALYRA_TRY(schema_version(database, parts.schema)) == parts.schema.version()) return {};
  Transaction transaction = PALYRA_TRY(Transaction::begin(database, TransactionKind::kWrite));
  const std::int64_t version = PALYRA_TRY(schema_version(database, parts.schema));
  if (version == parts.schema.version()) return {};  // another process was faster

  // The chain, before anything is written; its rows are believed only in the tables that they belong to.
  PALYRA_TRY(check_schema(database, parts.schema.at(version)));
  PALYRA_TRY(check_audit_chain(database, PALYRA_TRY(load_head(database))));
  const std::string copy = PALYRA_TRY(take_steps_with_copy(parts.root, database, parts.schema));
  Change change = PALYRA_TRY(Change::join(parts, std::move(transaction)));
  Json details;
  details.set("from", version);
  details.set("to", parts.schema.version());
  details.set("copy", copy);
  return change.commit("state.migrated", "trust.db", details);
}

}  // namespace palyra::state
