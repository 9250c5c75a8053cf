// SPDX-License-Identifier: Apache-2.0
// What find_active remembers: never longer than it is true.
#include "sqlite.h"
#include "state_fixture.h"

#include <fstream>

namespace palyra::state {
namespace {

using testing::FailsWith;
using testing::IsOk;

constexpr const char* kTool = "acme.demo.run";

class ActiveToolsTest : public StateTest {
 protected:
  void SetUp() override {
    active_ = must_install(store_, make_artifact());
    ASSERT_THAT(store_.find_active(kTool), IsOk());
  }
  // As another `palyra` would.
  void in_another_process(const std::function<bool(StateStore&)>& change) const {
    ASSERT_EQ(in_child([&] {
                StateStore store = must_open();
                ::_exit(change(store) ? 0 : 1);
              }),
              0);
  }
  void overwrite(const std::string& name, BytesView bytes) const {
    std::ofstream(root() + name, std::ios::binary | std::ios::trunc) << as_text(bytes);
  }

  StateStore store_ = must_init();
  InstalledVersion active_;
};

TEST_F(ActiveToolsTest, AnotherProcesssChangeIsSeenByTheNextCall) {
  const Bytes file = make_artifact();
  for (std::size_t round = 0; round < testing::scaled(20); ++round) {
    in_another_process([&](StateStore& store) { return store.quarantine(active_.content_root(), "odd").has_value(); });
    EXPECT_THAT(store_.find_active(kTool), FailsWith(kToolNotFound));
    in_another_process([&](StateStore& store) { return promote(store, file).has_value(); });
    EXPECT_EQ(store_.find_active(kTool).value().generation, must_open().generation().value());
  }
  in_another_process([&](StateStore& store) { return store.remove(active_.content_root()).has_value(); });
  EXPECT_THAT(store_.find_active(kTool), FailsWith(kToolNotFound));
}

TEST_F(ActiveToolsTest, ACallWhileOthersWriteAnswersWithOneOfTheirStates) {
  const Bytes file = make_artifact();
  const pid_t pid = ::fork();
  if (pid == 0) {
    StateStore mine = must_open();
    bool good = true;
    for (std::size_t round = 0; round < testing::scaled(50); ++round) {
      good = good && mine.quarantine(active_.content_root(), "odd") && promote(mine, file);
    }
    ::_exit(good ? 0 : 1);
  }
  std::uint64_t seen = 0;
  int status = 0;
  while (::waitpid(pid, &status, WNOHANG) == 0) {
    const auto found = store_.find_active(kTool);
    if (!found) {
      ASSERT_THAT(found, FailsWith(kToolNotFound));
      continue;
    }
    ASSERT_GE(found->generation, seen);
    seen = found->generation;
  }
  EXPECT_EQ(status, 0);
  EXPECT_EQ(store_.find_active(kTool).value().generation, must_open().generation().value());
}

TEST_F(ActiveToolsTest, OwnChangesAreSeenAtOnceEvenWhenTheGenerationCannotBeRaised) {
  const Bytes before = testing::must_read(root() + "/generation");
  ASSERT_THAT(store_.quarantine(active_.content_root(), "odd"), IsOk());
  overwrite("/generation", before);
  EXPECT_THAT(store_.find_active(kTool), FailsWith(kToolNotFound));
}

TEST_F(ActiveToolsTest, AWriterThatDiesBetweenCommitAndGenerationIsNoticedWithinASecond) {
  const Bytes before = testing::must_read(root() + "/generation");
  in_another_process([&](StateStore& store) { return store.quarantine(active_.content_root(), "odd").has_value(); });
  const Bytes after = testing::must_read(root() + "/generation");
  overwrite("/generation", before);  // as if it had died before it could raise it
  EXPECT_THAT(store_.find_active(kTool), IsOk()) << "shows that nothing told us";
  clock_.advance(std::chrono::milliseconds(999));
  EXPECT_THAT(store_.find_active(kTool), IsOk());
  clock_.advance(std::chrono::milliseconds(1));
  EXPECT_THAT(store_.find_active(kTool), FailsWith(kToolNotFound));
  EXPECT_EQ(testing::must_read(root() + "/generation"), after) << "it is raised by whoever notices";
}

TEST_F(ActiveToolsTest, WhatIsRememberedIsAnsweredWhileTheDatabaseIsLocked) {
  const Database database = Database::open(root() + "/trust.db").value();
  ASSERT_THAT(database.script("BEGIN EXCLUSIVE"), IsOk());
  EXPECT_EQ(store_.find_active(kTool).value(), active_);
  ASSERT_THAT(database.script("ROLLBACK"), IsOk());
}

TEST_F(ActiveToolsTest, ASecondWithoutChangesForgetsNothing) {
  clock_.advance(std::chrono::seconds(5));
  EXPECT_THAT(store_.find_active(kTool), IsOk());
  const Database database = Database::open(root() + "/trust.db").value();
  ASSERT_THAT(database.script("BEGIN EXCLUSIVE"), IsOk());
  EXPECT_EQ(store_.find_active(kTool).value(), active_);
  ASSERT_THAT(database.script("ROLLBACK"), IsOk());
}

TEST_F(ActiveToolsTest, AnOlderCopyPutUnderARunningProcessIsRefused) {
  const Bytes older = testing::must_read(root() + "/trust.db");
  in_another_process([&](StateStore& store) { return store.quarantine(active_.content_root(), "odd").has_value(); });
  EXPECT_THAT(store_.find_active(kTool), FailsWith(kToolNotFound));
  overwrite("/trust.db", older);
  clock_.advance(std::chrono::seconds(1));
  EXPECT_THAT(store_.find_active(kTool), FailsWith(kStoreDamaged));
}

TEST_F(ActiveToolsTest, ACutGenerationFileIsDamageAtTheNextChange) {
  overwrite("/generation", Bytes(7));
  EXPECT_THAT(store_.add_publisher("bob", publisher_with_key(2)), FailsWith(kStoreDamaged));
  overwrite("/generation", Bytes(9));
  EXPECT_THAT(store_.add_publisher("bob", publisher_with_key(2)), FailsWith(kStoreDamaged));
  EXPECT_THAT(StateStore::open(options()), FailsWith(kStoreDamaged));
}

TEST_F(ActiveToolsTest, ARevocationByAnotherProcessIsSeenByTheNextCall) {
  in_another_process([&](StateStore& store) {
    const std::vector<skills::RevocationEntry> entries = {skills::RevokedContent{active_.content_root()}};
    return store.revoke(entries).has_value();
  });
  EXPECT_THAT(store_.find_active(kTool), FailsWith(kToolNotFound));
}

TEST_F(ActiveToolsTest, ACallThatHasBegunEndsWithItsVersionsApprovalOnly) {
  const crypto::Sha256Digest content_root = active_.content_root();
  EXPECT_TRUE(store_.is_runnable(content_root).value());
  in_another_process([&](StateStore& store) { return store.disable(content_root).has_value(); });
  EXPECT_TRUE(store_.is_runnable(content_root).value()) << "disabled: what runs may finish";
  in_another_process([&](StateStore& store) { return store.quarantine(content_root, "odd").has_value(); });
  EXPECT_FALSE(store_.is_runnable(content_root).value());
  in_another_process([&](StateStore& store) { return promote(store, make_artifact()).has_value(); });
  EXPECT_TRUE(store_.is_runnable(content_root).value());
  in_another_process(
      [&](StateStore& store) { return must_install(store, make_artifact({.version = "2.0.0"})).generation > 0; });
  EXPECT_TRUE(store_.is_runnable(content_root).value()) << "superseded";
  in_another_process([&](StateStore& store) {
    const std::vector<skills::RevocationEntry> entries = {skills::RevokedContent{content_root}};
    return store.revoke(entries).has_value();
  });
  EXPECT_FALSE(store_.is_runnable(content_root).value());
  in_another_process([&](StateStore& store) { return store.remove(content_root).has_value(); });
  EXPECT_FALSE(store_.is_runnable(content_root).value());
  EXPECT_FALSE(store_.is_runnable({}).value()) << "never kept";
}

TEST_F(ActiveToolsTest, WhetherACallMayGoOnIsAnsweredWhileTheDatabaseIsLocked) {
  EXPECT_TRUE(store_.is_runnable(active_.content_root()).value());
  const Database database = Database::open(root() + "/trust.db").value();
  ASSERT_THAT(database.script("BEGIN EXCLUSIVE"), IsOk());
  EXPECT_TRUE(store_.is_runnable(active_.content_root()).value());
  ASSERT_THAT(database.script("ROLLBACK"), IsOk());
}

}  // namespace
}  // namespace palyra::state
