// SPDX-License-Identifier: Apache-2.0
// Processes that change one state at once.
#include "state_fixture.h"

#include <sys/wait.h>
#include <unistd.h>

namespace palyra::state {
namespace {

using testing::IsOk;

const skills::TrustPolicy kPin{.unknown_publisher = skills::UnknownPublisher::kPin, .pin_fingerprint = std::nullopt};

class StateProcessesTest : public StateTest {
 protected:
  StateStore store_ = must_init();
};

// K09
TEST_F(StateProcessesTest, OfProcessesThatPinDifferentKeysOneWins) {
  const std::size_t processes = 2 + testing::scaled(62);  // 64, which do a thousand operations
  for (std::size_t round = 0; round < testing::scaled(16); ++round) {
    // Names that look like an earlier one are pinned by no first use.
    const std::string publisher = "p" + crypto::to_hex(crypto::sha256(as_bytes(std::to_string(round)))).substr(0, 12);
    std::vector<pid_t> children;
    for (std::uint8_t key = 1; key <= processes; ++key) {
      const Bytes file = make_artifact({.skill_id = publisher + ".demo", .tool = publisher + ".run", .key = key});
      const pid_t pid = ::fork();
      if (pid == 0) {
        StateStore mine = must_open();
        const auto kept = keep(mine, file, kPin);
        // All have one content, so that a loser is shown the winner's file.
        ::_exit(kept && kept->artifact.sha256 == crypto::sha256(file) ? 0 : 1);
      }
      children.push_back(pid);
    }
    int winners = 0;
    for (const pid_t child : children) {
      int status = 0;
      ::waitpid(child, &status, 0);
      winners += WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 1 : 0;
    }
    ASSERT_EQ(winners, 1) << publisher;
    const skills::SkillTrustStore trust = store_.trust().value();
    ASSERT_NE(trust.find_publisher(publisher), nullptr);
    EXPECT_EQ(trust.find_publisher(publisher)->keys.size(), 1U);
  }
  EXPECT_THAT(store_.verify_audit_chain(), IsOk());
}

TEST_F(StateProcessesTest, ProcessesThatWriteAtOnceLoseNoChange) {
  constexpr int kWriters = 6;
  const int each = static_cast<int>(testing::scaled(10));
  std::vector<pid_t> children;
  for (int writer = 0; writer < kWriters; ++writer) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      StateStore mine = must_open();
      int failed = 0;
      for (int i = 0; i < each; ++i) {
        failed += mine.add_publisher(fmt::format("pub-{}-{}", writer, i), publisher_with_key(1)) ? 0 : 1;
      }
      ::_exit(failed);
    }
    children.push_back(pid);
  }
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(store_.trust().value().publishers().size(), static_cast<std::size_t>(kWriters * each));
  EXPECT_EQ(store_.generation().value(), static_cast<std::uint64_t>(kWriters * each) + 1);
  EXPECT_THAT(store_.verify_audit_chain(), IsOk());
}

}  // namespace
}  // namespace palyra::state
