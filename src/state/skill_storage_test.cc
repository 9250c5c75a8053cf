// SPDX-License-Identifier: Apache-2.0
#include "directory_lock.h"
#include "schema.h"
#include "small_disk.h"
#include "storage_database.h"
#include "storage_fixture.h"

#include <palyra/state/stored_values.h>

#include <sys/stat.h>

namespace palyra::state {
namespace {

namespace fs = std::filesystem;
using capability::StorageChange;
using testing::FailsWith;
using testing::IsOk;

class SkillStorageTest : public StorageTest {};

TEST_F(SkillStorageTest, WhatWasPutIsThereForTheNextCall) {
  SkillStorage first = open();
  EXPECT_EQ(must_put(first, {.key = "a", .value = "one"}), 1);
  EXPECT_EQ(text_of(first, "a"), "one");
  SkillStorage second = open();
  EXPECT_EQ(text_of(second, "a"), "one");
  EXPECT_EQ(must_put(second, {.key = "a", .value = std::string("t\0wo", 4)}), 2);
  EXPECT_EQ(text_of(first, "a"), std::string("t\0wo", 4));
  EXPECT_EQ(must_put(second, {.key = "empty", .value = ""}), 3);
  EXPECT_EQ(text_of(first, "empty"), "");
}

TEST_F(SkillStorageTest, BeforeTheFirstPutThereIsNoFileAndNothingInIt) {
  SkillStorage storage = open();
  EXPECT_EQ(text_of(storage, "a"), std::nullopt);
  EXPECT_THAT(storage.list({.prefix = kNotes, .key = ""}, 1'000).value(), ::testing::IsEmpty());
  EXPECT_EQ(storage.remove({.prefix = kNotes, .key = "a"}, capability::kAnyVersion).value(), StorageChange::kNotFound);
  EXPECT_EQ(storage.remove({.prefix = kNotes, .key = "a"}, 1).value(), StorageChange::kConflict);
  EXPECT_FALSE(fs::exists(file()));
  must_put(storage, {.key = "a", .value = "one"});
  struct stat status{};
  ASSERT_EQ(::stat(file().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
}

// F08
TEST_F(SkillStorageTest, AChangeThatExpectsAnotherVersionIsAConflict) {
  SkillStorage storage = open();
  EXPECT_EQ(change_of(storage, {.key = "a", .value = "x", .expected = 1}), StorageChange::kConflict);
  EXPECT_EQ(must_put(storage, {.key = "a", .value = "one", .expected = 0}), 1);
  EXPECT_EQ(change_of(storage, {.key = "a", .value = "x", .expected = 0}), StorageChange::kConflict);
  EXPECT_EQ(change_of(storage, {.key = "a", .value = "x", .expected = 2}), StorageChange::kConflict);
  EXPECT_EQ(text_of(storage, "a"), "one");
  EXPECT_EQ(must_put(storage, {.key = "a", .value = "two", .expected = 1}), 2);
  EXPECT_EQ(storage.remove({.prefix = kNotes, .key = "a"}, 1).value(), StorageChange::kConflict);
  EXPECT_EQ(storage.remove({.prefix = kNotes, .key = "a"}, 0).value(), StorageChange::kConflict);
  EXPECT_EQ(storage.remove({.prefix = kNotes, .key = "a"}, 2).value(), StorageChange::kDone);
  EXPECT_EQ(text_of(storage, "a"), std::nullopt);
  EXPECT_EQ(storage.remove({.prefix = kNotes, .key = "a"}, 2).value(), StorageChange::kConflict);
  EXPECT_EQ(storage.remove({.prefix = kNotes, .key = "a"}, -1).value(), StorageChange::kNotFound);
}

// F08: what was deleted and put again is another value.
TEST_F(SkillStorageTest, AVersionNeverComesTwice) {
  SkillStorage storage = open();
  EXPECT_EQ(must_put(storage, {.key = "a", .value = "one"}), 1);
  EXPECT_EQ(storage.remove({.prefix = kNotes, .key = "a"}, 1).value(), StorageChange::kDone);
  EXPECT_EQ(must_put(storage, {.key = "a", .value = "one", .expected = 0}), 2);
  EXPECT_EQ(must_put(storage, {.key = "b", .value = "one"}), 3);
  EXPECT_EQ(change_of(storage, {.key = "a", .value = "x", .expected = 1}), StorageChange::kConflict);
}

// F01, F14: a key is bytes in a table; no file system reads it.
TEST_F(SkillStorageTest, KeysAreTextAndNeverPaths) {
  SkillStorage storage = open();
  const std::vector<std::string> keys = {"..",
                                         "../../etc/passwd",
                                         "/etc/passwd",
                                         "a//b",
                                         "a\\b",
                                         "C:\\x",
                                         "con",
                                         "A",
                                         "a",
                                         "\xC3\xA9",
                                         "e\xCC\x81",
                                         std::string(512, 'k'),
                                         "%2e%2e",
                                         " ",
                                         "a'; DROP TABLE entry"};
  for (const std::string& key : keys) must_put(storage, {.key = key, .value = "of " + key});
  for (const std::string& key : keys) EXPECT_EQ(text_of(storage, key), "of " + key);
  EXPECT_EQ(storage.list({.prefix = kNotes, .key = ""}, 1'000).value().size(), keys.size());
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(directory_.path()))
    files.push_back(entry.path().filename());
  EXPECT_THAT(files, ::testing::UnorderedElementsAre("state", "storage.db"));
}

// F09
TEST_F(SkillStorageTest, PrefixesAreSeparate) {
  SkillStorage storage = open();
  must_put(storage, {.key = "x", .value = "short", .prefix = "a/b/"});
  must_put(storage, {.key = "x", .value = "long", .prefix = "a/bc/"});
  EXPECT_EQ(text_of(storage, "x", "a/b/"), "short");
  EXPECT_EQ(text_of(storage, "x", "a/bc/"), "long");
  for (const std::string_view other : {"a/", "a/b", "a/b//", "A/B/", ""}) {
    EXPECT_EQ(text_of(storage, "x", other), std::nullopt) << other;
    EXPECT_EQ(text_of(storage, "b/x", other), std::nullopt) << other;
  }
  EXPECT_THAT(storage.list({.prefix = "a/b/", .key = ""}, 1'000).value(), ::testing::ElementsAre("x"));
}

// F11: there is no name by which one skill could reach another's.
TEST_F(SkillStorageTest, SkillsHaveNothingInCommon) {
  SkillStorage ann = open(owner_with_key(1, "acme.demo"));
  SkillStorage ben = open(owner_with_key(1, "acme.other"));
  must_put(ann, {.key = "a", .value = "ann's"});
  EXPECT_EQ(text_of(ben, "a"), std::nullopt);
  must_put(ben, {.key = "a", .value = "ben's"});
  EXPECT_EQ(text_of(ann, "a"), "ann's");
  EXPECT_EQ(ben.remove({.prefix = kNotes, .key = "a"}, -1).value(), StorageChange::kDone);
  EXPECT_EQ(text_of(ann, "a"), "ann's");
}

// F12
TEST_F(SkillStorageTest, ListsAThousandKeysAtATimeInTheirOrder) {
  {
    SkillStorage storage = open();
    must_put(storage, {.key = "seed", .value = ""});
  }
  const auto count = static_cast<std::int64_t>(testing::scaled(1'000'000));
  {
    const Database database = Database::open(file()).value();
    Transaction transaction = Transaction::begin(database, TransactionKind::kWrite).value();
    ASSERT_THAT(database.run("WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?1) "
                             "INSERT INTO entry (space, key, version, digest, value) "
                             "SELECT 1, printf('k%08d', i), i + 2, zeroblob(32), x'' FROM n",
                             count),
                IsOk());
    ASSERT_THAT(transaction.commit(), IsOk());
  }
  SkillStorage storage = open();
  const auto page = storage.list({.prefix = kNotes, .key = ""}, 1'000).value();
  EXPECT_EQ(page.size(), std::min<std::size_t>(1'000, static_cast<std::size_t>(count) + 1));
  EXPECT_EQ(page.front(), "k00000000");
  EXPECT_TRUE(std::ranges::is_sorted(page));
  const auto next = storage.list({.prefix = kNotes, .key = page.back()}, 1'000).value();
  EXPECT_EQ(next.front(), count > 1'000 ? "k00001000" : "seed");
  EXPECT_THAT(storage.list({.prefix = kNotes, .key = "seed"}, 1'000).value(), ::testing::IsEmpty());
}

TEST_F(SkillStorageTest, ListsInTheOrderOfBytes) {
  SkillStorage storage = open();
  for (const char* key : {"b", "a", "B", "\xC3\xA9", "aa", "~"}) must_put(storage, {.key = key, .value = ""});
  EXPECT_THAT(storage.list({.prefix = kNotes, .key = ""}, 1'000).value(),
              ::testing::ElementsAre("B", "a", "aa", "b", "~", "\xC3\xA9"));
  EXPECT_THAT(storage.list({.prefix = kNotes, .key = "aa"}, 1'000).value(),
              ::testing::ElementsAre("b", "~", "\xC3\xA9"));
  EXPECT_THAT(storage.list({.prefix = kNotes, .key = "ab"}, 1'000).value(),
              ::testing::ElementsAre("b", "~", "\xC3\xA9"));
}

// ---- Limits

constexpr std::int64_t cost(std::int64_t bytes) { return capability::kStorageEntryBytes + bytes; }

// F06
TEST_F(SkillStorageTest, APrefixHoldsItsLimitToTheByte) {
  SkillStorage storage = open();
  const std::int64_t limit = cost(1 + 10) + cost(2 + 20);
  must_put(storage, {.key = "a", .value = std::string(10, 'x'), .max_bytes = limit});
  EXPECT_EQ(change_of(storage, {.key = "bb", .value = std::string(21, 'x'), .max_bytes = limit}),
            StorageChange::kOverQuota);
  EXPECT_EQ(change_of(storage, {.key = "bbb", .value = std::string(20, 'x'), .max_bytes = limit}),
            StorageChange::kOverQuota);
  must_put(storage, {.key = "bb", .value = std::string(20, 'x'), .max_bytes = limit});
  EXPECT_EQ(change_of(storage, {.key = "c", .value = "", .max_bytes = limit}), StorageChange::kOverQuota);
  EXPECT_EQ(change_of(storage, {.key = "a", .value = std::string(11, 'x'), .max_bytes = limit}),
            StorageChange::kOverQuota);
  must_put(storage, {.key = "a", .value = std::string(10, 'y'), .max_bytes = limit});
  EXPECT_EQ(storage.remove({.prefix = kNotes, .key = "a"}, -1).value(), StorageChange::kDone);
  must_put(storage, {.key = "c", .value = std::string(10, 'x'), .max_bytes = limit});
  EXPECT_EQ(list_stored_skills(root()).value().at(0).prefixes.at(0).used_bytes, limit);
}

// F06
TEST_F(SkillStorageTest, ASkillHoldsItsLimitOverAllPrefixes) {
  SkillStorage storage = open(owner_with_key(1), cost(1 + 10) + cost(1 + 5));
  must_put(storage, {.key = "a", .value = std::string(10, 'x'), .prefix = "one/"});
  EXPECT_EQ(change_of(storage, {.key = "a", .value = std::string(6, 'x'), .prefix = "two/"}),
            StorageChange::kOverQuota);
  must_put(storage, {.key = "a", .value = std::string(5, 'x'), .prefix = "two/"});
  SkillStorage other = open(owner_with_key(1, "acme.other"), cost(1 + 10));
  must_put(other, {.key = "a", .value = std::string(10, 'x')});
}

TEST_F(SkillStorageTest, ALimitThatWasLoweredTakesNothingAway) {
  SkillStorage storage = open();
  must_put(storage, {.key = "a", .value = std::string(1'000, 'x')});
  SkillStorage tight = open(owner_with_key(1), 500);
  EXPECT_EQ(change_of(tight, {.key = "b", .value = ""}), StorageChange::kOverQuota);
  EXPECT_EQ(change_of(tight, {.key = "a", .value = std::string(1'001, 'x')}), StorageChange::kOverQuota);
  must_put(tight, {.key = "a", .value = std::string(900, 'x'), .max_bytes = 500});
  EXPECT_EQ(tight.remove({.prefix = kNotes, .key = "a"}, -1).value(), StorageChange::kDone);
}

// F07
TEST(DiskSpaceTest, ATwentiethOfTheDiskOrAGibibyteStaysFree) {
  constexpr std::uint64_t kGiB = std::uint64_t{1} << 30U;
  EXPECT_TRUE(leaves_room({.total_bytes = 2'000, .free_bytes = 100}, 0));
  EXPECT_FALSE(leaves_room({.total_bytes = 2'000, .free_bytes = 100}, 1));
  EXPECT_FALSE(leaves_room({.total_bytes = 2'000, .free_bytes = 99}, 0));
  EXPECT_TRUE(leaves_room({.total_bytes = 1'000 * kGiB, .free_bytes = kGiB + 5}, 5));
  EXPECT_FALSE(leaves_room({.total_bytes = 1'000 * kGiB, .free_bytes = kGiB + 5}, 6));
  EXPECT_FALSE(leaves_room({.total_bytes = 1'000 * kGiB, .free_bytes = 0}, 0));
  EXPECT_FALSE(leaves_room({.total_bytes = 0, .free_bytes = 0}, 1));
}

// F07
TEST_F(SkillStorageTest, NothingIsPutOnAFullDisk) {
  EXPECT_THAT(check_disk_space(root(), std::uint64_t{1} << 60U), FailsWith(kStorageDiskFull));
  EXPECT_THAT(check_disk_space(root(), 0), IsOk());
}

// F07: on a real disk.
TEST_F(SkillStorageTest, APutThatWouldFillTheDiskIsRefusedAndChangesNothing) {
  enum : int { kGood, kFirstPut, kFullPut, kChanged, kDeletion };
  const auto ended = on_small_disk(root(), [&]() -> int {
    SkillStorage storage = open();
    if (!put(storage, {.key = "a", .value = "kept"})) return kFirstPut;
    const std::string large(capability::kMaxStorageValueBytes, 'x');
    for (int i = 0;; ++i) {
      const auto answer = put(storage, {.key = fmt::format("k{}", i), .value = large, .max_bytes = 64 * kMiB});
      if (answer && i < 32) continue;
      if (answer || !answer.error().is(kStorageDiskFull) || i < 2) return kFullPut;
      break;
    }
    if (text_of(storage, "a") != "kept") return kChanged;
    // What frees room may always be done, and then there is some.
    for (int i = 0; i < 4; ++i) {
      if (!storage.remove({.prefix = kNotes, .key = fmt::format("k{}", i)}, capability::kAnyVersion)) return kDeletion;
    }
    return kGood;
  });
  if (!ended) GTEST_SKIP() << "no user and mount namespaces here";
  EXPECT_EQ(*ended, kGood);
}

TEST_F(SkillStorageTest, NothingIsMadeOnAFullDisk) {
  enum : int { kGood, kPut, kMade };
  const auto ended = on_small_disk(root(), [&]() -> int {
    scribble(root() + "/ballast", Bytes(std::size_t{31} << 19U, 'x'));
    SkillStorage storage = open();
    const auto answer = put(storage, {.key = "a", .value = "one"});
    if (answer || !answer.error().is(kStorageDiskFull)) return kPut;
    return fs::exists(file()) ? kMade : kGood;
  });
  if (!ended) GTEST_SKIP() << "no user and mount namespaces here";
  EXPECT_EQ(*ended, kGood);
}

// ---- Whose

// F10
TEST_F(SkillStorageTest, AnotherPublisherOfTheNameSeesNothingAndTheOperatorSeesAnOrphan) {
  SkillStorage first = open(owner_with_key(1));
  must_put(first, {.key = "a", .value = "first"});
  StorageOwner stranger = owner_with_key(2);
  stranger.publisher_since = {2'000};
  SkillStorage second = open(stranger);
  EXPECT_EQ(text_of(second, "a"), std::nullopt);
  EXPECT_THAT(second.list({.prefix = kNotes, .key = ""}, 1'000).value(), ::testing::IsEmpty());
  EXPECT_EQ(second.remove({.prefix = kNotes, .key = "a"}, -1).value(), StorageChange::kNotFound);
  EXPECT_EQ(must_put(second, {.key = "a", .value = "second", .expected = 0}), 1);
  const auto all = list_stored_skills(root()).value();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all.at(0).orphaned, clock_.wall());
  EXPECT_EQ(all.at(1).orphaned, std::nullopt);
  // He is back.
  SkillStorage again = open(owner_with_key(1));
  EXPECT_EQ(text_of(again, "a"), "first");
  must_put(again, {.key = "b", .value = ""});
  EXPECT_EQ(list_stored_skills(root()).value().at(0).orphaned, std::nullopt);
  EXPECT_EQ(list_stored_skills(root()).value().at(1).orphaned, clock_.wall());
}

// F10
TEST_F(SkillStorageTest, AnotherPublisherWithTheSkillIdSeesNothing) {
  SkillStorage first = open(owner_with_key(1, "demo", "acme"));
  must_put(first, {.key = "a", .value = "first"});
  SkillStorage second = open(owner_with_key(1, "demo", "other"));
  EXPECT_EQ(text_of(second, "a"), std::nullopt);
}

TEST_F(SkillStorageTest, ARotationOfKeysKeepsEverything) {
  SkillStorage before = open(owner_with_key(1));
  must_put(before, {.key = "a", .value = "kept"});
  StorageOwner rotated = owner_with_key(2);
  rotated.retired = {key_number(1).public_key()};
  SkillStorage after = open(rotated);
  EXPECT_EQ(text_of(after, "a"), "kept");
  must_put(after, {.key = "b", .value = "new"});
  // Known by the key of today from now on.
  SkillStorage later = open(owner_with_key(2));
  EXPECT_EQ(text_of(later, "a"), "kept");
}

// F10: a retired key is no claim of somebody who came to the name later.
TEST_F(SkillStorageTest, AnotherPublisherDoesNotInheritRetiredKeys) {
  SkillStorage before = open(owner_with_key(1));
  must_put(before, {.key = "a", .value = "kept"});
  StorageOwner stranger = owner_with_key(3);
  stranger.retired = {key_number(1).public_key()};
  stranger.publisher_since = {9'000};
  SkillStorage after = open(stranger);
  EXPECT_EQ(text_of(after, "a"), std::nullopt);
}

TEST_F(SkillStorageTest, AnOwnerIsThePublisherAsTrustHasHim) {
  skills::SkillTrustStore trust;
  ASSERT_THAT(trust.add_publisher("acme", publisher_with_key(1)), IsOk());
  const StorageOwner owner = storage_owner(trust, "acme", "acme.demo");
  EXPECT_EQ(owner.keys, std::vector{key_number(1).public_key()});
  EXPECT_EQ(owner.skill_id, "acme.demo");
  EXPECT_TRUE(storage_owner(trust, "other", "acme.demo").keys.empty());
}

// Of a skill that is not installed nobody knows whose it is.
TEST_F(SkillStorageTest, InMemoryItEndsWithTheObject) {
  const SkillStorageOptions options{.root = "",
                                    .owner = {},
                                    .max_bytes = kMiB,
                                    .clock = &clock_,
                                    .deadline = Deadline::after(clock_, std::chrono::minutes(1))};
  SkillStorage storage(options);
  EXPECT_EQ(text_of(storage, "a"), std::nullopt);
  must_put(storage, {.key = "a", .value = "one"});
  EXPECT_EQ(text_of(storage, "a"), "one");
  EXPECT_EQ(must_put(storage, {.key = "a", .value = "two", .expected = 1}), 2);
  EXPECT_EQ(change_of(storage, {.key = "b", .value = std::string(1'000, 'x'), .max_bytes = 900}),
            StorageChange::kOverQuota);
  SkillStorage another(options);
  EXPECT_EQ(text_of(another, "a"), std::nullopt);
  EXPECT_FALSE(fs::exists(file()));
}

TEST_F(SkillStorageTest, WithoutATrustedPublisherNothingIsPut) {
  StorageOwner owner = owner_with_key(1);
  owner.keys.clear();
  SkillStorage storage = open(owner);
  EXPECT_THAT(put(storage, {.key = "a", .value = "one"}), FailsWith(kStateUnavailable));
}

TEST_F(SkillStorageTest, NobodyWaitsForALockBeyondTheDeadline) {
  SkillStorage storage = open();
  must_put(storage, {.key = "a", .value = "one"});
  const Database other = Database::open(file()).value();
  const Transaction writing = Transaction::begin(other, TransactionKind::kWrite).value();
  ASSERT_THAT(other.script("UPDATE space SET used_bytes = used_bytes; PRAGMA locking_mode = EXCLUSIVE"), IsOk());
  SkillStorage late({.root = root(),
                     .owner = owner_with_key(1),
                     .max_bytes = kMiB,
                     .clock = &clock_,
                     .deadline = Deadline::after(clock_, std::chrono::milliseconds(0))});
  const auto before = std::chrono::steady_clock::now();
  EXPECT_THAT(put(late, {.key = "a", .value = "two"}), FailsWith(kStateBusy));
  EXPECT_LT(std::chrono::steady_clock::now() - before, kBusyTimeout);
}

TEST_F(SkillStorageTest, NobodyWaitsForTheMakerOfTheFileBeyondTheDeadline) {
  const auto maker = DirectoryLock::take(Directory::open(root()).value(), LockKind::kExclusive);
  ASSERT_THAT(maker, IsOk());
  SkillStorage late({.root = root(),
                     .owner = owner_with_key(1),
                     .max_bytes = kMiB,
                     .clock = &clock_,
                     .deadline = Deadline::after(clock_, std::chrono::milliseconds(0))});
  const auto before = std::chrono::steady_clock::now();
  EXPECT_THAT(put(late, {.key = "a", .value = "two"}), FailsWith(kStateBusy));
  EXPECT_LT(std::chrono::steady_clock::now() - before, kBusyTimeout);
}

// A person who moves it away gives it such a name.
TEST_F(SkillStorageTest, WhatWasMovedAwayIsNobodysToDelete) {
  SkillStorage storage = open();
  must_put(storage, {.key = "a", .value = "one"});
  for (const char* name : {"storage.db-old", "storage.db.damaged", "storage.db.init-of-mine"}) {
    fs::copy(file(), root() + "/" + name);
  }
  ASSERT_TRUE(fs::remove(file()));
  SkillStorage again = open();
  must_put(again, {.key = "b", .value = "two"});
  for (const char* name : {"storage.db-old", "storage.db.damaged", "storage.db.init-of-mine"}) {
    EXPECT_TRUE(fs::exists(root() + "/" + name)) << name;
  }
}

TEST_F(SkillStorageTest, OfTwoRowsOfAnOwnerTheCurrentOneIsHis) {
  SkillStorage first = open();
  must_put(first, {.key = "a", .value = "of the first"});
  StorageOwner stranger = owner_with_key(2);
  stranger.publisher_since = {2'000};
  SkillStorage second = open(stranger);
  must_put(second, {.key = "a", .value = "of the second"});
  stranger.keys.push_back(key_number(1).public_key());  // added again, with both keys
  SkillStorage both = open(stranger);
  EXPECT_EQ(text_of(both, "a"), "of the second");
}

// ---- The operator's look

TEST_F(SkillStorageTest, TheOperatorListsReadsAndClears) {
  EXPECT_THAT(list_stored_skills(root()).value(), ::testing::IsEmpty());
  EXPECT_THAT(find_stored_skill(root(), "acme.demo"), FailsWith(kStorageNotFound));
  EXPECT_THAT(read_stored(root(), 1, {.prefix = kNotes, .key = "a"}), FailsWith(kStorageNotFound));
  EXPECT_EQ(clear_stored(root(), 1).value(), 0);
  SkillStorage storage = open();
  must_put(storage, {.key = "a", .value = "one"});
  must_put(storage, {.key = "b", .value = "three", .prefix = "other/"});
  StorageOwner stranger = owner_with_key(2);
  stranger.publisher_since = {2'000};
  SkillStorage second = open(stranger);
  must_put(second, {.key = "c", .value = ""});

  const StoredSkill current = find_stored_skill(root(), "acme.demo").value();
  const StoredSkill orphan = find_stored_skill(root(), "acme.demo#1").value();
  EXPECT_THAT(find_stored_skill(root(), "acme.demo#2"), FailsWith(kStorageNotFound));
  EXPECT_EQ(current.owner, 2);
  const auto keys = list_stored_keys(root(), orphan.owner).value();
  ASSERT_EQ(keys.size(), 2U);
  EXPECT_EQ(keys.at(1).key, "b");
  EXPECT_EQ(keys.at(1).size_bytes, 5);
  EXPECT_EQ(as_text(read_stored(root(), orphan.owner, {.prefix = "other/", .key = "b"}).value().value), "three");
  EXPECT_THAT(read_stored(root(), current.owner, {.prefix = "other/", .key = "b"}), FailsWith(kStorageNotFound));

  EXPECT_EQ(clear_stored(root(), orphan.owner, "other/").value(), cost(1 + 5));
  EXPECT_EQ(list_stored_keys(root(), orphan.owner).value().size(), 1U);
  EXPECT_EQ(clear_stored(root(), orphan.owner).value(), cost(1 + 3));
  EXPECT_EQ(list_stored_skills(root()).value().size(), 1U);
  EXPECT_EQ(text_of(second, "c"), "");
  // What was cleared and put again is another value.
  EXPECT_EQ(must_put(storage, {.key = "a", .value = "one"}), 2);
}

TEST_F(SkillStorageTest, PurgingDeletesNoNamesakesValues) {
  SkillStorage first = open();
  must_put(first, {.key = "a", .value = "one"});
  StorageOwner stranger = owner_with_key(2);
  stranger.publisher_since = {2'000};
  EXPECT_EQ(purge_stored(root(), stranger).value(), 0);
  EXPECT_EQ(text_of(first, "a"), "one");
  EXPECT_EQ(purge_stored(root(), owner_with_key(1)).value(), cost(1 + 3));
  EXPECT_EQ(text_of(first, "a"), std::nullopt);
}

TEST_F(SkillStorageTest, AnExportHasEverythingAndSaysWhatIsDamaged) {
  SkillStorage storage = open();
  must_put(storage, {.key = "a", .value = "one"});
  must_put(storage, {.key = "b", .value = "two", .prefix = "other/"});
  ASSERT_THAT(Database::open(file()).value().script("UPDATE entry SET value = x'00' WHERE key = 'a'"), IsOk());
  const std::int64_t owner = find_stored_skill(root(), "acme.demo").value().owner;
  const std::vector<ExportedValue> values = export_stored(root(), owner).value();
  ASSERT_EQ(values.size(), 2U);
  EXPECT_FALSE(values.at(0).value.has_value());
  EXPECT_EQ(values.at(1).prefix, "other/");
  EXPECT_EQ(as_text(values.at(1).value.value().value), "two");
}

TEST_F(SkillStorageTest, TheOperatorsListFindsDamageAnywhere) {
  {
    SkillStorage storage = open();
    for (int i = 0; i < 300; ++i) must_put(storage, {.key = fmt::format("key {}", i), .value = std::string(100, 'x')});
  }
  const Bytes good = testing::must_read(file());
  // A page of values, wherever it is.
  Bytes damaged = good;
  const std::string wanted = "key 7";
  const auto at = std::search(damaged.begin(), damaged.end(), wanted.begin(), wanted.end());
  ASSERT_NE(at, damaged.end());
  *at ^= 0x20U;
  scribble(file(), damaged);
  EXPECT_THAT(list_stored_skills(root()), FailsWith(kStorageDamaged));
}

}  // namespace
}  // namespace palyra::state
