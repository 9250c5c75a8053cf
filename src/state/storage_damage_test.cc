// SPDX-License-Identifier: Apache-2.0
// A storage.db that is not what was written: refused, wherever it is looked at, and left as it is.
#include "schema.h"
#include "storage_database.h"
#include "storage_fixture.h"

namespace palyra::state {
namespace {

namespace fs = std::filesystem;
using testing::FailsWith;
using testing::IsOk;

class StorageDamage : public StorageTest {
 protected:
  void SetUp() override {
    SkillStorage storage = open();
    must_put(storage, {.key = "a", .value = "one"});
  }
  void must_script(const char* sql) const { ASSERT_THAT(Database::open(file()).value().script(sql), IsOk()); }
};

TEST_F(StorageDamage, OfTheFileIsRefusedWithACode) {
  const Bytes good = testing::must_read(file());
  std::vector<Bytes> damaged = {{}, Bytes(good.begin(), good.begin() + 100), Bytes(4'096, ' ')};
  damaged.push_back(good);
  std::fill_n(damaged.back().begin() + 100, 400, std::uint8_t{0xFF});
  for (const Bytes& bytes : damaged) {
    scribble(file(), bytes);
    SkillStorage storage = open();
    EXPECT_THAT(storage.get({.prefix = kNotes, .key = "a"}), FailsWith(kStorageDamaged)) << bytes.size();
    EXPECT_THAT(put(storage, {.key = "a", .value = "two"}), FailsWith(kStorageDamaged)) << bytes.size();
    EXPECT_THAT(storage.list({.prefix = kNotes, .key = ""}, 1'000), FailsWith(kStorageDamaged)) << bytes.size();
    EXPECT_THAT(storage.remove({.prefix = kNotes, .key = "a"}, -1), FailsWith(kStorageDamaged)) << bytes.size();
    EXPECT_EQ(testing::must_read(file()), bytes);
  }
}

TEST_F(StorageDamage, OfTheTablesIsRefusedWithACode) {
  for (const char* sql :
       {"CREATE TABLE odd (x)", "DROP TABLE sender", "PRAGMA application_id = 7", "PRAGMA user_version = 0"}) {
    const Bytes good = testing::must_read(file());
    must_script(sql);
    SkillStorage storage = open();
    EXPECT_THAT(storage.get({.prefix = kNotes, .key = "a"}), FailsWith(kStorageDamaged)) << sql;
    scribble(file(), good);
  }
}

TEST_F(StorageDamage, OfAValueIsRefusedWithACode) {
  for (const char* sql : {"UPDATE entry SET value = x'00'", "UPDATE entry SET version = 9",
                          "UPDATE entry SET digest = zeroblob(32)", "UPDATE owner_key SET key = zeroblob(32)"}) {
    const Bytes good = testing::must_read(file());
    must_script(sql);
    SkillStorage storage = open();
    EXPECT_THAT(storage.get({.prefix = kNotes, .key = "a"}), FailsWith(kStorageDamaged)) << sql;
    scribble(file(), good);
  }
}

TEST_F(StorageDamage, AnotherThingUnderTheNameIsRefused) {
  fs::remove(file());
  fs::create_symlink("elsewhere", file());
  SkillStorage storage = open();
  EXPECT_THAT(storage.get({.prefix = kNotes, .key = "a"}), FailsWith(kStorageDamaged));
  EXPECT_THAT(put(storage, {.key = "a", .value = "two"}), FailsWith(kStorageDamaged));
  EXPECT_FALSE(fs::exists(root() + "/elsewhere"));
}

TEST_F(StorageDamage, TrustDbIsNoStorageDb) {
  const Bytes good = testing::must_read(file());
  fs::remove(file());
  testing::FakeClock clock;
  ASSERT_THAT(StateStore::init({.root = root(), .actor = "", .clock = &clock}), IsOk());
  fs::copy_file(root() + "/trust.db", file());
  SkillStorage storage = open();
  EXPECT_THAT(storage.get({.prefix = kNotes, .key = "a"}), FailsWith(kStorageDamaged));
  scribble(root() + "/trust.db", good);
  EXPECT_THAT(StateStore::open({.root = root(), .actor = "", .clock = &clock}), FailsWith(kStoreDamaged));
}

TEST_F(StorageDamage, ADirectoryThatOthersMayWriteIsRefused) {
  fs::permissions(root(), fs::perms::all);
  SkillStorage storage = open();
  EXPECT_THAT(storage.get({.prefix = kNotes, .key = "a"}), FailsWith(kStateNotPrivate));
}

TEST_F(StorageDamage, ANewerSchemaIsRefusedAndLeftAlone) {
  must_script("PRAGMA user_version = 2");
  const Bytes newer = testing::must_read(file());
  SkillStorage storage = open();
  EXPECT_THAT(put(storage, {.key = "a", .value = "two"}), FailsWith(kSchemaNewer));
  EXPECT_EQ(testing::must_read(file()), newer);
}

// Of the next version, as it may look.
class StorageMigration : public StorageDamage {
 protected:
  [[nodiscard]] auto open_next() const {
    std::vector<const char*> steps(storage_schema().steps.begin(), storage_schema().steps.end());
    steps.push_back("CREATE TABLE extra (x INTEGER NOT NULL) STRICT; INSERT INTO extra VALUES (1);");
    Schema next = storage_schema();
    next.steps = steps;
    return open_storage(root(), kBusyTimeout, next);
  }
};

TEST_F(StorageMigration, OfForeignTablesIsRefusedAndLeavesNoCopy) {
  must_script("CREATE TABLE odd (x)");
  const Bytes damaged = testing::must_read(file());
  EXPECT_THAT(open_next(), FailsWith(kStorageDamaged));
  EXPECT_EQ(testing::must_read(file()), damaged);
  EXPECT_FALSE(fs::exists(file() + ".before-1"));
}

TEST_F(StorageMigration, OfAnOlderSchemaLeavesACopy) {
  const Bytes old = testing::must_read(file());
  const auto database = open_next();
  ASSERT_THAT(database, IsOk());
  EXPECT_EQ((*database)->number("SELECT count(*) FROM entry, extra").value(), 1);
  EXPECT_EQ(testing::must_read(file() + ".before-1"), old);
  SkillStorage storage = open();
  EXPECT_THAT(storage.get({.prefix = kNotes, .key = "a"}), FailsWith(kSchemaNewer));
}

}  // namespace
}  // namespace palyra::state
