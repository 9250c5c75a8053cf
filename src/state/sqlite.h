// SPDX-License-Identifier: Apache-2.0
#pragma once
// SQLite behind four thin types. No other file of the project includes <sqlite3.h>.
//
// A connection belongs to one thread at a time: SQLite locks nothing for it.
// Every connection: rollback journal, synchronous=EXTRA, foreign keys, no trusted schema, DEFENSIVE, no loadable
// extensions, bounded lengths, and a wait of kBusyTimeout for another process's lock.

#include <palyra/base/bytes.h>
#include <palyra/base/c_handle.h>
#include <palyra/base/error.h>
#include <palyra/crypto/sha256.h>

#include <sqlite3.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace palyra::state {

inline constexpr std::chrono::milliseconds kBusyTimeout{5'000};
// No row of ours is near this; a damaged length field must not become an allocation.
inline constexpr int kMaxRowBytes = 16 << 20;

// One prepared statement. Parameters and columns are counted from 0.
class Statement {
 public:
  Result<> bind(int parameter, std::int64_t value);
  Result<> bind(int parameter, std::uint64_t value);  // up to 2^63-1
  Result<> bind(int parameter, std::string_view value);
  Result<> bind(int parameter, const std::string& value) { return bind(parameter, std::string_view(value)); }
  Result<> bind(int parameter, const char* value) { return bind(parameter, std::string_view(value)); }
  Result<> bind(int parameter, BytesView value);
  Result<> bind(int parameter, const crypto::Sha256Digest& value) { return bind(parameter, BytesView(value.bytes)); }

  // True: there is a row to read; false: done.
  Result<bool> step();

  // The column of the current row. A type or length that the schema does not allow is kStoreDamaged.
  [[nodiscard]] Result<std::int64_t> integer(int column) const;
  [[nodiscard]] Result<std::uint64_t> natural(int column) const;
  [[nodiscard]] Result<std::string> text(int column) const;
  [[nodiscard]] Result<Bytes> blob(int column) const;
  [[nodiscard]] Result<crypto::Sha256Digest> digest(int column) const;

 private:
  friend class Database;
  explicit Statement(sqlite3_stmt* raw) : handle_(raw) {}
  [[nodiscard]] Result<> check_bound(int status) const;
  [[nodiscard]] Result<> expect_type(int column, int type) const;

  CHandle<sqlite3_stmt, &sqlite3_finalize> handle_;
};

class Database {
 public:
  // An existing file; an empty one is an empty database.
  // Errors: kStoreDamaged (not a database, or a damaged one), kStateBusy, kStateDenied, kStateUnavailable.
  static Result<Database> open(const std::string& path, std::chrono::milliseconds wait = kBusyTimeout);
  static Result<Database> in_memory();

  // The file as it stands in this connection's transaction, byte for byte. Errors: kStateUnavailable.
  [[nodiscard]] Result<Bytes> serialize() const;

  // Everything as it is at one moment, into the empty database `copy`. Errors: those of a statement.
  [[nodiscard]] Result<> copy_into(const Database& copy) const;

  // Whether its file is still the one of its name.
  [[nodiscard]] bool is_in_place() const;

  // How long to wait for another's lock from here on, instead of kBusyTimeout.
  void wait_for_locks(std::chrono::milliseconds most) const;

  // Several statements without parameters or rows: our own constant text only.
  Result<> script(const char* sql) const;

  // One statement with its parameters bound in order; its rows are read with step().
  template <class... Args>
  [[nodiscard]] Result<Statement> query(std::string_view sql, const Args&... args) const {
    Statement statement = PALYRA_TRY(prepare(sql));
    int parameter = 0;
    Result<> bound;
    static_cast<void>(((bound = statement.bind(parameter++, args)).has_value() && ...));
    if (!bound) return std::unexpected(std::move(bound).error());
    return statement;
  }

  // A statement that gives no rows.
  template <class... Args>
  Result<> run(std::string_view sql, const Args&... args) const {
    Statement statement = PALYRA_TRY(query(sql, args...));
    while (PALYRA_TRY(statement.step())) {
    }
    return {};
  }

  // The one integer that a query gives. Errors: kStoreDamaged when it gives no row.
  template <class... Args>
  [[nodiscard]] Result<std::int64_t> number(std::string_view sql, const Args&... args) const {
    Statement statement = PALYRA_TRY(query(sql, args...));
    PALYRA_TRY(expect_row(statement, sql));
    return statement.integer(0);
  }

 private:
  explicit Database(sqlite3* raw) : handle_(raw) {}
  static Result<Database> open_raw(const std::string& path, int flags, std::chrono::milliseconds wait);
  static Result<> expect_row(Statement& statement, std::string_view sql);
  [[nodiscard]] Result<> configure(std::chrono::milliseconds wait) const;
  [[nodiscard]] Result<Statement> prepare(std::string_view sql) const;

  CHandle<sqlite3, &sqlite3_close_v2> handle_;
};

enum class TransactionKind {
  kRead,   // one snapshot for several reads
  kWrite,  // BEGIN IMMEDIATE: the only writer from here on
};

// Rolls back when it ends without commit().
class Transaction {
 public:
  static Result<Transaction> begin(const Database& database, TransactionKind kind);
  Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

  Result<> commit();

 private:
  explicit Transaction(const Database& database) : database_(&database) {}
  const Database* database_;
};

}  // namespace palyra::state
