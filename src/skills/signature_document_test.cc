// SPDX-License-Identifier: Apache-2.0
#include "palyra/skills/signature_document.h"

#include <palyra/base/hex.h>
#include <palyra/base/testing.h>

#include <string>
#include <vector>

namespace palyra::skills {
namespace {

using palyra::testing::FailsWith;
using palyra::testing::IsOk;

crypto::SigningKey key(std::string_view seed_hex) {
  return crypto::SigningKey::from_seed(Secret(parse_hex(seed_hex).value()));
}
crypto::SigningKey author() { return key("3765490c9523c3e1862af7c6132ad7a7d1ef1f248861c1ca605da49f573f93d4"); }
crypto::SigningKey reviewer() { return key("698c75bc6c1c22d47c17cf9e38e414b9b77c74e4c3f8f267deb7093229d73559"); }

// The one of vectors/skill-v2/statement.txt.
Statement statement() {
  return {
      .identity = {.publisher = "acme", .skill_id = "acme.weather", .version = {.major = 1, .minor = 2, .patch = 0}},
      .content_root = crypto::parse_sha256("98f01cc60ab078d9ebce9bf30a34599b7a663a758fbfd7f077cc934a0432bf1c").value(),
      .manifest_sha256 =
          crypto::parse_sha256("49c450804d590b129208357285476ec36178c9b19c14f352da07720ea9a9dae3").value(),
      .created = {1'795'305'600},
      .not_after = {0}};
}

std::vector<crypto::SigningKey> keys_of(crypto::SigningKey first) {
  std::vector<crypto::SigningKey> keys;
  keys.push_back(std::move(first));
  return keys;
}

std::string document_text() {
  const auto document = sign_statement(statement(), keys_of(author()));
  EXPECT_THAT(document, IsOk());
  return document ? format_signature_document(*document) : "";
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

// The statement and signature.json of the first vector, byte by byte.
std::string specification() {
  return std::string(as_text(testing::must_read(palyra::testing::test_file("vectors/skill-v2/statement.txt"))));
}

TEST(StatementTest, HasTheBytesOfTheSpecification) {
  const std::string text = specification();
  const std::size_t at = text.find("\nhex     ") + 9;
  EXPECT_EQ(palyra::to_hex(statement_bytes(statement())), text.substr(at, text.find('\n', at) - at));
}

TEST(SignatureDocumentTest, IsWrittenAsTheSpecificationHasIt) {
  const std::string text = specification();
  EXPECT_NE(text.find(document_text()), std::string::npos) << document_text();
}

TEST(SignatureDocumentTest, GivesBackWhatWasSigned) {
  const auto document = parse_signature_document(as_bytes(document_text()));
  ASSERT_THAT(document, IsOk());
  EXPECT_EQ(document->statement, statement());
  ASSERT_EQ(document->signatures.size(), 1U);
  EXPECT_THAT(crypto::verify_signature(document->signatures[0].public_key, statement_bytes(statement()),
                                       document->signatures[0].signature),
              IsOk());
}

TEST(SignatureDocumentTest, SortsItsSignersByTheBytesOfTheirKeys) {
  std::vector<crypto::SigningKey> keys = keys_of(author());
  keys.push_back(reviewer());
  const auto document = sign_statement(statement(), keys);
  ASSERT_THAT(document, IsOk());
  EXPECT_LT(document->signatures[0].public_key, document->signatures[1].public_key);
}

TEST(SignatureDocumentTest, IsNotMadeWithValuesThatNobodyWouldRead) {
  std::vector<crypto::SigningKey> twice = keys_of(author());
  twice.push_back(author());
  EXPECT_THAT(sign_statement(statement(), twice), FailsWith(kShapeSignersDuplicate));
  EXPECT_THAT(sign_statement(statement(), {}), FailsWith(kShapeSignatureCount));
  Statement changed = statement();
  changed.not_after = {1};
  EXPECT_THAT(sign_statement(changed, keys_of(author())), FailsWith(kShapeNotAfter));
  changed.not_after = {kMaxTimestamp + 1};
  EXPECT_THAT(sign_statement(changed, keys_of(author())), FailsWith(kShapeIntegerRange));
}

struct Change {
  std::string_view from, to;
  ErrorCode code;
};

// M08, M09
TEST(SignatureDocumentTest, IsRefusedForTheFirstThingThatIsWrong) {
  for (const Change& change : {
           Change{"{", "[", kShapeNotJson},
           Change{"{", "{\n  \"version\": \"1.2.0\",", kShapeDuplicateKey},
           Change{"signature/2", "signature/3", kShapeFormat},
           Change{"\"palyra/artifact-signature/2\"", "2", kShapeWrongType},
           Change{"\"guest_abi\"", "\"guest\"", kShapeUnknownKey},
           Change{"  \"created\": 1795305600,\n", "", kShapeMissingKey},
           Change{"\"acme\"", "\"Acme\"", kShapePublisher},
           Change{"acme.weather", "acme..weather", kShapeSkillId},
           Change{"1.2.0", "1.2", kShapeVersion},
           Change{"98f0", "98F0", kShapeHex},
           Change{"49c4", "49c", kShapeHex},
           Change{"1795305600", "-1", kShapeIntegerRange},
           Change{"1795305600", "9007199254740992", kShapeIntegerRange},
           Change{"1795305600", "18446744073709551615", kShapeIntegerRange},
           Change{"1795305600", "18446744073709551616", kShapeIntegerRange},
           Change{"1795305600", "1795305600.0", kShapeWrongType},
           Change{"not_after\": 0", "not_after\": 5", kShapeNotAfter},
           Change{"guest_abi\": 1", "guest_abi\": 2", kShapeGuestAbi},
           Change{"\"ed25519\"", "\"ed25519ph\"", kShapeAlgorithm},
           Change{"Tx+e", "Tx-e", kShapeBase64},
           Change{"Tx+e", "", kShapeKeyLength},
           Change{"yE/s", "", kShapeSignatureLength},
           Change{"\"signatures\": [", "\"signatures\": [ 1,", kShapeWrongType},
           Change{"  \"publisher\"", "   \"publisher\"", kShapeNotCanonical},
           Change{"acme\"", "\\u0061cme\"", kShapeNotCanonical},
           Change{"1795305600", "1795305600 ", kShapeNotCanonical},
       }) {
    const std::string text = replaced(document_text(), change.from, change.to);
    EXPECT_THAT(parse_signature_document(as_bytes(text)), FailsWith(change.code)) << text;
  }
}

// M07
TEST(SignatureDocumentTest, IsRefusedAboveItsSize) {
  const std::string text = document_text();
  const std::string padding(kMaxSignatureDocumentBytes + 1 - text.size(), ' ');
  EXPECT_THAT(parse_signature_document(as_bytes(text + padding)), FailsWith(kShapeSize));
}

}  // namespace
}  // namespace palyra::skills
