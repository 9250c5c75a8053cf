// SPDX-License-Identifier: Apache-2.0
#include "hosted_guest.h"

#include <palyra/base/hex.h>
#include <palyra/capability/abi_table.h>
#include <palyra/crypto/hmac.h>

namespace palyra::host {
namespace {

using capability::CapabilityGrantSet;
using capability::SecretPurpose;
using capability::SecretUse;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Ran;
using testing::to_word;

constexpr std::string_view kKey = "a key that nobody sees";

class SecretFunctions : public testing::HostTest {
 protected:
  SecretFunctions() {
    grants = CapabilityGrantSet::create(
                 {SecretUse{.scope = "global", .key = "signing", .purpose = SecretPurpose::kHmacSha256},
                  SecretUse{.scope = "global", .key = "token", .purpose = SecretPurpose::kHttp},
                  SecretUse{.scope = "global", .key = "unset", .purpose = SecretPurpose::kHmacSha256},
                  capability::HttpRule{.host = "api.example.com"}})
                 .value();
    secrets.set("global/signing", kKey);
    secrets.set("global/token", "a token that nobody sees");
    setup.secrets = &secrets;
  }

  // What `grant` answers for a name.
  std::string grant(std::string_view name) {
    return to_word(run(fmt::format("(call $secret.grant (i32.const 0) (i32.const {}))", name.size()),
                       fmt::format("(data (i32.const 0) \"{}\")", name))
                       .outcome);
  }

