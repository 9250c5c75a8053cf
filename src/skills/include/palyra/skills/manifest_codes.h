// SPDX-License-Identifier: Apache-2.0
#pragma once
// Why a manifest is refused. Every message names the key, and the value and the limit where there are any.

#include <palyra/base/error.h>

namespace palyra::skills {

// The document.
inline constexpr ErrorCode kManifestSize{ErrorKind::kLimitExceeded, "manifest.size"};  // the file, an array or a string
inline constexpr ErrorCode kManifestDepth{ErrorKind::kLimitExceeded, "manifest.depth"};
inline constexpr ErrorCode kManifestNotUtf8{ErrorKind::kMalformed, "manifest.not_utf8"};
inline constexpr ErrorCode kManifestNotToml{ErrorKind::kMalformed, "manifest.not_toml"};
inline constexpr ErrorCode kManifestDuplicateKey{ErrorKind::kMalformed, "manifest.duplicate_key"};  // or its alias
inline constexpr ErrorCode kManifestDate{ErrorKind::kMalformed, "manifest.date_refused"};
inline constexpr ErrorCode kManifestFloat{ErrorKind::kMalformed, "manifest.float_refused"};

// Keys and values.
inline constexpr ErrorCode kManifestUnknownKey{ErrorKind::kMalformed, "manifest.unknown_key"};
inline constexpr ErrorCode kManifestMissingKey{ErrorKind::kMalformed, "manifest.missing_key"};
inline constexpr ErrorCode kManifestWrongType{ErrorKind::kMalformed, "manifest.wrong_type"};
inline constexpr ErrorCode kManifestIntegerRange{ErrorKind::kMalformed, "manifest.integer_range"};
inline constexpr ErrorCode kManifestCount{ErrorKind::kLimitExceeded, "manifest.count"};
inline constexpr ErrorCode kManifestTextLength{ErrorKind::kLimitExceeded, "manifest.text_length"};
inline constexpr ErrorCode kManifestTextBlank{ErrorKind::kMalformed, "manifest.text_blank"};
inline constexpr ErrorCode kManifestTextCharacter{ErrorKind::kMalformed, "manifest.text_character"};
inline constexpr ErrorCode kManifestSyntax{ErrorKind::kMalformed, "manifest.syntax"};  // a name against its grammar
inline constexpr ErrorCode kManifestChoice{ErrorKind::kMalformed, "manifest.choice"};  // none of the words allowed here
inline constexpr ErrorCode kManifestDuplicate{ErrorKind::kMalformed, "manifest.duplicate"};  // one of a list twice
inline constexpr ErrorCode kManifestPath{ErrorKind::kMalformed, "manifest.path"};
inline constexpr ErrorCode kManifestUrl{ErrorKind::kMalformed, "manifest.url"};
inline constexpr ErrorCode kManifestLicense{ErrorKind::kMalformed, "manifest.license"};

// Identity. The mismatches are with what was signed.
inline constexpr ErrorCode kManifestPublisher{ErrorKind::kMalformed, "manifest.publisher_syntax"};
inline constexpr ErrorCode kManifestSkillId{ErrorKind::kMalformed, "manifest.skill_id_syntax"};
inline constexpr ErrorCode kManifestVersion{ErrorKind::kMalformed, "manifest.version_syntax"};
inline constexpr ErrorCode kManifestPublisherMismatch{ErrorKind::kUntrusted, "manifest.publisher_mismatch"};
inline constexpr ErrorCode kManifestSkillIdMismatch{ErrorKind::kUntrusted, "manifest.skill_id_mismatch"};
inline constexpr ErrorCode kManifestVersionMismatch{ErrorKind::kUntrusted, "manifest.version_mismatch"};
inline constexpr ErrorCode kManifestSkillIdPrefix{ErrorKind::kMalformed, "manifest.skill_id_prefix"};
inline constexpr ErrorCode kManifestConfig{ErrorKind::kMalformed, "manifest.config"};  // a setting contradicts itself
inline constexpr ErrorCode kManifestCompatRange{ErrorKind::kMalformed, "manifest.compat_range"};
// Versions 1 and 2: `integrity` names a file that is not there, or gives another digest; in format 1 also one that
// does not name every file.
inline constexpr ErrorCode kManifestIntegrity{ErrorKind::kUntrusted, "manifest.integrity"};

// Tools. Those of schemas that do not compile are in schema_compiler.h.
inline constexpr ErrorCode kManifestToolIdPrefix{ErrorKind::kMalformed, "manifest.tool_id_prefix"};
inline constexpr ErrorCode kManifestToolIdDuplicate{ErrorKind::kMalformed, "manifest.tool_id_duplicate"};
inline constexpr ErrorCode kManifestToolModule{ErrorKind::kMalformed, "manifest.tool_module"};  // none, or which one?
inline constexpr ErrorCode kManifestWasi{ErrorKind::kMalformed, "manifest.wasi"};
inline constexpr ErrorCode kManifestSchemaRootType{ErrorKind::kMalformed, "manifest.schema_root_type"};
inline constexpr ErrorCode kManifestSchemaEntryMissing{ErrorKind::kMalformed, "manifest.schema_entry_missing"};
inline constexpr ErrorCode kManifestHints{ErrorKind::kMalformed, "manifest.hints"};
inline constexpr ErrorCode kManifestExample{ErrorKind::kMalformed, "manifest.example"};

// Capabilities.
inline constexpr ErrorCode kManifestHost{ErrorKind::kMalformed, "manifest.host"};
inline constexpr ErrorCode kManifestHttpMethod{ErrorKind::kMalformed, "manifest.http_method"};
inline constexpr ErrorCode kManifestHttpSecret{ErrorKind::kMalformed, "manifest.http_secret"};
inline constexpr ErrorCode kManifestSecretScope{ErrorKind::kMalformed, "manifest.secret_scope"};
// Both purposes at once: one of the two gives the guest what the other hides.
inline constexpr ErrorCode kManifestSecretUses{ErrorKind::kMalformed, "manifest.secret_uses"};
inline constexpr ErrorCode kManifestStoragePrefix{ErrorKind::kMalformed, "manifest.storage_prefix"};
// The same capability twice, with different details.
inline constexpr ErrorCode kManifestConflict{ErrorKind::kMalformed, "manifest.capability_conflict"};

}  // namespace palyra::skills
