// SPDX-License-Identifier: Apache-2.0
#include "small_disk.h"
#include "sqlite.h"
#include "state_fixture.h"

#include <palyra/base/json.h>
#include <palyra/state/channels.h>

#include <thread>

namespace palyra::state {
namespace {

namespace fs = std::filesystem;
using capability::ChannelMessage;
using capability::SendAnswer;
using testing::FailsWith;
using testing::IsOk;

class ChannelsTest : public StateTest {
 protected:
  void SetUp() override {
    StateStore store = must_init();
    root_ = must_install(store, file_).content_root();
  }
  StateOptions state_ = options();
  [[nodiscard]] SkillChannels open(std::string_view run_id = "run-1", std::string_view skill = "acme.demo") const {
    return SkillChannels({.state = &state_,
                          .run_id = run_id,
                          .skill_id = skill,
                          .content_root = root_,
                          .deadline = Deadline::after(clock_, std::chrono::seconds(30))});
  }
  static SendAnswer must_send(SkillChannels& channels, std::string_view body, std::string_view channel = "jobs",
                              std::int64_t hops = 1) {
    const auto answer = channels.send({.channel = channel, .body = as_bytes(body), .hops = hops});
    EXPECT_THAT(answer, IsOk());
    return answer.value_or(SendAnswer::kTooFast);
  }
  static std::optional<ChannelMessage> must_receive(SkillChannels& channels, std::string_view channel = "jobs") {
    auto message = channels.receive(channel);
    EXPECT_THAT(message, IsOk());
    return message ? *message : std::nullopt;
  }
  // As the operator.
  [[nodiscard]] std::string take_out(const std::string& channel) const {
    const auto receipt = receive_as_operator(options(), channel);
    EXPECT_THAT(receipt, IsOk());
    if (!receipt) return "(none)";
    EXPECT_THAT(settle_as_operator(options(), *receipt, Delivery::kDone), IsOk());
    return std::string(as_text(receipt->message.body));
  }
  static std::string body_of(const std::optional<ChannelMessage>& message) {
    return message ? std::string(as_text(message->body)) : "(none)";
  }

