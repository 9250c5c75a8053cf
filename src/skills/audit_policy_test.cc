// SPDX-License-Identifier: Apache-2.0
#include <palyra/base/testing.h>
#include <palyra/base/toml.h>
#include <palyra/skills/audit.h>

#include <string>
#include <string_view>

namespace palyra::skills {
namespace {

using palyra::testing::FailsWith;
using palyra::testing::IsOk;
using ::testing::HasSubstr;

Result<AuditPolicy> parse(std::string_view keys, const AuditPolicy& defaults = {}) {
  const std::string text = "format = \"palyra/audit-policy/1\"\n" + std::string(keys);
  return parse_audit_policy(as_bytes(text), defaults);
}

TEST(AuditPolicyTest, ReadsEveryKeyAndLeavesTheOthersAsTheyWere) {
  const auto policy = parse(R"(max_module_bytes = 1
warn_exported_functions = 2
max_exported_functions = 3
allow_device_capabilities = true
allow_wildcard_capabilities = true
max_grants_per_class = 4
min_release_age_hours = 5
)");
  ASSERT_THAT(policy, IsOk());
  EXPECT_EQ(policy->max_module_bytes, 1);
  EXPECT_EQ(policy->warn_exported_functions, 2);
  EXPECT_EQ(policy->max_exported_functions, 3);
  EXPECT_TRUE(policy->allow_device_capabilities);
  EXPECT_TRUE(policy->allow_wildcard_capabilities);
  EXPECT_EQ(policy->max_grants_per_class, 4);
  EXPECT_EQ(policy->min_release_age_hours, 5);
  const auto kept = parse("max_module_bytes = 1\n", *policy);
  ASSERT_THAT(kept, IsOk());
  EXPECT_EQ(kept->min_release_age_hours, 5);
}

TEST(AuditPolicyTest, TheDefaultsAreThoseOfTheDocumentation) {
  const auto policy = parse("");
  ASSERT_THAT(policy, IsOk());
  EXPECT_EQ(policy->max_module_bytes, 16 * 1024 * 1024);
  EXPECT_EQ(policy->warn_exported_functions, 128);
  EXPECT_EQ(policy->max_exported_functions, 1'024);
  EXPECT_FALSE(policy->allow_device_capabilities);
  EXPECT_FALSE(policy->allow_wildcard_capabilities);
}

TEST(AuditPolicyTest, RefusesWhatItDoesNotKnowByKeyAndLine) {
  for (const std::string_view keys :
       {"max_module_byte = 1", "[max_module_bytes]\nmax = 1", "max_module_bytes = 0", "max_module_bytes = 16777217",
        "max_module_bytes = \"1\"", "max_exported_functions = 4097", "warn_exported_functions = -1",
        "allow_device_capabilities = 1", "allow_wildcard_capabilities = \"true\"", "max_grants_per_class = 1001",
        "min_release_age_hours = -1", "skip = [\"signature_validity\"]"}) {
    const auto policy = parse(keys);
    ASSERT_THAT(policy, FailsWith(kAuditPolicyMalformed)) << keys;
    EXPECT_THAT(policy.error().message(), ::testing::AnyOf(HasSubstr("line 2"), HasSubstr("line 3"))) << keys;
  }
  EXPECT_THAT(parse("max_module_bytes = 1\nmax_module_bytes = 1"), FailsWith(kTomlDuplicateKey));
}

TEST(AuditPolicyTest, RefusesAFileThatDoesNotSayWhatItIs) {
  EXPECT_THAT(parse_audit_policy(as_bytes("max_module_bytes = 1"), {}), FailsWith(kAuditPolicyMalformed));
  EXPECT_THAT(parse_audit_policy(as_bytes("format = \"palyra/audit-policy/2\""), {}), FailsWith(kAuditPolicyMalformed));
  EXPECT_THAT(parse_audit_policy(as_bytes("format = 1"), {}), FailsWith(kAuditPolicyMalformed));
}

}  // namespace
}  // namespace palyra::skills
