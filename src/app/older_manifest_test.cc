// SPDX-License-Identifier: Apache-2.0
// Skills whose manifest is of version 2, on their way to a call.
#include "app_fixture.h"

namespace palyra::app {
namespace {

using testing::FailsWith;
using testing::IsOk;

class OlderManifestTest : public AppTest {
 protected:
  [[nodiscard]] std::string build_older(const std::string& capabilities) const {
    const std::string directory = dir_.file("older");
    std::filesystem::create_directories(directory + "/modules");
    write(directory + "/modules/demo.wat", kEcho);
    write(directory + "/skill.toml", R"(publisher = "acme"
skill_id = "acme.demo"
version = "1.0.0"
name = "Demo"
[[entrypoints.tools]]
id = "acme.demo.echo"
name = "Echo"
description = "Answers with its arguments."
input_schema = { type = "object" }
output_schema = { type = "object" }
[compat]
required_protocol_major = 1
min_palyra_version = "0.1.0"
[capabilities]
)" + capabilities);
    const std::string output = dir_.file("older.palyra-skill");
    const crypto::SigningKey key = signing_key();
    BuildPackageRequest request;
    request.directory = directory;
    request.signing_key = &key;
    request.output = output;
    EXPECT_THAT(build_package(services_, request), IsOk());
    return output;
  }
};

TEST_F(OlderManifestTest, ASkillOfVersion2IsBuiltPromotedAndCalled) {
  trust();
  ASSERT_THAT(install(build_older("device_capabilities = [\"camera\"]\n")), IsOk());
  ASSERT_THAT(promote("acme.demo"), FailsWith(skills::kAuditFailed));
  config_.audit_file = dir_.file("policy.toml");
  write(config_.audit_file, "format = \"palyra/audit-policy/1\"\nallow_device_capabilities = true\n");
  const auto promoted = promote("acme.demo");
  ASSERT_THAT(promoted, IsOk());
  EXPECT_TRUE(promoted->grants.empty());
  const Execution execution = call(R"({"n":7})");
  ASSERT_FALSE(execution.error) << execution.error->error.describe();
  EXPECT_EQ(as_text(execution.output.bytes), R"({"n":7})");
}

TEST_F(OlderManifestTest, AWildcardIsNeverPromoted) {
  trust();
  ASSERT_THAT(install(build_older("http_egress_allowlist = [\"*.example.com\"]\nwildcard_opt_in.http_egress = true\n")),
              IsOk());
  const auto promoted = promote("acme.demo");
  ASSERT_THAT(promoted, FailsWith(kPromoteWildcard));
  EXPECT_NE(promoted.error().message().find("*.example.com"), std::string::npos);
}

}  // namespace
}  // namespace palyra::app
