// SPDX-License-Identifier: Apache-2.0
#include "report.h"

#include <algorithm>
#include <span>
#include <string_view>

namespace palyra::cli {
namespace {

struct Advice {
  std::string_view code;
  std::string_view text;
};

// What to do about errors of layers that know no commands.
constexpr Advice kAdvice[] = {
    {"trust.not_initialised", "palyra trust init"},
    {"trust.store_damaged", "palyra trust recover --from BACKUP, or --empty; nothing runs until then"},
    {"trust.untrusted", "palyra trust add PUBLISHER --key KEY, or consent with --trust-on-first-use"},
    {"trust.first_use", "palyra trust add PUBLISHER --key KEY, or install with --trust-on-first-use"},
    {"trust.key_mismatch", "palyra trust rotate --apply FILE, if the publisher changed his keys and says so"},
    {"trust.threshold_not_met", "ask the publisher for the missing signatures"},
    {"trust.rollback", "install the newer version, or say --allow-downgrade"},
    {"trust.publisher_exists", "palyra trust list"},
    {"trust.publisher_unknown", "palyra trust list"},
    {"trust.rotation_gap", "ask the publisher for the statements before it, and apply them together"},
    {"trust.rotation_old_threshold", "palyra trust rotate --sign FILE with more of the old keys"},
    {"trust.rotation_new_threshold", "palyra trust rotate --sign FILE with more of the new keys"},
    {"trust.revocation_threshold", "palyra trust revoke --sign FILE with more of the publisher's keys"},
    {"trust.revocation_older", "ask the publisher for his newest list"},
    {"trust.already_initialised", "palyra trust list"},
    {"state.tool_not_found", "palyra skills list"},
    {"state.skill_not_installed", "palyra skills list --all-versions"},
    {"state.run_log_broken", "compare the directory runs with a backup; the runs it lost cannot be made again"},
    {"run.not_found", "palyra runs list"},
    {"run.worker_missing", "install palyra-worker beside palyra, from the same build"},
    {"run.worker_mismatch", "install palyra-worker beside palyra, from the same build"},
    {"run.ambiguous", "give more digits of the run's id"},
    {"state.tool_conflict", "quarantine or remove the other skill first"},
    {"state.object_damaged", "palyra skills remove it, then install the file again"},
    {"state.object_missing", "palyra skills remove it, then install the file again"},
    {"state.changed", "run the command again"},
    {"state.busy", "run the command again when the other palyra has finished"},
    {"state.schema_newer", "use the newer palyra that wrote this state"},
    {"package.legacy", "ask the publisher for a package of format 2"},
    {"schema.does_not_conform", "palyra skills show SKILL --json has the tool's input schema"},
    {"io.not_found", "check the path"},
    {"io.not_a_regular_file", "name a regular file"},
    {"io.already_exists", "name another file, or remove this one first"},
    {"key.passphrase_needed", "run it on a terminal, or name --passphrase-file FILE"},
    {"run.setting_missing", "palyra skills config set SKILL KEY VALUE"},
    {"state.not_active", "palyra skills list"},
    {"state.never_promoted", "palyra skills promote it"},
    {"config.setting_unknown", "palyra skills config get SKILL"},
    {"config.setting_invalid", "palyra skills config get SKILL"},
    {"package.build_failed", "read what the build said above, and run its build.sh yourself"},
    {"run.no_entry", "name the exported function with --export NAME"},
    {"package.example_failed", "mend the tool or its example in skill.toml; of another's skill, tell the publisher"},
    {"run.needs_approval", "run it on a terminal, or say --approve"},
};

}  // namespace

Failure failure_of(Error error) {
  const auto advice = std::ranges::find(kAdvice, error.code().id, &Advice::code);
  if (error.next().empty() && advice != std::end(kAdvice)) {
    error = std::move(error).with_next(std::string(advice->text));
  }
  std::string kind(to_text(error.kind()));
  const int exit = exit_code(error.kind());
  return {.error = std::move(error), .kind = std::move(kind), .exit = exit};
}

Report failed(Error error) {
  Report report;
  report.failure = failure_of(std::move(error));
  return report;
}

}  // namespace palyra::cli
