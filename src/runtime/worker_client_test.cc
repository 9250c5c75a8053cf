// SPDX-License-Identifier: Apache-2.0
#include "guest_fixture.h"
#include "worker_fixture.h"

#include <palyra/runtime/worker_client.h>
#include <palyra/runtime/worker_protocol.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace palyra::runtime {
namespace {

using testing::FailsWith;
using ::testing::Gt;
using ::testing::HasSubstr;
using testing::IsOk;

const Bytes kEmptyModule{0x00, 'a', 's', 'm', 1, 0, 0, 0};

Bytes message(MessageKind kind, std::uint64_t length, std::string_view body) {
  const auto header = encode({.kind = kind, .length = length});
  Bytes bytes(header.begin(), header.end());
  append(bytes, to_bytes(body));
  return bytes;
}

Bytes hello() {
  const std::string identity = worker_identity(WorkerJob::kAdmit, 0);
  return message(MessageKind::kHello, identity.size(), identity);
}

// A shell script in the place of the worker. $HERE in it is a directory of its own, where `said` is what it may say.
class FakeWorkerTest : public ::testing::Test {
 protected:
  WorkerClient fake(const std::string& script, const Bytes& said = hello(), WorkerLimits limits = ample_limits()) {
    EXPECT_THAT(write_file_atomic(directory_.file("said"), said, 0600, Overwrite::kYes), IsOk());
    const std::string text = fmt::format("#!/bin/sh\nHERE={}\n{}\n", directory_.path(), script);
    EXPECT_THAT(write_file_atomic(program(), as_bytes(text), 0700, Overwrite::kYes), IsOk());
    return WorkerClient(program(), limits);
  }
  Result<capability::ModuleFacts> described_by(const std::string& script, const Bytes& said = hello()) {
    return fake(script, said).describe(kEmptyModule);
  }
  std::string program() { return directory_.file("worker"); }
  std::string file(const std::string& name) { return directory_.file(name); }
  std::string content(const std::string& name) {
    std::ifstream stream(file(name));
    return {std::istreambuf_iterator<char>(stream), {}};
  }

