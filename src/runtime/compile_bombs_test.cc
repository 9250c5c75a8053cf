// SPDX-License-Identifier: Apache-2.0
// Whatever is compiled, the wall clock limit is when it ends, this process stays small and a call beside it succeeds.
#include "compile_bombs_fixture.h"
#include "neighbour_fixture.h"

#include <palyra/runtime/caching_compiler.h>

#include <filesystem>

namespace palyra::runtime {
namespace {

using std::chrono::milliseconds;
using testing::IsOk;

constexpr milliseconds kWall{300};
// The promise is 100 ms; the rest is for a machine that has more to do than this.
constexpr milliseconds kSlack{kSanitized ? 10'000 : 500};
constexpr milliseconds kCostly{100};

WorkerLimits wall_alone() {
  WorkerLimits limits = ample_limits();
  limits.compile.wall = kWall;
  limits.compile.cpu = std::chrono::seconds(60);
  return limits;
}

// The last: what the static check says first of a module that the engine refuses for another reason.
bool is_invalid(const std::optional<Error>& error) {
  return error && (error->is(kInvalidModule) || error->is(kFeatureDisabled) || error->is(kComponent) ||
                   error->is(kModuleOverCap));
}

struct Tally {
  int tried = 0;
  int at_the_wall = 0;
  int at_another_limit = 0;
  int invalid = 0;
  int costly = 0;  // beside those that met a limit
  milliseconds slowest{0};
  std::int64_t most_grown_kib = 0;
};

class CompileBombTest : public GuestTest {
 protected:
  CompileBombTest() : worker_(real_worker(), wall_alone()), compiler_(runtime(), worker_, nullptr) {}

  void SetUp() override {
    auto linked = link(kHarmless);
    ASSERT_THAT(linked, IsOk());
    harmless_ = *std::move(linked);
  }

  // Compiles it, and judges time, memory and the neighbour. The error, or nullopt when the module is good.
  std::optional<Error> set_off(const std::string& name, BytesView wasm) {
    HarmlessNeighbour neighbour(runtime(), harmless_);
    const MemoryGrowth growth;
    const auto begun = std::chrono::steady_clock::now();
    const auto compiled = compiler_.compile(wasm);
    const auto took = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begun);
    const std::int64_t grown = growth.kib();
    const auto [calls, good] = neighbour.end();

    EXPECT_GT(calls, 0) << name;
    EXPECT_EQ(calls, good) << name;
    EXPECT_LE(took, kWall + kSlack) << name;
    EXPECT_LT(grown, kMostGrowthKib) << name;
    std::optional<Error> error;
    if (!compiled) error = compiled.error();
    note(name, error, took, grown);
    return error;
  }

  void report() {
    RecordProperty("tried", tally_.tried);
    RecordProperty("ended_at_the_wall_clock_limit", tally_.at_the_wall);
    RecordProperty("ended_at_another_limit", tally_.at_another_limit);
    RecordProperty("invalid", tally_.invalid);
    RecordProperty("costly_without_a_limit", tally_.costly);
    RecordProperty("slowest_ms", static_cast<int>(tally_.slowest.count()));
    RecordProperty("most_grown_kib", static_cast<int>(tally_.most_grown_kib));
    fmt::print(
        "{} tried: {} ended at the wall clock limit, {} at another, {} invalid, {} costly without; slowest {}, "
        "this process +{} KiB at most\n",
        tally_.tried, tally_.at_the_wall, tally_.at_another_limit, tally_.invalid, tally_.costly,
        tally_.slowest.count(), tally_.most_grown_kib);
  }

  Tally tally_;

 private:
  void note(const std::string& name, const std::optional<Error>& error, milliseconds took, std::int64_t grown) {
    ++tally_.tried;
    const bool limited = error && error->is(kCompileLimit);
    const bool by_the_clock = limited && error->message().find("wall clock") != std::string::npos;
    tally_.at_the_wall += by_the_clock ? 1 : 0;
    tally_.at_another_limit += limited && !by_the_clock ? 1 : 0;
    tally_.invalid += is_invalid(error) ? 1 : 0;
    tally_.costly += !limited && took >= kCostly ? 1 : 0;
    tally_.slowest = std::max(tally_.slowest, took);
    tally_.most_grown_kib = std::max(tally_.most_grown_kib, grown);
    if (limited || took >= kCostly) {
      fmt::print("{}: {} ms, +{} KiB, {}\n", name, took.count(), grown, error ? error->describe() : "compiled");
    }
  }

  WorkerClient worker_;
  CachingCompiler compiler_;
  std::shared_ptr<const LinkedModule> harmless_;
};

// A tenth of them, say, from everywhere in the list: the same ones each time.
template <class T>
std::vector<T> spread(const std::vector<T>& all) {
  const std::size_t chosen = std::min(all.size(), testing::scaled(all.size()));
  std::vector<T> some;
  for (std::size_t i = 0; i < chosen; ++i) some.push_back(all[i * all.size() / chosen]);
  return some;
}

struct Bomb {
  const bombs::Family* family;
  std::size_t size;
};

std::vector<Bomb> all_bombs() {
  std::vector<Bomb> all;
  for (const bombs::Family& family : bombs::families()) {
    for (const std::size_t size : family.sizes) all.push_back({.family = &family, .size = size});
  }
  return all;
}

TEST_F(CompileBombTest, EndsWithTheWallClockLimitAndCostsThisProcessNothing) {
  const std::vector<Bomb> all = all_bombs();
  ASSERT_GE(all.size(), 40U);
  const std::vector<Bomb> chosen = spread(all);
  for (const Bomb& bomb : chosen) {
    const std::string name = fmt::format("{} {}", bomb.size, bomb.family->name);
    const auto error = set_off(name, bomb.family->make(bomb.size));
    // A bomb that the parser does not let in would prove nothing.
    if (bomb.family->valid == bombs::Valid::kYes) {
      EXPECT_FALSE(is_invalid(error)) << name << ": " << error->describe();
    } else {
      EXPECT_TRUE(error.has_value()) << name;
    }
  }
  report();
  if (chosen.size() == all.size()) {
    EXPECT_GE(tally_.at_the_wall + tally_.at_another_limit + tally_.costly, 30);
  }
}

// tests/corpora/wat/README.md
TEST_F(CompileBombTest, NoModuleOfTheGuestZooIsWorse) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(testing::test_file("corpora/wat"))) {
    if (entry.path().extension() == ".wat") files.push_back(entry.path().string());
  }
  ASSERT_GE(files.size(), 200U);
  std::ranges::sort(files);
  int texts = 0;
  for (const std::string& file : spread(files)) {
    const Bytes text = testing::must_read(file);
    const auto wasm = parse_wat(as_text(text));
    if (!wasm) continue;  // not text of this engine's: it never gets as far
    ++texts;
    const auto error = set_off(std::filesystem::path(file).filename(), *wasm);
    EXPECT_TRUE(!error || error->is(kCompileLimit) || is_invalid(error)) << file << ": " << error->describe();
  }
  report();
  EXPECT_GE(texts, 1);
}

}  // namespace
}  // namespace palyra::runtime
