// SPDX-License-Identifier: Apache-2.0
#include <palyra/app/run_limits.h>
#include <palyra/app/verify_artifact.h>

namespace palyra::app {

skills::Verification verify_artifact(const Services& services, BytesView file, const skills::SkillTrustStore& trust,
                                     const skills::TrustPolicy& policy) {
  return skills::verify_skill_artifact({.file = file,
                                        .trust = &trust,
                                        .schemas = &services.schemas,
                                        .modules = &services.engine.inspector(),
                                        .now = services.clock.wall_seconds(),
                                        .policy = policy,
                                        .limits = admission_limits(services.config)});
}

}  // namespace palyra::app
