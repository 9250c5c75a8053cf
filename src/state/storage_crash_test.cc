// SPDX-License-Identifier: Apache-2.0
// A process that is killed at any system call leaves what was kept and sent as it was, or as it was to be.
#include "killed_child.h"
#include "storage_fixture.h"

#include <palyra/state/channels.h>
#include <palyra/state/stored_values.h>

#include <csignal>
#include <sys/resource.h>

namespace palyra::state {
namespace {

namespace fs = std::filesystem;
using testing::IsOk;

class StorageCrash : public StorageTest {
 protected:
  void SetUp() override {
    SkillStorage storage = open();
    must_put(storage, {.key = "kept", .value = std::string(3'000, 'k')});
    must_put(storage, {.key = "changed", .value = "old"});
    ASSERT_THAT(send_as_operator(state(), "jobs", as_bytes("first")), IsOk());
    ASSERT_THAT(send_as_operator(state(), "jobs", as_bytes("second")), IsOk());
  }

  [[nodiscard]] StateOptions state() const { return {.root = root(), .actor = "uid 1000 (ann)", .clock = &clock_}; }
  const StateOptions state_ = state();
  [[nodiscard]] SkillChannels channels() const {
    return SkillChannels({.state = &state_,
                          .run_id = "run-1",
                          .skill_id = "acme.demo",
                          .content_root = {},
                          .deadline = Deadline::after(clock_, std::chrono::seconds(30))});
  }

  // Everything that is kept and waits, held or not.
  [[nodiscard]] std::string observe() const {
    std::string seen;
    const auto skills = list_stored_skills(root()).value();
    for (const StoredSkill& skill : skills) {
      seen += skill.skill_id;
      for (const StoredPrefix& prefix : skill.prefixes) {
        seen += fmt::format(" {} {} {}", prefix.prefix, prefix.entries, prefix.used_bytes);
      }
      const auto keys = list_stored_keys(root(), skill.owner).value();
      for (const StoredKey& key : keys) {
        const auto value = read_stored(root(), skill.owner, {.prefix = key.prefix, .key = key.key}).value();
        seen += fmt::format(" [{} {} {}]", key.key, key.version, as_text(value.value));
      }
    }
    const auto channels = list_channels(state()).value();
    for (const ChannelSummary& channel : channels) {
      seen += fmt::format(" {}:{}", channel.channel, channel.held);
      const auto messages = list_messages(state(), channel.channel).value();
      for (const auto& message : messages) seen += envelope(message);
    }
    return seen;
  }

  void put_back() const {
    fs::remove_all(root());
    fs::copy(directory_.file("kept"), root(), fs::copy_options::recursive);
  }
  // What is there after it, which must succeed.
  [[nodiscard]] std::string after(const std::function<bool()>& act) const {
    EXPECT_EQ(in_child([&] { ::_exit(act() ? 0 : 1); }), 0);
    return observe();
  }

  // Kills `act` before each of its system calls in turn. What it is then is what was there before, after, or after the
  // first of its two transactions, which is `half`.
  void kill_everywhere(const std::function<bool()>& act, const std::function<bool()>& half = nullptr) {
    fs::copy(root(), directory_.file("kept"), fs::copy_options::recursive);
    const std::string before = observe();
    const std::string done = after(act);
    ASSERT_NE(before, done);
    put_back();
    const std::string between = half ? after(half) : before;
    const int stride = static_cast<int>(10 / testing::scaled(10));
    int killed = 0;
    int old_state = 0;
    for (int fatal = 1;; fatal += stride) {
      put_back();
      const Fate fate = killed_at(fatal, act);
      ASSERT_NE(fate, Fate::kFailed) << fatal;
      const std::string seen = observe();
      ASSERT_TRUE(seen == before || seen == between || seen == done) << fatal << "\n" << seen;
      if (fate == Fate::kSucceeded) {
        EXPECT_EQ(seen, done);
        break;
      }
      ++killed;
      if (seen == before) ++old_state;
    }
    EXPECT_GT(killed, 0);
    EXPECT_GT(old_state, 0);
    RecordProperty("points", killed);
  }
};

// F13
TEST_F(StorageCrash, OfAPutAtAnySystemCall) {
  kill_everywhere([this] {
    SkillStorage storage = open();
    return put(storage, {.key = "changed", .value = std::string(2'000, 'n'), .expected = 2}).has_value();
  });
}

// F13
TEST_F(StorageCrash, OfADeletionAtAnySystemCall) {
  kill_everywhere([this] {
    SkillStorage storage = open();
    return storage.remove({.prefix = kNotes, .key = "kept"}, capability::kAnyVersion).has_value();
  });
}

TEST_F(StorageCrash, OfASendAtAnySystemCall) {
  kill_everywhere([this] { return channels().send({.channel = "results", .body = as_bytes("done")}).has_value(); });
}

TEST_F(StorageCrash, OfAReceiveAtAnySystemCall) {
  kill_everywhere([this] {
    const auto message = channels().receive("jobs");
    return message && *message;
  });
  // Whoever held it is dead, and it comes again.
  clock_.advance(std::chrono::minutes(1));
  EXPECT_EQ(as_text(channels().receive("jobs").value().value().body), "first");
}

TEST_F(StorageCrash, OfTheEndOfACallAtAnySystemCall) {
  kill_everywhere(
      [this] {
        SkillChannels end = channels();
        const auto message = end.receive("jobs");
        return message && *message && end.settle({&(*message)->id, 1});
      },
      [this] {
        const auto message = channels().receive("jobs");
        return message && *message;
      });
}

// F13: the file itself is made as a whole.
TEST_F(StorageCrash, OfTheFirstPutAtAnySystemCall) {
  const int stride = static_cast<int>(10 / testing::scaled(10));
  int killed = 0;
  for (int fatal = 1;; fatal += stride) {
    fs::remove_all(root());
    fs::create_directory(root());
    const Fate fate = killed_at(fatal, [this] {
      SkillStorage storage = open();
      return put(storage, {.key = "a", .value = "one"}).has_value();
    });
    ASSERT_NE(fate, Fate::kFailed) << fatal;
    SkillStorage storage = open();
    const auto found = text_of(storage, "a");
    ASSERT_TRUE(!found || *found == "one") << fatal;
    must_put(storage, {.key = "a", .value = "two"});
    EXPECT_FALSE(fs::exists(root() + "/storage.db.init"));
    if (fate == Fate::kSucceeded) break;
    ++killed;
  }
  EXPECT_GT(killed, 0);
}

TEST_F(StorageCrash, AFullDiskIsAnErrorAndChangesNothing) {
  const std::string before = observe();
  for (const rlim_t bytes : {rlim_t{1}, rlim_t{600}, rlim_t{5'000}}) {
    EXPECT_EQ(in_child([&] {
                SkillStorage storage = open();
                EXPECT_EQ(text_of(storage, "changed"), "old");
                SkillChannels end = channels();
                static_cast<void>(::signal(SIGXFSZ, SIG_IGN));
                const rlimit limit{.rlim_cur = bytes, .rlim_max = bytes};
                ::setrlimit(RLIMIT_FSIZE, &limit);
                const auto kept = put(storage, {.key = "changed", .value = std::string(100'000, 'n')});
                const auto sent = end.send({.channel = "jobs", .body = as_bytes(std::string(60'000, 'n'))});
                const bool refused =
                    !kept && kept.error().is(kStateUnavailable) && !sent && sent.error().is(kStateUnavailable);
                ::_exit(refused ? 0 : 1);
              }),
              0);
    EXPECT_EQ(observe(), before) << bytes;
  }
}

}  // namespace
}  // namespace palyra::state
