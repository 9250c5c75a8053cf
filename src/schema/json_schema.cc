// SPDX-License-Identifier: Apache-2.0
#include <palyra/base/json.h>
#include <palyra/schema/json_schema.h>

#include <fmt/core.h>
#include <palyra_rust.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace palyra::schema {
namespace {

// The archive broke its promise.
constexpr ErrorCode kInternal{ErrorKind::kInternal, "schema.internal"};

constexpr std::string_view kArea = "schema.";
constexpr std::array kCodes{
    kNotUtf8,       kSyntax,     kDuplicateKey,  kNumberOutOfRange,  kTooDeep,       kTooLarge,
    kTooManyValues, kNotASchema, kInvalidSchema, kUnresolvedRef,     kReferenceLoop, kForeignSchema,
    kForeignRef,    kInnerId,    kChainTooLong,  kTooManySubschemas, kTooComplex,    kTooCostly,
};

constexpr palyra_rust_schema_limits_t kSchemaLimits{
    // Every value takes a byte, so the bytes bound the values.
    .json = {.max_bytes = kMaxSchemaBytes,
             .max_values = kMaxSchemaBytes,
             .max_memory = kMaxSchemaMemory,
             .max_members = kMaxObjectMembers,
             .max_depth = kMaxSchemaDepth},
    .max_evaluations_per_value = kMaxEvaluationsPerValue,
    .max_pattern_bytes = kMaxPatternBytes,
    .max_patterns = kMaxPatterns,
    .max_pattern_text = kMaxPatternText,
    .max_in_place_chain = kMaxInPlaceChain,
    .max_subschemas = kMaxSubschemas,
};
constexpr palyra_rust_validate_limits_t kDocumentLimits{
    .json = {.max_bytes = kMaxDocumentBytes,
             .max_values = kMaxDocumentValues,
             .max_memory = kMaxDocumentMemory,
             .max_members = kMaxObjectMembers,
             .max_depth = kMaxDocumentDepth},
    .max_evaluations = kMaxEvaluations,
    .max_scanned = kMaxScannedBytes,
    .max_evaluations_for_list = kMaxEvaluationsForList,
    .max_list_memory = kMaxListMemory,
    .max_pattern_string_bytes = kMaxPatternStringBytes,
    .max_pattern_strings_bytes = kMaxPatternStringsBytes,
    .max_pattern_bytes_for_list = kMaxPatternBytesForList,
    .max_errors = kMaxListedErrors,
};

class Report {
 public:
  Report() = default;
  ~Report() { palyra_rust_bytes_free(&bytes_); }
  Report(const Report&) = delete;
  Report& operator=(const Report&) = delete;

  palyra_rust_bytes_t* out() { return &bytes_; }
  // Null when it is empty: the archive's JSON is small and well-formed.
  [[nodiscard]] Json parse() const {
    constexpr JsonLimits kLimits{.max_bytes = 1024UZ * 1024, .max_depth = 4};
    return parse_json({bytes_.data, bytes_.size}, kLimits).value_or(Json());
  }

 private:
  palyra_rust_bytes_t bytes_{};
};

std::string_view text_of(const Json& object, std::string_view key) {
  const Json* member = object.find(key);
  const std::string* text = member == nullptr ? nullptr : member->as_string();
  return text == nullptr ? std::string_view() : std::string_view(*text);
}

// A refusal {"reason", "text"} as an error.
std::unexpected<Error> refused(const Report& report) {
  const Json refusal = report.parse();
  const std::string_view reason = text_of(refusal, "reason");
  const auto* const code =
      std::ranges::find(kCodes, reason, [](const ErrorCode& known) { return known.id.substr(kArea.size()); });
  return fail(code == kCodes.end() ? kInternal : *code, "{}", text_of(refusal, "text"));
}

std::unexpected<Error> does_not_conform(const Report& report) {
  const Json list = report.parse();
  const Json::Array* const errors = list.as_array();
  if (errors == nullptr || errors->empty()) {
    return fail(kDoesNotConform, "the document does not conform to its schema; it is too large to say where");
  }
  std::string text;
  for (const Json& error : *errors) {
    const std::string_view path = text_of(error, "path");
    text += fmt::format("{}{}: {} ({})", text.empty() ? "" : "; ", path.empty() ? "the document" : path,
                        text_of(error, "message"), text_of(error, "keyword"));
  }
  if (errors->size() == kMaxListedErrors) {
    text += "; there may be more";
  }
  return fail(kDoesNotConform, "{}", text);
}

}  // namespace

void JsonSchema::free(palyra_rust_schema* schema) noexcept { palyra_rust_schema_delete(schema); }

Result<JsonSchema> JsonSchema::compile(BytesView json) {
  Report report;
  palyra_rust_schema* schema = nullptr;
  const std::int32_t status =
      palyra_rust_schema_compile(json.data(), json.size(), &kSchemaLimits, &schema, report.out());
  Handle handle(schema);
  if (status != PALYRA_RUST_OK) {
    return refused(report);
  }
  return JsonSchema(std::move(handle));
}

Result<void> JsonSchema::validate(BytesView json) const {
  Report report;
  const std::int32_t status =
      palyra_rust_schema_validate(handle_.get(), json.data(), json.size(), &kDocumentLimits, report.out());
  if (status == PALYRA_RUST_INVALID) {
    return does_not_conform(report);
  }
  if (status != PALYRA_RUST_OK) {
    return refused(report);
  }
  return {};
}

Result<void> check_json(BytesView json) {
  Report report;
  if (palyra_rust_json_check(json.data(), json.size(), &kDocumentLimits.json, report.out()) != PALYRA_RUST_OK) {
    return refused(report);
  }
  return {};
}

}  // namespace palyra::schema
