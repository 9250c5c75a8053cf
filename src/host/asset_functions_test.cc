// SPDX-License-Identifier: Apache-2.0
#include "hosted_guest.h"

#include <string>

namespace palyra::host {
namespace {

using ::testing::HasSubstr;
using testing::Ran;
using testing::to_word;

class AssetFunctions : public testing::HostTest {
 protected:
  AssetFunctions() {
    assets.add("data/names.txt", "Ada Grace");
    setup.assets = &assets;
  }

  // `then` runs with the handle of data/names.txt in $h.
  Ran with_asset(std::string_view then) {
    return run(fmt::format("(local $h i32) (local.set $h (call $assets.open (i32.const 0) (i32.const 14))) {}", then),
               "(data (i32.const 0) \"data/names.txt\")");
  }

  testing::MapAssets assets;
};

TEST_F(AssetFunctions, NumbersOpenedAssetsFromAHundredThousand) {
  EXPECT_EQ(to_word(with_asset("(local.get $h)").outcome), "returns 100000");
}

TEST_F(AssetFunctions, TellsTheSize) {
  EXPECT_EQ(to_word(with_asset("(i32.wrap_i64 (call $assets.size (local.get $h)))").outcome), "returns 9");
}

TEST_F(AssetFunctions, ReadsFromAnOffset) {
  const Ran ran = with_asset(R"((call $call.output-write (i32.const 100)
    (call $assets.read (local.get $h) (i32.const 100) (i32.const 50) (i64.const 4))))");
  EXPECT_EQ(as_text(ran.results.output), "Grace");
}

TEST_F(AssetFunctions, ReadsNothingAtAndPastTheEnd) {
  for (const std::string_view offset : {"9", "10", "0x100000000", "-1"}) {
    const Ran ran = with_asset(
        fmt::format("(call $assets.read (local.get $h) (i32.const 100) (i32.const 50) (i64.const {}))", offset));
    EXPECT_EQ(to_word(ran.outcome), "returns 0") << offset;
  }
}

TEST_F(AssetFunctions, DoesNotFindWhatThePackageDoesNotHold) {
  EXPECT_EQ(to_word(run("(call $assets.open (i32.const 0) (i32.const 4))", "(data (i32.const 0) \"data\")").outcome),
            "returns -3");
  setup.assets = nullptr;
  EXPECT_EQ(to_word(with_asset("(local.get $h)").outcome), "returns -3");
}

TEST_F(AssetFunctions, AClosedAssetIsInvalid) {
  const auto after_close = [&](std::string_view then) {
    return to_word(with_asset(fmt::format("(drop (call $assets.close (local.get $h))) {}", then)).outcome);
  };
  EXPECT_EQ(to_word(with_asset("(call $assets.close (local.get $h))").outcome), "returns 0");
  EXPECT_EQ(after_close("(call $assets.close (local.get $h))"), "returns -1");
  EXPECT_EQ(after_close("(i32.wrap_i64 (call $assets.size (local.get $h)))"), "returns -1");
  EXPECT_EQ(after_close("(call $assets.read (local.get $h) (i32.const 0) (i32.const 1) (i64.const 0))"), "returns -1");
}

TEST_F(AssetFunctions, ANumberIsNeverUsedTwice) {
  const Ran ran = with_asset(R"((drop (call $assets.close (local.get $h)))
    (call $assets.open (i32.const 0) (i32.const 14)))");
  EXPECT_EQ(to_word(ran.outcome), "returns 100001");
}

TEST_F(AssetFunctions, ANumberThatWasNeverGivenOutEndsTheRun) {
  for (const std::string_view number : {"100001", "100000000", "99999", "10000", "0", "-5", "0x80000000"}) {
    const Ran ran = with_asset(fmt::format("(i32.wrap_i64 (call $assets.size (i32.const {})))", number));
    EXPECT_EQ(to_word(ran.outcome), "denied") << number;
    EXPECT_EQ(ran.record.denials.size(), 1U);
  }
  EXPECT_EQ(to_word(with_asset("(call $assets.close (i32.const 7))").outcome), "denied");
  EXPECT_EQ(to_word(with_asset("(call $assets.read (i32.const 7) (i32.const 0) (i32.const 0) (i64.const 0))").outcome),
            "denied");
}

TEST_F(AssetFunctions, TheMessageSaysWhichLookupHadFailed) {
  const Ran ran = run("(i32.wrap_i64 (call $assets.size (call $assets.open (i32.const 0) (i32.const 9))))",
                      "(data (i32.const 0) \"names.csv\")");
  ASSERT_EQ(to_word(ran.outcome), "denied");
  const std::string& message = std::get<runtime::Denied>(ran.outcome).message;
  EXPECT_THAT(message, HasSubstr("-3 is not a handle"));
  EXPECT_THAT(message, HasSubstr("assets open \"names.csv\""));
  EXPECT_THAT(message, HasSubstr("not_found"));
  EXPECT_THAT(denials_of(ran), ::testing::ElementsAre("handle.not_opened: " + message));
}

}  // namespace
}  // namespace palyra::host
