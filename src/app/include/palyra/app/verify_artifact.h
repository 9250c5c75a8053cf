// SPDX-License-Identifier: Apache-2.0
#pragma once
// Verification as this installation does it: with its clock, its schema validator, its worker and its limits.

#include <palyra/app/services.h>
#include <palyra/skills/verify.h>

namespace palyra::app {

// `file` outlives the answer.
skills::Verification verify_artifact(const Services& services, BytesView file, const skills::SkillTrustStore& trust,
                                     const skills::TrustPolicy& policy);

// Nobody could look at its modules: that is no verdict, and blames nobody.
inline bool is_unjudged(const skills::Verification& verification) {
  return verification.failed_stage == skills::Stage::kAdmission &&
         verification.status(skills::Stage::kAdmission) == skills::StageStatus::kNotRun;
}

// What is only looked at: an unknown publisher is reported, not refused.
inline skills::TrustPolicy look_only() {
  return {.unknown_publisher = skills::UnknownPublisher::kReport, .pin_fingerprint = {}};
}

}  // namespace palyra::app
