// SPDX-License-Identifier: Apache-2.0
#include <palyra/base/testing.h>
#include <palyra/host/call_state.h>
#include <palyra/host/fakes.h>

#include <string>

namespace palyra::host {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::SizeIs;

// What a call cannot do without.
struct Given {
  testing::FakeClock clock;
  testing::CountingRandom random;
  capability::CapabilityGrantSet grants;
  CallSetup setup{.tool_id = "demo.tool", .run_id = "run-1", .grants = grants, .clock = clock, .random = random};
};

TEST(CallStateTest, TheHostHoldsABoundedNumberOfBytes) {
  Given given;
  const Bytes arguments(1 << 20);
  given.setup.arguments = arguments;
  given.setup.max_output_bytes = std::size_t{1} << 40;
  CallState state(given.setup);
  const Bytes piece(std::size_t{5} << 20);
  for (int i = 0; i < 19; ++i) EXPECT_EQ(state.write_output(piece), 0);
  EXPECT_EQ(state.write_output(BytesView(piece).first(1)), kExhausted);
  EXPECT_EQ(state.write_part("a/b", BytesView(piece).first(1)), kExhausted);
  capability::RunRecord record;
  EXPECT_TRUE(std::move(state).finish(record).output_over_cap);
  EXPECT_EQ(record.bytes_out, std::uint64_t{95} << 20);
}

TEST(CallStateTest, ArgumentsOverTheBoundLeaveNothingToHold) {
  Given given;
  const Bytes arguments(kMaxBufferedBytes + 1);
  given.setup.arguments = arguments;
  CallState state(given.setup);
  EXPECT_FALSE(state.hold(0));
}

TEST(CallStateTest, OpenedObjectsAreHeldToo) {
  Given given;
  testing::MapAssets assets;
  assets.add("a", "");
  given.setup.assets = &assets;
  CallState state(given.setup);
  ASSERT_TRUE(state.hold(kMaxBufferedBytes - 100));
  EXPECT_EQ(state.open_asset("a"), kFirstObjectHandle);
  while (state.hold(1)) {
  }
  EXPECT_EQ(state.open_asset("a"), kExhausted);
}

// ---- Streams and lines

std::vector<std::string> texts(GuestLog& log) {
  std::vector<std::string> texts;
  for (const capability::LogLine& line : log.take_lines()) texts.push_back(line.text);
  return texts;
}

TEST(LogStreamTest, CutsAtLineEnds) {
  GuestLog log;
  LogStream stream(log);
  stream.write("one\ntw");
  stream.write("o\n\nthree");
  stream.finish();
  stream.finish();
  EXPECT_THAT(texts(log), ElementsAre("one", "two", "", "three"));
}

TEST(LogStreamTest, CutsLongLinesBetweenCodePoints) {
  GuestLog log;
  LogStream stream(log);
  std::string line(kMaxLogLineBytes - 1, 'x');
  stream.write(line + "\xC3");
  stream.write("\xA9tail\n");
  EXPECT_THAT(texts(log), ElementsAre(line, "\xC3\xA9tail"));
}

TEST(LogStreamTest, CutsAnEndlessLine) {
  GuestLog log;
  LogStream stream(log);
  stream.write(std::string(3 * kMaxLogLineBytes + 5, 'x'));
  stream.finish();
  EXPECT_THAT(texts(log), ElementsAre(SizeIs(4096), SizeIs(4096), SizeIs(4096), "xxxxx"));
}

TEST(LogStreamTest, CutsBytesThatAreNoText) {
  GuestLog log;
  LogStream stream(log);
  stream.write(std::string(3 * kMaxLogLineBytes, '\x80'));
  stream.finish();
  EXPECT_GE(texts(log).size(), 3U);
}

TEST(LogStreamTest, ALineOfExactlyTheCapIsOneLine) {
  GuestLog log;
  LogStream stream(log);
  stream.write(std::string(kMaxLogLineBytes, 'x'));
  stream.write("\nnext\n");
  EXPECT_THAT(texts(log), ElementsAre(SizeIs(4096), "next"));
}

TEST(StandardStreamsTest, KeepsTheEndOfStandardError) {
  GuestLog log;
  StandardStreams streams({}, log);
  for (int i = 0; i < 5000; ++i) streams.write_error("0123456789");
  streams.write_error("the end");
  EXPECT_EQ(streams.error_tail().size(), StandardStreams::kErrorTailBytes);
  EXPECT_THAT(streams.error_tail(), EndsWith("0123456789the end"));
}

TEST(StandardStreamsTest, KeepsTheEndOfOneLongWrite) {
  GuestLog log;
  StandardStreams streams({}, log);
  streams.write_error(std::string(100'000, 'x') + "the end");
  EXPECT_EQ(streams.error_tail().size(), StandardStreams::kErrorTailBytes);
  EXPECT_THAT(streams.error_tail(), EndsWith("xthe end"));
}

TEST(StandardStreamsTest, TheEndOfStandardErrorStartsWithACodePoint) {
  GuestLog log;
  StandardStreams streams({}, log);
  std::string text;
  while (text.size() < 9000) text += "\xE2\x82\xAC";
  streams.write_error(text + "x");
  EXPECT_EQ(streams.error_tail().substr(0, 3), "\xE2\x82\xAC");
}

}  // namespace
}  // namespace palyra::host
