// SPDX-License-Identifier: Apache-2.0
#include "denial_advice.h"

#include "app_fixture.h"

#include <palyra/app/verify_package.h>

namespace palyra::app {
namespace {

using capability::Capability;

class DenialAdviceTest : public AppTest {
 protected:
  // What the manifest asks for that has the line below [capabilities].
  [[nodiscard]] capability::CapabilityGrantSet asked_with(const std::string& line) const {
    const std::string package = build({.rest = "[capabilities]\n" + line + "\n"});
    const auto verified = verify_package(services_, {.path = package, .trust = {}});
    EXPECT_THAT(verified, testing::IsOk());
    return verified ? verified->verification.manifest->capabilities : capability::CapabilityGrantSet();
  }
};

TEST_F(DenialAdviceTest, AManifestWithTheLineAsksForThatCapability) {
  for (const char* text :
       {"https://api.example.com:443/v1 GET,POST", "http://api.example.com:8080/ DELETE",
        "https://api.example.com:443/\"},{host=\"evil.example GET", "global/key", "skill:acme.demo/token",
        "notes/deep/", "jobs send", "jobs receive", "jobs both", "logs ro", "work/here rw"}) {
    const Capability wanted = capability::parse_capability(text).value();
    const capability::CapabilityGrantSet asked = asked_with(manifest_line(wanted));
    EXPECT_TRUE(asked.contains(wanted)) << text << "\n" << manifest_line(wanted);
    EXPECT_EQ(asked.to_list().size(), 1U) << text;
  }
}

TEST_F(DenialAdviceTest, WhatIsTooLongForACommandIsNoneAndNotHalfOfOne) {
  std::vector<Capability> asked;
  for (char letter = 'a'; letter <= 'p'; ++letter) {
    asked.push_back(
        capability::parse_capability("https://api.example.com:443/" + std::string(200, letter) + " GET").value());
  }
  ModuleSource source;
  source.skill = state::RunSkill{.id = "acme.demo", .version = "1.0.0", .content_root = {}};
  source.asked = capability::CapabilityGrantSet::create(asked).value();
  capability::Denial denial{
      .code = "http.address_denied", .asked = "x", .next = {"--allow-address 'a:443=127.0.0.1:443'"}};
  advise(denial, source);
  EXPECT_EQ(denial.next,
            std::vector<std::string>{"palyra skills show acme.demo, and promote it with --only or --deny"});
}

}  // namespace
}  // namespace palyra::app