  testing::MapSecrets secrets;
};

constexpr std::string_view kHmac =
    "(call $secret.hmac-sha256 (i32.const {}) (i32.const 100) (i32.const 7) (i32.const 200))";
constexpr std::string_view kMessage = "(data (i32.const 100) \"message\")";

std::string hmac_with(int handle) { return fmt::format(fmt::runtime(kHmac), handle); }

TEST_F(SecretFunctions, AByteThatIsSignedIsAUnitOfFuel) {
  const auto fuel_of = [&](int bytes) {
    return run(fmt::format(
                   "(call $secret.hmac-sha256 (i32.const 20000) (i32.const 100) (i32.const {}) (i32.const 200))",
                   bytes),
               kMessage)
        .record.fuel_used;
  };
  EXPECT_EQ(fuel_of(7), fuel_of(2) + 5);
}

TEST_F(SecretFunctions, GivesAHandleOfEachSecretGranted) {
  EXPECT_EQ(grant("global/signing"), "returns 20000");
  EXPECT_EQ(grant("global/token"), "returns 20001");
  EXPECT_EQ(grant("global/unset"), "returns 20002");
}

// S05: a name that was not granted answers like one that does not exist, whether it is set or not.
TEST_F(SecretFunctions, AnswersEveryOtherNameAlike) {
  secrets.set("global/forbidden", "set, and not granted to this skill");
  for (const char* name :
       {"global/forbidden", "global/absent", "", "global", "global/", "/signing", "global/signing ", "GLOBAL/signing",
        "global/signin", "https://api.example.com:443/ GET", "global/\\00signing"}) {
    EXPECT_EQ(grant(name), "returns -3") << name;
  }
  EXPECT_EQ(grant(std::string(kMaxSecretNameBytes, 'x')), "returns -3");
  EXPECT_EQ(grant(std::string(kMaxSecretNameBytes + 1, 'x')), "returns -4");
  EXPECT_EQ(capability::find_abi_function(capability::kSecretModule, "grant")->ranges[0].cap_bytes,
            kMaxSecretNameBytes);
}

// S05, S14
TEST_F(SecretFunctions, EndsTheRunForAHandleThatIsNotOfASecretOfThisCall) {
  for (const int handle : {0, -1, 1, 9'999, 10'000, 19'999, 20'003, 21'000, 30'000, 40'000, 50'000, 100'000,
                           2'147'483'647, -2'147'483'647}) {
    const Ran asked = run(fmt::format("(call $secret.present (i32.const {}))", handle));
    EXPECT_EQ(to_word(asked.outcome), "denied") << handle;
    EXPECT_THAT(denials_of(asked), ElementsAre(HasSubstr(fmt::format("{} is not a handle of a secret", handle))));
    EXPECT_EQ(to_word(run(hmac_with(handle), kMessage).outcome), "denied") << handle;
  }
}

TEST_F(SecretFunctions, SaysWhichLookupGaveANumberThatIsNoHandle) {
  const Ran ran = run("(call $secret.present (call $secret.grant (i32.const 0) (i32.const 10)))",
                      "(data (i32.const 0) \"global/nix\")");
  EXPECT_EQ(to_word(ran.outcome), "denied");
  EXPECT_THAT(denials_of(ran), ElementsAre(HasSubstr("secret.not_granted: secret grant \"global/nix\""),
                                           HasSubstr("secret grant \"global/nix\" answered it (not_found)")));
}

TEST_F(SecretFunctions, SaysWhetherAValueIsThereAndNothingElse) {
  EXPECT_EQ(to_word(run("(call $secret.present (i32.const 20000))").outcome), "returns 1");
  EXPECT_EQ(to_word(run("(call $secret.present (i32.const 20001))").outcome), "returns 1");
  EXPECT_EQ(to_word(run("(call $secret.present (i32.const 20002))").outcome), "returns 0");
}

TEST_F(SecretFunctions, SignsWithAKeyThatTheGuestNeverSees) {
  const Ran ran = run(hmac_with(20'000) + "(drop (call $call.output-write (i32.const 200) (i32.const 32)))", kMessage);
  EXPECT_EQ(to_word(ran.outcome), "returns 0");
  EXPECT_EQ(to_hex(ran.results.output), to_hex(crypto::hmac_sha256(as_bytes(kKey), as_bytes("message"))));
  EXPECT_THAT(ran.record.grants_used, ElementsAre("global/signing"));
  EXPECT_THAT(denials_of(ran), IsEmpty());
}

TEST_F(SecretFunctions, WritesThirtyTwoBytesEvenOverTheMessage) {
  const Ran ran =
      run("(call $secret.hmac-sha256 (i32.const 20000) (i32.const 100) (i32.const 7) (i32.const 100))"
          "(drop (call $call.output-write (i32.const 96) (i32.const 40)))",
          kMessage);
  EXPECT_EQ(to_hex(ran.results.output),
            "00000000" + to_hex(crypto::hmac_sha256(as_bytes(kKey), as_bytes("message"))) + "00000000");
}

TEST_F(SecretFunctions, RefusesToSignWithASecretThatIsForRequests) {
  const Ran ran = run(hmac_with(20'001), kMessage);
  EXPECT_EQ(to_word(ran.outcome), "returns -2");
  EXPECT_THAT(denials_of(ran), ElementsAre(HasSubstr("uses = [\"hmac-sha256\"]")));
  EXPECT_THAT(ran.record.grants_used, IsEmpty());
}

TEST_F(SecretFunctions, CannotSignWithASecretThatIsNotSet) {
  EXPECT_EQ(to_word(run(hmac_with(20'002), kMessage).outcome), "returns -3");
}

TEST_F(SecretFunctions, SignsSixtyFourTimesACall) {
  const std::string loop = fmt::format(
      "(local $i i32) (local $last i32) (loop $again (local.set $last {})"
      " (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const {{}})))) (local.get "
      "$last)",
      hmac_with(20'000));
  EXPECT_EQ(to_word(run(fmt::format(fmt::runtime(loop), kMaxHmacs), kMessage).outcome), "returns 0");
  EXPECT_EQ(to_word(run(fmt::format(fmt::runtime(loop), kMaxHmacs + 1), kMessage).outcome), "returns -5");
}

TEST_F(SecretFunctions, AreUnavailableWithoutAVault) {
  setup.secrets = nullptr;
  EXPECT_EQ(grant("global/signing"), "returns 20000");
  EXPECT_EQ(to_word(run("(call $secret.present (i32.const 20000))").outcome), "returns -6");
  EXPECT_EQ(to_word(run(hmac_with(20'000), kMessage).outcome), "returns -6");
}

TEST_F(SecretFunctions, JudgeRangesBeforeEverything) {
  EXPECT_EQ(to_word(run("(call $secret.grant (i32.const 65536) (i32.const 1))").outcome),
            "trapped:guest_out_of_bounds");
  EXPECT_EQ(
      to_word(run("(call $secret.hmac-sha256 (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 65505))").outcome),
      "trapped:guest_out_of_bounds");
  EXPECT_EQ(
      to_word(run("(call $secret.hmac-sha256 (i32.const 1) (i32.const 65536) (i32.const 1) (i32.const 0))").outcome),
      "trapped:guest_out_of_bounds");
}

}  // namespace
}  // namespace palyra::host
