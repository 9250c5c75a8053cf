// SPDX-License-Identifier: Apache-2.0
// Which directories are believed, and which are not.
#include "schema.h"
#include "sqlite.h"
#include "state_fixture.h"

#include <palyra/base/directory.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <random>
#include <sys/stat.h>

namespace palyra::state {
namespace {

namespace fs = std::filesystem;
using testing::FailsWith;
using testing::IsOk;
using testing::must_read;

class StateOpenTest : public StateTest {
 protected:
  [[nodiscard]] std::string database() const { return root() + "/trust.db"; }
  void replace_database(BytesView bytes) const { scribble(database(), bytes); }
  // As somebody with an editor for databases would.
  void edit(const std::string& sql) const {
    const Database opened = Database::open(database()).value();
    ASSERT_THAT(opened.script(sql.c_str()), IsOk()) << sql;
  }
};

TEST_F(StateOpenTest, ADirectoryThatIsNotThereIsNotInitialised) {
  const auto opened = StateStore::open(options());
  ASSERT_THAT(opened, FailsWith(kNotInitialised));
  ASSERT_EQ(opened.error().next().size(), 1U);
  EXPECT_EQ(opened.error().next().front(), "palyra trust init");
  EXPECT_FALSE(fs::exists(root()));
}

TEST_F(StateOpenTest, ADirectoryInWhichNothingWasKeptIsNotInitialised) {
  ASSERT_THAT(Directory::make(root()), IsOk());
  ASSERT_THAT(write_file_atomic(root() + "/notes", {}, 0600, Overwrite::kNo), IsOk());
  EXPECT_THAT(StateStore::open(options()), FailsWith(kNotInitialised));
}

TEST_F(StateOpenTest, InitMakesAStoreThatTrustsNobody) {
  {
    const StateStore store = must_init();
    EXPECT_TRUE(store.trust().value().publishers().empty());
    EXPECT_TRUE(store.versions().value().empty());
    EXPECT_EQ(store.generation().value(), 1U);
  }
  EXPECT_EQ(must_open().audit_rows().value().front().event, "trust.initialised");
}

TEST_F(StateOpenTest, InitMakesEverythingPrivate) {
  must_init();
  for (const char* name : {"", "/objects", "/objects/sha256", "/keys"}) {
    EXPECT_EQ(fs::status(root() + name).permissions(), fs::perms::owner_all) << name;
  }
  for (const char* name : {"/trust.db", "/generation"}) {
    EXPECT_EQ(fs::status(root() + name).permissions(), fs::perms::owner_read | fs::perms::owner_write) << name;
  }
}

TEST_F(StateOpenTest, InitLeavesNothingElse) {
  must_init();
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(root())) names.push_back(entry.path().filename().string());
  EXPECT_THAT(names, ::testing::UnorderedElementsAre("trust.db", "objects", "keys", "generation"));
}

TEST_F(StateOpenTest, InitRefusesAnExistingStore) {
  {
    StateStore store = must_init();
    ASSERT_THAT(store.add_publisher("acme", publisher_with_key(1)), IsOk());
  }
  EXPECT_THAT(StateStore::init(options()), FailsWith(kAlreadyInitialised));
  EXPECT_NE(must_open().trust().value().find_publisher("acme"), nullptr);
}

TEST_F(StateOpenTest, InitBesideAStoreRemovesNothingOfIt) {
  must_init();
  const Bytes generation = testing::must_read(root() + "/generation");
  EXPECT_THAT(StateStore::init(options()), FailsWith(kAlreadyInitialised));
  EXPECT_EQ(testing::must_read(root() + "/generation"), generation);
}

TEST_F(StateOpenTest, ASchemaVersionThatNeverWasIsDamage) {
  must_init();
  for (const char* version : {"PRAGMA user_version = 0", "PRAGMA user_version = -1"}) {
    ASSERT_THAT(Database::open(database()).value().script(version), IsOk());
    EXPECT_THAT(StateStore::open(options()), FailsWith(kStoreDamaged)) << version;
  }
}

TEST_F(StateOpenTest, InitRefusesWhenSkillsAreInstalled) {
  {
    StateStore store = must_init();
    must_install(store, make_artifact({}));
  }
  ASSERT_TRUE(fs::remove(database()));
  EXPECT_THAT(StateStore::init(options()), FailsWith(kStoreDamaged));
  EXPECT_FALSE(fs::exists(database()));
}

TEST_F(StateOpenTest, InitRefusesWhenKeysAreKept) {
  must_init();
  ASSERT_TRUE(fs::remove(database()));
  ASSERT_THAT(write_file_atomic(root() + "/keys/cache", {}, 0600, Overwrite::kNo), IsOk());
  EXPECT_THAT(StateStore::init(options()), FailsWith(kStoreDamaged));
}

TEST_F(StateOpenTest, InitStartsAgainWhereNothingWasInstalled) {
  {
    StateStore store = must_init();
    ASSERT_THAT(store.add_publisher("acme", publisher_with_key(1)), IsOk());
  }
  ASSERT_TRUE(fs::remove(database()));
  // What is left of the old store must not be believed by the new one.
  ASSERT_THAT(write_file_atomic(root() + "/trust.db-wal", as_bytes("wal"), 0600, Overwrite::kNo), IsOk());
  EXPECT_THAT(StateStore::init(options()), IsOk());
  EXPECT_FALSE(fs::exists(root() + "/trust.db-wal"));
  EXPECT_TRUE(must_open().trust().value().publishers().empty());
}

TEST_F(StateOpenTest, InitRemovesWhatAnInitThatDiedLeft) {
  ASSERT_THAT(Directory::make(root()), IsOk());
  for (const char* left : {"trust.db.init", "trust.db.init-journal", ".trust.db.init.1.0.tmp"}) {
    scribble(root() + "/" + left, as_bytes("unfinished"));
  }
  EXPECT_THAT(StateStore::open(options()), FailsWith(kNotInitialised));
  EXPECT_THAT(StateStore::init(options()), IsOk());
  for (const auto& entry : fs::directory_iterator(root())) {
    const std::string name = entry.path().filename().string();
    EXPECT_FALSE(is_temporary_name(name) || name.starts_with("trust.db.init")) << name;
  }
}

TEST_F(StateOpenTest, OfManyProcessesThatInitialiseOneSucceeds) {
  ASSERT_THAT(Directory::make(root()), IsOk());
  std::vector<pid_t> children;
  for (int i = 0; i < 8; ++i) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      const auto store = StateStore::init(options());
      ::_exit(store ? 0 : store.error().is(kAlreadyInitialised) ? 1 : 2);
    }
    children.push_back(pid);
  }
  std::array<int, 3> ended{};
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    ++ended.at(WIFEXITED(status) ? static_cast<std::size_t>(WEXITSTATUS(status)) : 2);
  }
  EXPECT_EQ(ended, (std::array{1, 7, 0}));
  EXPECT_THAT(StateStore::open(options()), IsOk());
}

