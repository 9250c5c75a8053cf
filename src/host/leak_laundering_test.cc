// SPDX-License-Identifier: Apache-2.0
// A guest and a server that work together: a first call sends the server a secret, as it may, and later calls try to
// get it back and out.
#include "http_fixture.h"
#include "leak_spellings.h"

#include <palyra/host/leak_scanner.h>
#include <palyra/host/storage_fakes.h>

#include <random>
#include <utility>

namespace palyra::host {
namespace {

using capability::HttpReply;
using capability::HttpReplyField;
using ::testing::IsEmpty;
using testing::kSecretValue;
using testing::Ran;
using testing::scaled;
using testing::to_word;

// Keeps the token that a request carries, and says `answer` of it to those that carry none.
class EchoServer final : public capability::HttpPort {
 public:
  Result<HttpReply> exchange(const capability::HttpExchange& exchange) override {
    constexpr std::string_view kBearer = "Bearer ";
    for (const capability::HttpField& field : exchange.fields) {
      if (field.name != "Authorization") continue;
      kept = field.value.substr(kBearer.size());
      return HttpReply{.status = 200, .fields = {}, .body = to_bytes("thank you")};
    }
    return answer(kept);
  }
  std::string kept;
  std::function<HttpReply(const std::string& kept)> answer;
};

std::string bytes_of(const Ran& ran) {
  std::string all(as_text(ran.results.output));
  for (const auto& part : ran.results.parts) all += as_text(part.bytes);
  for (const auto& line : ran.record.log) all += line.text;
  for (const std::string& denial : denials_of(ran)) all += denial;
  for (const auto& failure : ran.record.failures) all += failure;
  return all + ran.results.failure_message;
}

class Laundering : public testing::HttpGuestTest {
 protected:
  Laundering() {
    setup.http = &server;
    setup.storage = &storage;
    setup.channels = &channels;
    std::vector<capability::Capability> all{with_secret(rule("/in"), "bearer"), rule("/out")};
    all.emplace_back(capability::SecretUse{.scope = "global", .key = "token"});
    all.emplace_back(capability::StoragePrefix{.prefix = "notes/"});
    all.emplace_back(capability::ChannelUse{.name = "jobs"});
    grants = capability::CapabilityGrantSet::create(std::move(all)).value();
  }

