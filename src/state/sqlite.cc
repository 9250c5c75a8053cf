// SPDX-License-Identifier: Apache-2.0
#include "sqlite.h"

#include <palyra/state/state_codes.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace palyra::state {
namespace {

ErrorCode code_of(int status) {
  switch (status & 0xFF) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_MISMATCH:
    case SQLITE_TOOBIG:
      return kStoreDamaged;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return kStateBusy;
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_AUTH:
      return kStateDenied;
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_NOMEM:
    case SQLITE_NOLFS:
    case SQLITE_PROTOCOL:
      return kStateUnavailable;
    default:
      return kStateInternal;
  }
}

std::unexpected<Error> failed(sqlite3* database, int status, std::string_view doing) {
  return fail(code_of(status), "{}: {} (SQLite {})", doing,
              database ? sqlite3_errmsg(database) : sqlite3_errstr(status), status);
}

Result<> configured(sqlite3* database, int option, int value) {
  int result = -1;
  const int status = sqlite3_db_config(database, option, value, &result);
  if (status != SQLITE_OK || result != value) return failed(database, status, "cannot configure the database");
  return {};
}

}  // namespace

Result<> Statement::check_bound(int status) const {
  if (status == SQLITE_OK) return {};
  return failed(sqlite3_db_handle(handle_.get()), status, "cannot bind a value");
}

Result<> Statement::bind(int parameter, std::int64_t value) {
  return check_bound(sqlite3_bind_int64(handle_.get(), parameter + 1, value));
}

Result<> Statement::bind(int parameter, std::uint64_t value) {
  if (!std::in_range<std::int64_t>(value)) return fail(kStateInternal, "{} is above 2^63-1", value);
  return bind(parameter, static_cast<std::int64_t>(value));
}

Result<> Statement::bind(int parameter, std::string_view value) {
  // SQLite binds a null pointer as NULL; our empty text is text.
  const char* data = value.empty() ? "" : value.data();
  return check_bound(
      sqlite3_bind_text64(handle_.get(), parameter + 1, data, value.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
}

Result<> Statement::bind(int parameter, BytesView value) {
  const void* data = value.empty() ? static_cast<const void*>("") : value.data();
  return check_bound(sqlite3_bind_blob64(handle_.get(), parameter + 1, data, value.size(), SQLITE_TRANSIENT));
}

Result<bool> Statement::step() {
  const int status = sqlite3_step(handle_.get());
  if (status == SQLITE_ROW) return true;
  if (status == SQLITE_DONE) return false;
  return failed(sqlite3_db_handle(handle_.get()), status, "cannot run a statement");
}

Result<> Statement::expect_type(int column, int type) const {
  const int found = sqlite3_column_type(handle_.get(), column);
  if (found == type) return {};
  return fail(kStoreDamaged, "column '{}' has type {}, not {}", sqlite3_column_name(handle_.get(), column), found,
              type);
}

Result<std::int64_t> Statement::integer(int column) const {
  PALYRA_TRY(expect_type(column, SQLITE_INTEGER));
  return sqlite3_column_int64(handle_.get(), column);
}

Result<std::uint64_t> Statement::natural(int column) const {
  const std::int64_t value = PALYRA_TRY(integer(column));
  if (value < 0) return fail(kStoreDamaged, "{} is negative", value);
  return static_cast<std::uint64_t>(value);
}

Result<std::string> Statement::text(int column) const {
  PALYRA_TRY(expect_type(column, SQLITE_TEXT));
  const unsigned char* data = sqlite3_column_text(handle_.get(), column);
  if (data == nullptr) return fail(kStateUnavailable, "out of memory while reading a text");
  const int size = sqlite3_column_bytes(handle_.get(), column);
  return std::string(as_text(BytesView(data, static_cast<std::size_t>(size))));
}

Result<Bytes> Statement::blob(int column) const {
  PALYRA_TRY(expect_type(column, SQLITE_BLOB));
  const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(handle_.get(), column));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column));
  return data == nullptr ? Bytes{} : Bytes(data, data + size);
}

Result<crypto::Sha256Digest> Statement::digest(int column) const {
  PALYRA_TRY(expect_type(column, SQLITE_BLOB));
  const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(handle_.get(), column));
  const int size = sqlite3_column_bytes(handle_.get(), column);
  crypto::Sha256Digest digest;
  if (data == nullptr || !std::cmp_equal(size, digest.bytes.size())) {
    return fail(kStoreDamaged, "a digest has {} bytes, not 32", size);
  }
  std::copy_n(data, digest.bytes.size(), digest.bytes.begin());
  return digest;
}