  Bytes file_ = make_artifact();
  crypto::Sha256Digest root_{};
};

TEST_F(ChannelsTest, MessagesComeInTheirOrderAndOnce) {
  SkillChannels sender = open();
  EXPECT_EQ(must_send(sender, "one"), SendAnswer::kSent);
  EXPECT_EQ(must_send(sender, "two"), SendAnswer::kSent);
  SkillChannels receiver = open("run-2");
  const auto first = must_receive(receiver);
  EXPECT_EQ(body_of(first), "one");
  EXPECT_EQ(body_of(must_receive(receiver)), "two");
  EXPECT_EQ(body_of(must_receive(receiver)), "(none)");
  EXPECT_EQ(body_of(must_receive(receiver, "other")), "(none)");
}

// N01: who sent it is written by the host.
TEST_F(ChannelsTest, AMessageSaysWhoSentIt) {
  SkillChannels sender = open();
  must_send(sender, R"({"sender":"operator","skill":"evil","content_root":"00"})");
  SkillChannels receiver = open("run-2");
  const ChannelMessage message = must_receive(receiver).value();
  EXPECT_EQ(message.sender, "skill");
  EXPECT_EQ(message.skill_id, "acme.demo");
  EXPECT_EQ(message.content_root, crypto::to_hex(root_));
  EXPECT_EQ(message.time, clock_.wall());
  const Json json = parse_json(as_bytes(envelope(message)), {.max_bytes = 10'000, .max_depth = 4}).value();
  EXPECT_EQ(*json.find("skill"), Json("acme.demo"));
  EXPECT_EQ(*json.find("body"), Json(R"({"sender":"operator","skill":"evil","content_root":"00"})"));
}

TEST_F(ChannelsTest, DeliveredIsGoneAndTheRestComesAgain) {
  SkillChannels sender = open();
  must_send(sender, "one");
  must_send(sender, "two");
  SkillChannels receiver = open("run-2");
  const std::int64_t first = must_receive(receiver).value().id;
  must_receive(receiver);
  ASSERT_THAT(receiver.settle({&first, 1}), IsOk());
  SkillChannels again = open("run-3");
  EXPECT_EQ(body_of(must_receive(again)), "two");
  EXPECT_EQ(body_of(must_receive(again)), "(none)");
  ASSERT_THAT(again.settle({}), IsOk());
  SkillChannels last = open("run-4");
  EXPECT_EQ(body_of(must_receive(last)), "two");
}

TEST_F(ChannelsTest, WhatOneCallHoldsNoOtherReceivesUntilItIsDead) {
  SkillChannels sender = open();
  must_send(sender, "one");
  SkillChannels dead = open("run-2");
  const std::int64_t id = must_receive(dead).value().id;
  SkillChannels other = open("run-3");
  EXPECT_EQ(body_of(must_receive(other)), "(none)");
  EXPECT_EQ(list_channels(options()).value().at(0).held, 1);
  clock_.advance(std::chrono::seconds(30) + kBusyTimeout + std::chrono::milliseconds(1));
  SkillChannels heir = open("run-4");
  EXPECT_EQ(body_of(must_receive(heir)), "one");
  // The dead one comes back too late to say anything about it.
  ASSERT_THAT(dead.settle({&id, 1}), IsOk());
  EXPECT_EQ(list_messages(options(), "jobs").value().size(), 1U);
  EXPECT_EQ(list_channels(options()).value().at(0).held, 1);
  ASSERT_THAT(heir.settle({&id, 1}), IsOk());
  EXPECT_THAT(list_messages(options(), "jobs").value(), ::testing::IsEmpty());
}

// N02
TEST_F(ChannelsTest, AFullMailboxRefusesAndDropsNothing) {
  SkillChannels sender = open();
  must_send(sender, "first");
  {
    const Database database = Database::open(root() + "/storage.db").value();
    ASSERT_THAT(
        database.run("WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 999) "
                     "INSERT INTO message (channel, sender, skill_id, content_root, time, hops, held_by, "
                     "held_until, digest, body) SELECT channel, sender, skill_id, content_root, time, hops, '', "
                     "0, digest, body FROM message, n"),
        IsOk());
  }
  EXPECT_EQ(must_send(sender, "the thousandth"), SendAnswer::kSent);
  EXPECT_EQ(must_send(sender, "one too many"), SendAnswer::kMailboxFull);
  EXPECT_THAT(send_as_operator(options(), "jobs", as_bytes("mine")), FailsWith(kChannelFull));
  EXPECT_EQ(must_send(sender, "elsewhere", "quiet"), SendAnswer::kSent);
  const auto all = list_messages(options(), "jobs").value();
  EXPECT_EQ(all.size(), 1'000U);
  EXPECT_EQ(as_text(all.front().body), "first");
  SkillChannels receiver = open("run-2");
  const std::int64_t id = must_receive(receiver).value().id;
  EXPECT_EQ(must_send(sender, "one too many"), SendAnswer::kMailboxFull);  // not gone yet
  ASSERT_THAT(receiver.settle({&id, 1}), IsOk());
  EXPECT_EQ(must_send(sender, "fits again"), SendAnswer::kSent);
}

// N02: a flooder is slowed down, and one beside it is not.
// F07: on a real disk.
TEST_F(ChannelsTest, AMessageThatWouldFillTheDiskIsRefused) {
  enum : int { kGood, kFirst, kFull, kOperator };
  const auto ended = on_small_disk(root(), [&]() -> int {
    StateStore store = must_init();
    static_cast<void>(must_install(store, file_));
    SkillChannels sender = open();
    if (!sender.send({.channel = "jobs", .body = as_bytes("one"), .hops = 1})) return kFirst;
    scribble(root() + "/ballast", Bytes(std::size_t{31} << 19U, 'x'));
    const auto answer = sender.send({.channel = "jobs", .body = as_bytes("two"), .hops = 1});
    if (answer || !answer.error().is(kStorageDiskFull)) return kFull;
    const auto operators = send_as_operator(options(), "jobs", as_bytes("three"));
    return !operators && operators.error().is(kStorageDiskFull) ? kGood : kOperator;
  });
  if (!ended) GTEST_SKIP() << "no user and mount namespaces here";
  EXPECT_EQ(*ended, kGood);
}

TEST_F(ChannelsTest, ASkillSendsTenASecondInTheLongRun) {
  SkillChannels flooder = open();
  for (std::int64_t i = 0; i < kSendBurst; ++i) ASSERT_EQ(must_send(flooder, "x"), SendAnswer::kSent) << i;
  EXPECT_EQ(must_send(flooder, "x"), SendAnswer::kTooFast);
  SkillChannels another_call = open("run-2");
  EXPECT_EQ(must_send(another_call, "x"), SendAnswer::kTooFast);
  SkillChannels quiet = open("run-3", "acme.other");
  EXPECT_EQ(must_send(quiet, "x"), SendAnswer::kSent);
  clock_.advance(std::chrono::milliseconds(99));
  EXPECT_EQ(must_send(flooder, "x"), SendAnswer::kTooFast);
  clock_.advance(std::chrono::milliseconds(1'000 - 99));
  for (std::int64_t i = 0; i < kSendsPerSecond; ++i) ASSERT_EQ(must_send(flooder, "x"), SendAnswer::kSent) << i;
  EXPECT_EQ(must_send(flooder, "x"), SendAnswer::kTooFast);
  EXPECT_EQ(list_messages(options(), "jobs").value().size(),
            static_cast<std::size_t>(kSendBurst + kSendsPerSecond + 1));
}

// N06
TEST_F(ChannelsTest, WhatARevokedVersionSentIsDeletedInsteadOfReceived) {
  SkillChannels sender = open();
  must_send(sender, "from the revoked");
  ASSERT_THAT(send_as_operator(options(), "jobs", as_bytes("from the operator")), IsOk());
  StateStore store = must_open();
  const std::vector<skills::RevocationEntry> entries = {skills::RevokedContent{root_}};
  ASSERT_THAT(store.revoke(entries), IsOk());
  SkillChannels receiver = open("run-2");
  EXPECT_EQ(body_of(must_receive(receiver)), "from the operator");
  EXPECT_EQ(list_messages(options(), "jobs").value().size(), 1U);
}

// N06
TEST_F(ChannelsTest, WhatARevokedVersionSentReachesNoOperatorAndKeepsNobodyOut) {
  SkillChannels sender = open();
  must_send(sender, "from the revoked");
  ASSERT_THAT(Database::open(root() + "/storage.db")
                  .value()
                  .run("WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) "
                       "INSERT INTO message (channel, sender, skill_id, content_root, time, hops, held_by, "
                       "held_until, digest, body) SELECT channel, sender, skill_id, content_root, time, hops, '', "
                       "0, digest, body FROM message, n"),
              IsOk());
  const std::vector<skills::RevocationEntry> entries = {skills::RevokedContent{root_}};
  ASSERT_THAT(must_open().revoke(entries), IsOk());
  ASSERT_THAT(send_as_operator(options(), "jobs", as_bytes("from the operator")), IsOk());
  EXPECT_EQ(take_out("jobs"), "from the operator");
  EXPECT_THAT(receive_as_operator(options(), "jobs"), FailsWith(kChannelEmpty));
}

TEST_F(ChannelsTest, ADamagedMessageIsDiscardedByTheOperator) {
  SkillChannels sender = open();
  must_send(sender, "one");
  must_send(sender, "two");
  ASSERT_THAT(
      Database::open(root() + "/storage.db").value().script("UPDATE message SET content_root = 'x' WHERE id = 1"),
      IsOk());
  EXPECT_THAT(receive_as_operator(options(), "jobs"), FailsWith(kStorageDamaged));
  EXPECT_EQ(take_out("jobs"), "two");
}

TEST_F(ChannelsTest, AClockThatWasSetBackHoldsUpNobody) {
  SkillChannels sender = open();
  must_send(sender, "one");
  ASSERT_THAT(Database::open(root() + "/storage.db")
                  .value()
                  .script(fmt::format("UPDATE sender SET allowance = 0, since = {0}; UPDATE message SET held_by = "
                                      "'run-0', held_until = {0}",
                                      (clock_.wall() + std::chrono::hours(1'000)).count())
                              .c_str()),
              IsOk());
  EXPECT_EQ(must_send(sender, "two"), SendAnswer::kTooFast);
  clock_.advance(std::chrono::seconds(1));
  EXPECT_EQ(must_send(sender, "two"), SendAnswer::kSent);
  EXPECT_EQ(list_channels(options()).value().at(0).held, 0);
  SkillChannels receiver = open("run-2");
  EXPECT_EQ(body_of(must_receive(receiver)), "one");
}

TEST_F(ChannelsTest, WhatAQuarantinedVersionSentIsDeletedInsteadOfReceived) {
  SkillChannels sender = open();
  must_send(sender, "odd");
  ASSERT_THAT(must_open().quarantine(root_, "odd"), IsOk());
  SkillChannels receiver = open("run-2");
  EXPECT_EQ(body_of(must_receive(receiver)), "(none)");
  EXPECT_THAT(list_messages(options(), "jobs").value(), ::testing::IsEmpty());
}

TEST_F(ChannelsTest, WhatASupersededVersionSentIsReceived) {
  SkillChannels sender = open();
  must_send(sender, "old but good");
  StateStore store = must_open();
  must_install(store, make_artifact({.version = "2.0.0"}));
  SkillChannels receiver = open("run-2");
  EXPECT_EQ(body_of(must_receive(receiver)), "old but good");
}

TEST_F(ChannelsTest, WhatTheOperatorWasNotShownComesAgain) {
  ASSERT_THAT(send_as_operator(options(), "jobs", as_bytes("one")), IsOk());
  const OperatorReceipt failed = receive_as_operator(options(), "jobs").value();
  EXPECT_THAT(receive_as_operator(options(), "jobs"), FailsWith(kChannelEmpty));  // it is held
  ASSERT_THAT(settle_as_operator(options(), failed, Delivery::kFailed), IsOk());
  // As when the command dies.
  const OperatorReceipt lost = receive_as_operator(options(), "jobs").value();
  EXPECT_EQ(as_text(lost.message.body), "one");
  clock_.advance(kOperatorHold + std::chrono::milliseconds(1));
  const OperatorReceipt again = receive_as_operator(options(), "jobs").value();
  EXPECT_EQ(again.message.id, lost.message.id);
  // Who comes too late takes nothing away.
  ASSERT_THAT(settle_as_operator(options(), lost, Delivery::kDone), IsOk());
  EXPECT_EQ(list_channels(options()).value().at(0).messages, 1);
  ASSERT_THAT(settle_as_operator(options(), again, Delivery::kDone), IsOk());
  EXPECT_THAT(list_channels(options()).value(), ::testing::IsEmpty());
}

TEST_F(ChannelsTest, WaitsForTrustNoLongerThanTheCall) {
  SkillChannels sender = open();
  must_send(sender, "one");
  const Database busy = Database::open(root() + "/trust.db").value();
  ASSERT_THAT(busy.script("BEGIN EXCLUSIVE"), IsOk());
  SkillChannels receiver({.state = &state_,
                          .run_id = "run-2",
                          .skill_id = "acme.demo",
                          .content_root = root_,
                          .deadline = Deadline::after(clock_, std::chrono::milliseconds(50))});
  const auto began = std::chrono::steady_clock::now();
  EXPECT_THAT(receiver.receive("jobs"), FailsWith(kStateBusy));
  EXPECT_LT(std::chrono::steady_clock::now() - began, kBusyTimeout / 2);
}

TEST_F(ChannelsTest, TheOperatorSendsAndReceives) {
  EXPECT_THAT(list_channels(options()).value(), ::testing::IsEmpty());
  EXPECT_THAT(receive_as_operator(options(), "jobs"), FailsWith(kChannelEmpty));
  ASSERT_THAT(send_as_operator(options(), "jobs", as_bytes("do it")), IsOk());
  SkillChannels receiver = open();
  const ChannelMessage got = must_receive(receiver).value();
  EXPECT_EQ(got.sender, "uid 1000 (ann)");
  EXPECT_EQ(got.skill_id, "");
  EXPECT_EQ(got.hops, 1);
  EXPECT_THAT(receive_as_operator(options(), "jobs"), FailsWith(kChannelEmpty));  // it is held
  must_send(receiver, "done", "results", 2);
  EXPECT_EQ(take_out("results"), "done");
  EXPECT_THAT(receive_as_operator(options(), "results"), FailsWith(kChannelEmpty));
  EXPECT_THAT(list_messages(options(), "results").value(), ::testing::IsEmpty());
}

TEST_F(ChannelsTest, TheOperatorNamesAChannelAndSendsNoMoreThanASkill) {
  for (const std::string_view name : {"", "Jobs", "a b", "../x", "a/b"}) {
    EXPECT_THAT(send_as_operator(options(), name, as_bytes("x")), FailsWith(kChannelInvalid)) << name;
    EXPECT_THAT(receive_as_operator(options(), name), FailsWith(kChannelInvalid)) << name;
    EXPECT_THAT(list_messages(options(), name), FailsWith(kChannelInvalid)) << name;
  }
  EXPECT_THAT(send_as_operator(options(), "jobs", Bytes(capability::kMaxMessageBytes + 1)),
              FailsWith(kChannelMessageTooLarge));
  EXPECT_THAT(send_as_operator(options(), "jobs", Bytes(capability::kMaxMessageBytes)), IsOk());
}

TEST_F(ChannelsTest, DamageIsRefusedWithACode) {
  SkillChannels sender = open();
  must_send(sender, "one");
  const std::string file = root() + "/storage.db";
  const Bytes good = testing::must_read(file);
  for (const char* sql : {"UPDATE message SET body = x'00'", "UPDATE message SET skill_id = 'evil.skill'",
                          "UPDATE message SET sender = 'uid 0 (root)'", "UPDATE message SET hops = 0",
                          "UPDATE message SET channel = 'secret'", "UPDATE message SET time = 0"}) {
    ASSERT_THAT(Database::open(file).value().script(sql), IsOk());
    SkillChannels receiver = open("run-2");
    const std::string_view channel = std::string_view(sql).contains("secret") ? "secret" : "jobs";
    EXPECT_THAT(receiver.receive(channel), FailsWith(kStorageDamaged)) << sql;
    EXPECT_THAT(list_messages(options(), channel), FailsWith(kStorageDamaged)) << sql;
    EXPECT_THAT(receive_as_operator(options(), channel), FailsWith(kStorageDamaged)) << sql;
    scribble(file, good);
  }
  scribble(file, Bytes(5'000));
  SkillChannels receiver = open("run-2");
  EXPECT_THAT(receiver.receive("jobs"), FailsWith(kStorageDamaged));
  EXPECT_THAT(receiver.send({.channel = "jobs", .body = {}}), FailsWith(kStorageDamaged));
  EXPECT_THAT(list_channels(options()), FailsWith(kStorageDamaged));
  EXPECT_THAT(send_as_operator(options(), "jobs", {}), FailsWith(kStorageDamaged));
}

// What many calls receive at once is each message once.
TEST_F(ChannelsTest, ManyReceiversGetEachMessageOnce) {
  constexpr int kMessages = 60;
  SkillChannels sender = open();
  for (int i = 0; i < kMessages; ++i) must_send(sender, fmt::format("{}", i));
  std::vector<std::vector<std::int64_t>> got(6);
  {
    std::vector<std::jthread> threads;
    threads.reserve(got.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
      threads.emplace_back([&, i] {
        const std::string run_id = fmt::format("run-{}", 100 + i);
        SkillChannels receiver = open(run_id);
        while (true) {
          const auto message = receiver.receive("jobs");
          if (!message && message.error().is(kStateBusy)) continue;
          if (!message || !*message) break;
          got[i].push_back((*message)->id);
        }
        EXPECT_THAT(receiver.settle(got[i]), IsOk());
      });
    }
  }
  std::vector<std::int64_t> all;
  for (const auto& each : got) all.insert(all.end(), each.begin(), each.end());
  std::ranges::sort(all);
  EXPECT_EQ(all.size(), static_cast<std::size_t>(kMessages));
  EXPECT_TRUE(std::ranges::adjacent_find(all) == all.end());
  EXPECT_THAT(list_messages(options(), "jobs").value(), ::testing::IsEmpty());
}

}  // namespace
}  // namespace palyra::state
