// SPDX-License-Identifier: Apache-2.0
#include <palyra/app/run_limits.h>

#include <algorithm>

namespace palyra::app {

runtime::RunLimits effective_limits(const Config& config, const skills::AskedLimits& manifest,
                                    const AskedByCaller& caller) {
  const DefaultLimits& defaults = config.limits;
  const Ceilings& ceilings = config.ceilings;
  const std::int64_t fuel = caller.fuel_budget.value_or(manifest.fuel_budget.value_or(defaults.fuel_budget));
  const std::int64_t time =
      caller.wall_clock_timeout_ms.value_or(manifest.wall_clock_timeout_ms.value_or(defaults.wall_clock_timeout_ms));
  const std::int64_t memory = manifest.max_memory_bytes.value_or(defaults.max_memory_bytes);
  return {
      .fuel_budget = static_cast<std::uint64_t>(std::min(fuel, ceilings.fuel_budget)),
      .max_memory_bytes = static_cast<std::uint64_t>(std::min(memory, ceilings.max_memory_bytes)),
      .max_table_elements = static_cast<std::uint64_t>(defaults.max_table_elements),
      .max_instances = static_cast<std::uint32_t>(defaults.max_instances),
      .wall_clock_timeout = std::chrono::milliseconds(std::min(time, ceilings.wall_clock_timeout_ms)),
  };
}

skills::AdmissionLimits admission_limits(const Config& config) {
  return {.max_memory_bytes = config.limits.max_memory_bytes,
          .memory_ceiling_bytes = config.ceilings.max_memory_bytes,
          .max_table_elements = config.limits.max_table_elements};
}

}  // namespace palyra::app
