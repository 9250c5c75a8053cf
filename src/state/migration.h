// SPDX-License-Identifier: Apache-2.0
#pragma once
// A trust.db of an older schema becomes one of this program's, in one transaction with a row in the log.

#include "store_parts.h"

namespace palyra::state {

// What every migration of a file does, in the caller's transaction for writing: the old tables are checked, the file is
// copied to `<file>.before-<old version>` (0600), the steps are taken, and the result is checked as on every start. The
// name of the copy. Errors: kStoreDamaged, kSchemaNewer, those of Directory::write_file.
Result<std::string> take_steps_with_copy(const Directory& root, const Database& database, const Schema& schema);

// Nothing happens when the schema is the newest already. Else, as the only writer: the old tables and the log's chain
// are checked, the file is copied to `trust.db.before-<old version>` (0600), the steps are taken, and the result is
// checked as on every start before it is committed. Of processes that come at once one migrates, the others wait.
// Errors: kStoreDamaged, kAuditBroken, kSchemaNewer, kStateBusy, kStateDenied, kStateUnavailable, those of
// Directory::write_file.
Result<> migrate(const StoreParts& parts);

}  // namespace palyra::state
