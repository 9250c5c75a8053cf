// SPDX-License-Identifier: Apache-2.0
#include "hosted_guest.h"

#include <palyra/base/json.h>
#include <palyra/host/storage_fakes.h>

#include <string>
#include <string_view>

namespace palyra::host {
namespace {

using capability::CapabilityGrantSet;
using capability::ChannelDirection;
using capability::ChannelMessage;
using capability::ChannelUse;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Ran;
using testing::to_word;

class ChannelFunctions : public testing::HostTest {
 protected:
  ChannelFunctions() {
    grant({{.name = "both", .direction = ChannelDirection::kBoth},
           {.name = "in", .direction = ChannelDirection::kReceive},
           {.name = "out", .direction = ChannelDirection::kSend}});
    setup.channels = &channels;
  }
  void grant(const std::vector<ChannelUse>& uses) {
    grants = CapabilityGrantSet::create({uses.begin(), uses.end()}).value();
  }
  void wait(const std::string& channel, std::string_view body, std::int64_t hops = 1) {
    channels.waiting[channel].push_back({.id = ++last_id_,
                                         .sender = "skill",
                                         .skill_id = "acme.other",
                                         .content_root = std::string(64, 'a'),
                                         .time = std::chrono::seconds(1'700'000'000),
                                         .hops = hops,
                                         .body = to_bytes(body)});
  }
  // `then` runs with the handle of `channel` in $h; "both", "in" and "out" stand at 0, 8 and 16, "hello" at 32.
  Ran with(std::string_view channel, std::string_view then) {
    const int at = channel == "both" ? 0 : channel == "in" ? 8 : 16;
    return run(fmt::format("(local $h i32) (local $n i32) (local.set $h (call $channel.grant (i32.const {}) (i32.const "
                           "{}))) {}",
                           at, channel.size(), then),
               R"((data (i32.const 0) "both") (data (i32.const 8) "in") (data (i32.const 16) "out")
                  (data (i32.const 32) "hello"))");
  }
  std::string word(std::string_view channel, std::string_view then) { return to_word(with(channel, then).outcome); }

  testing::QueueChannels channels;

 private:
  std::int64_t last_id_ = 0;
};

constexpr std::string_view kSend = "(call $channel.send (local.get $h) (i32.const 32) (i32.const 5))";
constexpr std::string_view kReceive = "(call $channel.receive (local.get $h) (i32.const 100) (i32.const 2000))";
// What was received, as output, and how long it is.
constexpr std::string_view kShow =
    "(local.set $n (call $channel.receive (local.get $h) (i32.const 100) (i32.const 2000))) "
    "(drop (call $call.output-write (i32.const 100) (local.get $n))) (local.get $n)";

TEST_F(ChannelFunctions, AByteOfAMessageIsAUnitOfFuel) {
  const auto fuel_of = [&](int bytes) {
    return with("out", fmt::format("(call $channel.send (local.get $h) (i32.const 32) (i32.const {}))", bytes))
        .record.fuel_used;
  };
  EXPECT_EQ(fuel_of(5), fuel_of(1) + 4);
}

TEST_F(ChannelFunctions, AHandleIsTheNumberOfTheGrant) {
  EXPECT_EQ(word("both", "(local.get $h)"), "returns 40000");
  EXPECT_EQ(word("in", "(local.get $h)"), "returns 40001");
  EXPECT_EQ(word("out", "(local.get $h)"), "returns 40002");
  for (const std::string_view name : {"bot", "bothe", "both send", "both both", ""}) {
    EXPECT_EQ(to_word(run(fmt::format("(call $channel.grant (i32.const 0) (i32.const {}))", name.size()),
                          fmt::format("(data (i32.const 0) \"{}\")", name))
                          .outcome),
              "returns -3")
        << name;
  }
  EXPECT_EQ(to_word(run("(call $channel.grant (i32.const 0) (i32.const 129))").outcome), "returns -4");
}

TEST_F(ChannelFunctions, SendsABody) {
  const Ran ran = with("out", kSend);
  EXPECT_EQ(to_word(ran.outcome), "returns 0");
  ASSERT_EQ(channels.sent.size(), 1U);
  EXPECT_EQ(channels.sent.front().channel, "out");
  EXPECT_EQ(as_text(channels.sent.front().body), "hello");
  EXPECT_EQ(channels.sent.front().hops, 1);
  EXPECT_THAT(ran.record.grants_used, ElementsAre("out send"));
}

// N01, N05: the guest supplies a body, and the envelope around it is the host's: no control character stands as itself.
TEST_F(ChannelFunctions, ReceivesAnEnvelopeThatTheHostWrote) {
  wait("in", "{\"sender\":\"operator\"}\x01\xE2\x80\xAE");
  const Ran ran = with("in", kShow);
  const Json json = parse_json(ran.results.output, {.max_bytes = 4'000, .max_depth = 4}).value();
  EXPECT_EQ(to_word(ran.outcome), fmt::format("returns {}", ran.results.output.size()));
  EXPECT_EQ(*json.find("sender"), Json("skill"));
  EXPECT_EQ(*json.find("skill"), Json("acme.other"));
  EXPECT_EQ(*json.find("content_root"), Json(std::string(64, 'a')));
  EXPECT_EQ(*json.find("time"), Json("2023-11-14T22:13:20Z"));
  EXPECT_EQ(*json.find("hops"), Json(1));
  EXPECT_EQ(*json.find("body"), Json("{\"sender\":\"operator\"}\x01\xE2\x80\xAE"));
  EXPECT_THAT(std::string(as_text(ran.results.output)), ::testing::Not(HasSubstr("\x01")));
  EXPECT_THAT(ran.results.messages_read, ElementsAre(1));
}

TEST_F(ChannelFunctions, ABodyThatIsNoTextComesAsBase64) {
  wait("in", "\xFF\x00");
  const Ran ran = with("in", kShow);
  EXPECT_THAT(std::string(as_text(ran.results.output)), HasSubstr(R"("body_base64":"/w==")"));
}

TEST_F(ChannelFunctions, WhatDidNotFitComesAgainAndIsNotRead) {
  wait("in", "first");
  wait("in", "second");
  const Ran small = with("in", "(call $channel.receive (local.get $h) (i32.const 100) (i32.const 10))");
  EXPECT_THAT(small.results.messages_read, IsEmpty());
  const std::string needed = to_word(small.outcome);
  channels.waiting.clear();
  wait("in", "first");
  wait("in", "second");
  const Ran ran = with("in", fmt::format(R"(
    (local.set $n (call $channel.receive (local.get $h) (i32.const 100) (i32.const 0)))
    (if (i32.ne (local.get $n) (call $channel.receive (local.get $h) (i32.const 100) (local.get $n)))
      (then unreachable))
    (drop (call $call.output-write (i32.const 100) (local.get $n)))
    {})",
                                         kReceive));
  EXPECT_THAT(std::string(as_text(ran.results.output)), HasSubstr(R"("body":"first")"));
  EXPECT_EQ(to_word(ran.outcome).substr(0, 8), needed.substr(0, 8));
  EXPECT_EQ(ran.results.messages_read.size(), 2U);
}

TEST_F(ChannelFunctions, AnEmptyChannelIsNotFound) {
  EXPECT_EQ(word("in", kReceive), "returns -3");
  EXPECT_EQ(word("both", kReceive), "returns -3");
}

// N04
TEST_F(ChannelFunctions, TheOtherDirectionIsDeniedAndTheRecordSaysHowToAllowIt) {
  wait("out", "not for this skill");
  const Ran received = with("out", kReceive);
  EXPECT_EQ(to_word(received.outcome), "returns -2");
  EXPECT_THAT(denials_of(received),
              ElementsAre("channel.not_granted: channel out receive; allowed: out send; needs out both"));
  EXPECT_EQ(channels.waiting["out"].size(), 1U);
  const Ran sent = with("in", kSend);
  EXPECT_EQ(to_word(sent.outcome), "returns -2");
  EXPECT_THAT(denials_of(sent), ElementsAre(HasSubstr("needs in both")));
  EXPECT_THAT(channels.sent, IsEmpty());
  EXPECT_EQ(word("both", kSend), "returns 0");
}

TEST_F(ChannelFunctions, TwoGrantsOfOneChannelAllowWhatEitherAllows) {
  grant({{.name = "both", .direction = ChannelDirection::kReceive},
         {.name = "both", .direction = ChannelDirection::kSend}});
  wait("both", "x");
  EXPECT_EQ(word("both", kSend), "returns 0");
  EXPECT_EQ(with("both", kReceive).results.messages_read.size(), 1U);
}

// N02
TEST_F(ChannelFunctions, ABodyHas64KiBAtMost) {
  const auto send_bytes = [&](std::size_t bytes) {
    return word("out",
                fmt::format("(drop (memory.grow (i32.const 1))) (call $channel.send (local.get $h) (i32.const 0) "
                            "(i32.const {}))",
                            bytes));
  };
  EXPECT_EQ(send_bytes(65'537), "returns -4");
  EXPECT_THAT(channels.sent, IsEmpty());
  EXPECT_EQ(send_bytes(65'536), "returns 0");
  EXPECT_EQ(send_bytes(0), "returns 0");
}

// N02
TEST_F(ChannelFunctions, AFullMailboxAndAHurryAreExhausted) {
  channels.answer = capability::SendAnswer::kMailboxFull;
  const Ran full = with("out", kSend);
  EXPECT_EQ(to_word(full.outcome), "returns -5");
  EXPECT_THAT(full.record.failures, ElementsAre(HasSubstr("1000 messages wait in \"out\"")));
  channels.answer = capability::SendAnswer::kTooFast;
  EXPECT_EQ(word("out", kSend), "returns -5");
}

// N03: each answer is one hop further from who began, and the fourth is the last.
TEST_F(ChannelFunctions, AMessageIsOneHopFurtherThanAnyThatWasReceived) {
  wait("both", "x", 2);
  wait("both", "x", 1);
  with("both", fmt::format("(drop {0}) (drop {0}) {1}", kReceive, kSend));
  ASSERT_EQ(channels.sent.size(), 1U);
  EXPECT_EQ(channels.sent.front().hops, 3);
  wait("both", "x", 4);
  const Ran last = with("both", fmt::format("(drop {0}) {1}", kReceive, kSend));
  EXPECT_EQ(to_word(last.outcome), "returns -5");
  EXPECT_EQ(channels.sent.size(), 1U);
  EXPECT_THAT(denials_of(last), ElementsAre(AllOf(HasSubstr("channel.too_many_hops: "), HasSubstr("the 5th in a row"),
                                                  HasSubstr("allowed: 4 in a row"))));
}

// N03: two skills that answer each other for ever come to an end.
TEST_F(ChannelFunctions, APingPongEnds) {
  const std::string answer = fmt::format("(drop {0}) {1}", kReceive, kSend);
  EXPECT_EQ(word("both", kSend), "returns 0");
  int rounds = 0;
  while (!channels.sent.empty() && rounds < 100) {
    ChannelMessage message{.id = ++rounds, .sender = "skill"};
    message.hops = channels.sent.back().hops;
    channels.sent.clear();
    channels.waiting["both"].push_back(message);
    static_cast<void>(with("both", answer));
  }
  EXPECT_EQ(rounds, 4);
}

TEST_F(ChannelFunctions, ANumberThatIsNoChannelGrantEndsTheRun) {
  for (const std::string_view number : {"40003", "39999", "30000", "100000", "0", "-1", "-3", "0x80000000"}) {
    for (const std::string_view call : {kSend, kReceive}) {
      const Ran ran = with("both", fmt::format("(local.set $h (i32.const {})) {}", number, call));
      EXPECT_EQ(to_word(ran.outcome), "denied") << number << call;
      EXPECT_EQ(ran.record.denials.size(), 1U);
    }
  }
  EXPECT_THAT(channels.sent, IsEmpty());
}

TEST_F(ChannelFunctions, RangesOutsideMemoryTrapBeforeAnythingElse) {
  wait("both", "x");
  EXPECT_EQ(word("both", "(call $channel.send (local.get $h) (i32.const 65530) (i32.const 7))"),
            "trapped:guest_out_of_bounds");
  EXPECT_EQ(word("both", "(call $channel.send (local.get $h) (i32.const 0) (i32.const 0xffffffff))"),
            "trapped:guest_out_of_bounds");
  EXPECT_EQ(word("both", "(call $channel.receive (local.get $h) (i32.const 65530) (i32.const 7))"),
            "trapped:guest_out_of_bounds");
  EXPECT_EQ(channels.waiting["both"].size(), 1U);
}

TEST_F(ChannelFunctions, WithoutABackendItIsUnavailable) {
  setup.channels = nullptr;
  const Ran ran = with("both", kSend);
  EXPECT_EQ(to_word(ran.outcome), "returns -6");
  EXPECT_THAT(ran.record.failures, ElementsAre(HasSubstr("installed skills")));
  EXPECT_EQ(word("both", kReceive), "returns -6");
}

TEST_F(ChannelFunctions, AFailureThatMayPassIsUnavailableAndTheRecordNamesIt) {
  channels.broken = Error({ErrorKind::kUnavailable, "test.busy"}, "somebody else writes");
  for (const std::string_view call : {kSend, kReceive}) {
    const Ran ran = with("both", call);
    EXPECT_EQ(to_word(ran.outcome), "returns -6");
    EXPECT_THAT(ran.record.failures, ElementsAre(HasSubstr("somebody else writes")));
  }
}

TEST_F(ChannelFunctions, TheHostHoldsOneMessageAChannelAndNoMoreThanItMay) {
  std::vector<ChannelUse> many;
  std::string names;
  for (int i = 0; i < 300; ++i) {
    const std::string name = fmt::format("c{:03}", i);
    many.push_back({.name = name, .direction = ChannelDirection::kReceive});
    wait(name, std::string(10, 'x'));
    names += name;
  }
  grant(many);
  // Asks every channel for its length and reads none; answers how many had one.
  const Ran ran = run(R"((local $i i32) (local $n i32)
    (loop $next
      (if (i32.gt_s (call $channel.receive (i32.add (i32.const 40000) (local.get $i)) (i32.const 0) (i32.const 0))
                    (i32.const 0))
        (then (local.set $n (i32.add (local.get $n) (i32.const 1)))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 300)))) (local.get $n))");
  EXPECT_EQ(to_word(ran.outcome), fmt::format("returns {}", kMaxBufferedBytes / (7 * capability::kMaxMessageBytes)));
}

}  // namespace
}  // namespace palyra::host