Result<Database> Database::open_raw(const std::string& path, int flags, std::chrono::milliseconds wait) {
  sqlite3* raw = nullptr;
  const int status = sqlite3_open_v2(path.c_str(), &raw, flags | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOMUTEX, nullptr);
  Database database(raw);  // SQLite gives a handle to close even when it fails
  if (status != SQLITE_OK) return failed(raw, status, fmt::format("cannot open '{}'", path));
  Result<> configured = database.configure(wait);
  // SQLite's general error means, this early, a file format that it does not know.
  if (!configured && configured.error().is(kStateInternal)) {
    return fail(kStoreDamaged, "'{}': {}", path, configured.error().message());
  }
  PALYRA_TRY(std::move(configured), fmt::format("while opening '{}'", path));
  return database;
}

bool Database::is_in_place() const {
  int moved = 1;
  return sqlite3_file_control(handle_.get(), "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && moved == 0;
}

Result<Database> Database::open(const std::string& path, std::chrono::milliseconds wait) {
  return open_raw(path, SQLITE_OPEN_READWRITE, wait);
}

Result<Database> Database::in_memory() {
  return open_raw(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY, kBusyTimeout);
}

Result<> Database::configure(std::chrono::milliseconds wait) const {
  sqlite3* raw = handle_.get();
  wait_for_locks(wait);
  sqlite3_limit(raw, SQLITE_LIMIT_LENGTH, kMaxRowBytes);
  sqlite3_limit(raw, SQLITE_LIMIT_ATTACHED, 0);
  PALYRA_TRY(configured(raw, SQLITE_DBCONFIG_DEFENSIVE, 1));
  PALYRA_TRY(configured(raw, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0));
  PALYRA_TRY(configured(raw, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0));
  PALYRA_TRY(configured(raw, SQLITE_DBCONFIG_ENABLE_VIEW, 0));
  PALYRA_TRY(configured(raw, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0));
  PALYRA_TRY(configured(raw, SQLITE_DBCONFIG_ENABLE_FKEY, 1));
  // The cache, in KiB, holds ten thousand versions: what open has checked is not read again.
  return script(
      "PRAGMA cell_size_check = ON; PRAGMA synchronous = EXTRA; PRAGMA journal_mode = DELETE; "
      "PRAGMA cache_size = -32768;");
}

Result<Bytes> Database::serialize() const {
  sqlite3_int64 size = 0;
  const CHandle<unsigned char, &sqlite3_free> bytes(sqlite3_serialize(handle_.get(), "main", &size, 0));
  if (!bytes) return fail(kStateUnavailable, "cannot copy the database: {}", sqlite3_errmsg(handle_.get()));
  return Bytes(bytes.get(), bytes.get() + size);
}

Result<> Database::copy_into(const Database& copy) const {
  constexpr int kEveryPage = -1;
  sqlite3* const target = copy.handle_.get();
  sqlite3_backup* const backup = sqlite3_backup_init(target, "main", handle_.get(), "main");
  if (backup == nullptr) return failed(target, sqlite3_extended_errcode(target), "cannot copy the database");
  const int stepped = sqlite3_backup_step(backup, kEveryPage);
  const int finished = sqlite3_backup_finish(backup);
  if (stepped == SQLITE_DONE) return {};
  return failed(target, finished == SQLITE_OK ? stepped : finished, "cannot copy the database");
}

void Database::wait_for_locks(std::chrono::milliseconds most) const {
  sqlite3_busy_timeout(handle_.get(), static_cast<int>(most.count()));
}

Result<> Database::script(const char* sql) const {
  const int status = sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr);
  if (status != SQLITE_OK) return failed(handle_.get(), status, "cannot run a script");
  return {};
}

Result<Statement> Database::prepare(std::string_view sql) const {
  sqlite3_stmt* raw = nullptr;
  const int status = sqlite3_prepare_v2(handle_.get(), sql.data(), static_cast<int>(sql.size()), &raw, nullptr);
  if (status != SQLITE_OK) return failed(handle_.get(), status, fmt::format("cannot prepare '{}'", sql));
  return Statement(raw);
}

Result<> Database::expect_row(Statement& statement, std::string_view sql) {
  if (!PALYRA_TRY(statement.step())) return fail(kStoreDamaged, "no row for '{}'", sql);
  return {};
}

Result<Transaction> Transaction::begin(const Database& database, TransactionKind kind) {
  PALYRA_TRY(database.script(kind == TransactionKind::kWrite ? "BEGIN IMMEDIATE" : "BEGIN"));
  return Transaction(database);
}

Transaction::~Transaction() {
  // An error that already rolled the transaction back makes this fail, which is as good.
  if (database_ != nullptr) [[maybe_unused]]
    const Result<> undone = database_->script("ROLLBACK");
}

Result<> Transaction::commit() {
  PALYRA_TRY(database_->script("COMMIT"));
  database_ = nullptr;
  return {};
}

}  // namespace palyra::state
