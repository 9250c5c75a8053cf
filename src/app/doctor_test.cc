// SPDX-License-Identifier: Apache-2.0
// What `doctor` says about the size and the age of what is kept; the rest is in check_skill_test.cc.
#include "app_fixture.h"

#include <palyra/app/doctor.h>
#include <palyra/app/revoke.h>
#include <palyra/state/skill_storage.h>
#include <palyra/state/vault.h>

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
  void keep_something() const {
    const skills::SkillTrustStore trust = state::StateStore::open(state_).value().trust().value();
    state::SkillStorage storage({.root = state_.root,
                                 .owner = state::storage_owner(trust, "acme", "acme.demo"),
                                 .max_bytes = 100'000,
                                 .clock = &services_.clock,
                                 .deadline = Deadline::after(services_.clock, std::chrono::minutes(1))});
    const Bytes value(10'000, 'x');
    EXPECT_THAT(storage.put({.at = {.prefix = "notes/", .key = "one"},
                             .value = value,
                             .expected = capability::kAnyVersion,
                             .max_bytes = 50'000}),
                IsOk());
  }
  void set_key(std::string_view text) const {
    const Secret passphrase(to_bytes("correct horse battery"));
    EXPECT_THAT(
        state::set_secret(state_, passphrase, {.name = "global/key", .value = as_bytes(text)}, state::kMinVaultCost),
        IsOk());
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

TEST_F(DoctorTest, ReadsStorageAndMeasuresIt) {
  trust();
  EXPECT_EQ(status_of("storage"), "ok");
  keep_something();
  EXPECT_EQ(status_of("storage"), "ok");
  config_.max_storage_bytes = 100;
  EXPECT_EQ(status_of("storage"), "warn");
  std::filesystem::resize_file(state_.root + "/storage.db", 5'000);
  EXPECT_EQ(status_of("storage"), "fail");
}

TEST_F(DoctorTest, KnowsTheVaultOfTheLog) {
  trust();
  const std::string vault = state_.root + "/vault";
  EXPECT_EQ(status_of("vault"), "ok");
  set_key("a value that is long enough");
  EXPECT_EQ(status_of("vault"), "ok");
  std::filesystem::copy(vault, dir_.file("older"));
  set_key("another value, long enough too");
  std::filesystem::rename(dir_.file("older"), vault);
  EXPECT_EQ(status_of("vault"), "fail");
  write(vault, "no vault");
  EXPECT_EQ(status_of("vault"), "fail");
  std::filesystem::remove(vault);
  EXPECT_EQ(status_of("vault"), "fail");
}

TEST_F(DoctorTest, StorageAndVaultAreForTheirOwnerAlone) {
  namespace fs = std::filesystem;
  trust();
  keep_something();
  set_key("a value that is long enough");
  for (const char* name : {"/storage.db", "/vault"}) {
    EXPECT_EQ(status_of("owners"), "ok");
    fs::permissions(state_.root + name, fs::perms::others_read, fs::perm_options::add);
    EXPECT_EQ(status_of("owners"), "fail") << name;
    fs::permissions(state_.root + name, fs::perms::others_read, fs::perm_options::remove);
  }
}

TEST_F(DoctorTest, KnowsWhatIsFree) {
  trust();
  EXPECT_THAT(status_of("disk"), ::testing::AnyOf("ok", "warn"));
}

}  // namespace
}  // namespace palyra::app
