// SPDX-License-Identifier: Apache-2.0
// Many calls at once: one order for all of them, and no byte above a limit.
#include "storage_fixture.h"

#include <palyra/state/stored_values.h>

#include <atomic>
#include <barrier>
#include <map>
#include <random>
#include <set>
#include <thread>

namespace palyra::state {
namespace {

using capability::StorageChange;
using testing::IsOk;

constexpr std::int64_t kAny = capability::kAnyVersion;

// ---- What a call did and was answered, between two moments

enum class What : std::uint8_t { kGet, kPut, kRemove };

struct Done {
  What what = What::kGet;
  std::string value{};        // that was put, or got
  std::int64_t expected = 0;  // of a change
  StorageChange change = StorageChange::kDone;
  std::int64_t version = 0;  // made, or got; 0: nothing was there
  std::uint64_t began = 0;
  std::uint64_t ended = 0;
};

struct Register {
  std::string value{};
  std::int64_t version = 0;  // 0: nothing is there
  std::int64_t last = 0;     // the highest version so far
  friend auto operator<=>(const Register&, const Register&) = default;
};

bool is_as_expected(const Register& now, std::int64_t expected) { return expected == kAny || expected == now.version; }

// The register after it, or nothing: it cannot have been answered so.
std::optional<Register> apply(const Register& now, const Done& done) {
  if (done.what == What::kGet) {
    const bool same = done.version == now.version && done.value == now.value;
    return same ? std::optional(now) : std::nullopt;
  }
  if (!is_as_expected(now, done.expected)) {
    return done.change == StorageChange::kConflict ? std::optional(now) : std::nullopt;
  }
  if (done.what == What::kPut) {
    if (done.change != StorageChange::kDone || done.version <= now.last) return std::nullopt;
    return Register{.value = done.value, .version = done.version, .last = done.version};
  }
  const StorageChange right = now.version == 0 ? StorageChange::kNotFound : StorageChange::kDone;
  if (done.change != right) return std::nullopt;
  return Register{.value = "", .version = 0, .last = now.last};
}

// Whether the operations have an order that keeps to real time and gives these answers (Wing and Gong, with memory).
class Checker {
 public:
  explicit Checker(std::vector<Done> history) : history_(std::move(history)) {}
  bool is_linearizable() { return search({}, 0); }

 private:
  bool search(const Register& now, std::uint32_t taken) {
    if (taken == (std::uint32_t{1} << history_.size()) - 1) return true;
    if (!seen_.insert({taken, now}).second) return false;
    std::uint64_t first_end = UINT64_MAX;
    for (std::size_t i = 0; i < history_.size(); ++i) {
      if ((taken >> i & 1U) == 0) first_end = std::min(first_end, history_[i].ended);
    }
    for (std::size_t i = 0; i < history_.size(); ++i) {
      if ((taken >> i & 1U) != 0 || history_[i].began > first_end) continue;
      const auto next = apply(now, history_[i]);
      if (next && search(*next, taken | std::uint32_t{1} << i)) return true;
    }
    return false;
  }

  std::vector<Done> history_;
  std::set<std::pair<std::uint32_t, Register>> seen_;
};

TEST(LinearizabilityChecker, TellsPossibleHistoriesFromImpossibleOnes) {
  const Done put{.what = What::kPut, .value = "a", .expected = kAny, .version = 1, .began = 1, .ended = 2};
  const Done got{.what = What::kGet, .value = "a", .version = 1, .began = 3, .ended = 4};
  Done nothing{.what = What::kGet, .began = 3, .ended = 4};
  EXPECT_TRUE(Checker({put, got}).is_linearizable());
  EXPECT_TRUE(Checker({got, put}).is_linearizable());
  EXPECT_FALSE(Checker({put, nothing}).is_linearizable());  // lost
  nothing.began = 1;
  EXPECT_TRUE(Checker({put, nothing}).is_linearizable());  // at the same time
  EXPECT_FALSE(Checker({got}).is_linearizable());          // out of nowhere
  const Done second{.what = What::kPut, .value = "b", .expected = 0, .version = 2, .began = 1, .ended = 2};
  const Done also{.what = What::kPut, .value = "a", .expected = 0, .version = 1, .began = 1, .ended = 2};
  EXPECT_FALSE(Checker({also, second}).is_linearizable());  // both were the first
  const Done again{.what = What::kPut, .value = "b", .expected = 1, .version = 1, .began = 3, .ended = 4};
  EXPECT_FALSE(Checker({put, again}).is_linearizable());  // a version twice
}

// The kernel's memory as a disk, where there is one: what is shown is order, not durability.
class QuickDirectory {
 public:
  QuickDirectory() {
    std::string pattern = "/dev/shm/palyra-test-XXXXXX";
    const char* made = ::mkdtemp(pattern.data());
    path_ = made != nullptr ? pattern : fallback_.file("quick");
    std::filesystem::create_directories(path_);
  }
  QuickDirectory(const QuickDirectory&) = delete;
  QuickDirectory& operator=(const QuickDirectory&) = delete;
  ~QuickDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  testing::TempDir fallback_;
  std::string path_;
};

class StorageThreads : public ::testing::Test {
 protected:
  [[nodiscard]] SkillStorage open(std::int64_t max_bytes = 64 * kMiB) const {
    return SkillStorage({.root = directory_.path(),
                         .owner = owner_with_key(1),
                         .max_bytes = max_bytes,
                         .clock = &clock_,
                         .deadline = Deadline::after(clock_, std::chrono::minutes(10))});
  }
  QuickDirectory directory_;
  testing::FakeClock clock_;
};

// One thread's part in all histories.
class Player {
 public:
  Player(SkillStorage storage, std::atomic<std::uint64_t>& time, unsigned seed)
      : storage_(std::move(storage)), time_(time), random_(seed) {}

