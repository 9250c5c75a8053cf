// SPDX-License-Identifier: Apache-2.0
// How much stays in quarantine, and what is cleared away.
#include "state_fixture.h"

namespace palyra::state {
namespace {

namespace fs = std::filesystem;
using testing::FailsWith;
using testing::IsOk;

class GarbageTest : public StateTest {
 protected:
  [[nodiscard]] bool has_object(const crypto::Sha256Digest& digest) const {
    const std::string hex = crypto::to_hex(digest);
    return fs::exists(root() + "/objects/sha256/" + hex.substr(0, 2) + "/" + hex);
  }
  [[nodiscard]] std::size_t objects() const {
    std::size_t count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(root() + "/objects")) count += entry.is_regular_file();
    return count;
  }
  // A file that no promotion can accept, a minute younger than the one before.
  InstalledVersion keep_bad(std::string_view version) {
    clock_.advance(std::chrono::minutes(1));
    return keep(store_, with_bad_signature(make_artifact({.version = std::string(version)}))).value();
  }
  Result<InstalledVersion> keep_within(BytesView file, std::uint64_t max_bytes) {
    const std::uint64_t generation = store_.trust().value().generation();
    const skills::Verification verification = verify(store_, file);
    return store_.keep_in_quarantine(
        {.verification = &verification, .trust_generation = generation, .max_quarantine_bytes = max_bytes});
  }
  [[nodiscard]] VersionStatus status_of(const InstalledVersion& version) const {
    return store_.version(version.content_root()).value().status;
  }

