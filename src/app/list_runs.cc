// SPDX-License-Identifier: Apache-2.0
#include <palyra/app/list_runs.h>
#include <palyra/base/utf8.h>

namespace palyra::app {

Result<state::RunsFound> list_runs(const Services& services, const state::RunQuery& query) {
  return state::find_runs(services.state.root, query);
}

Result<state::RunEntry> show_run(const Services& services, const std::string& run_id) {
  // An empty prefix is that of every run, also of those without an id.
  if (run_id.empty()) return fail(kRunsNotFound, "no run has an empty id");
  const state::RunsFound found =
      PALYRA_TRY(state::find_runs(services.state.root, {.run_id_prefix = run_id, .limit = 2}));
  if (found.entries.empty())
    return fail(kRunsNotFound, "no run is logged whose id begins with '{}'", printable(run_id));
  if (found.entries.size() > 1) {
    return fail(kRunsAmbiguous, "the ids of several runs begin with '{}', such as {} and {}", printable(run_id),
                printable(found.entries[0].run_id), printable(found.entries[1].run_id));
  }
  return found.entries.front();
}

Result<LogFacts> verify_logs(const Services& services) {
  const state::StateStore store = PALYRA_TRY(state::StateStore::open(services.state));
  LogFacts facts;
  facts.runs = PALYRA_TRY(store.verify_run_log());
  facts.audit_rows = PALYRA_TRY(store.generation());
  return facts;
}

}  // namespace palyra::app
