// SPDX-License-Identifier: Apache-2.0
// What a backup holds besides trust.db, and how a recovery takes it up.
#include "killed_child.h"
#include "sqlite.h"
#include "storage_fixture.h"

#include <palyra/state/storage_codes.h>
#include <palyra/state/vault.h>

#include <gmock/gmock.h>

#include <sys/stat.h>

namespace palyra::state {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::IsEmpty;
using testing::IsOk;

constexpr std::string_view kApiKey = "a value that is long enough";

class StateBackupPartsTest : public StateTest {
 protected:
  [[nodiscard]] std::string copy() const { return directory_.file("copy.db"); }
  [[nodiscard]] SkillStorage storage() const {
    return SkillStorage({.root = root(),
                         .owner = owner_with_key(1),
                         .max_bytes = 64 * kMiB,
                         .clock = &clock_,
                         .deadline = Deadline::after(clock_, std::chrono::minutes(10))});
  }
  void keep_value(const std::string& key, const std::string& value) const {
    SkillStorage kept = storage();
    must_put(kept, {.key = key, .value = value});
  }
  [[nodiscard]] std::optional<std::string> value(const std::string& key) const {
    SkillStorage kept = storage();
    return text_of(kept, key);
  }
  static Secret passphrase() { return Secret(to_bytes("correct horse battery")); }
  void set_key(std::string_view text = kApiKey) const {
    ASSERT_THAT(set_secret(options(), passphrase(), {.name = "global/key", .value = as_bytes(text)}, kMinVaultCost),
                IsOk());
  }
  // Of global/key; empty when the vault does not open.
  [[nodiscard]] std::string key() const {
    const std::string names[] = {"global/key"};
    const auto values = open_secrets(options(), passphrase(), names);
    return values && !values->empty() ? std::string(as_text(values->begin()->second.bytes.reveal())) : "";
  }
  [[nodiscard]] std::vector<std::string> names_beside() const {
    std::vector<std::string> names;
    for (const auto& each : fs::directory_iterator(directory_.path())) {
      const std::string name = each.path().filename().string();
      if (name != "state" && name != "kept") names.push_back(name);
    }
    std::ranges::sort(names);
    return names;
  }
  [[nodiscard]] Result<RecoveryReport> recover() const { return StateStore::recover(options(), copy()); }
  // A value, a secret, and a backup of both.
  void back_up() const {
    must_init();
    keep_value("one", "1");
    set_key();
    const auto made = must_open().backup(copy());
    ASSERT_THAT(made, IsOk());
    ASSERT_THAT(made->parts, ElementsAre(copy() + ".storage", copy() + ".vault"));
  }
  void scribble_over(const std::string& path) const {
    Bytes bytes = testing::must_read(path);
    for (std::size_t at = 4'096; at < bytes.size(); ++at) bytes[at] = 0x5A;
    scribble(path, bytes);
  }
};

TEST_F(StateBackupPartsTest, AreStorageAndVaultForTheirOwnerAlone) {
  back_up();
  for (const std::string part : {".storage", ".vault"}) {
    struct stat status{};
    ASSERT_EQ(::stat((copy() + part).c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0600U);
  }
  EXPECT_EQ(testing::must_read(copy() + ".vault"), testing::must_read(root() + "/vault"));
  EXPECT_THAT(names_beside(), ElementsAre("copy.db", "copy.db.storage", "copy.db.vault"));
}

TEST_F(StateBackupPartsTest, AreNothingWhereNothingIsKept) {
  const StateStore store = must_init();
  const auto made = store.backup(copy());
  ASSERT_THAT(made, IsOk());
  EXPECT_THAT(made->parts, IsEmpty());
  EXPECT_THAT(names_beside(), ElementsAre("copy.db"));
}

TEST_F(StateBackupPartsTest, AreNeverWrittenOver) {
  must_init();
  keep_value("one", "1");
  set_key();
  for (const std::string part : {".storage", ".vault", ""}) {
    scribble(copy() + part, as_bytes("mine"));
    EXPECT_THAT(must_open().backup(copy()), FailsWith(kFileExists)) << part;
    EXPECT_EQ(as_text(testing::must_read(copy() + part)), "mine");
    EXPECT_THAT(names_beside(), ElementsAre("copy.db" + part));
    fs::remove(copy() + part);
  }
}

TEST_F(StateBackupPartsTest, OfDamagedStorageAreRefusedAndNothingIsKept) {
  must_init();
  keep_value("one", std::string(20'000, 'x'));
  scribble_over(root() + "/storage.db");
  EXPECT_THAT(must_open().backup(copy()), FailsWith(kStorageDamaged));
  EXPECT_THAT(names_beside(), IsEmpty());
}

TEST_F(StateBackupPartsTest, OfAVaultThatTheLogDoesNotKnowAreRefusedAndNothingIsKept) {
  must_init();
  keep_value("one", "1");
  set_key();
  const Bytes older = testing::must_read(root() + "/vault");
  set_key("another value, long enough too");
  scribble(root() + "/vault", older);
  EXPECT_THAT(must_open().backup(copy()), FailsWith(kVaultRolledBack));
  scribble(root() + "/vault", as_bytes("no vault"));
  EXPECT_THAT(must_open().backup(copy()), FailsWith(kVaultDamaged));
  EXPECT_THAT(names_beside(), IsEmpty());
  // As a person does who forgot the passphrase.
  fs::remove(root() + "/vault");
  EXPECT_THAT(must_open().backup(copy()), IsOk());
}

TEST_F(StateBackupPartsTest, GiveANewDirectoryWhatTheOldOneHad) {
  back_up();
  fs::remove_all(root());
  must_init();
  const auto report = recover();
  ASSERT_THAT(report, IsOk());
  EXPECT_THAT(report->restored, ElementsAre("storage.db", "vault"));
  EXPECT_EQ(value("one"), "1");
  EXPECT_EQ(key(), kApiKey);
  EXPECT_THAT(must_open().audit_rows().value().back().details,
              ::testing::HasSubstr(R"("restored":{"storage.db":"","vault":""})"));
}

TEST_F(StateBackupPartsTest, OfAnOlderBackupNeverPassForThoseOfANewOne) {
  back_up();
  for (const std::string part : {".storage", ".vault"}) {
    fs::remove(copy());
    fs::remove(copy() + (part == ".vault" ? ".storage" : ".vault"));
    EXPECT_THAT(must_open().backup(copy()), FailsWith(kFileExists)) << part;
    EXPECT_FALSE(fs::exists(copy())) << part;
    fs::remove(copy() + part);
    EXPECT_THAT(must_open().backup(copy()), IsOk());
  }
}

TEST_F(StateBackupPartsTest, DoNotTakeThePlaceOfWhatCanBeUsed) {
  back_up();
  keep_value("one", "newer");
  set_key("a newer value, long enough");
  const auto report = recover();
  ASSERT_THAT(report, IsOk());
  EXPECT_THAT(report->restored, IsEmpty());
  EXPECT_EQ(value("one"), "newer");
  EXPECT_EQ(key(), "a newer value, long enough");
}

TEST_F(StateBackupPartsTest, TakeThePlaceOfWhatIsDamagedWhichIsKept) {
  back_up();
  scribble(root() + "/storage.db", as_bytes("no database"));
  scribble(root() + "/vault", as_bytes("no vault"));
  const auto report = recover();
  ASSERT_THAT(report, IsOk());
  EXPECT_THAT(report->restored, ElementsAre("storage.db", "vault"));
  EXPECT_EQ(value("one"), "1");
  EXPECT_EQ(key(), kApiKey);
  EXPECT_EQ(as_text(testing::must_read(root() + "/storage.db.damaged-1")), "no database");
  EXPECT_EQ(as_text(testing::must_read(root() + "/vault.damaged-1")), "no vault");
}

TEST_F(StateBackupPartsTest, TakeThePlaceOfTheVaultOfAnotherLog) {
  back_up();
  fs::remove_all(root());
  must_init();
  set_key("of the other vault, long enough");
  ASSERT_THAT(recover(), IsOk());
  EXPECT_EQ(key(), kApiKey);
}

TEST_F(StateBackupPartsTest, ThatAreDamagedAreRefusedAndNothingIsTouched) {
  must_init();
  set_key("an older value, long enough");
  const Bytes older = testing::must_read(root() + "/vault");
  keep_value("one", "1");
  set_key();
  ASSERT_THAT(must_open().backup(copy()), IsOk());
  fs::remove(root() + "/vault");
  fs::remove(root() + "/storage.db");
  const Bytes trust = testing::must_read(root() + "/trust.db");
  const Bytes vault = testing::must_read(copy() + ".vault");
  scribble(copy() + ".vault", as_bytes("no vault"));
  EXPECT_THAT(recover(), FailsWith(kVaultDamaged));
  scribble(copy() + ".vault", older);
  EXPECT_THAT(recover(), FailsWith(kVaultRolledBack));
  scribble(copy() + ".vault", vault);
  scribble(copy() + ".storage", as_bytes("no database"));
  EXPECT_THAT(recover(), FailsWith(kStorageDamaged));
  EXPECT_EQ(testing::must_read(root() + "/trust.db"), trust);
  for (const auto& each : fs::directory_iterator(root())) {
    const std::string name = each.path().filename().string();
    EXPECT_TRUE(name.find("recover") == std::string::npos && name.find("damaged") == std::string::npos) << name;
  }
}

// A page that nobody reads to tell what kind of file it is.
TEST_F(StateBackupPartsTest, WithDamageFarFromTheirHeadAreRefused) {
  must_init();
  keep_value("one", std::string(20'000, 'x'));
  ASSERT_THAT(must_open().backup(copy()), IsOk());
  fs::remove(root() + "/storage.db");
  Bytes bytes = testing::must_read(copy() + ".storage");
  std::ranges::fill(std::span(bytes).last(4'096), std::uint8_t{0x5A});
  scribble(copy() + ".storage", bytes);
  EXPECT_THAT(recover(), FailsWith(kStorageDamaged));
  EXPECT_FALSE(fs::exists(root() + "/storage.db"));
}

// One process writes two values in turn: no copy has the second without the first.
TEST_F(StateBackupPartsTest, OfStorageAreOfOneMomentWhileOthersWrite) {
  must_init();
  keep_value("a", "000");
  keep_value("b", "000");
  const pid_t writer = ::fork();
  if (writer == 0) {
    SkillStorage kept = storage();
    for (int i = 1; i < 60; ++i) {
      if (!put(kept, {.key = "a", .value = fmt::format("{:03}", i)})) ::_exit(1);
      if (!put(kept, {.key = "b", .value = fmt::format("{:03}", i)})) ::_exit(1);
    }
    ::_exit(0);
  }
  const StateStore store = must_open();
  int status = -1;
  std::vector<std::string> copies;
  while (::waitpid(writer, &status, WNOHANG) == 0) {
    copies.push_back(directory_.file(fmt::format("copy{}.db", copies.size())));
    ASSERT_THAT(store.backup(copies.back()), IsOk());
  }
  EXPECT_EQ(status, 0);
  for (const std::string& each : copies) {
    fs::rename(each + ".storage", root() + "/storage.db");
    const int ahead = std::stoi(value("a").value()) - std::stoi(value("b").value());
    EXPECT_TRUE(ahead == 0 || ahead == 1) << ahead;
  }
}

TEST_F(StateBackupPartsTest, AreWholeWhereABackupWasKilledAfterItsFileWasThere) {
  back_up();
  const Bytes vault = testing::must_read(copy() + ".vault");
  const Bytes whole = testing::must_read(copy() + ".storage");
  const auto act = [this] { return must_open().backup(copy()).has_value(); };
  const int stride = static_cast<int>(10 / testing::scaled(10));
  int killed = 0;
  for (int fatal = 1;; fatal += stride) {
    for (const std::string& name : names_beside()) fs::remove(directory_.file(name));
    const Fate fate = killed_at(fatal, act);
    ASSERT_NE(fate, Fate::kFailed) << fatal;
    if (fs::exists(copy())) {
      EXPECT_EQ(testing::must_read(copy() + ".vault"), vault) << fatal;
      EXPECT_EQ(testing::must_read(copy() + ".storage"), whole) << fatal;
    }
    EXPECT_EQ(value("one"), "1");
    if (fate == Fate::kSucceeded) break;
    ++killed;
  }
  EXPECT_GT(killed, 5);
}

TEST_F(StateBackupPartsTest, AreTakenUpByTheNextRecoveryWhereOneWasKilled) {
  back_up();
  scribble(root() + "/storage.db", as_bytes("no database"));
  fs::remove(root() + "/vault");
  fs::copy(root(), directory_.file("kept"), fs::copy_options::recursive);
  const int stride = static_cast<int>(10 / testing::scaled(10));
  int killed = 0;
  for (int fatal = 1;; fatal += stride) {
    fs::remove_all(root());
    fs::copy(directory_.file("kept"), root(), fs::copy_options::recursive);
    const Fate fate = killed_at(fatal, [this] { return recover().has_value(); });
    ASSERT_NE(fate, Fate::kFailed) << fatal;
    ASSERT_THAT(recover(), IsOk()) << fatal;
    ASSERT_EQ(value("one"), "1") << fatal;
    ASSERT_THAT(check_vault(options()), IsOk()) << fatal;
    if (fate == Fate::kSucceeded) break;
    ++killed;
  }
  EXPECT_EQ(key(), kApiKey);
  EXPECT_GT(killed, 5);
}

}  // namespace
}  // namespace palyra::state