  StateStore store_ = must_init();
};

TEST_F(GarbageTest, AFullQuarantineForgetsTheOldestThatCannotBePromoted) {
  ASSERT_THAT(store_.add_publisher("acme", publisher_with_key(1)), IsOk());
  const InstalledVersion promotable = keep(store_, make_artifact()).value();
  const InstalledVersion oldest = keep_bad("1.0.1");
  const InstalledVersion older = keep_bad("1.0.2");
  clock_.advance(std::chrono::minutes(1));
  const Bytes file = make_artifact({.version = "1.0.3"});
  const std::uint64_t room = promotable.artifact.size_bytes + older.artifact.size_bytes + file.size();
  const InstalledVersion kept = keep_within(file, room).value();

  EXPECT_EQ(status_of(oldest), VersionStatus::kRemoved);
  EXPECT_FALSE(has_object(oldest.artifact.sha256)) << "its bytes go with it";
  for (const InstalledVersion& stays : {promotable, older, kept}) {
    EXPECT_EQ(status_of(stays), VersionStatus::kQuarantined);
    EXPECT_THAT(store_.load_object(stays.artifact.sha256), IsOk());
  }
  const AuditRow last = store_.audit_rows().value().back();
  EXPECT_EQ(last.event, "skills.kept");
  EXPECT_NE(last.details.find(crypto::to_hex(oldest.content_root())), std::string::npos) << last.details;
}

TEST_F(GarbageTest, AQuarantineFullOfWhatCanBePromotedTakesNoMore) {
  ASSERT_THAT(store_.add_publisher("acme", publisher_with_key(1)), IsOk());
  const InstalledVersion promotable = keep(store_, make_artifact()).value();
  const std::uint64_t before = store_.generation().value();
  const Bytes file = make_artifact({.version = "1.0.1"});
  const std::uint64_t limit = promotable.artifact.size_bytes + file.size() - 1;
  const auto refused = keep_within(file, limit);
  ASSERT_THAT(refused, FailsWith(kQuarantineFull));
  EXPECT_NE(refused.error().message().find(fmt::format("{}", limit)), std::string::npos);
  EXPECT_THAT(refused.error().next(), ::testing::ElementsAre("palyra skills gc"));
  EXPECT_EQ(store_.generation().value(), before);
  EXPECT_FALSE(has_object(crypto::sha256(file))) << "what is refused takes no room";
  EXPECT_THAT(keep_within(file, limit + 1), IsOk());
}

TEST_F(GarbageTest, AFileThatIsThereAlreadyNeedsNoRoom) {
  ASSERT_THAT(store_.add_publisher("acme", publisher_with_key(1)), IsOk());
  const Bytes file = make_artifact();
  ASSERT_THAT(keep(store_, file), IsOk());
  EXPECT_THAT(keep_within(file, 1), IsOk());
}

TEST_F(GarbageTest, WhatIsActiveTakesNoRoomInQuarantine) {
  must_install(store_, make_artifact());
  const Bytes file = make_artifact({.version = "1.1.0"});
  EXPECT_THAT(keep_within(file, file.size()), IsOk());
}

TEST_F(GarbageTest, FilesThatStandBesideABetterOneGoFirst) {
  const Bytes good = make_artifact();
  const InstalledVersion active = must_install(store_, good);
  const Bytes bad = with_bad_signature(good);
  ASSERT_THAT(keep(store_, bad), IsOk());
  const Bytes next = with_bad_signature(make_artifact({.version = "1.1.0"}));
  ASSERT_THAT(keep_within(next, next.size()), IsOk());
  EXPECT_FALSE(has_object(crypto::sha256(bad)));
  EXPECT_EQ(store_.find_active("acme.demo.run").value().artifact, active.artifact);
  EXPECT_THAT(store_.load_object(active.artifact.sha256), IsOk());
}

TEST_F(GarbageTest, AForgottenVersionMayComeAgain) {
  const InstalledVersion first = keep_bad("1.0.1");
  const Bytes file = with_bad_signature(make_artifact({.version = "1.0.2"}));
  ASSERT_THAT(keep_within(file, file.size()), IsOk());
  ASSERT_EQ(status_of(first), VersionStatus::kRemoved);
  const InstalledVersion again = keep_bad("1.0.1");
  EXPECT_EQ(again.status, VersionStatus::kQuarantined);
  EXPECT_EQ(again.first_seen, first.first_seen);
  EXPECT_THAT(store_.load_object(again.artifact.sha256), IsOk());
}

TEST_F(GarbageTest, IsWhatRemovedVersionsAndUnfinishedChangesLeft) {
  const InstalledVersion active = must_install(store_, make_artifact());
  const InstalledVersion removed = must_install(store_, make_artifact({.version = "1.1.0", .asset = "much more text"}));
  ASSERT_THAT(promote(store_, make_artifact({.version = "1.1.0", .asset = "much more text"})), IsOk());
  ASSERT_THAT(store_.remove(removed.content_root()), IsOk());
  const std::string stray = crypto::to_hex(crypto::sha256(as_bytes("stray")));
  fs::create_directories(root() + "/objects/sha256/" + stray.substr(0, 2));
  scribble(root() + "/objects/sha256/" + stray.substr(0, 2) + "/" + stray, as_bytes("stray"));

  const std::uint64_t before = store_.generation().value();
  const std::size_t all = objects();
  const GarbageReport planned = store_.collect_garbage(kMaxQuarantineBytes, GarbageMode::kDryRun).value();
  // The file, its manifest and its asset; the module is also of the other version.
  EXPECT_EQ(planned.objects, 4U);
  EXPECT_GT(planned.bytes, removed.artifact.size_bytes);
  EXPECT_EQ(objects(), all);
  const GarbageReport collected = store_.collect_garbage(kMaxQuarantineBytes, GarbageMode::kCollect).value();
  EXPECT_EQ(collected.objects, planned.objects);
  EXPECT_EQ(collected.bytes, planned.bytes);
  EXPECT_EQ(objects(), all - 4);
  EXPECT_EQ(store_.generation().value(), before) << "no row has changed";
  EXPECT_THAT(store_.load_object(active.artifact.sha256), IsOk());
  for (const StoredEntry& entry : active.entries) EXPECT_THAT(store_.load_object(entry.sha256), IsOk());
  EXPECT_EQ(store_.collect_garbage(kMaxQuarantineBytes, GarbageMode::kCollect).value().objects, 0U);
}

TEST_F(GarbageTest, OfAFullQuarantineIsWhatCannotBePromoted) {
  ASSERT_THAT(store_.add_publisher("acme", publisher_with_key(1)), IsOk());
  const InstalledVersion promotable = keep(store_, make_artifact()).value();
  const InstalledVersion bad = keep_bad("1.0.1");
  const GarbageReport planned = store_.collect_garbage(1, GarbageMode::kDryRun).value();
  EXPECT_EQ(planned.forgotten, std::vector{crypto::to_hex(bad.content_root())});
  EXPECT_EQ(status_of(bad), VersionStatus::kQuarantined);
  EXPECT_TRUE(has_object(bad.artifact.sha256));
  EXPECT_EQ(store_.collect_garbage(1, GarbageMode::kCollect).value().forgotten, planned.forgotten);
  EXPECT_EQ(status_of(bad), VersionStatus::kRemoved);
  EXPECT_FALSE(has_object(bad.artifact.sha256));
  EXPECT_EQ(status_of(promotable), VersionStatus::kQuarantined);
  EXPECT_EQ(store_.audit_rows().value().back().event, "skills.forgotten");
}

TEST_F(GarbageTest, IsNeverWhatAnotherProcessKeepsAtThisMoment) {
  ASSERT_THAT(store_.add_publisher("acme", publisher_with_key(1)), IsOk());
  const Bytes file = make_artifact();
  const pid_t pid = ::fork();
  if (pid == 0) {
    StateStore mine = must_open();
    bool good = true;
    for (std::size_t round = 0; round < testing::scaled(10) && good; ++round) {
      const auto kept = keep(mine, file);
      good = kept.has_value() && promote(mine, file).has_value() && mine.remove(kept->content_root()).has_value();
    }
    ::_exit(good && keep(mine, file).has_value() ? 0 : 1);
  }
  int status = 0;
  while (::waitpid(pid, &status, WNOHANG) == 0) {
    EXPECT_THAT(store_.collect_garbage(kMaxQuarantineBytes, GarbageMode::kCollect), IsOk());
  }
  EXPECT_EQ(status, 0);
  EXPECT_THAT(store_.load_object(crypto::sha256(file)), IsOk());
}

}  // namespace
}  // namespace palyra::state
