// SPDX-License-Identifier: Apache-2.0
// The one copy of the SDK's functions that the module links.
#define PALYRA_SKILL_IMPLEMENTATION
#include "palyra_skill.h"
