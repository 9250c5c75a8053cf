// SPDX-License-Identifier: Apache-2.0
#include "sqlite.h"

#include <palyra/base/testing.h>
#include <palyra/state/state_codes.h>

#include <gtest/gtest.h>

namespace palyra::state {
namespace {

using testing::FailsWith;
using testing::IsOk;

class SqliteTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_THAT(write_file_atomic(path_, {}, 0600, Overwrite::kNo), IsOk()); }
  [[nodiscard]] Database must_open() const { return Database::open(path_).value(); }

  testing::TempDir directory_;
  std::string path_ = directory_.file("a.db");
};

TEST_F(SqliteTest, SettingsAreThoseOfDurableDistrustfulStorage) {
  const Database database = must_open();
  EXPECT_EQ(database.number("PRAGMA synchronous").value(), 3);  // EXTRA
  EXPECT_EQ(database.number("PRAGMA foreign_keys").value(), 1);
  EXPECT_EQ(database.number("PRAGMA trusted_schema").value(), 0);
  EXPECT_EQ(database.number("PRAGMA cell_size_check").value(), 1);
  EXPECT_EQ(database.number("PRAGMA busy_timeout").value(), 5'000);
  Statement journal = database.query("PRAGMA journal_mode").value();
  ASSERT_TRUE(journal.step().value());
  EXPECT_EQ(journal.text(0).value(), "delete");
}

TEST_F(SqliteTest, NobodyWritesTheSchemaTableOrAttachesAnotherFile) {
  const Database database = must_open();
  EXPECT_THAT(database.script("CREATE TABLE t (a INTEGER) STRICT; PRAGMA writable_schema = ON;"), IsOk());
  EXPECT_FALSE(database.script("UPDATE sqlite_schema SET sql = 'x'").has_value());
  EXPECT_FALSE(database.script("ATTACH ':memory:' AS other").has_value());
}

TEST_F(SqliteTest, WritingWhereOnlyReadingIsAllowedIsDenied) {
  const Database database = must_open();
  ASSERT_THAT(database.script("CREATE TABLE t (a INTEGER NOT NULL) STRICT; PRAGMA query_only = ON;"), IsOk());
  EXPECT_THAT(database.script("INSERT INTO t VALUES (1)"), FailsWith(kStateDenied));
}

TEST_F(SqliteTest, ATransactionThatEndsWithoutCommitChangesNothing) {
  const Database database = must_open();
  ASSERT_THAT(database.script("CREATE TABLE t (a INTEGER NOT NULL) STRICT"), IsOk());
  {
    const Transaction transaction = Transaction::begin(database, TransactionKind::kWrite).value();
    ASSERT_THAT(database.run("INSERT INTO t VALUES (?1)", std::int64_t{1}), IsOk());
  }
  EXPECT_EQ(database.number("SELECT count(*) FROM t").value(), 0);
  Transaction transaction = Transaction::begin(database, TransactionKind::kWrite).value();
  ASSERT_THAT(database.run("INSERT INTO t VALUES (?1)", std::int64_t{1}), IsOk());
  ASSERT_THAT(transaction.commit(), IsOk());
  EXPECT_EQ(database.number("SELECT count(*) FROM t").value(), 1);
}

TEST_F(SqliteTest, AValueOfAnotherTypeThanTheSchemaAllowsIsDamage) {
  const Database database = must_open();
  Statement row = database.query("SELECT 1, 'a', x'00', NULL, -1").value();
  ASSERT_TRUE(row.step().value());
  EXPECT_THAT(row.text(0), FailsWith(kStoreDamaged));
  EXPECT_THAT(row.integer(1), FailsWith(kStoreDamaged));
  EXPECT_THAT(row.text(2), FailsWith(kStoreDamaged));
  EXPECT_THAT(row.digest(2), FailsWith(kStoreDamaged));  // one byte
  EXPECT_THAT(row.blob(3), FailsWith(kStoreDamaged));
  EXPECT_THAT(row.natural(4), FailsWith(kStoreDamaged));
  EXPECT_THAT(database.number("SELECT 1 WHERE 0"), FailsWith(kStoreDamaged));
}

TEST_F(SqliteTest, EmptyTextAndBytesAreNotNull) {
  const Database database = must_open();
  Statement row = database.query("SELECT ?1, ?2", std::string_view(), BytesView()).value();
  ASSERT_TRUE(row.step().value());
  EXPECT_EQ(row.text(0).value(), "");
  EXPECT_EQ(row.blob(1).value(), Bytes());
}

TEST_F(SqliteTest, NumbersAboveWhatARowHoldsAreRefused) {
  const Database database = must_open();
  EXPECT_FALSE(database.query("SELECT ?1", std::uint64_t{1} << 63U).has_value());
  EXPECT_TRUE(database.query("SELECT ?1", (std::uint64_t{1} << 63U) - 1).has_value());
}

TEST_F(SqliteTest, AFullDiskIsUnavailable) {
  const Database database = must_open();
  ASSERT_THAT(database.script("CREATE TABLE t (a BLOB NOT NULL) STRICT; PRAGMA max_page_count = 3;"), IsOk());
  EXPECT_THAT(database.run("INSERT INTO t VALUES (?1)", BytesView(Bytes(100'000))), FailsWith(kStateUnavailable));
}

TEST_F(SqliteTest, TheSecondWriterIsToldThatTheStoreIsBusy) {
  const Database first = must_open();
  const Database second = must_open();
  ASSERT_THAT(first.script("CREATE TABLE t (a INTEGER NOT NULL) STRICT"), IsOk());
  const Transaction reading = Transaction::begin(second, TransactionKind::kRead).value();
  ASSERT_EQ(second.number("SELECT count(*) FROM t").value(), 0);
  const Transaction writing = Transaction::begin(first, TransactionKind::kWrite).value();
  // A reader that wants to write as well cannot wait for a writer that waits for him.
  EXPECT_THAT(second.run("INSERT INTO t VALUES (1)"), FailsWith(kStateBusy));
}

TEST_F(SqliteTest, BytesThatAreNoDatabaseAreDamage) {
  ASSERT_THAT(write_file_atomic(path_, as_bytes(std::string(4'096, ' ')), 0600, Overwrite::kYes), IsOk());
  EXPECT_THAT(Database::open(path_), FailsWith(kStoreDamaged));
}

TEST_F(SqliteTest, AFileFormatOfALaterSqliteIsDamage) {
  ASSERT_THAT(must_open().script("CREATE TABLE t (a INTEGER NOT NULL) STRICT"), IsOk());
  Bytes file = testing::must_read(path_);
  file[47] = 99;  // the schema format number
  ASSERT_THAT(write_file_atomic(path_, file, 0600, Overwrite::kYes), IsOk());
  EXPECT_THAT(Database::open(path_), FailsWith(kStoreDamaged));
}

// SQLite may take no more memory while this lives.
class NoMoreMemory {
 public:
  NoMoreMemory() { sqlite3_hard_heap_limit64(1); }
  NoMoreMemory(const NoMoreMemory&) = delete;
  NoMoreMemory& operator=(const NoMoreMemory&) = delete;
  ~NoMoreMemory() { sqlite3_hard_heap_limit64(0); }
};

TEST_F(SqliteTest, ATextWithoutMemoryForItIsUnavailable) {
  const Database database = must_open();
  // Kept as UTF-16, so that reading it takes memory.
  ASSERT_THAT(database.script("PRAGMA encoding = 'UTF-16'; CREATE TABLE t (a INTEGER NOT NULL) STRICT"), IsOk());
  Statement row = database.query("SELECT ?1", std::string(1 << 20, 'a')).value();
  ASSERT_TRUE(row.step().value());
  const NoMoreMemory limit;
  EXPECT_THAT(row.text(0), FailsWith(kStateUnavailable));
}

TEST_F(SqliteTest, ACopyWithoutMemoryForItIsUnavailable) {
  const Database database = must_open();
  ASSERT_THAT(database.script("CREATE TABLE t (a INTEGER NOT NULL) STRICT"), IsOk());
  const NoMoreMemory limit;
  EXPECT_THAT(database.serialize(), FailsWith(kStateUnavailable));
}

TEST_F(SqliteTest, AMissingFileIsNotMade) {
  EXPECT_FALSE(Database::open(directory_.file("other.db")).has_value());
  EXPECT_THAT(read_file(directory_.file("other.db"), 1), FailsWith(kFileNotFound));
}

}  // namespace
}  // namespace palyra::state
