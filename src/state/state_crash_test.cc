// SPDX-License-Identifier: Apache-2.0
// A process that dies or runs out of disk in the middle of a change leaves the old state or the new one.
#include "state_fixture.h"

#include <csignal>
#include <sys/resource.h>

namespace palyra::state {
namespace {

using testing::IsOk;

constexpr int kDied = 77;

// Ends the process when it is asked for the time once too often; changes ask for it inside their transaction.
class DeadlyClock final : public Clock {
 public:
  explicit DeadlyClock(int questions) : left_(questions) {}
  [[nodiscard]] std::chrono::milliseconds wall() const override {
    if (left_-- == 0) ::_exit(kDied);
    return std::chrono::seconds(1'795'305'600);
  }
  [[nodiscard]] SteadyTime steady() const override { return {}; }

 private:
  mutable int left_;
};

struct Observed {
  std::uint64_t generation;
  skills::SkillTrustStore trust;
  std::vector<InstalledVersion> versions;
  friend bool operator==(const Observed&, const Observed&) = default;
};

class StateCrashTest : public StateTest {
 protected:
  using Operation = std::function<bool(StateStore&)>;  // whether it succeeded

  [[nodiscard]] Observed observe() const {
    const StateStore store = must_open();
    EXPECT_THAT(store.verify_audit_chain(), IsOk());
    Observed observed{
        .generation = store.generation().value(), .trust = store.trust().value(), .versions = store.versions().value()};
    for (const InstalledVersion& version : observed.versions) {
      EXPECT_THAT(store.load_object(version.artifact.sha256), IsOk());
      for (const StoredEntry& entry : version.entries) EXPECT_THAT(store.load_object(entry.sha256), IsOk());
    }
    return observed;
  }

  // The operations whose middle is looked at, in an order in which each can be done.
  [[nodiscard]] std::vector<Operation> operations() const {
    const crypto::Sha256Digest newer = skills::Artifact::read(newer_).value().content_root();
    return {[](StateStore& store) { return store.add_publisher("acme", publisher_with_key(1)).has_value(); },
            [this](StateStore& store) { return keep(store, file_).has_value(); },
            [this](StateStore& store) { return promote(store, file_).has_value(); },
            [this](StateStore& store) { return keep(store, newer_).has_value(); },
            [this](StateStore& store) { return promote(store, newer_).has_value(); },
            [newer](StateStore& store) { return store.disable(newer).has_value(); },
            [this](StateStore& store) { return activate(store, file_, Activation::kRollBack).has_value(); },
            [](StateStore& store) { return store.set_setting("acme.demo", "unit", "1").has_value(); },
            [newer](StateStore& store) {
              const std::vector<skills::RevocationEntry> entries = {skills::RevokedContent{newer}};
              return store.revoke(entries).has_value();
            },
            [](StateStore& store) {
              const std::array chain = {rotation_number(1, 1, 2)};
              return store.rotate_keys(chain).has_value();
            },
            [](StateStore& store) { return store.remove_publisher("acme").has_value(); },
            [newer](StateStore& store) { return store.remove(newer).has_value(); }};
  }

  Bytes file_ = make_artifact({.asset = std::string(100'000, 'a')});
  Bytes newer_ = make_artifact({.version = "2.0.0", .asset = std::string(50'000, 'b')});
};

TEST_F(StateCrashTest, DyingInsideATransactionLeavesTheOldState) {
  must_init();
  for (const Operation& operation : operations()) {
    const Observed before = observe();
    int died = 0;
    for (int questions = 0; questions < 10; ++questions) {
      const int ended = in_child([&] {
        const DeadlyClock clock(questions);
        StateStore store = StateStore::open({.root = root(), .actor = "uid 1000 (ann)", .clock = &clock}).value();
        operation(store);
      });
      if (ended != kDied) break;
      ++died;
      ASSERT_EQ(observe(), before);
    }
    EXPECT_GT(died, 0);
    EXPECT_EQ(observe().generation, before.generation + 1);
  }
}

enum class BeyondLimit : std::uint8_t { kKills, kFails };

// What a write beyond `bytes` into any file does from here on.
void limit_files(rlim_t bytes, BeyondLimit beyond) {
  static_cast<void>(::signal(SIGXFSZ, beyond == BeyondLimit::kKills ? SIG_DFL : SIG_IGN));
  const rlimit limit{.rlim_cur = bytes, .rlim_max = bytes};
  ::setrlimit(RLIMIT_FSIZE, &limit);
}

TEST_F(StateCrashTest, DyingInAnyWriteLeavesTheOldStateOrTheNew) {
  must_init();
  const std::size_t step = std::max<std::size_t>(512, 4'096 / testing::scaled(1));
  for (const Operation& operation : operations()) {
    const Observed before = observe();
    int died = 0;
    for (std::size_t bytes = 1; bytes < 200'000; bytes += bytes < 20'000 ? step : 16'384) {
      const int ended = in_child([&] {
        StateStore store = must_open();
        limit_files(bytes, BeyondLimit::kKills);
        operation(store);
      });
      if (ended == -SIGXFSZ) ++died;
      const Observed after = observe();
      if (after != before) {
        ASSERT_EQ(after.generation, before.generation + 1);
        break;
      }
    }
    EXPECT_GT(died, 0);
    if (observe() == before) {
      StateStore store = must_open();
      ASSERT_TRUE(operation(store));
    }
    EXPECT_EQ(observe().generation, before.generation + 1);
  }
}

TEST_F(StateCrashTest, AFullDiskIsAnErrorAndChangesNothing) {
  must_init();
  for (const Operation& operation : operations()) {
    const Observed before = observe();
    for (const rlim_t bytes : {1U, 600U, 5'000U}) {
      EXPECT_EQ(in_child([&] {
                  StateStore store = must_open();
                  limit_files(bytes, BeyondLimit::kFails);
                  ::_exit(operation(store) ? 1 : 0);
                }),
                0);
      ASSERT_EQ(observe(), before) << bytes;
    }
    StateStore store = must_open();
    ASSERT_TRUE(operation(store));
    ASSERT_EQ(observe().generation, before.generation + 1);
  }
}

TEST_F(StateCrashTest, DyingDuringInitLeavesNothingInTheWay) {
  EXPECT_EQ(in_child([&] {
              const DeadlyClock clock(0);
              EXPECT_FALSE(StateStore::init({.root = root(), .actor = "", .clock = &clock}).has_value());
            }),
            kDied);
  EXPECT_THAT(StateStore::open(options()), testing::FailsWith(kNotInitialised));
  EXPECT_THAT(StateStore::init(options()), IsOk());
}

}  // namespace
}  // namespace palyra::state
