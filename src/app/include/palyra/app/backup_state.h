// SPDX-License-Identifier: Apache-2.0
#pragma once
// Use case: a copy of what this installation trusts, has installed and approved.

#include <palyra/app/services.h>
#include <palyra/state/state_store.h>

#include <string>

namespace palyra::app {

// Into the new file `path`, 0600. Errors: those of state::StateStore::open and backup.
Result<state::BackupFile> backup_state(const Services& services, const std::string& path);

}  // namespace palyra::app
