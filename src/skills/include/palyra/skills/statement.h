// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the signatures of an artifact say, as a value and as the bytes that are signed.
// Source: docs/formats/skill-artifact.md, "Content root, statement, signature".

#include <palyra/base/bytes.h>
#include <palyra/base/clock.h>
#include <palyra/crypto/sha256.h>
#include <palyra/skills/skill_names.h>

#include <cstdint>
#include <string_view>

namespace palyra::skills {

inline constexpr std::string_view kSignatureAlgorithm = "ed25519";
inline constexpr std::uint32_t kGuestAbi = 1;

struct Statement {
  SkillIdentity identity;
  crypto::Sha256Digest content_root;
  crypto::Sha256Digest manifest_sha256;
  WallTime created;
  WallTime not_after;  // 0 = never
  std::uint32_t guest_abi = kGuestAbi;
  friend bool operator==(const Statement&, const Statement&) = default;
};

// "palyra/artifact-signature/2\0" || u32 9 || for each field, ascending tag: u16 tag || u32 length || value,
// big-endian.
Bytes statement_bytes(const Statement& statement);

}  // namespace palyra::skills
