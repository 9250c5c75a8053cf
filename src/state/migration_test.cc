// SPDX-License-Identifier: Apache-2.0
#include "killed_child.h"
#include "schema.h"
#include "state_fixture.h"
#include "store_parts.h"

#include <sys/stat.h>

namespace palyra::state {
namespace {

namespace fs = std::filesystem;
using testing::FailsWith;
using testing::IsOk;

// A copy of a state directory that an earlier version of the schema left, kept in the source tree.
class StateOfEarlierVersion : public ::testing::Test {
 protected:
  StateStore must_open(const char* name) {
    const std::string root = directory_.file("state");
    fs::copy(palyra::testing::test_file(std::string("state/") + name), root, fs::copy_options::recursive);
    fs::permissions(root, fs::perms::owner_all);
    return StateStore::open({.root = root, .actor = "uid 1000 (ann)", .clock = &clock_}).value();
  }
  // Two versions of acme.hello are there with all that belongs to them; the store can be changed.
  static void check_hello(StateStore& store) {
    EXPECT_THAT(store.verify_audit_chain(), IsOk());
    EXPECT_NE(store.trust().value().find_publisher("acme"), nullptr);
    const InstalledVersion active = store.find_active("acme.hello.echo").value();
    EXPECT_EQ(active.artifact.version, "2.0.0");
    EXPECT_THAT(store.load_object(active.artifact.sha256), IsOk());
    for (const StoredEntry& entry : active.entries) EXPECT_THAT(store.load_object(entry.sha256), IsOk());
    const std::vector<InstalledVersion> versions = store.versions_of("acme.hello").value();
    ASSERT_EQ(versions.size(), 2U);
    EXPECT_EQ(versions.front().status, VersionStatus::kSuperseded);
    EXPECT_THAT(store.quarantine(active.content_root(), "odd"), IsOk());
  }

  testing::TempDir directory_;
  testing::FakeClock clock_;
};

TEST_F(StateOfEarlierVersion, OneOpensWithEverythingInIt) {
  StateStore store = must_open("version-1");
  check_hello(store);
}

TEST_F(StateOfEarlierVersion, TwoOpensWithEverythingInIt) {
  StateStore store = must_open("version-2");
  const InstalledVersion active = store.find_active("acme.hello.echo").value();
  EXPECT_EQ(active.grants.to_list().size(), 4U);
  ASSERT_EQ(active.roots.size(), 1U);
  EXPECT_EQ(active.roots.front().directory, "/usr/share/doc");
  ASSERT_EQ(active.settings.size(), 1U);
  EXPECT_EQ(active.settings.front().json, "\"eu\"");
  EXPECT_TRUE(active.addresses.empty());
  const skills::SkillTrustStore trust = store.trust().value();
  EXPECT_EQ(trust.rotations().size(), 1U);
  EXPECT_EQ(trust.revocations().size(), 1U);
  check_hello(store);
}

// The next version, as it may look.
constexpr const char* kNextStep =
    "CREATE TABLE extra (name TEXT NOT NULL PRIMARY KEY) STRICT, WITHOUT ROWID;"
    "ALTER TABLE publisher ADD COLUMN extra TEXT NOT NULL DEFAULT '';"
    "INSERT INTO extra SELECT name FROM publisher;";

class MigrationTest : public StateTest {
 protected:
  void SetUp() override {
    steps_.assign(current_schema().steps.begin(), current_schema().steps.end());
    steps_.push_back(kNextStep);
    StateStore store = must_init();
    before_ = must_install(store, file_).generation;
    copy_ = fmt::format("{}/trust.db.before-{}", root(), current_schema().version());
  }
  [[nodiscard]] Schema next() const { return {.steps = steps_}; }
  [[nodiscard]] auto open_next() const { return open_parts(options(), next()); }
  [[nodiscard]] Bytes database() const { return testing::must_read(root() + "/trust.db"); }

