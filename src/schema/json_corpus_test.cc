// SPDX-License-Identifier: Apache-2.0
// JSONTestSuite's parsing files: tests/corpora/json. Arguments and outputs are read by this layer's parser, documents
// of ours by base's; what one takes, the other takes.
#include <palyra/base/json.h>
#include <palyra/base/testing.h>
#include <palyra/schema/json_schema.h>

#include <filesystem>
#include <map>
#include <string>

namespace palyra::schema {
namespace {

std::string reason_of(const Error& error) {
  const std::string_view id = error.code().id;
  return std::string(id.substr(id.find('.') + 1));
}

// M13
TEST(StrictJsonCorpusTest, AgreesWithTheOtherReaderOnEveryFile) {
  std::map<std::string, std::size_t> differences;  // "base's reason, this layer's reason"
  std::size_t judged = 0;
  std::size_t taken = 0;
  for (const auto& file :
       std::filesystem::directory_iterator(palyra::testing::test_file("corpora/json/test_parsing"))) {
    const std::string name = file.path().filename().string();
    const Bytes text = palyra::testing::must_read(file.path().string());
    const auto ours = check_json(text);
    const auto bases = parse_json(text, {.max_bytes = kMaxDocumentBytes, .max_depth = kMaxDocumentDepth});
    EXPECT_EQ(ours.has_value(), bases.has_value()) << name;
    EXPECT_FALSE(ours.has_value() && name.starts_with("n_")) << name;
    if (ours) ++taken;
    if (!ours && !bases && reason_of(ours.error()) != reason_of(bases.error())) {
      ++differences[reason_of(bases.error()) + ", " + reason_of(ours.error())];
    }
    ++judged;
  }
  EXPECT_EQ(judged, 318U);
  EXPECT_EQ(taken, 95U);  // all of y_ but two with a duplicate key, and two of i_: numbers that are all but zero
  // Base's parser does not tell a malformed number from one out of range, and sees that brackets are never closed
  // before it sees how many there are.
  EXPECT_EQ(differences,
            (std::map<std::string, std::size_t>{{"number_out_of_range, syntax", 39}, {"syntax, too_deep", 2}}));
}

}  // namespace
}  // namespace palyra::schema
