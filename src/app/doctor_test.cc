// SPDX-License-Identifier: Apache-2.0
// What `doctor` says about the size and the age of what is kept; the rest is in check_skill_test.cc.
#include "app_fixture.h"

#include <palyra/app/doctor.h>
#include <palyra/app/revoke.h>

namespace palyra::app {
namespace {

using testing::IsOk;

class DoctorTest : public AppTest {
 protected:
  [[nodiscard]] std::string status_of(std::string_view check) const {
    for (const Finding& finding : examine(services_, {})) {
      if (finding.check == check) return std::string(to_text(finding.status));
    }
    return "none";
  }
};

TEST_F(DoctorTest, MeasuresTheQuarantine) {
  trust();
  ASSERT_THAT(install(build({})), IsOk());
  EXPECT_EQ(status_of("quarantine"), "ok");
  config_.max_quarantine_bytes = 1;
  EXPECT_EQ(status_of("quarantine"), "warn");
  ASSERT_THAT(promote("acme.demo"), IsOk());
  EXPECT_EQ(status_of("quarantine"), "ok");
}

TEST_F(DoctorTest, TellsWhatWaitsForAPerson) {
  trust();
  install_and_promote({});
  EXPECT_EQ(status_of("updates"), "ok");
  ASSERT_THAT(install(build({.version = "1.1.0"})), IsOk());
  EXPECT_EQ(status_of("updates"), "warn");
  config_.updates = "off";
  EXPECT_EQ(status_of("updates"), "ok");
}

TEST_F(DoctorTest, MissesAListThatHasExpired) {
  trust();
  EXPECT_EQ(status_of("revocations"), "ok");
  const crypto::SigningKey keys[] = {signing_key()};
  const std::string list = dir_.file("acme-1.palyra-revocations");
  ASSERT_THAT(make_revocations(services_, {.issuer = "acme",
                                           .list_version = 1,
                                           .created = WallTime{1000},
                                           .expires = WallTime{2000},
                                           .entries = {skills::RevokedVersions{"acme.other", {}, {}}},
                                           .signing_keys = keys,
                                           .output = list}),
              IsOk());
  ASSERT_THAT(apply_revocations(services_, list), IsOk());
  EXPECT_EQ(status_of("revocations"), "warn");
}

TEST_F(DoctorTest, KnowsWhatIsFree) {
  trust();
  EXPECT_THAT(status_of("disk"), ::testing::AnyOf("ok", "warn"));
}

}  // namespace
}  // namespace palyra::app
