// SPDX-License-Identifier: Apache-2.0
// JSONTestSuite's parsing files: tests/corpora/json. The same files go through the other JSON reader in src/schema.
#include <palyra/base/json.h>
#include <palyra/base/testing.h>

#include <filesystem>
#include <map>
#include <string>

namespace palyra {
namespace {

using testing::FailsWith;
using testing::IsOk;

constexpr JsonLimits kLimits{.max_bytes = std::size_t{1} << 20U, .max_depth = 64};

// Files that readers may take or not, and why this one does not. What is not named here is read.
const std::map<std::string, ErrorCode>& refused_by_choice() {
  static const std::map<std::string, ErrorCode> refusals{
      {"i_number_huge_exp.json", kJsonNumber},
      {"i_number_neg_int_huge_exp.json", kJsonNumber},
      {"i_number_pos_double_huge_exp.json", kJsonNumber},
      {"i_number_real_neg_overflow.json", kJsonNumber},
      {"i_number_real_pos_overflow.json", kJsonNumber},
      {"i_number_too_big_neg_int.json", kJsonNumber},
      {"i_number_too_big_pos_int.json", kJsonNumber},
      {"i_number_very_big_negative_int.json", kJsonNumber},
      {"i_object_key_lone_2nd_surrogate.json", kJsonSyntax},
      {"i_string_1st_surrogate_but_2nd_missing.json", kJsonSyntax},
      {"i_string_1st_valid_surrogate_2nd_invalid.json", kJsonSyntax},
      {"i_string_UTF-16LE_with_BOM.json", kJsonNotUtf8},
      {"i_string_UTF-8_invalid_sequence.json", kJsonNotUtf8},
      {"i_string_UTF8_surrogate_U+D800.json", kJsonNotUtf8},
      {"i_string_incomplete_surrogate_and_escape_valid.json", kJsonSyntax},
      {"i_string_incomplete_surrogate_pair.json", kJsonSyntax},
      {"i_string_incomplete_surrogates_escape_valid.json", kJsonSyntax},
      {"i_string_invalid_lonely_surrogate.json", kJsonSyntax},
      {"i_string_invalid_surrogate.json", kJsonSyntax},
      {"i_string_invalid_utf-8.json", kJsonNotUtf8},
      {"i_string_inverted_surrogates_U+1D11E.json", kJsonSyntax},
      {"i_string_iso_latin_1.json", kJsonNotUtf8},
      {"i_string_lone_second_surrogate.json", kJsonSyntax},
      {"i_string_lone_utf8_continuation_byte.json", kJsonNotUtf8},
      {"i_string_not_in_unicode_range.json", kJsonNotUtf8},
      {"i_string_overlong_sequence_2_bytes.json", kJsonNotUtf8},
      {"i_string_overlong_sequence_6_bytes.json", kJsonNotUtf8},
      {"i_string_overlong_sequence_6_bytes_null.json", kJsonNotUtf8},
      {"i_string_truncated-utf-8.json", kJsonNotUtf8},
      {"i_string_utf16BE_no_BOM.json", kJsonNotUtf8},
      {"i_string_utf16LE_no_BOM.json", kJsonNotUtf8},
      {"i_structure_500_nested_arrays.json", kJsonTooDeep},
      {"i_structure_UTF-8_BOM_empty_object.json", kJsonSyntax},
      {"y_object_duplicated_key.json", kJsonDuplicateKey},
      {"y_object_duplicated_key_and_value.json", kJsonDuplicateKey},
  };
  return refusals;
}

TEST(JsonCorpusTest, GivesTheVerdictOfEveryFile) {
  std::map<char, std::size_t> judged;
  for (const auto& file :
       std::filesystem::directory_iterator(palyra::testing::test_file("corpora/json/test_parsing"))) {
    const std::string name = file.path().filename().string();
    SCOPED_TRACE(name);
    const auto value = parse_json(testing::must_read(file.path().string()), kLimits);
    ++judged[name.front()];
    if (name.starts_with("n_")) {
      EXPECT_FALSE(value.has_value());
    } else if (const auto refusal = refused_by_choice().find(name); refusal != refused_by_choice().end()) {
      EXPECT_THAT(value, FailsWith(refusal->second));
    } else {
      EXPECT_THAT(value, IsOk());
    }
  }
  EXPECT_EQ(judged, (std::map<char, std::size_t>{{'i', 35}, {'n', 188}, {'y', 95}}));
  EXPECT_EQ(refused_by_choice().size(), 35U);
}

}  // namespace
}  // namespace palyra
