// SPDX-License-Identifier: Apache-2.0
#include <palyra/app/backup_state.h>

namespace palyra::app {

Result<state::BackupFile> backup_state(const Services& services, const std::string& path) {
  const state::StateStore store = PALYRA_TRY(state::StateStore::open(services.state));
  return store.backup(path);
}

}  // namespace palyra::app
