// SPDX-License-Identifier: Apache-2.0
#pragma once
// The rows behind a SkillTrustStore. Each function runs inside the caller's transaction.

#include "sqlite.h"

#include <palyra/skills/trust_store.h>

namespace palyra::state {

// Without its generation. Rows that make no publisher are kStoreDamaged.
Result<skills::SkillTrustStore> load_trust_rows(const Database& database);

// Makes the rows of `before` those of `after`. Skills, rotations and revocations are never deleted.
Result<> save_trust_rows(const Database& database, const skills::SkillTrustStore& before,
                         const skills::SkillTrustStore& after);

// Over every row and the generation of the trust store.
crypto::Sha256Digest trust_digest(const skills::SkillTrustStore& trust);

}  // namespace palyra::state