 private:
  testing::TempDir directory_;
};

constexpr const char* kSay = "/bin/cat $HERE/said";
constexpr const char* kSayAndWait = "/bin/cat $HERE/said; exec /bin/sleep 1000";

Bytes after_hello(const Bytes& more) {
  Bytes bytes = hello();
  append(bytes, more);
  return bytes;
}

TEST_F(FakeWorkerTest, AProgramThatIsNotThereIsMissing) {
  const auto facts = WorkerClient(file("nothing")).describe(kEmptyModule);
  ASSERT_THAT(facts, FailsWith(kWorkerMissing));
  EXPECT_THAT(facts.error().message(), HasSubstr("nothing"));
  EXPECT_THAT(WorkerClient("/").describe(kEmptyModule), FailsWith(kWorkerMissing));
}

TEST_F(FakeWorkerTest, AWorkerOfAnotherBuildGetsNothingOfTheModule) {
  const std::string other = "palyra-worker 0.0.1";
  const auto facts = described_by(std::string(kSay) + "; /usr/bin/head -c 1 > $HERE/read; exec /bin/sleep 1000",
                                  message(MessageKind::kHello, other.size(), other));
  ASSERT_THAT(facts, FailsWith(kWorkerMismatch));
  EXPECT_THAT(facts.error().message(), HasSubstr(other));
  EXPECT_EQ(content("read"), "");
}

TEST_F(FakeWorkerTest, AWorkerOfAnotherEngineIsRefusedForCompiling) {
  const std::string other = worker_identity(WorkerJob::kCompile, 1);
  const WorkerClient client = fake(kSayAndWait, message(MessageKind::kHello, other.size(), other));
  EXPECT_THAT(client.compile(kEmptyModule, 2), FailsWith(kWorkerMismatch));
}

TEST_F(FakeWorkerTest, OneThatDoesNotGreetIsRefused) {
  EXPECT_THAT(described_by("exec /bin/cat /dev/zero"), FailsWith(kWorkerFailed));
  EXPECT_THAT(described_by(kSayAndWait, message(MessageKind::kFacts, 2, "{}")), FailsWith(kWorkerFailed));
  EXPECT_THAT(described_by(kSayAndWait, message(MessageKind::kHello, kMaxHelloBytes + 1, "")),
              FailsWith(kWorkerFailed));
}

TEST_F(FakeWorkerTest, AnAnswerThatNoWorkerGivesIsRefused) {
  for (const Bytes& answer : {
           to_bytes("Zzzzzzzzz"),
           message(MessageKind::kModule, 2, "{}"),
           hello(),
           message(MessageKind::kFacts, 2, "{}"),
           message(MessageKind::kFacts, 0, ""),
           message(MessageKind::kFacts, 4, "\xff\xff\xff\xff"),
           message(MessageKind::kRefused, 2, "[]"),
           message(MessageKind::kCode, 4, "code"),
       }) {
    EXPECT_THAT(described_by(kSayAndWait, after_hello(answer)), FailsWith(kWorkerFailed)) << as_text(answer);
  }
}

TEST_F(FakeWorkerTest, FactsOfWrongTypesAreRefused) {
  constexpr std::string_view kGood =
      R"({"imports":[],"exports":[],"memories":[],"tables":[],"start":null,"functions_imported":0,)"
      R"("functions_defined":0,"locals_max":0,"data_segments":0,"element_segments":0,"custom_bytes":0,)"
      R"("code_bytes":0,"producers":[]})";
  const auto answered = [&](std::string_view from, std::string_view to) {
    std::string text(kGood);
    text.replace(text.find(from), from.size(), to);
    return described_by(kSayAndWait, after_hello(message(MessageKind::kFacts, text.size(), text)));
  };
  EXPECT_THAT(answered("[]", "[]"), IsOk());
  EXPECT_THAT(answered("[]", "{}"), FailsWith(kWorkerFailed));
  EXPECT_THAT(answered("[]", R"([{"module":"a","name":"b","kind":"tag","type":""}])"), FailsWith(kWorkerFailed));
  EXPECT_THAT(answered("[]", R"([{"module":1,"name":"b","kind":"func","type":""}])"), FailsWith(kWorkerFailed));
  EXPECT_THAT(answered(R"("locals_max":0)", R"("locals_max":-1)"), FailsWith(kWorkerFailed));
  EXPECT_THAT(answered(R"("locals_max":0,)", ""), FailsWith(kWorkerFailed));
  const auto producers = [&](std::size_t lines, std::size_t bytes) {
    std::string list;
    for (std::size_t i = 0; i < lines; ++i) {
      list +=
          fmt::format(R"({}{{"field":"sdk","name":"{}","version":""}})", i == 0 ? "" : ",", std::string(bytes, 'x'));
    }
    return answered(R"("producers":[])", fmt::format(R"("producers":[{}])", list));
  };
  EXPECT_THAT(producers(64, 256), IsOk());
  EXPECT_THAT(producers(65, 1), FailsWith(kWorkerFailed));
  EXPECT_THAT(producers(1, 257), FailsWith(kWorkerFailed));
}

TEST_F(FakeWorkerTest, AnAnswerLargerThanItsLimitIsNotTaken) {
  const auto facts =
      described_by(kSayAndWait, after_hello(message(MessageKind::kFacts, std::uint64_t{1} << 40, "endless")));
  ASSERT_THAT(facts, FailsWith(kCompileLimit));
  EXPECT_THAT(facts.error().message(), HasSubstr(std::to_string(ample_limits().admit.answer_bytes)));
}

TEST_F(FakeWorkerTest, OneThatDiesIsSaidToHaveDied) {
  const auto ended = described_by("echo oops >&2; exit 3");
  ASSERT_THAT(ended, FailsWith(kWorkerFailed));
  EXPECT_THAT(ended.error().message(), HasSubstr("status 3"));
  EXPECT_THAT(ended.error().message(), HasSubstr("oops"));

  const auto killed = described_by(std::string(kSay) + "; kill -SEGV $$");
  ASSERT_THAT(killed, FailsWith(kWorkerFailed));
  EXPECT_THAT(killed.error().message(), HasSubstr("signal 11"));

  EXPECT_THAT(described_by(kSay, after_hello(message(MessageKind::kFacts, 1000, "{\"imports\":["))),
              FailsWith(kWorkerFailed));
  EXPECT_THAT(described_by(kSay, Bytes{'H', 3}), FailsWith(kWorkerFailed));
}

// It dies while most of a large module is still to be sent: no SIGPIPE, no wait.
TEST_F(FakeWorkerTest, OneThatDiesBeforeItHasReadTheModuleIsNoEndOfThisProcess) {
  const Bytes large(std::size_t{8} << 20, 0);
  EXPECT_THAT(fake(std::string(kSay) + "; /usr/bin/head -c 10 > /dev/null").describe(large), FailsWith(kWorkerFailed));
}

TEST_F(FakeWorkerTest, AModuleOverTheProtocolsLimitIsNotSent) {
  EXPECT_THAT(fake(kSayAndWait).describe(Bytes(kMaxModuleBytes + 1)), FailsWith(kCompileLimit));
}

TEST_F(FakeWorkerTest, OneThatHangsIsKilledAtItsWallClockLimit) {
  WorkerLimits limits = ample_limits();
  limits.admit.wall = std::chrono::milliseconds(100);
  for (const char* script : {"exec /bin/sleep 1000", kSayAndWait, "/bin/cat /dev/zero >&2"}) {
    const auto facts = fake(fmt::format("echo $$ > $HERE/process; {}", script), hello(), limits).describe(kEmptyModule);
    ASSERT_THAT(facts, FailsWith(kCompileLimit)) << script;
    EXPECT_THAT(facts.error().message(), HasSubstr("wall clock limit of 100 ms"));
    const std::string process = content("process");
    // It may have been killed before it could say its number.
    EXPECT_TRUE(process.empty() || ::kill(std::stoi(process), 0) == -1) << "it still lives";
  }
}

TEST_F(FakeWorkerTest, TheCallersDeadlineEndsTheWait) {
  const Until until{.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(50)};
  EXPECT_THAT(fake(kSayAndWait).describe(kEmptyModule, until), FailsWith(kCompileTimedOut));
}

TEST_F(FakeWorkerTest, ACancellationEndsTheWait) {
  std::atomic<bool> cancel = false;
  const WorkerClient client = fake("echo > $HERE/begun; exec /bin/sleep 1000");
  std::jthread other([&] {
    while (!std::filesystem::exists(file("begun"))) std::this_thread::yield();
    cancel = true;
  });
  EXPECT_THAT(client.describe(kEmptyModule, {.cancel = &cancel}), FailsWith(kCompileCancelled));
}

TEST_F(FakeWorkerTest, GetsNoEnvironmentAndNoOtherDescriptor) {
  const int leak = ::open("/dev/null", O_RDONLY);  // NOLINT(android-cloexec-open): as a careless library would
  ASSERT_GE(leak, 0);
  EXPECT_THAT(described_by("/usr/bin/env > $HERE/environment; /bin/ls /proc/self/fd > $HERE/descriptors"),
              FailsWith(kWorkerFailed));
  ::close(leak);
  EXPECT_THAT(content("environment"), ::testing::Not(HasSubstr("PATH=")));
  EXPECT_THAT(content("environment"), ::testing::Not(HasSubstr("HOME=")));
  EXPECT_EQ(content("descriptors"), "0\n1\n2\n3\n");  // the last is ls reading the list
}

TEST_F(FakeWorkerTest, LeavesNoDescriptorAndNoProcessBehind) {
  const auto count = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator{});
  };
  const WorkerClient client = fake("exit 1");
  EXPECT_THAT(client.describe(kEmptyModule), FailsWith(kWorkerFailed));
  const auto before = count();
  for (int i = 0; i < 20; ++i) EXPECT_THAT(client.describe(kEmptyModule), FailsWith(kWorkerFailed));
  EXPECT_EQ(count(), before);
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a child is left";
}

