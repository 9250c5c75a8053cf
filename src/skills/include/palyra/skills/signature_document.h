// SPDX-License-Identifier: Apache-2.0
#pragma once
// `signature.json`: a statement and its signatures, in exactly one layout.
//
// Everything in it is a claim until verify.h has recomputed the digests and checked every signature.
// Source: docs/formats/skill-artifact.md, "Content root, statement, signature".

#include <palyra/base/error.h>
#include <palyra/crypto/ed25519.h>
#include <palyra/skills/statement.h>

#include <array>
#include <span>
#include <string>
#include <vector>

namespace palyra::skills {

inline constexpr ErrorCode kShapeSize{ErrorKind::kLimitExceeded, "signature_shape.size"};
inline constexpr ErrorCode kShapeNotJson{ErrorKind::kMalformed, "signature_shape.not_json"};
inline constexpr ErrorCode kShapeDuplicateKey{ErrorKind::kMalformed, "signature_shape.duplicate_key"};
inline constexpr ErrorCode kShapeWrongType{ErrorKind::kMalformed, "signature_shape.wrong_type"};
inline constexpr ErrorCode kShapeFormat{ErrorKind::kIncompatible, "signature_shape.format"};
inline constexpr ErrorCode kShapeUnknownKey{ErrorKind::kMalformed, "signature_shape.unknown_key"};
inline constexpr ErrorCode kShapeMissingKey{ErrorKind::kMalformed, "signature_shape.missing_key"};
inline constexpr ErrorCode kShapePublisher{ErrorKind::kMalformed, "signature_shape.publisher_syntax"};
inline constexpr ErrorCode kShapeSkillId{ErrorKind::kMalformed, "signature_shape.skill_id_syntax"};
inline constexpr ErrorCode kShapeVersion{ErrorKind::kMalformed, "signature_shape.version_syntax"};
inline constexpr ErrorCode kShapeHex{ErrorKind::kMalformed, "signature_shape.hex_syntax"};
inline constexpr ErrorCode kShapeIntegerRange{ErrorKind::kMalformed, "signature_shape.integer_range"};
inline constexpr ErrorCode kShapeNotAfter{ErrorKind::kMalformed, "signature_shape.not_after_before_created"};
inline constexpr ErrorCode kShapeGuestAbi{ErrorKind::kIncompatible, "signature_shape.guest_abi_unsupported"};
inline constexpr ErrorCode kShapeSignatureCount{ErrorKind::kLimitExceeded, "signature_shape.signature_count"};
inline constexpr ErrorCode kShapeAlgorithm{ErrorKind::kIncompatible, "signature_shape.algorithm_unknown"};
inline constexpr ErrorCode kShapeBase64{ErrorKind::kMalformed, "signature_shape.base64"};
inline constexpr ErrorCode kShapeKeyLength{ErrorKind::kMalformed, "signature_shape.public_key_length"};
inline constexpr ErrorCode kShapeSignatureLength{ErrorKind::kMalformed, "signature_shape.signature_length"};
inline constexpr ErrorCode kShapeSignersDuplicate{ErrorKind::kMalformed, "signature_shape.signers_duplicate"};
inline constexpr ErrorCode kShapeSignersNotSorted{ErrorKind::kMalformed, "signature_shape.signers_not_sorted"};
inline constexpr ErrorCode kShapeNotCanonical{ErrorKind::kMalformed, "signature_shape.not_canonical"};

inline constexpr std::size_t kMaxSignatureDocumentBytes = 8 * 1024;
inline constexpr std::size_t kMaxSignatures = 8;
inline constexpr std::int64_t kMaxTimestamp = (std::int64_t{1} << 53U) - 1;  // seconds; what every JSON reader holds

// One signature as the document has it: the lengths are right, nothing else is known.
struct ClaimedSignature {
  std::array<std::uint8_t, crypto::kPublicKeyBytes> public_key;
  std::array<std::uint8_t, crypto::kSignatureBytes> signature;
};

struct SignatureDocument {
  Statement statement;
  std::vector<ClaimedSignature> signatures;
};

// Order of checks: size, JSON, an object, `format`, unknown keys, then each key in the order of the layout (missing,
// type, value) and each signature likewise, signers distinct and sorted, and last that the bytes are those which
// format_signature_document writes.
Result<SignatureDocument> parse_signature_document(BytesView json);

// The one layout. The document's values obey the rules of parse_signature_document.
std::string format_signature_document(const SignatureDocument& document);

// A document with the signatures of `keys` over `statement`, sorted by public key.
// Errors: kShapeSignatureCount, kShapeSignersDuplicate, and those of the statement's values.
Result<SignatureDocument> sign_statement(const Statement& statement, std::span<const crypto::SigningKey> keys);

}  // namespace palyra::skills