TEST_F(StateOpenTest, AMissingDatabaseBesideAnythingThatWasKeptIsDamage) {
  must_init();
  ASSERT_TRUE(fs::remove(database()));
  EXPECT_THAT(StateStore::open(options()), FailsWith(kStoreDamaged));
  fs::remove_all(root() + "/keys");
  EXPECT_THAT(StateStore::open(options()), FailsWith(kStoreDamaged));
  fs::remove_all(root() + "/objects");
  EXPECT_THAT(StateStore::open(options()), FailsWith(kNotInitialised));
}

TEST_F(StateOpenTest, AFileThatIsNoDatabaseIsDamage) {
  must_init();
  const Bytes good = must_read(database());
  for (const Bytes& bad : {Bytes{}, Bytes(10, ' '), Bytes(4'096, ' '), Bytes(8'192, 0), to_bytes("{}"),
                           Bytes(good.begin(), good.begin() + 100), Bytes(good.begin(), good.begin() + 4'096),
                           Bytes(good.begin(), good.end() - 4'096)}) {
    replace_database(bad);
    EXPECT_THAT(StateStore::open(options()), FailsWith(kStoreDamaged)) << bad.size();
  }
}

TEST_F(StateOpenTest, ADirectoryALinkOrAPipeInItsPlaceIsDamage) {
  must_init();
  fs::rename(database(), directory_.file("aside"));
  ASSERT_EQ(::mkdir(database().c_str(), 0700), 0);
  EXPECT_THAT(StateStore::open(options()), FailsWith(kStoreDamaged));
  fs::remove(database());
  fs::create_symlink(directory_.file("aside"), database());
  EXPECT_THAT(StateStore::open(options()), FailsWith(kStoreDamaged));
  fs::remove(database());
  ASSERT_EQ(::mkfifo(database().c_str(), 0600), 0);
  EXPECT_THAT(StateStore::open(options()), FailsWith(kStoreDamaged));
}

TEST_F(StateOpenTest, AnotherApplicationsDatabaseIsDamage) {
  must_init();
  edit("PRAGMA application_id = 1");
  EXPECT_THAT(StateStore::open(options()), FailsWith(kStoreDamaged));
}

TEST_F(StateOpenTest, ANewerSchemaIsRefusedAndLeftAlone) {
  must_init();
  edit(fmt::format("PRAGMA user_version = {}", current_schema().version() + 1));
  const Bytes before = must_read(database());
  EXPECT_THAT(StateStore::open(options()), FailsWith(kSchemaNewer));
  EXPECT_EQ(must_read(database()), before);
}

TEST_F(StateOpenTest, ASchemaThatIsNotOursIsDamage) {
  for (const char* sql :
       {"PRAGMA user_version = 0", "CREATE TABLE more (a INTEGER) STRICT", "DROP INDEX active_tool",
        "CREATE VIEW seen AS SELECT 1", "CREATE TRIGGER t AFTER INSERT ON audit BEGIN DELETE FROM publisher; END"}) {
    fs::remove_all(root());
    must_init();
    edit(sql);
    EXPECT_THAT(StateStore::open(options()), FailsWith(kStoreDamaged)) << sql;
  }
}

TEST_F(StateOpenTest, AnOlderCopyOfTheDatabaseIsDamage) {
  Bytes old;
  {
    StateStore store = must_init();
    old = must_read(database());
    ASSERT_THAT(store.add_publisher("acme", publisher_with_key(1)), IsOk());
  }
  replace_database(old);
  EXPECT_THAT(StateStore::open(options()), FailsWith(kStoreDamaged));
}

TEST_F(StateOpenTest, AGenerationFileThatIsBehindIsBroughtUpToDate) {
  {
    StateStore store = must_init();
    ASSERT_THAT(store.add_publisher("acme", publisher_with_key(1)), IsOk());
  }
  const Bytes good = must_read(root() + "/generation");
  ASSERT_TRUE(fs::remove(root() + "/generation"));  // its writer died between commit and this
  must_open();
  EXPECT_EQ(must_read(root() + "/generation"), good);
}

TEST_F(StateOpenTest, AGenerationFileOfAnotherSizeIsDamage) {
  must_init();
  for (const std::size_t size : {std::size_t{1}, std::size_t{7}, std::size_t{9}}) {
    ASSERT_THAT(write_file_atomic(root() + "/generation", Bytes(size), 0600, Overwrite::kYes), IsOk());
    EXPECT_THAT(StateStore::open(options()), FailsWith(kStoreDamaged)) << size;
  }
}

TEST_F(StateOpenTest, AGenerationFileThatIsEmptiedBesideARunningProcessIsDamage) {
  const StateStore store = must_init();
  fs::resize_file(root() + "/generation", 0);
  EXPECT_THAT(store.trust(), FailsWith(kStoreDamaged));
}

TEST_F(StateOpenTest, ADirectoryThatOthersMayWriteIsRefused) {
  must_init();
  for (const mode_t mode : {0720U, 0702U, 0777U}) {
    ASSERT_EQ(::chmod(root().c_str(), mode), 0);
    EXPECT_THAT(StateStore::open(options()), FailsWith(kStateNotPrivate));
    EXPECT_THAT(StateStore::init(options()), FailsWith(kStateNotPrivate));
  }
}

TEST_F(StateOpenTest, AnotherUsersDirectoryIsRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a directory away";
  must_init();
  ASSERT_EQ(::chown(root().c_str(), 12'345, 12'345), 0);
  EXPECT_THAT(StateStore::open(options()), FailsWith(kStateNotPrivate));
}

TEST_F(StateOpenTest, EditedTrustRowsAreDamage) {
  for (const char* sql :
       {"DELETE FROM publisher", "DELETE FROM publisher_key", "UPDATE publisher SET threshold = 2",
        "UPDATE publisher SET source = 'tofu'", "UPDATE publisher SET name = 'acne'",
        "UPDATE publisher_key SET key = zeroblob(32)", "UPDATE skill SET highest_version = ''",
        "UPDATE skill SET highest_version = '0.9.0'", "DELETE FROM skill_content",
        "UPDATE skill_content SET content_root = zeroblob(32)", "UPDATE skill SET publisher = 'other'",
        "UPDATE state SET generation = generation - 1", "UPDATE state SET generation = generation + 1",
        "UPDATE state SET trust_generation = 0", "UPDATE state SET audit_digest = zeroblob(32)", "DELETE FROM state",
        "DELETE FROM audit WHERE generation = (SELECT generation FROM state)",
        "UPDATE audit SET details = '{}' WHERE generation = (SELECT generation FROM state)",
        "INSERT INTO audit SELECT generation + 1, time, actor, event, subject, details, trust_digest, previous, digest "
        "FROM audit WHERE generation = (SELECT generation FROM state)"}) {
    fs::remove_all(root());
    {
      StateStore store = must_init();
      must_install(store, make_artifact({}));
    }
    edit(std::string("PRAGMA foreign_keys = OFF;") + sql);
    EXPECT_THAT(StateStore::open(options()), FailsWith(kStoreDamaged)) << sql;
  }
}

TEST_F(StateOpenTest, AnIndexThatDoesNotFitItsTableIsDamage) {
  {
    StateStore store = must_init();
    must_install(store, make_artifact());
  }
  const Database opened = Database::open(database()).value();
  const auto page =
      static_cast<std::size_t>(opened.number("SELECT rootpage FROM sqlite_schema WHERE name = 'active_tool'").value());
  const auto size = static_cast<std::size_t>(opened.number("PRAGMA page_size").value());
  Bytes bytes = must_read(database());
  bytes.at(page * size - 1) ^= 1U;  // in the key of the one row that the index has
  replace_database(bytes);
  EXPECT_THAT(StateStore::open(options()), FailsWith(kStoreDamaged));
}

// What an intact store says: everything that a decision is made from.
struct Answers {
  skills::SkillTrustStore trust;
  std::vector<InstalledVersion> versions;
  InstalledVersion active;
  std::vector<AuditRow> log;
  friend bool operator==(const Answers&, const Answers&) = default;
};

Result<Answers> answers_of(const StateOptions& options) {
  const StateStore store = PALYRA_TRY(StateStore::open(options));
  PALYRA_TRY(store.verify_audit_chain());
  return Answers{.trust = PALYRA_TRY(store.trust()),
                 .versions = PALYRA_TRY(store.versions()),
                 .active = PALYRA_TRY(store.find_active("acme.demo.run")),
                 .log = PALYRA_TRY(store.audit_rows())};
}

class Damager {
 public:
  explicit Damager(Bytes good) : good_(std::move(good)) {}

  // Every bit of the header first; then bits, stretches of bytes, the end, and pages that change places.
  Bytes next() {
    Bytes bad = good_;
    const std::size_t round = round_++;
    switch (round < 800 ? 0 : round % 4) {
      case 0:
        flip(bad, round < 800 ? round : below(8 * bad.size()));
        break;
      case 1:
        for (std::size_t i = below(bad.size()), left = 1 + below(64); i < bad.size() && left > 0; ++i, --left) {
          bad[i] = static_cast<std::uint8_t>(random_());
        }
        break;
      case 2:
        bad.resize(below(bad.size()));
        break;
      default:
        swap_pages(bad);
    }
    return bad;
  }

 private:
  static constexpr std::size_t kPage = 4'096;
  std::size_t below(std::size_t bound) { return random_() % bound; }
  static void flip(Bytes& bytes, std::size_t bit) {
    bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ (1U << (bit % 8)));
  }
  void swap_pages(Bytes& bytes) {
    const std::size_t pages = bytes.size() / kPage;
    const auto page = [&](std::size_t number) { return bytes.begin() + static_cast<std::ptrdiff_t>(number * kPage); };
    const std::size_t a = below(pages);
    std::swap_ranges(page(a), page(a) + kPage, page((a + 1 + below(pages - 1)) % pages));
  }

  Bytes good_;
  std::size_t round_ = 0;
  std::mt19937 random_{20'261'122};  // NOLINT(cert-msc51-cpp): the same damage each time
};

TEST_F(StateOpenTest, ADamagedDatabaseIsRefusedOrSaysWhatItSaid) {
  {
    StateStore store = must_init();
    must_install(store, make_artifact());
    const skills::RevocationEntry entry = skills::RevokedContent{crypto::sha256(as_bytes("bad"))};
    ASSERT_THAT(store.apply_revocations(revocations_number(1, {entry})), IsOk());
    const std::array chain = {rotation_number(1, 1, 2)};
    ASSERT_THAT(store.rotate_keys(chain), IsOk());
    ASSERT_THAT(store.set_setting("acme.demo", "unit", "1"), IsOk());
  }
  const Bytes good = must_read(database());
  const Answers truth = answers_of(options()).value();
  Damager damager(good);
  std::size_t refused = 0;
  const std::size_t rounds = testing::scaled(4'000);
  for (std::size_t round = 0; round < rounds; ++round) {
    replace_database(damager.next());
    const auto answers = answers_of(options());
    if (answers) {
      ASSERT_EQ(*answers, truth) << "round " << round;
      continue;
    }
    ++refused;
    ASSERT_TRUE(answers.error().kind() == ErrorKind::kUntrusted || answers.error().is(kSchemaNewer) ||
                answers.error().is(kToolNotFound))
        << round << ": " << answers.error().describe();
  }
  EXPECT_GT(refused, rounds / 20);
}

}  // namespace
}  // namespace palyra::state
