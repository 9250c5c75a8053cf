// SPDX-License-Identifier: Apache-2.0
// Swap that is there, and swap that comes while a pool keeps pages: a page that was swapped out is not seen by the
// engine when it wipes a slot.
#include "pool_leak_fixture.h"
#include "pressure_fixture.h"
#include "worker_fixture.h"

#include <palyra/runtime/caching_compiler.h>
#include <palyra/runtime/swap_file.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>
#include <sched.h>
#include <sys/mount.h>

namespace palyra::runtime {
namespace {

using std::chrono::milliseconds;
using testing::IsOk;

bool soon(const std::function<bool()>& is_so) {
  for (int i = 0; i < 10'000; ++i) {
    if (is_so()) return true;
    std::this_thread::sleep_for(milliseconds(1));
  }
  return false;
}

// ---- The watch

TEST(SwapCameTest, IsSeenByTheWatchAndStaysSo) {
  const auto watch = SwapWatch::begin();
  if (watch == nullptr) GTEST_SKIP() << "no page may be kept on this machine";
  EXPECT_FALSE(watch->swap_came());
  {
    const SwapFile swap;
    if (!swap.why_not().empty()) GTEST_SKIP() << swap.why_not();
    EXPECT_TRUE(soon([&] { return watch->swap_came(); }));
    EXPECT_EQ(SwapWatch::begin(), nullptr);
  }
  EXPECT_TRUE(watch->swap_came());
}

// This thread and those that it makes see another limit of their cgroup than the system's.
class CgroupLimit {
 public:
  CgroupLimit() {
    const std::string cgroup = text_of("/proc/self/cgroup");
    const std::size_t at = cgroup.find("0::");
    if (at == std::string::npos || ::unshare(CLONE_NEWNS) != 0) return;
    const std::string directory = "/sys/fs/cgroup" + cgroup.substr(at + 3, cgroup.find('\n', at) - at - 3);
    made_ = ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
            ::mount("none", "/sys/fs/cgroup", "tmpfs", 0, nullptr) == 0;
    if (made_) std::filesystem::create_directories(directory);
    file_ = directory + "/memory.swap.max";
  }
  [[nodiscard]] bool made() const { return made_; }
  void set(std::string_view limit) const { std::ofstream(file_) << limit; }

