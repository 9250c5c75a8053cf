// SPDX-License-Identifier: Apache-2.0
#include "palyra/skills/statement.h"

#include "big_endian.h"

#include <array>

namespace palyra::skills {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kStatementContext = "palyra/artifact-signature/2\0"sv;
constexpr std::uint32_t kFieldCount = 9;

}  // namespace

Bytes statement_bytes(const Statement& statement) {
  Bytes bytes = to_bytes(kStatementContext);
  append_big_endian(bytes, kFieldCount);
  append_field(bytes, 1, as_bytes(kSignatureAlgorithm));
  append_field(bytes, 2, as_bytes(statement.identity.publisher));
  append_field(bytes, 3, as_bytes(statement.identity.skill_id));
  append_field(bytes, 4, as_bytes(statement.identity.version.to_text()));
  append_field(bytes, 5, statement.content_root.bytes);
  append_field(bytes, 6, statement.manifest_sha256.bytes);
  append_number(bytes, 7, static_cast<std::uint64_t>(statement.created.seconds));
  append_number(bytes, 8, static_cast<std::uint64_t>(statement.not_after.seconds));
  append_number(bytes, 9, statement.guest_abi);
  return bytes;
}

}  // namespace palyra::skills
