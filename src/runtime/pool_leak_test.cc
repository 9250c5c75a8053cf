// SPDX-License-Identifier: Apache-2.0
// A slot is used by one module after the other: what a call leaves behind must not be there for the next, whatever
// module either is of, whatever pages are kept, and whatever the kernel does with them in between.
#include "pool_leak_fixture.h"
#include "pressure_fixture.h"

namespace palyra::runtime {
namespace {

using testing::IsOk;

constexpr std::size_t kReuses = 500'000;  // of each of two pools

TEST_F(PoolLeakTest, TheReaderSeesTheSmallestTrace) {
  const auto engine = Engine::create_pooled(kOneSlot, nullptr);
  ASSERT_THAT(engine, IsOk());
  const Shape shape{.pages = 1, .grown = 1, .elements = 32};
  const auto said = [&](std::string_view dirt) -> std::optional<std::int32_t> {
    const auto guest = links_into(**engine)(reader(shape, dirt));
    EXPECT_THAT(guest, IsOk());
    return guest ? call(**guest) : std::nullopt;
  };
  EXPECT_EQ(said(""), 0);
  for (const int at : {0, 65'535, 65'536, shape.bytes() - 1}) {
    EXPECT_EQ(said(fmt::format("(i32.store8 (i32.const {}) (i32.const 1))", at)), 1) << at;
  }
  for (const std::string_view dirt :
       {"(global.set $a (i32.const 1))", "(global.set $b (i64.const 1))", "(global.set $c (f64.const 1))",
        "(table.set $t (i32.const 0) (ref.func $run))", "(table.set $u (i32.const 63) (ref.func $run))"}) {
    EXPECT_EQ(said(dirt), 1) << dirt;
  }
}

TEST_F(PoolLeakTest, NothingIsLeftWhereEveryPageIsGivenBack) {
  const auto engine = Engine::create_pooled(kOneSlot, nullptr);
  ASSERT_THAT(engine, IsOk());
  use_again_and_again(links_into(**engine), testing::scaled(kReuses));
}

TEST_F(PoolLeakTest, NothingIsLeftWhereAFewPagesAreKept) {
  auto watch = SwapWatch::begin();
  if (watch == nullptr) GTEST_SKIP() << "no page may be kept on this machine";
  const auto engine = Engine::create_pooled(kOneSlot, std::move(watch));
  ASSERT_THAT(engine, IsOk());
  use_again_and_again(links_into(**engine), testing::scaled(kReuses));
}

TEST_F(PoolLeakTest, NothingIsLeftWhenMemoryIsShort) {
  const auto runtime = WasmRuntime::create(kOneSlot);
  ASSERT_THAT(runtime, IsOk());
  MemoryPressure pressure;
  use_again_and_again(links_into(**runtime), testing::scaled(100'000), kLingering);
  EXPECT_GT(pressure.end().rounds, 0U);
}

}  // namespace
}  // namespace palyra::runtime