  static std::shared_ptr<const runtime::LinkedModule> guest(std::string_view body) {
    const auto wasm =
        runtime::parse_wat(testing::guest_text(body, R"((data (i32.const 0) "/in") (data (i32.const 8) "/out")
      (data (i32.const 16) "x-a") (data (i32.const 32) "notes/") (data (i32.const 48) "jobs") (data (i32.const 64) "key"))"));
    EXPECT_THAT(wasm, testing::IsOk());
    return wasm ? link(*wasm) : nullptr;
  }

  // The first call: the server learns the token.
  void hand_over() {
    static const auto module = guest(R"((local $r i32)
      (local.set $r (call $http.open (i32.const 10000) (i32.const 0) (i32.const 0) (i32.const 3)))
      (drop (call $http.secret (local.get $r) (i32.const 20000)))
      (call $http.send (local.get $r)))");
    EXPECT_EQ(to_word(run_linked(*module, "run").outcome), "returns 200");
    EXPECT_EQ(server.kept, kSecretValue);
  }

  [[nodiscard]] bool shows_secret(const Ran& ran) const {
    return LeakStream(scanner).next(as_bytes(bytes_of(ran))).has_value();
  }

  void expect_stopped(const Ran& ran, std::string_view sink, const std::string& what) {
    EXPECT_EQ(to_word(ran.outcome), "denied") << sink << ": " << what;
    EXPECT_FALSE(shows_secret(ran)) << sink << ": " << what;
    EXPECT_THAT(ran.results.output, IsEmpty());
    EXPECT_THAT(storage.values, IsEmpty());
    EXPECT_THAT(channels.sent, IsEmpty());
    EXPECT_THAT(progress.seen, IsEmpty());
  }

  EchoServer server;
  testing::MapStorage storage;
  testing::QueueChannels channels;
  LeakScanner scanner{{{.name = "global/token", .value = as_bytes(kSecretValue)}}};
};

// Asks /out twice; the bodies stand at 4096 one behind the other, $length bytes; the field x-a of the last at 3000.
constexpr std::string_view kFetch = R"((local $r i32) (local $length i32) (local $times i32) (local $i i32)
  (loop $again
    (local.set $r (call $http.open (i32.const 10001) (i32.const 0) (i32.const 8) (i32.const 4)))
    (if (i32.ge_s (call $http.send (local.get $r)) (i32.const 0)) (then
      (local.set $length (i32.add (local.get $length) (call $http.response-read (local.get $r)
        (i32.add (i32.const 4096) (local.get $length)) (i32.const 8000))))
      (drop (call $http.response-header (local.get $r) (i32.const 16) (i32.const 3) (i32.const 3000) (i32.const 1000)))
      (drop (call $http.response-header-names (local.get $r) (i32.const 2000) (i32.const 1000)))))
    (br_if $again (i32.lt_u (local.tee $times (i32.add (local.get $times) (i32.const 1))) (i32.const 2)))))";

// S02, S03
TEST_F(Laundering, WhatAServerRepeatsInALaterCallNeverReachesTheGuest) {
  hand_over();
  const auto module = guest(std::string(kFetch) + R"(
    (drop (call $call.output-write (i32.const 2000) (i32.const 20000))) (local.get $length))");
  std::mt19937 draw(11);
  for (std::size_t run = 0; run < scaled(1'000); ++run) {
    for (const auto& spelled : testing::one_of_each_encoding(kSecretValue, run)) {
      const auto where = draw() % 3;
      server.answer = [&](const std::string&) {
        std::vector<HttpReplyField> fields{{.name = "x-a", .value = where == 1 ? spelled.text : "nothing"}};
        // What says that it is encoded, or a part, is looked at all the same.
        if (draw() % 2 == 0) fields.push_back({.name = "content-encoding", .value = "gzip"});
        return HttpReply{.status = draw() % 2 == 0 ? 206 : 200,
                         .fields = std::move(fields),
                         .body = to_bytes(fmt::format("{} {} {}", run, where != 1 ? spelled.text : "", run))};
      };
      const Ran ran = run_linked(*module, "run");
      ASSERT_EQ(to_word(ran.outcome), "returns 0") << spelled.name << ": of the reply nothing is handed on";
      ASSERT_FALSE(shows_secret(ran)) << spelled.name;
    }
  }
}

// Writes the $length bytes at 4096 away.
constexpr std::pair<const char*, const char*> kWrites[] = {
    {"output", "(call $call.output-write (i32.const 4096) (local.get $length))"},
    {"failure message", "(call $call.error-write (i32.const 4096) (local.get $length))"},
    {"log", "(call $call.log (i32.const 2) (i32.const 4096) (local.get $length))"},
    {"progress", "(call $call.progress (i64.const 1) (i64.const 2) (i32.const 4096) (local.get $length))"},
    {"channel",
     "(call $channel.send (call $channel.grant (i32.const 48) (i32.const 4)) (i32.const 4096) (local.get $length))"},
    {"storage",
     "(i32.wrap_i64 (call $storage.put (call $storage.grant (i32.const 32) (i32.const 6)) (i32.const 64) (i32.const 3)"
     " (i32.const 4096) (local.get $length) (i64.const -1)))"},
};

// S02, S03: two parts of a reply, each of which is nothing by itself.
TEST_F(Laundering, PartsThatAGuestJoinsStayInside) {
  hand_over();
  std::mt19937 draw(12);
  const auto spellings = testing::spellings_of(kSecretValue);
  for (const auto& [sink, write] : kWrites) {
    const auto module = guest(std::string(kFetch) + write);
    for (std::size_t run = 0; run < scaled(1'000); ++run) {
      const std::string text = spellings[draw() % spellings.size()].text;
      const std::size_t cut = text.size() / 2;
      bool first = true;
      server.answer = [&](const std::string&) {
        const std::string part = std::exchange(first, false) ? text.substr(0, cut) : text.substr(cut);
        return HttpReply{.status = 206, .fields = {{"content-range", "bytes 0-1/2"}}, .body = to_bytes(part)};
      };
      storage.values.clear();
      channels.sent.clear();
      expect_stopped(run_linked(*module, "run"), sink, text);
    }
  }
}

// S02, S03: an encoding that only the two of them know, as compression is one.
TEST_F(Laundering, WhatAGuestDecodesStaysInside) {
  hand_over();
  std::mt19937 draw(13);
  const auto spellings = testing::spellings_of(kSecretValue);
  for (const auto& [sink, write] : kWrites) {
    const auto module = guest(std::string(kFetch) + R"(
      (loop $next
        (i32.store8 (i32.add (i32.const 4096) (local.get $i))
          (i32.xor (i32.const 0x55) (i32.load8_u (i32.add (i32.const 4096) (local.get $i)))))
        (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $length)))))" +
                              write);
    for (std::size_t run = 0; run < scaled(1'000); ++run) {
      const std::string text = spellings[draw() % spellings.size()].text;
      std::string masked = text;
      for (char& c : masked) c = static_cast<char>(c ^ 0x55);
      server.answer = [&](const std::string&) {
        return HttpReply{.status = 200, .fields = {{"content-encoding", "gzip"}}, .body = to_bytes(masked)};
      };
      storage.values.clear();
      channels.sent.clear();
      expect_stopped(run_linked(*module, "run"), sink, text);
    }
  }
}

// S04: whether a put is taken says nothing of a guess but whether it is the whole value, and that ends the run.
TEST_F(Laundering, StorageAnswersEveryPrefixOfASecretLikeAnyOtherText) {
  // Its arguments are a guess: what put answers, or 99 when what it then reads is not what it put.
  const auto module = guest(R"((local $length i32)
    (local.set $length (call $call.input-read (i32.const 4096) (i32.const 8000) (i32.const 0)))
    (if (i64.lt_s (call $storage.put (call $storage.grant (i32.const 32) (i32.const 6)) (i32.const 64) (i32.const 3)
        (i32.const 4096) (local.get $length) (i64.const -1)) (i64.const 0)) (then (return (i32.const 98))))
    (if (i32.ne (local.get $length) (call $storage.get (i32.const 30000) (i32.const 64) (i32.const 3) (i32.const 20000)
        (i32.const 8000) (i32.const 0))) (then (return (i32.const 99))))
    (i32.const 0))");
  std::mt19937 draw(14);
  const auto noise = [&](std::size_t size) {
    std::string text(size, ' ');
    for (char& c : text) c = static_cast<char>('A' + draw() % 26);
    return text;
  };
  const auto fuel_of = [&](const std::string& guess) {
    setup.arguments = as_bytes(guess);
    const Ran ran = run_linked(*module, "run");
    EXPECT_EQ(to_word(ran.outcome), "returns 0") << guess;
    EXPECT_THAT(ran.record.denials, IsEmpty()) << guess;
    return ran.record.fuel_used;
  };
  const std::string secret(kSecretValue);
  for (std::size_t run = 0; run < scaled(1'000); ++run) {
    const std::size_t known = run % secret.size();
    const std::string guess = secret.substr(0, known) + noise(secret.size() - known);
    ASSERT_EQ(fuel_of(guess), fuel_of(noise(secret.size()))) << guess;
  }
  storage.values.clear();
  const std::string whole = "is it " + secret;
  setup.arguments = as_bytes(whole);
  expect_stopped(run_linked(*module, "run"), "storage", whole);
}

}  // namespace
}  // namespace palyra::host
