// SPDX-License-Identifier: Apache-2.0
#include "audit_testing.h"

#include <palyra/skills/audit.h>

namespace palyra::skills {
namespace {

using ::testing::HasSubstr;
using AuditHistoryTest = testing::AuditTest;
using testing::kAuditedManifest;
using testing::kAuditNow;

constexpr std::string_view kHosts = "[capabilities]\nhttp_egress_allowlist = [\"a.example.com\"]\n";

std::string with(std::string_view more) { return std::string(kAuditedManifest) + std::string(more); }

// M18
TEST_F(AuditHistoryTest, WarnsOfAPublisherWhoseNameLooksLikeAKnownOne) {
  installed_.publishers = {"other", "acrne"};
  const AuditReport report = audit();
  EXPECT_EQ(status(report, "name_confusable"), "warn");
  EXPECT_THAT(check(report, "name_confusable").message, HasSubstr("acrne"));
  installed_.publishers = {"other", "acrne", "acme"};
  EXPECT_EQ(status(audit(), "name_confusable"), "pass");
  installed_.publishers.clear();
  EXPECT_EQ(status(audit(), "name_confusable"), "not_run");
  const Verification unproven = stopped(verify(kAuditedManifest), Stage::kSignature, kContainerC1);
  EXPECT_EQ(status(audit(unproven), "name_confusable"), "not_run");
}

TEST_F(AuditHistoryTest, ComparesWhatIsAskedForWithWhatRunsNow) {
  EXPECT_EQ(check(audit(), "capability_diff").message, "no version of it runs here");
  runs_now(kAuditedManifest);
  EXPECT_EQ(status(audit(), "capability_diff"), "pass");
  const AuditReport wider = audit(with(kHosts));
  EXPECT_EQ(status(wider, "capability_diff"), "warn");
  EXPECT_THAT(check(wider, "capability_diff").message, HasSubstr("a.example.com"));
  EXPECT_EQ(check(wider, "capability_diff").details.find("added")->as_array()->size(), 1U);
  runs_now(with(kHosts));
  const AuditReport narrower = audit();
  EXPECT_EQ(status(narrower, "capability_diff"), "pass");
  EXPECT_EQ(check(narrower, "capability_diff").details.find("removed")->as_array()->size(), 1U);
}

TEST_F(AuditHistoryTest, WidensAlsoByLessRiskAndByMoreOfALimit) {
  constexpr std::string_view kTool = "description = \"Answers for one place.\"\n";
  for (const std::string_view risk : {"requires_approval", "default_sensitive"}) {
    std::string careful(kAuditedManifest);
    careful.insert(careful.find(kTool), "risk = { " + std::string(risk) + " = true }\n");
    runs_now(careful);
    EXPECT_EQ(status(audit(), "capability_diff"), "warn") << risk;
    EXPECT_EQ(status(audit(careful), "capability_diff"), "pass") << risk;
  }
  for (const std::string_view limit : {"fuel_budget", "wall_clock_timeout_ms", "max_memory_bytes"}) {
    const std::string quotas = "[capabilities.quotas]\n" + std::string(limit) + " = ";
    runs_now(with(quotas + "70000\n"));
    EXPECT_EQ(status(audit(with(quotas + "70001\n")), "capability_diff"), "warn") << limit;
    EXPECT_EQ(status(audit(with(quotas + "70000\n")), "capability_diff"), "pass") << limit;
    EXPECT_EQ(status(audit(with(quotas + "69999\n")), "capability_diff"), "pass") << limit;
    EXPECT_EQ(status(audit(), "capability_diff"), "warn") << limit;  // the host's default may be more
    runs_now(kAuditedManifest);
    EXPECT_EQ(status(audit(with(quotas + "70000\n")), "capability_diff"), "warn") << limit;
  }
}

TEST_F(AuditHistoryTest, WidensByAToolThatNobodyMetUnlessItAsksAPerson) {
  constexpr std::string_view kMore = R"([[entrypoints.tools]]
id = "acme.weather.later"
name = "Later"
description = "Answers for another day."
)";
  constexpr std::string_view kSchema = "[entrypoints.tools.input_schema]\ntype = \"object\"\n";
  runs_now(kAuditedManifest);
  const AuditReport added = audit(with(std::string(kMore) + std::string(kSchema)));
  EXPECT_EQ(status(added, "capability_diff"), "warn");
  EXPECT_THAT(check(added, "capability_diff").message, HasSubstr("acme.weather.later"));
  EXPECT_EQ(status(audit(with(std::string(kMore) + "risk = { requires_approval = true }\n" + std::string(kSchema))),
                   "capability_diff"),
            "pass");
  std::string renamed(kAuditedManifest);
  renamed.replace(renamed.find("acme.weather.now"), 16, "acme.weather.new");
  EXPECT_EQ(status(audit(renamed), "capability_diff"), "warn");
}

TEST_F(AuditHistoryTest, WidensByHintsThatPromiseLessHarm) {
  constexpr std::string_view kTool = "description = \"Answers for one place.\"\n";
  const auto hinting = [&](std::string_view hint) {
    std::string manifest(kAuditedManifest);
    return manifest.insert(manifest.find(kTool), "hints = { " + std::string(hint) + " }\n");
  };
  runs_now(kAuditedManifest);
  EXPECT_EQ(status(audit(hinting("read_only = true")), "capability_diff"), "warn");
  EXPECT_EQ(status(audit(hinting("destructive = false")), "capability_diff"), "warn");
  EXPECT_EQ(status(audit(hinting("destructive = true")), "capability_diff"), "pass");
  runs_now(hinting("destructive = true"));
  EXPECT_EQ(status(audit(hinting("destructive = false")), "capability_diff"), "warn");
  runs_now(hinting("read_only = true"));
  EXPECT_EQ(status(audit(hinting("read_only = true")), "capability_diff"), "pass");
  EXPECT_EQ(status(audit(hinting("read_only = false")), "capability_diff"), "pass");
}

TEST_F(AuditHistoryTest, WarnsWhenTheKeysAreOthersThanThoseOfWhatRunsNow) {
  runs_now(kAuditedManifest);
  EXPECT_EQ(status(audit(), "publisher_continuity"), "pass");
  runs_now(kAuditedManifest, 9);
  const AuditReport report = audit();
  EXPECT_EQ(status(report, "publisher_continuity"), "warn");
  EXPECT_THAT(check(report, "publisher_continuity").message, HasSubstr(crypto::fingerprint(key(7).public_key())));
  EXPECT_THAT(check(report, "publisher_continuity").message, HasSubstr(crypto::fingerprint(key(9).public_key())));
  installed_.active->signers = {key(7).public_key(), key(9).public_key()};
  EXPECT_EQ(status(audit(), "publisher_continuity"), "warn");  // a signer less
}

TEST_F(AuditHistoryTest, AnotherPublisherFails) {
  runs_now(kAuditedManifest);
  auto other = std::make_shared<SkillManifest>(*installed_.active->manifest);
  other->identity.publisher = "evil";
  installed_.active->manifest = other;
  EXPECT_EQ(status(audit(), "publisher_continuity"), "fail");
}

TEST_F(AuditHistoryTest, WhatRunsNowIsNotComparedWithItself) {
  const Verification verification = verify(kAuditedManifest);
  runs_now(kAuditedManifest);
  installed_.active->content_root = verification.artifact->content_root();
  const AuditReport report = audit(verification);
  EXPECT_EQ(status(report, "capability_diff"), "not_run");
  EXPECT_EQ(status(report, "publisher_continuity"), "not_run");
}

TEST_F(AuditHistoryTest, AnUpdateThatIsYoungerThanThePolicyWantsIsAWarning) {
  EXPECT_EQ(status(audit(), "release_age"), "not_run");
  installed_.first_seen = WallTime{kAuditNow.seconds - 72 * 3'600 + 1};
  EXPECT_EQ(status(audit(), "release_age"), "pass");  // nothing is replaced
  installed_.active_unreadable = true;
  EXPECT_EQ(status(audit(), "release_age"), "not_run");
  installed_.active_unreadable = false;
  runs_now(kAuditedManifest);
  EXPECT_EQ(status(audit(), "release_age"), "warn");
  installed_.first_seen = WallTime{kAuditNow.seconds - 72 * 3'600};
  EXPECT_EQ(status(audit(), "release_age"), "pass");
  policy_.min_release_age_hours = 73;
  EXPECT_EQ(status(audit(), "release_age"), "warn");
}

}  // namespace
}  // namespace palyra::skills