  // Unless the store was busy: then nothing has happened.
  std::optional<Done> act(const std::string& key) {
    Done done{.what = static_cast<What>(random_() % 3)};
    done.value = done.what == What::kPut ? fmt::format("{}", random_()) : "";
    // Mostly what this player saw last, so that others come in between.
    done.expected = random_() % 4 == 0 ? kAny : seen_;
    done.began = ++time_;
    const bool happened = call(done, {.prefix = kNotes, .key = key});
    done.ended = ++time_;
    if (!happened) return std::nullopt;
    if (done.what != What::kRemove && done.change == StorageChange::kDone) seen_ = done.version;
    return done;
  }
  void forget() { seen_ = 0; }

 private:
  bool call(Done& done, capability::StorageKey at) {
    if (done.what == What::kGet) {
      const auto got = storage_.get(at);
      if (got && *got) {
        done.value = as_text((*got)->value);
        done.version = (*got)->version;
      }
      return happened(got);
    }
    if (done.what == What::kRemove) {
      const auto removed = storage_.remove(at, done.expected);
      if (removed) done.change = *removed;
      return happened(removed);
    }
    const auto put =
        storage_.put({.at = at, .value = as_bytes(done.value), .expected = done.expected, .max_bytes = 64 * kMiB});
    if (put) {
      done.change = put->change;
      done.version = put->version;
    }
    return happened(put);
  }

  template <class T>
  static bool happened(const Result<T>& result) {
    if (result) return true;
    EXPECT_TRUE(result.error().is(kStateBusy)) << result.error().describe();
    return false;
  }

