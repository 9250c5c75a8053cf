// SPDX-License-Identifier: Apache-2.0
#pragma once
// JSON Schema 2020-12: compiled once for each tool, then asked about the arguments and outputs of its calls.
//
// A schema is a stranger's program and its validator cannot be interrupted, so everything is bounded before it runs.
// Source: docs/formats/skill-manifest.md, "Schemas are strangers' programs".

#include <palyra/base/bytes.h>
#include <palyra/base/c_handle.h>
#include <palyra/base/error.h>

#include <cstddef>
#include <cstdint>
#include <utility>

struct palyra_rust_schema;

namespace palyra::schema {

// Not strict JSON, as a schema or as a document.
inline constexpr ErrorCode kNotUtf8{ErrorKind::kMalformed, "schema.not_utf8"};
inline constexpr ErrorCode kSyntax{ErrorKind::kMalformed, "schema.syntax"};
inline constexpr ErrorCode kDuplicateKey{ErrorKind::kMalformed, "schema.duplicate_key"};
inline constexpr ErrorCode kNumberOutOfRange{ErrorKind::kMalformed, "schema.number_out_of_range"};
inline constexpr ErrorCode kTooDeep{ErrorKind::kLimitExceeded, "schema.too_deep"};
inline constexpr ErrorCode kTooLarge{ErrorKind::kLimitExceeded, "schema.too_large"};
inline constexpr ErrorCode kTooManyValues{ErrorKind::kLimitExceeded, "schema.too_many_values"};

// Schemas that are refused.
inline constexpr ErrorCode kNotASchema{ErrorKind::kMalformed, "schema.not_a_schema"};  // neither object nor boolean
inline constexpr ErrorCode kInvalidSchema{ErrorKind::kMalformed, "schema.invalid_schema"};  // also a refused pattern
inline constexpr ErrorCode kUnresolvedRef{ErrorKind::kMalformed, "schema.unresolved_ref"};
inline constexpr ErrorCode kReferenceLoop{ErrorKind::kMalformed, "schema.reference_loop"};  // never reaches a value
inline constexpr ErrorCode kForeignSchema{ErrorKind::kIncompatible,
                                          "schema.foreign_schema"};                // $schema of another draft
inline constexpr ErrorCode kForeignRef{ErrorKind::kDenied, "schema.foreign_ref"};  // a reference not beginning with #
inline constexpr ErrorCode kInnerId{ErrorKind::kDenied, "schema.inner_id"};        // $id below the root
inline constexpr ErrorCode kChainTooLong{ErrorKind::kLimitExceeded, "schema.chain_too_long"};
inline constexpr ErrorCode kTooManySubschemas{ErrorKind::kLimitExceeded, "schema.too_many_subschemas"};
inline constexpr ErrorCode kTooComplex{ErrorKind::kLimitExceeded, "schema.too_complex"};  // to find out its cost

// A schema, or a document under its schema, whose judgement could take too long.
inline constexpr ErrorCode kTooCostly{ErrorKind::kLimitExceeded, "schema.too_costly"};

// A document that does not conform. The message lists where and why.
inline constexpr ErrorCode kDoesNotConform{ErrorKind::kInvalidArgument, "schema.does_not_conform"};

// Limits of a schema. No honest tool schema at hand comes near any of them. Together with those of a document they
// keep compiling and validating each under 100 milliseconds of processor time and 64 MiB.
inline constexpr std::size_t kMaxSchemaBytes = 256UZ * 1024;
inline constexpr std::size_t kMaxSchemaMemory = 32UZ * 1024 * 1024;  // of its parsed text
inline constexpr std::uint32_t kMaxSchemaDepth = 32;                 // nested arrays and objects of its text
inline constexpr std::uint32_t kMaxSubschemas = 5'000;               // bounds the stack that compiling needs
inline constexpr std::uint32_t kMaxInPlaceChain = 64;            // times document depth, the recursion of a validation
inline constexpr std::size_t kMaxPatternBytes = 16UZ * 1024;     // one compiled pattern: 3 microseconds a byte at worst
inline constexpr std::uint64_t kMaxEvaluationsPerValue = 1'000;  // worst case for one value at depths 0 to 3
inline constexpr std::size_t kMaxPatterns = 256;                 // different ones in the text, used or not
inline constexpr std::size_t kMaxPatternText = 16UZ * 1024;      // of all; 16 times where \p, \P or flags occur

// Limits of a document.
inline constexpr std::size_t kMaxDocumentBytes = 64UZ * 1024 * 1024;   // above what any call is allowed to pass
inline constexpr std::size_t kMaxDocumentMemory = 40UZ * 1024 * 1024;  // 32 bytes an element, 640 a small object
inline constexpr std::uint64_t kMaxDocumentValues = 1U << 20U;         // of all kinds
inline constexpr std::size_t kMaxObjectMembers = 65'536;               // of one object
inline constexpr std::uint32_t kMaxDocumentDepth = 64;
// Values times evaluations, of which one weighs 2, a required name 8, a pattern 24, `unevaluated*` 32, a fractional
// `multipleOf` 400 more: 50 milliseconds.
inline constexpr std::uint64_t kMaxEvaluations = 20'000'000;
inline constexpr std::uint64_t kMaxScannedBytes =
    256UZ * 1024 * 1024;                                             // read again by uniqueItems, minLength, maxLength
inline constexpr std::size_t kMaxPatternStringBytes = 16UZ * 1024;   // one string that may meet a pattern
inline constexpr std::size_t kMaxPatternStringsBytes = 64UZ * 1024;  // all of them, each as often as it may; four times
                                                                     // where a pattern compiles to over 4 KiB
// Errors are listed only below these: they are collected eagerly, and a branch is asked again for each branch around.
inline constexpr std::uint64_t kMaxEvaluationsForList = 250'000;
inline constexpr std::size_t kMaxListMemory = 16UZ * 1024 * 1024;      // all errors, with copies of what they are about
inline constexpr std::uint64_t kMaxPatternBytesForList = 64UZ * 1024;  // pattern strings times in-place chain and depth
inline constexpr std::uint32_t kMaxListedErrors = 32;

// Immutable; threads may share one. Compile and validate need 1 MiB of stack.
class JsonSchema {
 public:
  // Order of checks: size, UTF-8, strict JSON, number and text of patterns, identifiers and references, subschemas,
  // in-place chain, evaluations, compiled patterns and the keywords' own form.
  static Result<JsonSchema> compile(BytesView json);

  // Order of checks: size, UTF-8, strict JSON (no duplicate keys, integers in -2^63 to 2^64-1, numbers within double),
  // cost of patterns and evaluations (kTooCostly), conformity (kDoesNotConform). `format` is an annotation.
  // A string counts against the pattern limits when a `pattern` may apply to it, whatever its branch decides, and an
  // object's key when `patternProperties` or a pattern in `propertyNames` may.
  [[nodiscard]] Result<void> validate(BytesView json) const;

 private:
  static void free(palyra_rust_schema* schema) noexcept;
  using Handle = CHandle<palyra_rust_schema, &JsonSchema::free>;
  explicit JsonSchema(Handle handle) : handle_(std::move(handle)) {}

  Handle handle_;
};

// Strict JSON within the limits of a document, for tools without a schema.
// Errors: kTooLarge, kNotUtf8, kSyntax, kDuplicateKey, kTooDeep, kNumberOutOfRange, kTooManyValues.
Result<void> check_json(BytesView json);

}  // namespace palyra::schema
