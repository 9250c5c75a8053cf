// SPDX-License-Identifier: Apache-2.0
// A trust.db is checked whole once, and again after anything touched it.
#include "sound_file.h"

#include "sqlite.h"
#include "state_fixture.h"

#include <palyra/base/directory.h>

#include <chrono>
#include <filesystem>

namespace palyra::state {
namespace {

namespace fs = std::filesystem;
using testing::FailsWith;
using testing::IsOk;
using testing::must_read;

// Long after whatever the tests write.
constexpr WallTime kLater{.seconds = 4'000'000'000};

class SoundFileTest : public StateTest {
 protected:
  [[nodiscard]] std::string database() const { return root() + "/trust.db"; }
  [[nodiscard]] Directory directory() const { return Directory::open(root()).value(); }
  [[nodiscard]] bool found_sound() const { return was_found_sound(directory(), identify(directory()).value()); }
  void claim_sound() const { remember_sound(directory(), identify(directory()).value(), kLater); }
  void must_fill() const {
    StateStore store = must_init();
    must_install(store, make_artifact());
  }
  // In the same file, of the same length.
  void damage() const {
    const Database opened = Database::open(database()).value();
    ASSERT_THAT(opened.script("UPDATE skill SET highest_version = '0.9.0'"), IsOk());
  }
};

TEST_F(SoundFileTest, IsRememberedOnceItHasSettled) {
  must_fill();
  must_open();
  EXPECT_FALSE(found_sound());
  const std::int64_t changed = identify(directory())->changed_seconds;
  clock_.advance(std::chrono::seconds(changed + kSettledSeconds - 1 - clock_.wall_seconds().seconds));
  must_open();
  EXPECT_FALSE(found_sound());
  clock_.advance(std::chrono::seconds(1));
  must_open();
  EXPECT_TRUE(found_sound());
}

TEST_F(SoundFileTest, IsNotCheckedAgain) {
  must_fill();
  damage();
  EXPECT_THAT(StateStore::open(options()), FailsWith(kStoreDamaged));
  claim_sound();  // which only this can show
  EXPECT_THAT(StateStore::open(options()), IsOk());
}

TEST_F(SoundFileTest, IsCheckedAgainAfterAnyChange) {
  must_fill();
  claim_sound();
  const FileIdentity before = identify(directory()).value();
  const auto written = fs::last_write_time(database());
  damage();
  fs::last_write_time(database(), written);
  EXPECT_EQ(identify(directory())->size_bytes, before.size_bytes);
  EXPECT_FALSE(found_sound());
  EXPECT_THAT(StateStore::open(options()), FailsWith(kStoreDamaged));
}

TEST_F(SoundFileTest, IsCheckedAgainWhenAnotherFileTookItsPlace) {
  must_fill();
  claim_sound();
  damage();
  const Bytes damaged = must_read(database());
  scribble(database(), damaged);
  EXPECT_THAT(StateStore::open(options()), FailsWith(kStoreDamaged));
}

TEST_F(SoundFileTest, MayStillBeAnOlderCopy) {
  Bytes old;
  {
    StateStore store = must_init();
    old = must_read(database());
    ASSERT_THAT(store.add_publisher("acme", publisher_with_key(1)), IsOk());
  }
  scribble(database(), old);
  claim_sound();
  EXPECT_THAT(StateStore::open(options()), FailsWith(kStoreDamaged));
}

TEST_F(SoundFileTest, MayStillBeOfANewerSchema) {
  must_fill();
  const Database opened = Database::open(database()).value();
  ASSERT_THAT(opened.script("PRAGMA user_version = 1000"), IsOk());
  claim_sound();
  EXPECT_THAT(StateStore::open(options()), FailsWith(kSchemaNewer));
}

TEST_F(SoundFileTest, IsWorthNothingWhenWhatIsRememberedIsNoFile) {
  must_fill();
  const std::string elsewhere = directory_.file("elsewhere");
  scribble(elsewhere, {});
  fs::create_symlink(elsewhere, root() + "/trust.db.sound");
  claim_sound();
  EXPECT_FALSE(found_sound());
  EXPECT_EQ(fs::file_size(elsewhere), 0U);
  fs::remove(root() + "/trust.db.sound");
  fs::create_directory(root() + "/trust.db.sound");
  claim_sound();
  EXPECT_FALSE(found_sound());
  EXPECT_THAT(StateStore::open(options()), IsOk());
}

TEST_F(SoundFileTest, IsWorthNothingWhenTextFollows) {
  must_fill();
  claim_sound();
  ASSERT_TRUE(found_sound());
  std::ofstream(root() + "/trust.db.sound", std::ios::app) << "x";
  EXPECT_FALSE(found_sound());
}

}  // namespace
}  // namespace palyra::state
