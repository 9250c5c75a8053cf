// SPDX-License-Identifier: Apache-2.0
// A trust.db that is not believed any more gives way, and nothing runs until a person looks again.
#include "schema.h"
#include "sqlite.h"
#include "state_fixture.h"
#include "store_parts.h"

#include <cstdint>
#include <fcntl.h>
#include <sys/stat.h>

namespace palyra::state {
namespace {

namespace fs = std::filesystem;
using testing::FailsWith;
using testing::IsOk;

class StateRecoveryTest : public StateTest {
 protected:
  void SetUp() override {
    StateStore store = must_init();
    old_version_ = must_install(store, make_artifact());
    active_ = must_install(store, make_artifact({.version = "1.1.0"}));
    const std::vector<skills::RevocationEntry> entries = {skills::RevokedContent{crypto::sha256(as_bytes("bad"))}};
    ASSERT_THAT(store.revoke(entries), IsOk());
    ASSERT_THAT(store.backup(backup_), IsOk());
    ASSERT_THAT(store.add_publisher("later", publisher_with_key(3)), IsOk());
    generation_ = store.generation().value();
  }
  [[nodiscard]] std::string database() const { return root() + "/trust.db"; }
  void check_restored(const RecoveryReport& report) const {
    EXPECT_GT(report.generation, generation_);
    EXPECT_EQ(report.quarantined, 2U);
    const StateStore store = must_open();
    EXPECT_EQ(store.generation().value(), report.generation);
    EXPECT_THAT(store.verify_audit_chain(), IsOk());
    EXPECT_THAT(store.verify_run_log(), IsOk());
    EXPECT_NE(store.trust().value().find_publisher("acme"), nullptr);
    EXPECT_EQ(store.trust().value().find_publisher("later"), nullptr);
    EXPECT_EQ(store.trust().value().revocations().size(), 1U);
    EXPECT_THAT(store.find_active("acme.demo.run"), FailsWith(kToolNotFound));
    for (const InstalledVersion& version : {old_version_, active_}) {
      const InstalledVersion found = store.version(version.content_root()).value();
      EXPECT_EQ(found.status, VersionStatus::kQuarantined);
      EXPECT_EQ(found.status_reason, "recovered");
    }
    const AuditRow last = store.audit_rows().value().back();
    EXPECT_EQ(last.event, kRecovered);
    EXPECT_EQ(last.generation, report.generation);
    EXPECT_NE(last.details.find("acme.demo@1.1.0"), std::string::npos) << last.details;
  }

