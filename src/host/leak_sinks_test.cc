// SPDX-License-Identifier: Apache-2.0
// Guests that write a secret, in every spelling, wherever a guest can write.
#include "hosted_guest.h"
#include "leak_spellings.h"

#include <palyra/base/hex.h>
#include <palyra/host/storage_fakes.h>

namespace palyra::host {
namespace {

using capability::CapabilityGrantSet;
using capability::SecretUse;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::Ran;
using testing::to_word;

constexpr std::string_view kValue = "sk_live_0123456789/+\"\\é";

// A sink, and a body that writes $length bytes at $at to it.
struct WrittenSink {
  const char* name;
  const char* write;
};
constexpr WrittenSink kWrites[] = {
    {"storage",  // each piece under another key
     "(i32.store8 (i32.const 64) (i32.add (i32.load8_u (i32.const 64)) (i32.const 1)))"
     "(i64.lt_s (call $storage.put (call $storage.grant (i32.const 48) (i32.const 6)) (i32.const 64) (i32.const 1)"
     " (local.get $at) (local.get $length) (i64.const -1)) (i64.const 0))"},
    {"channel",
     "(call $channel.send (call $channel.grant (i32.const 56) (i32.const 4)) (local.get $at) (local.get $length))"},
    {"output", "(call $call.output-write (local.get $at) (local.get $length))"},
    {"output part", "(call $call.output-part (i32.const 16) (i32.const 10) (local.get $at) (local.get $length))"},
    {"failure message", "(call $call.error-write (local.get $at) (local.get $length))"},
    {"log", "(call $call.log (i32.const 2) (local.get $at) (local.get $length))"},
    {"progress", "(call $call.progress (i64.const 1) (i64.const 2) (local.get $at) (local.get $length))"},
    {"standard output",
     "(i32.store (i32.const 0) (local.get $at)) (i32.store (i32.const 4) (local.get $length))"
     "(call $wasi.fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))"},
    {"standard error",
     "(i32.store (i32.const 0) (local.get $at)) (i32.store (i32.const 4) (local.get $length))"
     "(call $wasi.fd_write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 8))"},
};

class LeakSinks : public testing::HostTest {
 protected:
  LeakSinks() {
    grants = CapabilityGrantSet::create({SecretUse{.scope = "global", .key = "key"},
                                         capability::StoragePrefix{.prefix = "notes/"},
                                         capability::ChannelUse{.name = "jobs"}})
                 .value();
    secrets.set("global/key", kValue);
    setup.secrets = &secrets;
    setup.storage = &storage;
    setup.channels = &channels;
  }

  // A guest that writes its arguments in pieces of at most `piece` bytes, after an honest beginning everywhere.
  Bytes writer(const WrittenSink& sink, int piece) {
    const std::string body = fmt::format(R"((local $at i32) (local $left i32) (local $length i32) (local $answer i32)
      (drop (call $call.output-write (i32.const 32) (i32.const 6)))
      (drop (call $call.error-write (i32.const 32) (i32.const 6)))
      (drop (call $call.log (i32.const 2) (i32.const 32) (i32.const 6)))
      (local.set $at (i32.const 1024))
      (local.set $left (call $call.input-read (local.get $at) (i32.const 4000) (i32.const 0)))
      (loop $again
        (local.set $length (local.get $left))
        (if (i32.gt_u (local.get $length) (i32.const {0})) (then (local.set $length (i32.const {0}))))
        (local.set $answer (block (result i32) {1}))
        (local.set $at (i32.add (local.get $at) (local.get $length)))
        (local.set $left (i32.sub (local.get $left) (local.get $length)))
        (br_if $again (local.get $left)))
      (local.get $answer))",
                                         piece, sink.write);
    const auto wasm = runtime::parse_wat(testing::guest_text(
        body,
        "(data (i32.const 16) \"text/plain\") (data (i32.const 32) \"honest\") (data (i32.const 48) \"notes/\")"
        "(data (i32.const 56) \"jobs\") (data (i32.const 64) \"a\")"));
    EXPECT_THAT(wasm, testing::IsOk());
    return wasm ? *wasm : Bytes();
  }