 private:
  bool made_ = false;
  std::string file_;
};

// The kernel tells of swap, which the limit keeps away from this process, and not of the limit's end.
TEST(SwapCameTest, WhereACgroupForbidsSwapTheLimitIsWatched) {
  std::string why_skipped;
  std::thread([&] {
    const CgroupLimit limit;
    if (!limit.made()) {
      why_skipped = "no file can be put in the place of the cgroup's";
      return;
    }
    limit.set("0\n");
    const auto watch = SwapWatch::begin();
    ASSERT_NE(watch, nullptr);
    const SwapFile swap;
    why_skipped = swap.why_not();
    std::this_thread::sleep_for(milliseconds(100));
    EXPECT_FALSE(watch->swap_came());
    EXPECT_NE(SwapWatch::begin(), nullptr);
    limit.set("max\n");
    EXPECT_TRUE(!why_skipped.empty() || soon([&] { return watch->swap_came(); }));
  }).join();
  if (!why_skipped.empty()) GTEST_SKIP() << why_skipped;
}

// ---- Slots

TEST_F(PoolLeakTest, NothingIsLeftWherePagesAreSwappedOutDuringTheCalls) {
  const SwapFile swap;
  if (!swap.why_not().empty()) GTEST_SKIP() << swap.why_not();
  const auto runtime = WasmRuntime::create(kOneSlot);
  ASSERT_THAT(runtime, IsOk());
  ASSERT_TRUE((*runtime)->pool_facts().pooled) << (*runtime)->pool_facts().why_not;
  EXPECT_EQ((*runtime)->pool_facts().kept, kept_pages(swap_facts()));  // none, unless a cgroup forbids swap
  MemoryPressure pressure;
  use_again_and_again(links_into(**runtime), testing::scaled(20'000), kLingering);
  const MemoryPressure::Facts facts = pressure.end();
  RecordProperty("most_swapped_kib", static_cast<int>(facts.most_swapped_kib));
  EXPECT_TRUE(facts.most_swapped_kib > 0 || (*runtime)->pool_facts().kept == KeptPages::kFew);
}

TEST_F(PoolLeakTest, NothingIsLeftWhenSwapComesDuringTheCalls) {
  caller_ = WasmRuntime::create(kOneSlot).value();
  if (caller_->pool_facts().kept != KeptPages::kFew) GTEST_SKIP() << "no page may be kept on this machine";
  std::optional<SwapFile> swap;
  std::atomic<bool> came{false};
  MemoryPressure pressure;
  std::jthread adds;
  std::size_t before = 0;
  const auto more = [&](std::size_t done) {
    if (done == 100) {
      adds = std::jthread([&] {
        swap.emplace();
        came = true;
      });
    }
    if (!came) before = done;
    return done < before + std::max<std::size_t>(1'000, testing::scaled(20'000));
  };
  use_while(more, links_into(*caller_), kLingering);
  adds.join();
  if (!swap->why_not().empty()) GTEST_SKIP() << swap->why_not();
  EXPECT_FALSE(caller_->pool_facts().pooled);
  EXPECT_GT(pressure.end().most_swapped_kib, 0);
}

// ---- A pool that is used no more

// A pool of one slot, and a guest that has written into it and stays.
class SwapComesTest : public PoolLeakTest {
 protected:
  void SetUp() override {
    caller_ = WasmRuntime::create(kOneSlot).value();
    if (caller_->pool_facts().kept != KeptPages::kFew) GTEST_SKIP() << "no page may be kept on this machine";
    stays_ = links_into(*caller_)(R"((module (memory 1)
        (func (export "run") (result i32) (local $p i32)
          (loop $on
            (i64.store (local.get $p) (i64.const 0x5EC3E75EC3E75EC3))
            (br_if $on (i32.lt_u (local.tee $p (i32.add (local.get $p) (i32.const 512))) (i32.const 65536))))
          (loop $l (br $l)) (unreachable))))")
                 .value();
    looks_ = links_into(*caller_)(reader({.pages = 1})).value();
    in_flight_ = std::async(std::launch::async, [this] { return run(*stays_, {.cancel = &leave_}); });
    ASSERT_TRUE(soon([&] { return std::holds_alternative<TimedOut>(run(*looks_, {.limit = milliseconds(5)})); }));
    page_out();  // whatever can be
  }
  void TearDown() override {
    leave_ = true;
    if (in_flight_.valid()) in_flight_.wait();
  }

  struct How {
    milliseconds limit = kAmple;
    const std::atomic<bool>* cancel = nullptr;
  };
  [[nodiscard]] Outcome run(const LinkedModule& module, const How& how) const {
    const auto run = caller_->invoke({.module = module,
                                      .entry = "run",
                                      .limits = {.fuel_budget = kUnlimitedFuel, .wall_clock_timeout = how.limit},
                                      .cancel = how.cancel});
    EXPECT_THAT(run, IsOk());
    return run ? run->outcome : Outcome();
  }
  // Ends the guest that stays, whose pages are in swap by then.
  Outcome end_it() {
    page_out();
    EXPECT_GT(status_value("VmSwap:"), 0);
    leave_ = true;
    return in_flight_.get();
  }
  static std::optional<std::int32_t> value(const Outcome& outcome) {
    const auto* returned = std::get_if<Returned>(&outcome);
    return returned == nullptr ? std::nullopt : std::optional(returned->value);
  }

  std::shared_ptr<const LinkedModule> stays_;
  std::shared_ptr<const LinkedModule> looks_;
  std::atomic<bool> leave_{false};
  std::future<Outcome> in_flight_;
};

TEST_F(SwapComesTest, CallsInFlightEndAndTheNextNeedNoSlotOfThePool) {
  const SwapFile swap;
  if (!swap.why_not().empty()) GTEST_SKIP() << swap.why_not();
  ASSERT_TRUE(soon([&] { return !caller_->pool_facts().pooled; }));
  EXPECT_EQ(caller_->pool_facts().kept, KeptPages::kNone);
  EXPECT_FALSE(caller_->pool_facts().why_not.empty());
  EXPECT_EQ(value(run(*looks_, {.limit = std::chrono::seconds(20)})), 0);  // the only slot is taken
  EXPECT_TRUE(std::holds_alternative<Cancelled>(end_it()));
  EXPECT_EQ(value(run(*looks_, {})), 0);
}

TEST_F(SwapComesTest, WhoWaitsForASlotDoesNotGetOneOfAPoolThatIsUsedNoMore) {
  auto waits = std::async(std::launch::async, [this] { return run(*looks_, {}); });
  ASSERT_EQ(waits.wait_for(milliseconds(50)), std::future_status::timeout);
  const SwapFile swap;
  if (!swap.why_not().empty()) {
    leave_ = true;
    GTEST_SKIP() << swap.why_not();
  }
  ASSERT_TRUE(soon([&] { return !caller_->pool_facts().pooled; }));
  EXPECT_TRUE(std::holds_alternative<Cancelled>(end_it()));
  EXPECT_EQ(value(waits.get()), 0);
}

TEST_F(SwapComesTest, NewModulesAreOfTheOtherEngine) {
  const WorkerClient worker(real_worker(), ample_limits());
  const CachingCompiler compiler(*caller_, worker, nullptr);
  const Bytes wasm = parse_wat(reader({.pages = 1})).value();
  const auto before = compiler.compile(wasm);
  ASSERT_THAT(before, IsOk());
  const SwapFile swap;
  if (!swap.why_not().empty()) GTEST_SKIP() << swap.why_not();
  ASSERT_TRUE(soon([&] { return !caller_->pool_facts().pooled; }));
  ASSERT_TRUE((*before)->engine().is_retired());
  const auto after = compiler.compile(wasm);
  ASSERT_THAT(after, IsOk());
  EXPECT_FALSE((*after)->engine().is_retired());
  EXPECT_EQ(*compiler.compile(wasm), *after);
}

}  // namespace
}  // namespace palyra::runtime