TEST(WorkerClientTest, DescribesEveryModuleAsTheParserOfThisProcessDoes) {
  const WorkerClient client(real_worker(), ample_limits());
  std::size_t compared = 0;
  for (const auto& entry : std::filesystem::directory_iterator(palyra::testing::test_file("corpora/wat"))) {
    if (entry.path().extension() != ".wat") continue;
    const auto wasm = parse_wat(as_text(testing::must_read(entry.path().string())));
    if (!wasm) continue;
    const auto here = describe_module(*wasm, DescribeInThisProcess{});
    const auto there = client.describe(*wasm);
    ASSERT_EQ(here.has_value(), there.has_value()) << entry.path() << (there ? "" : there.error().describe());
    if (here) {
      EXPECT_EQ(here->imports.size(), there->imports.size());
      EXPECT_EQ(here->exports.size(), there->exports.size());
      EXPECT_EQ(here->code_bytes, there->code_bytes);
    } else {
      EXPECT_EQ(here.error().describe(), there.error().describe());
    }
    ++compared;
  }
  EXPECT_THAT(compared, Gt(100U));
}

TEST(WorkerClientTest, ManyThreadsMayAskAtOnce) {
  const WorkerClient client(real_worker(), ample_limits());
  std::atomic<int> described = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        for (int k = 0; k < 5; ++k) described += client.describe(kEmptyModule).has_value() ? 1 : 0;
      });
    }
  }
  EXPECT_EQ(described, 40);
}

}  // namespace
}  // namespace palyra::runtime