  Bytes file_ = make_artifact();
  std::vector<const char*> steps_;
  std::uint64_t before_ = 0;
  std::string copy_;
};

TEST_F(MigrationTest, KeepsEverythingAndIsOneRowOfTheLog) {
  const auto parts = open_next();
  ASSERT_THAT(parts, IsOk());
  const StoreParts& store = **parts;
  EXPECT_EQ(store.database.number("PRAGMA user_version").value(), next().version());
  EXPECT_EQ(store.database.number("SELECT count(*) FROM extra").value(), 1);
  const Head head = load_head(store.database).value();
  EXPECT_EQ(head.generation, before_ + 1);
  EXPECT_THAT(check_audit_chain(store.database, head), IsOk());
  const AuditRow row = load_last_audit_row(store.database, head).value();
  EXPECT_EQ(row.event, "state.migrated");
  EXPECT_EQ(row.details, fmt::format(R"({{"from":{0},"to":{1},"copy":"trust.db.before-{0}"}})",
                                     current_schema().version(), next().version()));
  EXPECT_EQ(store.database.number("SELECT count(*) FROM version WHERE status = 'active'").value(), 1);
  EXPECT_THAT(open_next(), IsOk());  // once
  EXPECT_EQ(load_head(store.database).value(), head);
}

TEST_F(MigrationTest, LeavesTheOldFileAsACopyForItsOwnerAlone) {
  const Bytes old = database();
  ASSERT_THAT(open_next(), IsOk());
  EXPECT_EQ(testing::must_read(copy_), old);
  struct stat status{};
  ASSERT_EQ(::stat(copy_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
}

TEST_F(MigrationTest, AnOlderProgramRefusesTheResultAndLeavesItAlone) {
  ASSERT_THAT(open_next(), IsOk());
  const Bytes migrated = database();
  EXPECT_THAT(StateStore::open(options()), FailsWith(kSchemaNewer));
  EXPECT_EQ(database(), migrated);
}

TEST_F(MigrationTest, AnOlderProgramThatIsRunningRefusesToGoOn) {
  StateStore old = must_open();
  ASSERT_THAT(open_next(), IsOk());
  EXPECT_THAT(old.add_publisher("other", publisher_with_key(2)), FailsWith(kSchemaNewer));
  EXPECT_THAT(old.trust(), FailsWith(kSchemaNewer));
}

TEST_F(MigrationTest, OfADamagedStoreIsRefusedAndChangesNothing) {
  for (const char* damage : {"UPDATE audit SET actor = 'nobody' WHERE generation = 1", "CREATE TABLE odd (x)",
                             "UPDATE publisher SET pinned_by = 'evil'"}) {
    const Bytes good = database();
    ASSERT_THAT(Database::open(root() + "/trust.db").value().script(damage), IsOk());
    const Bytes damaged = database();
    const auto opened = open_next();
    ASSERT_FALSE(opened.has_value()) << damage;
    EXPECT_TRUE(opened.error().is(kStoreDamaged) || opened.error().is(kAuditBroken)) << opened.error().describe();
    EXPECT_EQ(database(), damaged) << damage;
    scribble(root() + "/trust.db", good);
  }
}

TEST_F(MigrationTest, OfForeignTablesLeavesNoCopy) {
  ASSERT_THAT(Database::open(root() + "/trust.db").value().script("CREATE TABLE odd (x)"), IsOk());
  EXPECT_THAT(open_next(), FailsWith(kStoreDamaged));
  EXPECT_FALSE(fs::exists(copy_));
}

TEST_F(MigrationTest, AStoreThatSaysAnOlderVersionThanItsTablesHaveIsDamage) {
  const Database database = Database::open(root() + "/trust.db").value();
  ASSERT_THAT(check_schema(database, current_schema()), IsOk());
  ASSERT_THAT(database.script("PRAGMA user_version = 1"), IsOk());
  EXPECT_THAT(check_schema(database, current_schema()), FailsWith(kStoreDamaged));
}

TEST_F(MigrationTest, DoesNotTidyAwayTheSignsOfDamage) {
  steps_.back() = "DROP TABLE IF EXISTS odd;";
  ASSERT_THAT(Database::open(root() + "/trust.db").value().script("CREATE TABLE odd (x)"), IsOk());
  const Bytes damaged = database();
  EXPECT_THAT(open_next(), FailsWith(kStoreDamaged));
  EXPECT_EQ(database(), damaged);
}

TEST_F(MigrationTest, WhoseResultIsNotSoundChangesNothing) {
  const Bytes old = database();
  steps_.back() =
      "PRAGMA ignore_check_constraints = ON; UPDATE version_tool SET active = 7; "
      "PRAGMA ignore_check_constraints = OFF;";
  EXPECT_THAT(open_next(), FailsWith(kStoreDamaged));
  EXPECT_EQ(database(), old);
}

TEST_F(MigrationTest, ThatCannotBeDoneChangesNothing) {
  const Bytes old = database();
  for (const char* bad : {"CREATE TABLE publisher (x)", "DELETE FROM version_tool; DELETE FROM publisher",
                          "DELETE FROM audit WHERE generation = 1; UPDATE state SET generation = 1"}) {
    steps_.back() = bad;
    EXPECT_FALSE(open_next().has_value()) << bad;
    EXPECT_EQ(database(), old) << bad;
    EXPECT_THAT(StateStore::open(options()), IsOk());
  }
}

TEST_F(MigrationTest, OfManyProcessesHappensOnce) {
  std::vector<pid_t> children;
  for (int i = 0; i < 8; ++i) {
    const pid_t pid = ::fork();
    if (pid == 0) ::_exit(open_next().has_value() ? 0 : 1);
    children.push_back(pid);
  }
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(load_head((*open_next())->database).value().generation, before_ + 1);
}

TEST_F(MigrationTest, KilledAtAnySystemCallLeavesTheOldSchemaOrTheNew) {
  const std::string kept = directory_.file("kept");
  fs::copy(root(), kept, fs::copy_options::recursive);
  const int stride = static_cast<int>(10 / testing::scaled(10));
  int points = 0;
  for (int fatal = 1;; fatal += stride) {
    const Fate fate = killed_at(fatal, [&] { return open_next().has_value(); });
    ASSERT_NE(fate, Fate::kFailed);
    if (fate == Fate::kSucceeded) break;
    ++points;
    // The program of before runs on, unless the change is done; then the new one does, and nothing lies about.
    const auto old = StateStore::open(options());
    if (old) {
      ASSERT_EQ(old->generation().value(), before_) << fatal;
    } else {
      ASSERT_THAT(old, FailsWith(kSchemaNewer)) << fatal;
    }
    const auto migrated = open_next();
    ASSERT_THAT(migrated, IsOk()) << fatal;
    const Head head = load_head((*migrated)->database).value();
    ASSERT_EQ(head.generation, before_ + 1) << fatal;
    ASSERT_THAT(check_audit_chain((*migrated)->database, head), IsOk()) << fatal;
    for (const auto& entry : fs::directory_iterator(root())) {
      ASSERT_FALSE(is_temporary_name(entry.path().filename().string())) << entry.path();
    }
    fs::remove_all(root());
    fs::copy(kept, root(), fs::copy_options::recursive);
  }
  EXPECT_GT(points, 100 / stride);
  fmt::print("killed a migration at {} system calls\n", points);
}

}  // namespace
}  // namespace palyra::state
