// SPDX-License-Identifier: Apache-2.0
#include "schema.h"

#include <palyra/state/state_codes.h>

#include <algorithm>

namespace palyra::state {
namespace {

// Empty text stands for "none". Times are seconds since 1970, digests 32 bytes.
constexpr const char* kVersion1 = R"sql(
CREATE TABLE state (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  generation INTEGER NOT NULL,
  trust_generation INTEGER NOT NULL,
  audit_digest BLOB NOT NULL CHECK (length(audit_digest) = 32)
) STRICT;

CREATE TABLE publisher (
  name TEXT NOT NULL PRIMARY KEY,
  threshold INTEGER NOT NULL CHECK (threshold BETWEEN 1 AND 8),
  source TEXT NOT NULL CHECK (source IN ('operator', 'tofu')),
  first_seen INTEGER NOT NULL,
  pinned_by TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE publisher_key (
  publisher TEXT NOT NULL REFERENCES publisher ON DELETE CASCADE,
  key BLOB NOT NULL CHECK (length(key) = 32),
  PRIMARY KEY (publisher, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE skill (
  skill_id TEXT NOT NULL PRIMARY KEY,
  publisher TEXT NOT NULL,
  highest_version TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE skill_content (
  skill_id TEXT NOT NULL REFERENCES skill,
  version TEXT NOT NULL,
  content_root BLOB NOT NULL CHECK (length(content_root) = 32),
  PRIMARY KEY (skill_id, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE artifact (
  sha256 BLOB NOT NULL PRIMARY KEY CHECK (length(sha256) = 32),
  content_root BLOB NOT NULL CHECK (length(content_root) = 32),
  size_bytes INTEGER NOT NULL,
  proof TEXT NOT NULL CHECK (proof IN ('none', 'claimed', 'proven')),
  publisher TEXT NOT NULL,
  skill_id TEXT NOT NULL,
  version TEXT NOT NULL,
  decision TEXT NOT NULL,
  stage TEXT NOT NULL,
  code TEXT NOT NULL,
  message TEXT NOT NULL,
  first_seen INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX artifact_skill ON artifact (skill_id);

CREATE TABLE version (
  content_root BLOB NOT NULL PRIMARY KEY CHECK (length(content_root) = 32),
  artifact_sha256 BLOB NOT NULL UNIQUE REFERENCES artifact,
  status TEXT NOT NULL CHECK (status IN ('quarantined', 'active', 'superseded', 'disabled', 'removed')),
  status_reason TEXT NOT NULL,
  first_seen INTEGER NOT NULL,
  status_since INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  record_digest BLOB NOT NULL CHECK (length(record_digest) = 32)
) STRICT, WITHOUT ROWID;

CREATE TABLE version_tool (
  content_root BLOB NOT NULL REFERENCES version,
  tool_id TEXT NOT NULL,
  active INTEGER NOT NULL CHECK (active IN (0, 1)),
  PRIMARY KEY (content_root, tool_id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX active_tool ON version_tool (tool_id) WHERE active = 1;

CREATE TABLE version_entry (
  content_root BLOB NOT NULL REFERENCES version,
  name TEXT NOT NULL,
  sha256 BLOB NOT NULL CHECK (length(sha256) = 32),
  size_bytes INTEGER NOT NULL,
  PRIMARY KEY (content_root, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE version_grant (
  content_root BLOB NOT NULL REFERENCES version,
  class TEXT NOT NULL,
  canonical TEXT NOT NULL,
  json TEXT NOT NULL,
  PRIMARY KEY (content_root, class, canonical)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
  generation INTEGER PRIMARY KEY,
  time INTEGER NOT NULL,
  actor TEXT NOT NULL,
  event TEXT NOT NULL,
  subject TEXT NOT NULL,
  details TEXT NOT NULL,
  trust_digest BLOB NOT NULL CHECK (length(trust_digest) = 32),
  previous BLOB NOT NULL CHECK (length(previous) = 32),
  digest BLOB NOT NULL CHECK (length(digest) = 32)
) STRICT;
)sql";

// A version may be revoked. Its table and those that refer to it are made again, for SQLite cannot widen a CHECK; by
// copies, for RENAME leaves a text that depends on the release of SQLite.
constexpr const char* kVersion2 = R"sql(
CREATE TABLE old_version AS SELECT * FROM version;
CREATE TABLE old_version_tool AS SELECT * FROM version_tool;
CREATE TABLE old_version_entry AS SELECT * FROM version_entry;
CREATE TABLE old_version_grant AS SELECT * FROM version_grant;
DROP TABLE version_tool;
DROP TABLE version_entry;
DROP TABLE version_grant;
DROP TABLE version;

CREATE TABLE version (
  content_root BLOB NOT NULL PRIMARY KEY CHECK (length(content_root) = 32),
  artifact_sha256 BLOB NOT NULL UNIQUE REFERENCES artifact,
  status TEXT NOT NULL CHECK (status IN ('quarantined', 'active', 'superseded', 'disabled', 'removed', 'revoked')),
  status_reason TEXT NOT NULL,
  first_seen INTEGER NOT NULL,
  status_since INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  record_digest BLOB NOT NULL CHECK (length(record_digest) = 32)
) STRICT, WITHOUT ROWID;

CREATE TABLE version_tool (
  content_root BLOB NOT NULL REFERENCES version,
  tool_id TEXT NOT NULL,
  active INTEGER NOT NULL CHECK (active IN (0, 1)),
  PRIMARY KEY (content_root, tool_id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX active_tool ON version_tool (tool_id) WHERE active = 1;

CREATE TABLE version_entry (
  content_root BLOB NOT NULL REFERENCES version,
  name TEXT NOT NULL,
  sha256 BLOB NOT NULL CHECK (length(sha256) = 32),
  size_bytes INTEGER NOT NULL,
  PRIMARY KEY (content_root, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE version_grant (
  content_root BLOB NOT NULL REFERENCES version,
  class TEXT NOT NULL,
  canonical TEXT NOT NULL,
  json TEXT NOT NULL,
  PRIMARY KEY (content_root, class, canonical)
) STRICT, WITHOUT ROWID;

INSERT INTO version SELECT * FROM old_version;
INSERT INTO version_tool SELECT * FROM old_version_tool;
INSERT INTO version_entry SELECT * FROM old_version_entry;
INSERT INTO version_grant SELECT * FROM old_version_grant;
DROP TABLE old_version;
DROP TABLE old_version_tool;
DROP TABLE old_version_entry;
DROP TABLE old_version_grant;

CREATE TABLE version_root (
  content_root BLOB NOT NULL REFERENCES version,
  name TEXT NOT NULL,
  directory TEXT NOT NULL,
  read_only INTEGER NOT NULL CHECK (read_only IN (0, 1)),
  PRIMARY KEY (content_root, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE skill_setting (
  skill_id TEXT NOT NULL,
  key TEXT NOT NULL,
  json TEXT NOT NULL,
  PRIMARY KEY (skill_id, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE rotation (
  publisher TEXT NOT NULL PRIMARY KEY,
  sequence INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE retired_key (
  publisher TEXT NOT NULL REFERENCES rotation,
  key BLOB NOT NULL CHECK (length(key) = 32),
  PRIMARY KEY (publisher, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE revocation_list (
  issuer TEXT NOT NULL PRIMARY KEY,
  list_version INTEGER NOT NULL,
  created INTEGER NOT NULL,
  expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE revocation_entry (
  issuer TEXT NOT NULL REFERENCES revocation_list,
  entry BLOB NOT NULL,
  PRIMARY KEY (issuer, entry)
) STRICT, WITHOUT ROWID;
)sql";

// Addresses that an operator allowed.
constexpr const char* kVersion3 = R"sql(
CREATE TABLE version_address (
  content_root BLOB NOT NULL REFERENCES version,
  host TEXT NOT NULL,
  port INTEGER NOT NULL,
  address TEXT NOT NULL,
  address_port INTEGER NOT NULL,
  PRIMARY KEY (content_root, host, port)
) STRICT, WITHOUT ROWID;
)sql";

constexpr const char* kSteps[] = {kVersion1, kVersion2, kVersion3};

constexpr std::string_view kSchemaText =
    "SELECT coalesce(group_concat(type || ' ' || name || ' ' || coalesce(sql, ''), char(10)), '') "
    "FROM (SELECT type, name, sql FROM sqlite_schema ORDER BY type, name)";

Result<std::string> schema_text(const Database& database) {
  Statement statement = PALYRA_TRY(database.query(kSchemaText));
  if (!PALYRA_TRY(statement.step())) return fail(kStoreDamaged, "the database has no schema");
  return statement.text(0);
}

Result<> take_steps(const Database& database, const Schema& schema, std::int64_t from) {
  for (const char* step : schema.steps.subspan(static_cast<std::size_t>(from))) PALYRA_TRY(database.script(step));
  return database.script(fmt::format("PRAGMA user_version = {};", schema.version()).c_str());
}

Result<> check_statements(const Database& database, const Schema& schema) {
  const Database fresh = PALYRA_TRY(Database::in_memory());
  PALYRA_TRY(create_schema(fresh, schema));
  if (PALYRA_TRY(schema_text(database)) != PALYRA_TRY(schema_text(fresh))) {
    return fail(kStoreDamaged, "{} does not have the tables of schema version {}", schema.file, schema.version());
  }
  return {};
}

Result<std::vector<std::string>> checked_tables(const Database& database, const Schema& schema) {
  std::vector<std::string> names;
  Statement rows = PALYRA_TRY(database.query("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name"));
  while (PALYRA_TRY(rows.step())) names.push_back(PALYRA_TRY(rows.text(0)));
  std::erase_if(names, [&](const std::string& name) {
    return std::ranges::find(schema.digested, name) != schema.digested.end();
  });
  return names;
}

Result<> check_structure(const Database& database, std::string_view table) {
  Statement statement = PALYRA_TRY(database.query(fmt::format("PRAGMA integrity_check({})", table)));
  if (!PALYRA_TRY(statement.step())) return fail(kStoreDamaged, "table '{}' cannot be checked", table);
  const std::string verdict = PALYRA_TRY(statement.text(0));
  if (verdict != "ok") return fail(kStoreDamaged, "table '{}': {}", table, verdict);
  return {};
}

}  // namespace

const Schema& current_schema() {
  static constexpr Schema kSchema{.steps = kSteps};
  return kSchema;
}

Result<> create_schema(const Database& database, const Schema& schema) {
  PALYRA_TRY(take_steps(database, schema, 0));
  return database.script(fmt::format("PRAGMA application_id = {};", schema.application_id).c_str());
}

Result<std::int64_t> schema_version(const Database& database, const Schema& schema) {
  const std::int64_t application = PALYRA_TRY(database.number("PRAGMA application_id"));
  if (application != schema.application_id) {
    return fail(kStoreDamaged, "{} has the application id {}, not {}", schema.file, application, schema.application_id);
  }
  const std::int64_t version = PALYRA_TRY(database.number("PRAGMA user_version"));
  if (version > schema.version()) {
    return fail(kSchemaNewer, "{} has schema version {}; this Palyra knows {}", schema.file, version, schema.version());
  }
  if (version < 1) return fail(kStoreDamaged, "{} has schema version {}, which never was", schema.file, version);
  return version;
}

Result<> upgrade_schema(const Database& database, const Schema& schema) {
  return take_steps(database, schema, PALYRA_TRY(schema_version(database, schema)));
}

Result<> check_schema(const Database& database, const Schema& schema) {
  const std::int64_t version = PALYRA_TRY(schema_version(database, schema));
  if (version != schema.version()) {
    return fail(kStoreDamaged, "{} has schema version {}, not {}", schema.file, version, schema.version());
  }
  PALYRA_TRY(check_statements(database, schema));
  const std::vector<std::string> tables = PALYRA_TRY(checked_tables(database, schema));
  for (const std::string& table : tables) PALYRA_TRY(check_structure(database, table));
  return {};
}

}  // namespace palyra::state
