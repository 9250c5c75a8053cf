// SPDX-License-Identifier: Apache-2.0
#include "leak_spellings.h"

#include <palyra/base/base64.h>
#include <palyra/base/testing.h>
#include <palyra/host/fakes.h>
#include <palyra/host/leak_guard.h>

#include <fmt/core.h>

#include <random>

namespace palyra::host {
namespace {

using capability::CapabilityGrantSet;
using capability::SecretUse;
using palyra::testing::MapSecrets;
using palyra::testing::scaled;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr std::string_view kValue = "sk_live_0123456789/+ABC";

constexpr Sink kAllSinks[] = {Sink::kOutput,  Sink::kPart,       Sink::kMediaType,      Sink::kError,
                              Sink::kLog,     Sink::kProgress,   Sink::kStandardOutput, Sink::kStandardError,
                              Sink::kStorage, Sink::kStorageKey, Sink::kChannel,        Sink::kFile,
                              Sink::kFileName};
static_assert(std::size(kAllSinks) == kSinks);

class LeakGuardTest : public ::testing::Test {
 protected:
  LeakGuardTest() {
    secrets.set("global/key", kValue);
    grants = CapabilityGrantSet::create({SecretUse{.scope = "global", .key = "key"}}).value();
  }
  MapSecrets secrets;
  CapabilityGrantSet grants;
};

std::vector<std::string> texts(const std::vector<capability::Denial>& denials) {
  std::vector<std::string> all;
  for (const capability::Denial& denial : denials) all.push_back(to_text(denial));
  return all;
}

// 12 encodings and more of a new canary each time, to every sink, between other text and in pieces. S03
TEST_F(LeakGuardTest, StopsEverySpellingAtEverySink) {
  std::mt19937 draw(3);
  for (std::size_t run = 0; run < scaled(1'000); ++run) {
    std::string value(16 + draw() % 40, ' ');
    for (char& c : value) c = static_cast<char>('!' + draw() % 94);
    secrets.set("global/key", value);
    for (const auto& spelled : palyra::testing::one_of_each_encoding(value, draw())) {
      LeakGuard guard(&secrets, grants);
      const std::string text = fmt::format("run {} says {} and more", run, spelled.text);
      for (const Sink sink : kAllSinks) {
        const std::size_t cut = draw() % text.size();
        const auto first = guard.check(sink, as_bytes(text).first(cut));
        const auto denial = first ? first : guard.check(sink, as_bytes(text).subspan(cut));
        ASSERT_TRUE(denial.has_value()) << spelled.name << " of " << value << " to " << to_text(sink);
        const std::string message = to_text(*denial);
        ASSERT_TRUE(message.starts_with(kSecretInOutput.id) && !message.contains(value));
        ASSERT_TRUE(message.contains(std::string("global/key to its ") + std::string(to_text(sink)))) << message;
      }
      EXPECT_TRUE(guard.leaked());
    }
  }
}

TEST_F(LeakGuardTest, LooksAtEachSinkByItself) {
  LeakGuard guard(&secrets, grants);
  EXPECT_EQ(guard.check(Sink::kOutput, as_bytes(kValue).first(10)), std::nullopt);
  EXPECT_EQ(guard.check(Sink::kLog, as_bytes(kValue).subspan(10)), std::nullopt);
  EXPECT_FALSE(guard.leaked());
  EXPECT_TRUE(guard.check(Sink::kOutput, as_bytes(kValue).subspan(10)).has_value());
}

TEST_F(LeakGuardTest, LooksForNothingWithoutAVaultAGrantOrAValue) {
  EXPECT_EQ(LeakGuard(nullptr, grants).check(Sink::kOutput, as_bytes(kValue)), std::nullopt);
  EXPECT_EQ(LeakGuard(&secrets, {}).check(Sink::kOutput, as_bytes(kValue)), std::nullopt);
  const MapSecrets none;
  EXPECT_EQ(LeakGuard(&none, grants).check(Sink::kOutput, as_bytes(kValue)), std::nullopt);
}

// S04
TEST_F(LeakGuardTest, DoesNotLookForASecretThatIsMarkedUnscannable) {
  secrets.set("global/key", kValue, capability::Scanning::kUnscannable);
  EXPECT_EQ(LeakGuard(&secrets, grants).check(Sink::kOutput, as_bytes(kValue)), std::nullopt);
}

// S04
TEST_F(LeakGuardTest, TellsTheSecretThatWasExpectedFromAnother) {
  LeakGuard guard(&secrets, grants);
  const auto redact = [&](std::string text, std::string_view expected) {
    return guard.redact("an answer", {reinterpret_cast<std::uint8_t*>(text.data()), text.size()}, expected);
  };
  EXPECT_FALSE(redact(std::string(kValue), "global/key"));
  EXPECT_TRUE(redact(std::string(kValue), "global/other"));
  EXPECT_TRUE(redact(std::string(kValue), ""));
  EXPECT_FALSE(redact("nothing of that", ""));
}

// S02
TEST_F(LeakGuardTest, StrikesSecretsOutOfAnAnswerAndSaysSo) {
  LeakGuard guard(&secrets, grants);
  std::string answer = fmt::format("{{\"auth\":\"Basic {}\",\"token\":\"{}\"}}", to_base64(as_bytes(kValue)), kValue);
  const std::size_t size = answer.size();
  EXPECT_TRUE(guard.redact("the response of https://api.example.com:443",
                           {reinterpret_cast<std::uint8_t*>(answer.data()), answer.size()}));
  EXPECT_EQ(answer.size(), size);
  EXPECT_TRUE(answer.starts_with("{\"auth\":\"Basic ***"));
  EXPECT_FALSE(answer.contains(kValue));
  EXPECT_FALSE(guard.leaked());
  EXPECT_THAT(
      texts(guard.records()),
      ElementsAre(HasSubstr("global/key was in the response of https://api.example.com:443"), HasSubstr("(plain)")));
}

// S04
TEST_F(LeakGuardTest, RecordsABoundedNumberOfRedactions) {
  LeakGuard guard(&secrets, grants);
  for (int i = 0; i < 1'000; ++i) {
    std::string answer(kValue);
    guard.redact("an answer", {reinterpret_cast<std::uint8_t*>(answer.data()), answer.size()});
  }
  const auto records = guard.records();
  ASSERT_THAT(records, SizeIs(LeakGuard::kMaxRecords + 1));
  EXPECT_EQ(records.back().asked, "1000 secrets were struck out in all");
  EXPECT_THAT(LeakGuard(&secrets, grants).records(), IsEmpty());
}

}  // namespace
}  // namespace palyra::host