  SkillStorage storage_;
  std::atomic<std::uint64_t>& time_;
  std::mt19937 random_;
  std::int64_t seen_ = 0;
};

// F08
TEST_F(StorageThreads, EveryRandomHistoryIsLinearizable) {
  constexpr std::size_t kPlayers = 4;
  constexpr int kActs = 4;
  const std::size_t histories = testing::scaled(10'000);
  {
    SkillStorage storage = open();
    must_put(storage, {.key = "made", .value = ""});
  }
  std::atomic<std::uint64_t> time = 0;
  std::vector<std::vector<Done>> per_player(kPlayers);
  std::size_t conflicts = 0;
  std::size_t number = 0;
  const auto judge = [&]() noexcept {
    std::vector<Done> history;
    for (std::vector<Done>& each : per_player) {
      history.insert(history.end(), each.begin(), each.end());
      each.clear();
    }
    for (const Done& done : history) conflicts += done.change == StorageChange::kConflict ? 1 : 0;
    EXPECT_TRUE(Checker(history).is_linearizable()) << "history " << number;
    ++number;
  };
  std::barrier turn(kPlayers, judge);
  {
    std::vector<std::jthread> threads;
    threads.reserve(kPlayers);
    for (std::size_t i = 0; i < kPlayers; ++i) {
      threads.emplace_back([&, i] {
        Player player(open(), time, static_cast<unsigned>(i + 1));
        for (std::size_t history = 0; history < histories; ++history) {
          player.forget();
          const std::string key = fmt::format("register {}", history);
          for (int act = 0; act < kActs; ++act) {
            if (const auto done = player.act(key)) per_player[i].push_back(*done);
          }
          turn.arrive_and_wait();
        }
      });
    }
  }
  EXPECT_EQ(number, histories);
  EXPECT_GT(conflicts, histories / 10);  // they did meet
}

// F06
TEST_F(StorageThreads, SixtyFourThreadsNeverExceedAQuotaByAByte) {
  constexpr int kThreads = 64;
  constexpr std::int64_t kPrefixLimit = 20'000;
  constexpr std::int64_t kSkillLimit = 30'000;
  const std::size_t rounds = testing::scaled(200);
  std::atomic<std::int64_t> refused = 0;
  std::atomic<std::int64_t> done = 0;
  const auto work = [&](int number) {
    SkillStorage storage = open(kSkillLimit);
    std::mt19937 random(static_cast<unsigned>(number));
    for (std::size_t round = 0; round < rounds; ++round) {
      const std::string prefix = random() % 2 == 0 ? "one/" : "two/";
      const std::string key = fmt::format("k{}", random() % 100);
      if (random() % 8 == 0) {
        static_cast<void>(storage.remove({.prefix = prefix, .key = key}, kAny).has_value());
        continue;
      }
      const auto answer =
          put(storage,
              {.key = key, .value = std::string(random() % 2'000, 'x'), .max_bytes = kPrefixLimit, .prefix = prefix});
      if (!answer) continue;  // busy
      (answer->change == StorageChange::kOverQuota ? refused : done) += 1;
    }
  };
  std::atomic<bool> over = false;
  std::int64_t most = 0;
  {
    // Somebody who counts what is really there, all the time.
    const std::jthread watcher([&](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        const auto all = list_stored_skills(directory_.path());
        if (!all || all->empty()) continue;
        const auto keys = list_stored_keys(directory_.path(), all->front().owner);
        if (!keys) continue;
        std::map<std::string, std::int64_t> bytes;
        for (const StoredKey& key : *keys) {
          bytes[key.prefix] += capability::kStorageEntryBytes + std::ssize(key.key) + key.size_bytes;
        }
        for (const auto& [prefix, held] : bytes) over = over || held > kPrefixLimit;
        over = over || bytes["one/"] + bytes["two/"] > kSkillLimit;
        most = std::max(most, bytes["one/"] + bytes["two/"]);
      }
    });
    std::vector<std::jthread> threads;
    threads.reserve(kThreads);
    for (int i = 0; i < kThreads; ++i) threads.emplace_back(work, i);
  }
  EXPECT_FALSE(over);
  EXPECT_GT(refused, 0);
  EXPECT_GT(done, 0);
  EXPECT_GT(most, kSkillLimit / 2);
  // What is counted is what is there.
  const auto all = list_stored_skills(directory_.path()).value();
  std::map<std::string, std::int64_t> bytes;
  const auto keys = list_stored_keys(directory_.path(), all.front().owner).value();
  for (const StoredKey& key : keys) {
    bytes[key.prefix] += capability::kStorageEntryBytes + std::ssize(key.key) + key.size_bytes;
  }
  for (const StoredPrefix& prefix : all.front().prefixes) EXPECT_EQ(prefix.used_bytes, bytes[prefix.prefix]);
}

// F06: the same among processes, each with a quota that leaves room for few.
TEST_F(StorageThreads, ProcessesThatComeAtOnceMakeOneFileAndShareItsQuota) {
  constexpr int kProcesses = 16;
  constexpr std::int64_t kLimit = 5 * (capability::kStorageEntryBytes + 1 + 1'000);
  std::vector<pid_t> children;
  for (int i = 0; i < kProcesses; ++i) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      [&]() noexcept {
        SkillStorage storage = open(kLimit);
        const auto answer =
            put(storage, {.key = std::string(1, static_cast<char>('a' + i)), .value = std::string(1'000, 'x')});
        ::_exit(answer ? static_cast<int>(answer->change) : 99);
      }();
    }
    children.push_back(pid);
  }
  int done = 0;
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_NE(WEXITSTATUS(status), 99);
    if (WEXITSTATUS(status) == static_cast<int>(StorageChange::kDone)) ++done;
  }
  EXPECT_EQ(done, 5);
  EXPECT_EQ(list_stored_skills(directory_.path()).value().at(0).prefixes.at(0).used_bytes, kLimit);
}

}  // namespace
}  // namespace palyra::state