  void expect_stopped(const Ran& ran, std::string_view sink, const std::string& what) {
    EXPECT_EQ(to_word(ran.outcome), "denied") << what;
    EXPECT_THAT(denials_of(ran), ElementsAre(HasSubstr(fmt::format("global/key to its {}", sink)))) << what;
    EXPECT_THAT(ran.results.output, IsEmpty()) << what;
    EXPECT_THAT(ran.results.parts, IsEmpty()) << what;
    EXPECT_EQ(ran.results.failure_message, "") << what;
    EXPECT_THAT(ran.record.log, IsEmpty()) << what;
  }

  testing::MapSecrets secrets;
  testing::MapStorage storage;
  testing::QueueChannels channels;
};

// S03
TEST_F(LeakSinks, StopTheRunAtEverySpellingInOnePieceAndInMany) {
  const auto spellings = testing::spellings_of(kValue);
  for (const WrittenSink& sink : kWrites) {
    const bool keeps_pieces = std::string_view(sink.name) != "progress";  // shows ten a second
    for (const int piece : {4'000, keeps_pieces ? 7 : 4'000}) {
      const Bytes wasm = writer(sink, piece);
      for (const auto& spelled : spellings) {
        const std::string text = "<" + spelled.text + ">";
        setup.arguments = as_bytes(text);
        expect_stopped(run_module(wasm, "run"), sink.name, fmt::format("{}, {} bytes", spelled.name, piece));
      }
    }
  }
}

TEST_F(LeakSinks, LetHonestTextPass) {
  const std::string text = "nothing that anybody has to hide: " + to_hex(as_bytes("sk_live_0123456789/"));
  setup.arguments = as_bytes(text);
  for (const WrittenSink& sink : kWrites) {
    const Ran ran = run_module(writer(sink, 4'000), "run");
    EXPECT_EQ(to_word(ran.outcome), "returns 0") << sink.name;
    EXPECT_THAT(denials_of(ran), IsEmpty()) << sink.name;
    EXPECT_FALSE(ran.record.log.empty()) << sink.name;
  }
}

// S03
TEST_F(LeakSinks, StopASecretInTheTypeOfAPart) {
  secrets.set("global/key", "application/x-0123456789");
  setup.arguments = as_bytes("application/x-0123456789");
  expect_stopped(run("(drop (call $call.input-read (i32.const 0) (i32.const 24) (i32.const 0)))"
                     "(call $call.output-part (i32.const 0) (i32.const 24) (i32.const 0) (i32.const 1))"),
                 "output part's type", "media type");
}

// S03
TEST_F(LeakSinks, StopAWasiProgramThatPrintsASecret) {
  setup.kind = runtime::EntryKind::kWasi;
  setup.standard_input = as_bytes(kValue);
  for (const int descriptor : {1, 2}) {
    const std::string body = fmt::format(
        "(func (export \"_start\") (i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 100))"
        " (drop (call $wasi.fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 4)))"
        " (drop (call $wasi.fd_write (i32.const {}) (i32.const 0) (i32.const 1) (i32.const 8))))",
        descriptor);
    const auto wasm = runtime::parse_wat(testing::guest_text("(i32.const 0)", body));
    ASSERT_THAT(wasm, testing::IsOk());
    expect_stopped(run_module(*wasm, "_start"), descriptor == 1 ? "output" : "standard error", "WASI");
  }
}

// S03
TEST_F(LeakSinks, StopASecretInTheKeysOfStorage) {
  secrets.set("global/key", "application/x-0123456789");
  setup.arguments = as_bytes("application/x-0123456789");
  const std::string_view put =
      "(drop (call $storage.put (call $storage.grant (i32.const 48) (i32.const 6)) (i32.const {}) (i32.const {}) "
      "(i32.const 0) (i32.const 0) (i64.const -1)))";
  for (const int first : {24, 11}) {
    const std::string rest = first == 24 ? "" : fmt::format(fmt::runtime(put), 1024 + first, 24 - first);
    expect_stopped(run("(drop (call $call.input-read (i32.const 1024) (i32.const 24) (i32.const 0)))" +
                           fmt::format(fmt::runtime(put), 1024, first) + rest + "(i32.const 0)",
                       "(data (i32.const 48) \"notes/\")"),
                   "storage keys", fmt::format("{} bytes first", first));
  }
}

// S03: what nobody keeps does not stand between the pieces of a secret.
TEST_F(LeakSinks, StopASecretAroundWhatIsRefused) {
  const std::string text(kValue);
  setup.arguments = as_bytes(text);
  const auto around = [&](std::string_view first, std::string_view refused, std::string_view rest) {
    return run(fmt::format("(drop (call $call.input-read (i32.const 1024) (i32.const 4000) (i32.const 0)))"
                           "(drop (call $call.{})) (drop (call $call.{})) (call $call.{})",
                           first, refused, rest),
               "(data (i32.const 16) \"text/plain\")");
  };
  const std::size_t half = text.size() / 2;
  const std::string first = fmt::format("(i32.const 1024) (i32.const {})", half);
  const std::string rest = fmt::format("(i32.const {}) (i32.const {})", 1024 + half, text.size() - half);
  expect_stopped(around("error-write " + first, "error-write (i32.const 8192) (i32.const 8193)", "error-write " + rest),
                 "failure message", "after one that is too large");
  expect_stopped(around("log (i32.const 2) " + first, "log (i32.const 9) (i32.const 8192) (i32.const 20)",
                        "log (i32.const 2) " + rest),
                 "log", "after one of no level");
  expect_stopped(around("output-part (i32.const 16) (i32.const 10) " + first,
                        "output-part (i32.const 8192) (i32.const 3) (i32.const 8192) (i32.const 20)",
                        "output-part (i32.const 16) (i32.const 10) " + rest),
                 "output part", "after one of no type");
}

// S03
TEST_F(LeakSinks, WhatAToolAsksForIsShownWithoutSecrets) {
  const std::string text(kValue);
  setup.arguments = as_bytes(text);
  const std::string name = fmt::format("(i32.const 1024) (i32.const {})", text.size());
  const std::string read = "(drop (call $call.input-read (i32.const 1024) (i32.const 4000) (i32.const 0)))";
  for (const std::string& asks : {"(call $secret.present (call $secret.grant " + name + "))",
                                  "(call $http.grant " + name + ")", "(call $storage.grant " + name + ")",
                                  "(call $http.open (call $http.grant " + name + ") (i32.const 0) " + name + ")"}) {
    const Ran ran = run(read + asks);
    for (const std::string& denial : denials_of(ran)) EXPECT_THAT(denial, Not(HasSubstr(text))) << asks;
    EXPECT_THAT(ran.results.failure_message, Not(HasSubstr(text))) << asks;
    const auto* denied = std::get_if<runtime::Denied>(&ran.outcome);
    EXPECT_THAT(denied == nullptr ? std::string() : denied->message, Not(HasSubstr(text))) << asks;
  }
}

// S04
TEST_F(LeakSinks, NoGuestMakesTheRecordOfASecretGoAway) {
  const std::string text(kValue);
  setup.arguments = as_bytes(text);
  const Ran ran = run(fmt::format(R"((local $i i32)
    (drop (call $call.input-read (i32.const 1024) (i32.const 4000) (i32.const 0)))
    (loop $again
      (i32.store8 (i32.const 512) (i32.add (i32.const 32) (local.get $i)))
      (drop (call $http.grant (i32.const 512) (i32.const 1)))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 200))))
    (drop (call $http.grant (i32.const 1024) (i32.const {})))
    (i32.const 0))",
                                  text.size()));
  EXPECT_THAT(denials_of(ran).at(0),
              HasSubstr("secret.struck_out: the secret global/key was in a name that the tool asked for"));
}

}  // namespace
}  // namespace palyra::host
