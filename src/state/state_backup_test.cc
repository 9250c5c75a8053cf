// SPDX-License-Identifier: Apache-2.0
#include "sqlite.h"
#include "state_fixture.h"

#include <sys/stat.h>

namespace palyra::state {
namespace {

namespace fs = std::filesystem;
using testing::FailsWith;
using testing::IsOk;

class StateBackupTest : public StateTest {
 protected:
  [[nodiscard]] std::string copy() const { return directory_.file("copy.db"); }
  // What `sql` does, and no longer than that: a connection that stays would hold locks.
  void edit(const char* sql) const { EXPECT_THAT(Database::open(root() + "/trust.db").value().script(sql), IsOk()); }
};

TEST_F(StateBackupTest, InItsPlaceIsTheStateAgain) {
  StateStore store = must_init();
  const Bytes file = make_artifact();
  const InstalledVersion installed = must_install(store, file);
  const auto backup = store.backup(copy());
  ASSERT_THAT(backup, IsOk());
  EXPECT_EQ(backup->generation, store.generation().value());
  const Bytes bytes = testing::must_read(copy());
  EXPECT_EQ(backup->size_bytes, bytes.size());
  EXPECT_EQ(backup->sha256, crypto::sha256(bytes));

  scribble(root() + "/trust.db", bytes);
  const StateStore again = must_open();
  EXPECT_EQ(again.find_active("acme.demo.run").value(), installed);
  EXPECT_THAT(again.verify_audit_chain(), IsOk());
}

TEST_F(StateBackupTest, IsForItsOwnerAloneAndChangesNothing) {
  const StateStore store = must_init();
  const Bytes before = testing::must_read(root() + "/trust.db");
  ASSERT_THAT(store.backup(copy()), IsOk());
  struct stat status{};
  ASSERT_EQ(::stat(copy().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
  EXPECT_EQ(testing::must_read(root() + "/trust.db"), before);
  // No journal, no temporary file.
  EXPECT_EQ(std::distance(fs::directory_iterator(directory_.path()), fs::directory_iterator()), 2);
}

TEST_F(StateBackupTest, NeverOverwrites) {
  const StateStore store = must_init();
  scribble(copy(), as_bytes("mine"));
  EXPECT_THAT(store.backup(copy()), FailsWith(kFileExists));
  EXPECT_EQ(as_text(testing::must_read(copy())), "mine");
  EXPECT_THAT(store.backup(root() + "/trust.db"), FailsWith(kFileExists));
}

TEST_F(StateBackupTest, OfABrokenLogIsRefusedAndNotKept) {
  StateStore store = must_init();
  ASSERT_THAT(store.add_publisher("acme", publisher_with_key(1)), IsOk());
  edit("UPDATE audit SET actor = 'nobody' WHERE generation = 1");
  EXPECT_THAT(store.backup(copy()), FailsWith(kAuditBroken));
  EXPECT_FALSE(fs::exists(copy()));
}

TEST_F(StateBackupTest, OfEditedTrustIsRefusedAndNotKept) {
  StateStore store = must_init();
  ASSERT_THAT(store.add_publisher("acme", publisher_with_key(1)), IsOk());
  edit("UPDATE publisher SET pinned_by = 'evil'");
  EXPECT_THAT(store.backup(copy()), FailsWith(kStoreDamaged));
  EXPECT_FALSE(fs::exists(copy()));
}

TEST_F(StateBackupTest, OfTablesThatAreNotOursIsRefusedAndNotKept) {
  const StateStore store = must_init();
  edit("CREATE TABLE odd (x)");
  EXPECT_THAT(store.backup(copy()), FailsWith(kStoreDamaged));
  EXPECT_FALSE(fs::exists(copy()));
}

TEST_F(StateBackupTest, WhileOthersWriteIsOfOneMoment) {
  must_init();
  const pid_t writer = ::fork();
  if (writer == 0) {
    StateStore store = must_open();
    for (int i = 0; i < 40; ++i) {
      if (!store.add_publisher(fmt::format("acme{}", i), publisher_with_key(1))) ::_exit(1);
    }
    ::_exit(0);
  }
  const StateStore store = must_open();
  int status = -1;
  for (int i = 0; ::waitpid(writer, &status, WNOHANG) == 0; ++i) {
    EXPECT_THAT(store.backup(directory_.file(fmt::format("copy{}.db", i))), IsOk());
  }
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace palyra::state
