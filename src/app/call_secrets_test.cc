// SPDX-License-Identifier: Apache-2.0
#include "app_fixture.h"

#include <palyra/app/call_secrets.h>

namespace palyra::app {
namespace {

using capability::CapabilityGrantSet;
using capability::SecretUse;
using testing::FailsWith;
using testing::IsOk;

class FixedVaultAccess final : public VaultAccess {
 public:
  Result<Secret> passphrase() override {
    ++asked;
    return Secret(to_bytes("correct horse"));
  }
  [[nodiscard]] std::string principal() const override { return "ann"; }
  int asked = 0;
};

class CallSecretsTest : public AppTest {
 protected:
  CallSecretsTest() { EXPECT_THAT(init_trust(services_), IsOk()); }

  void set(const std::string& name) {
    const Secret passphrase(to_bytes("correct horse"));
    const std::string value = "the value of " + name;
    ASSERT_THAT(state::set_secret(state_, passphrase, {.name = name, .value = as_bytes(value)}, state::kMinVaultCost),
                IsOk());
  }
  Result<CallSecrets> open(std::vector<capability::Capability> grants) {
    return CallSecrets::open(state_, vault_, CapabilityGrantSet::create(std::move(grants)).value(),
                             {.skill_id = "acme.demo", .principal = "ann"});
  }

  FixedVaultAccess vault_;
};

// S14
TEST_F(CallSecretsTest, AreForTheirSkillAndTheirUserOnly) {
  const SecretCaller caller{.skill_id = "acme.demo", .principal = "ann"};
  const auto is_for_caller = [&](const char* scope) { return is_for({.scope = scope, .key = "key"}, caller); };
  EXPECT_TRUE(is_for_caller("global"));
  EXPECT_TRUE(is_for_caller("channel:inbox"));
  EXPECT_TRUE(is_for_caller("skill:acme.demo"));
  EXPECT_TRUE(is_for_caller("principal:ann"));
  for (const char* scope : {"skill:acme.demo2", "skill:acme", "skill:acme.other", "principal:bob", "principal:annn"}) {
    EXPECT_FALSE(is_for_caller(scope)) << scope;
    EXPECT_FALSE(is_for({.scope = scope, .key = "key"}, {})) << scope;
  }
}

TEST_F(CallSecretsTest, AreThoseGrantedAndSet) {
  set("global/key");
  set("global/not-granted");
  set("skill:acme.other/key");
  const SecretUse granted{.scope = "global", .key = "key"};
  const SecretUse unset{.scope = "global", .key = "unset"};
  const SecretUse other{.scope = "skill:acme.other", .key = "key"};
  const auto secrets = open({granted, unset, other});
  ASSERT_THAT(secrets, IsOk());
  ASSERT_NE(secrets->find(granted), nullptr);
  EXPECT_EQ(as_text(secrets->find(granted)->bytes.reveal()), "the value of global/key");
  EXPECT_EQ(secrets->find(unset), nullptr);
  EXPECT_EQ(secrets->find(other), nullptr);
  EXPECT_EQ(secrets->find({.scope = "global", .key = "not-granted"}), nullptr);
}

TEST_F(CallSecretsTest, AskForNoPassphraseInVain) {
  EXPECT_THAT(open({SecretUse{.scope = "global", .key = "key"}}), IsOk());  // no vault
  set("global/key");
  EXPECT_THAT(open({}), IsOk());
  EXPECT_THAT(open({SecretUse{.scope = "global", .key = "unset"}}), IsOk());
  EXPECT_THAT(open({SecretUse{.scope = "skill:acme.other", .key = "key"}}), IsOk());
  EXPECT_EQ(vault_.asked, 0);
  EXPECT_THAT(open({SecretUse{.scope = "global", .key = "key"}}), IsOk());
  EXPECT_EQ(vault_.asked, 1);
}

TEST_F(CallSecretsTest, AreNotGivenFromADamagedVault) {
  set("global/key");
  write(state_.root + "/vault", "palyra-vault/1\n");
  EXPECT_THAT(open({SecretUse{.scope = "global", .key = "key"}}), FailsWith(state::kVaultDamaged));
}

}  // namespace
}  // namespace palyra::app
