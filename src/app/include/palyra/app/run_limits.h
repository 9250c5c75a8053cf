// SPDX-License-Identifier: Apache-2.0
#pragma once
// How much a run may use: what was asked for, or the operator's default, and never more than the operator's ceiling.
// Source: docs/formats/skill-manifest.md, `capabilities.quotas`.

#include <palyra/app/config.h>
#include <palyra/runtime/limits.h>
#include <palyra/skills/admission.h>
#include <palyra/skills/skill_manifest.h>

namespace palyra::app {

// What the operator asks for one call on his own command line; it beats the manifest.
struct AskedByCaller {
  std::optional<std::int64_t> fuel_budget;            // >= 1
  std::optional<std::int64_t> wall_clock_timeout_ms;  // >= 1
};

runtime::RunLimits effective_limits(const Config& config, const skills::AskedLimits& manifest,
                                    const AskedByCaller& caller);

// What a module may need from its start.
skills::AdmissionLimits admission_limits(const Config& config);

}  // namespace palyra::app
