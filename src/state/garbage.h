// SPDX-License-Identifier: Apache-2.0
#pragma once
// Objects that no row names any more.

#include "store_parts.h"

namespace palyra::state {

// Removes them. Errors: kStateBusy (somebody writes objects all the time), those of Directory and of the database.
Result<> remove_garbage(const StoreParts& parts);

}  // namespace palyra::state