  std::string backup_ = directory_.file("backup.db");
  InstalledVersion old_version_;
  InstalledVersion active_;
  std::uint64_t generation_ = 0;
};

// One way in which trust.db can be lost.
struct Form {
  const char* name;
  void (*damage)(const std::string& database, const std::string& aside);
  bool leaves_copy;
};
constexpr Form kForms[] = {
    {.name = "missing",
     .damage = [](const std::string& db, const std::string&) { fs::remove(db); },
     .leaves_copy = false},
    {.name = "empty",
     .damage = [](const std::string& db, const std::string&) { scribble(db, {}); },
     .leaves_copy = true},
    {.name = "truncated",
     .damage = [](const std::string& db, const std::string&) { fs::resize_file(db, fs::file_size(db) / 2); },
     .leaves_copy = true},
    {.name = "garbage",
     .damage = [](const std::string& db, const std::string&) { scribble(db, Bytes(8'192, 0x5A)); },
     .leaves_copy = true},
    {.name = "directory",
     .damage =
         [](const std::string& db, const std::string&) {
           fs::remove(db);
           fs::create_directory(db);
         },
     .leaves_copy = true},
    {.name = "link",
     .damage =
         [](const std::string& db, const std::string& aside) {
           fs::rename(db, aside);
           fs::create_symlink(aside, db);
         },
     .leaves_copy = true},
    {.name = "an older copy",
     .damage = [](const std::string& db, const std::string& aside) { scribble(db, testing::must_read(aside)); },
     .leaves_copy = true},
};

// K04, K05
TEST_F(StateRecoveryTest, EveryDamagedFormIsRefusedAndGivesWayToABackup) {
  const Bytes good = testing::must_read(database());
  const Bytes generation = testing::must_read(root() + "/generation");
  for (const Form& form : kForms) {
    SCOPED_TRACE(form.name);
    fs::remove_all(database());
    scribble(database(), good);
    scribble(root() + "/generation", generation);
    const std::string aside = directory_.file(std::string("aside ") + form.name);
    scribble(aside, testing::must_read(backup_));
    form.damage(database(), aside);
    EXPECT_THAT(StateStore::open(options()), FailsWith(kStoreDamaged));
    EXPECT_THAT(StateStore::init(options()), ::testing::Not(IsOk()));

    const auto report = StateStore::recover(options(), backup_);
    ASSERT_THAT(report, IsOk());
    check_restored(*report);
    EXPECT_EQ(!report->damaged_copy.empty(), form.leaves_copy);
    EXPECT_TRUE(fs::exists(fs::symlink_status(root() + "/" + report->damaged_copy)));
    for (const auto& entry : fs::directory_iterator(root())) {
      const std::string name = entry.path().filename().string();
      EXPECT_FALSE(is_temporary_name(name) || name.starts_with("trust.db.recover")) << name;
    }
  }
}

// K04
TEST_F(StateRecoveryTest, ANewerSchemaIsRefusedAndNothingIsTouched) {
  for (const bool in_backup : {false, true}) {
    const std::string changed = in_backup ? backup_ : database();
    const std::string pragma = fmt::format("PRAGMA user_version = {}", current_schema().version() + 1);
    const Bytes before = testing::must_read(changed);
    ASSERT_THAT(Database::open(changed).value().script(pragma.c_str()), IsOk());
    const Bytes newer = testing::must_read(database());
    EXPECT_THAT(StateStore::recover(options(), backup_), FailsWith(kSchemaNewer));
    EXPECT_EQ(testing::must_read(database()), newer);
    EXPECT_FALSE(fs::exists(root() + "/trust.db.recover"));
    EXPECT_FALSE(fs::exists(root() + "/trust.db.damaged-1"));
    scribble(changed, before);
  }
  EXPECT_EQ(must_open().find_active("acme.demo.run").value(), active_);
}

TEST_F(StateRecoveryTest, WithoutABackupTheStoreTrustsNobodyAndKeepsItsObjects) {
  scribble(database(), as_bytes("no database"));
  const RecoveryReport report = StateStore::recover(options(), std::nullopt).value();
  EXPECT_EQ(report.generation, generation_ + 1);
  EXPECT_EQ(report.damaged_copy, "trust.db.damaged-1");
  EXPECT_EQ(as_text(testing::must_read(root() + "/trust.db.damaged-1")), "no database");
  StateStore store = must_open();
  EXPECT_TRUE(store.trust().value().publishers().empty());
  EXPECT_TRUE(store.versions().value().empty());
  EXPECT_THAT(store.verify_audit_chain(), IsOk());
  const std::vector<AuditRow> rows = store.audit_rows().value();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows.front().event, kRecovered);
  EXPECT_EQ(rows.front().generation, generation_ + 1);
  EXPECT_NE(rows.front().details.find("trust.db.damaged-1"), std::string::npos) << rows.front().details;
  EXPECT_THAT(store.load_object(active_.artifact.sha256), IsOk());
  EXPECT_EQ(must_install(store, make_artifact()).status, VersionStatus::kActive);
  EXPECT_THAT(store.verify_audit_chain(), IsOk());
}

TEST_F(StateRecoveryTest, EachDamagedFileKeepsAPlaceOfItsOwn) {
  for (int n = 1; n <= 3; ++n) {
    scribble(database(), as_bytes(fmt::format("damage {}", n)));
    EXPECT_EQ(StateStore::recover(options(), backup_).value().damaged_copy, fmt::format("trust.db.damaged-{}", n));
  }
  EXPECT_EQ(as_text(testing::must_read(root() + "/trust.db.damaged-2")), "damage 2");
}

TEST_F(StateRecoveryTest, AJournalOfTheDamagedFileDoesNotReachTheNewOne) {
  fs::remove(database());
  scribble(root() + "/trust.db-journal", as_bytes("a journal"));
  scribble(root() + "/trust.db-wal", as_bytes("a log"));
  ASSERT_THAT(StateStore::recover(options(), backup_), IsOk());
  EXPECT_FALSE(fs::exists(root() + "/trust.db-journal"));
  EXPECT_FALSE(fs::exists(root() + "/trust.db-wal"));
  EXPECT_TRUE(fs::exists(root() + "/trust.db.damaged-1-journal"));
}

TEST_F(StateRecoveryTest, ADamagedBackupIsRefusedAndNothingIsTouched) {
  const Bytes good = testing::must_read(backup_);
  Bytes cut(good.begin(), good.begin() + 4'096);
  for (const Bytes& bad : {Bytes{}, to_bytes("{}"), cut}) {
    scribble(backup_, bad);
    EXPECT_THAT(StateStore::recover(options(), backup_), FailsWith(kStoreDamaged));
  }
  for (const char* sql :
       {"UPDATE publisher SET pinned_by = 'evil'", "UPDATE version SET status_reason = 'x'",
        "UPDATE audit SET actor = 'x' WHERE generation = 2", "CREATE TABLE more (a INTEGER) STRICT"}) {
    scribble(backup_, good);
    ASSERT_THAT(Database::open(backup_).value().script(sql), IsOk());
    const auto refused = StateStore::recover(options(), backup_);
    ASSERT_FALSE(refused.has_value()) << sql;
    EXPECT_EQ(refused.error().kind(), ErrorKind::kUntrusted) << refused.error().describe();
  }
  EXPECT_THAT(StateStore::recover(options(), directory_.file("none")), FailsWith(kFileNotFound));
  EXPECT_EQ(must_open().find_active("acme.demo.run").value(), active_);
}

TEST_F(StateRecoveryTest, ADirectoryThatOthersMayWriteIsRefusedAndNothingIsTouched) {
  const Bytes before = testing::must_read(database());
  ASSERT_EQ(::chmod(root().c_str(), 0722), 0);
  EXPECT_THAT(StateStore::recover(options(), backup_), FailsWith(kStateNotPrivate));
  EXPECT_EQ(testing::must_read(database()), before);
}

TEST_F(StateRecoveryTest, AGenerationFileOfAnotherSizeIsMadeAgain) {
  scribble(root() + "/generation", Bytes(7));
  scribble(database(), as_bytes("no database"));
  const RecoveryReport report = StateStore::recover(options(), backup_).value();
  EXPECT_EQ(must_open().generation().value(), report.generation);
}

TEST_F(StateRecoveryTest, ABackupOfAnOlderSchemaIsMadeNew) {
  const std::string old = palyra::testing::test_file("state/version-1/trust.db");
  ASSERT_THAT(StateStore::recover(options(), old), IsOk());
  const StateStore store = must_open();
  EXPECT_EQ(store.versions_of("acme.hello").value().size(), 2U);
  EXPECT_THAT(store.verify_audit_chain(), IsOk());
  EXPECT_GT(store.generation().value(), generation_);
}

TEST_F(StateRecoveryTest, WhereNothingWasKeptThereIsNothingToRecover) {
  const std::string elsewhere = directory_.file("elsewhere");
  StateOptions other = options();
  other.root = elsewhere;
  EXPECT_THAT(StateStore::recover(other, backup_), FailsWith(kNotInitialised));
  EXPECT_FALSE(fs::exists(elsewhere));
  ASSERT_EQ(::mkdir(elsewhere.c_str(), 0700), 0);
  EXPECT_THAT(StateStore::recover(other, std::nullopt), FailsWith(kNotInitialised));
}

TEST_F(StateRecoveryTest, AProcessThatRunsOnDoesNotBelieveTheOldFile) {
  StateStore running = must_open();
  ASSERT_THAT(running.find_active("acme.demo.run"), IsOk());
  ASSERT_THAT(StateStore::recover(options(), backup_), IsOk());
  EXPECT_THAT(running.find_active("acme.demo.run"), FailsWith(kStoreDamaged));
  EXPECT_THAT(running.add_publisher("bob", publisher_with_key(2)), FailsWith(kStoreDamaged));
  check_restored(
      {.generation = must_open().generation().value(), .quarantined = 2, .damaged_copy = "", .restored = {}});
}

TEST_F(StateRecoveryTest, AWriterThatWaitedForItChangesNothing) {
  const auto waiting = open_parts(options(), current_schema()).value();
  Transaction late = Transaction::begin(waiting->database, TransactionKind::kWrite).value();
  // Between a look at the file `generation` and the lock a recovery may come; with the lock, none.
  const Directory directory = Directory::open(root()).value();
  GenerationFile::open(directory).value().raise_to(generation_ + 1);
  EXPECT_THAT(Change::join(*waiting, std::move(late)), FailsWith(kStoreDamaged));
}

// The file `generation` is written by a person, or by a broken disk.
TEST_F(StateRecoveryTest, AGenerationThatNoStoreReachesIsRefusedAndMadeAgain) {
  for (const std::uint64_t value : {kMaxGeneration + 1, std::uint64_t{INT64_MAX}, UINT64_MAX}) {
    Bytes bytes;
    for (unsigned shift = 0; shift < 64; shift += 8) bytes.push_back(static_cast<std::uint8_t>(value >> shift));
    scribble(root() + "/generation", bytes);
    EXPECT_THAT(StateStore::open(options()), FailsWith(kStoreDamaged)) << value;
    const auto report = StateStore::recover(options(), backup_);
    ASSERT_THAT(report, IsOk()) << value;
    EXPECT_LT(report->generation, 100U);
    StateStore store = must_open();
    EXPECT_EQ(store.generation().value(), report->generation);
    EXPECT_THAT(store.add_publisher("bob", publisher_with_key(2)), IsOk());
  }
}

TEST_F(StateRecoveryTest, ADatabaseWithSuchAGenerationIsDamage) {
  const std::string sql = fmt::format(
      "UPDATE state SET generation = {0}; UPDATE audit SET generation = {0} "
      "WHERE generation = (SELECT max(generation) FROM audit)",
      INT64_MAX);
  ASSERT_THAT(Database::open(database()).value().script(sql.c_str()), IsOk());
  const auto refused = StateStore::open(options());
  ASSERT_THAT(refused, FailsWith(kStoreDamaged));
  EXPECT_NE(refused.error().message().find("limit"), std::string::npos) << refused.error().message();
  EXPECT_EQ(StateStore::recover(options(), backup_).value().generation, generation_ + 1);
}

TEST_F(StateRecoveryTest, WaitsForAWriterAndThenGivesUp) {
  const Database writer = Database::open(database()).value();
  ASSERT_THAT(writer.script("BEGIN IMMEDIATE"), IsOk());
  EXPECT_THAT(StateStore::recover(options(), backup_), FailsWith(kStateBusy));
  ASSERT_THAT(writer.script("ROLLBACK"), IsOk());
  EXPECT_EQ(must_open().find_active("acme.demo.run").value(), active_);
}

}  // namespace
}  // namespace palyra::state
