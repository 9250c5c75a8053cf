// SPDX-License-Identifier: Apache-2.0
#include "palyra/crypto/key_file.h"

#include <palyra/base/base64.h>
#include <palyra/base/hex.h>
#include <palyra/base/testing.h>

#include <sys/stat.h>

namespace palyra::crypto {
namespace {

using palyra::testing::FailsWith;
using palyra::testing::IsOk;

constexpr KdfCost kQuick{.memory_kib = 8, .passes = 1};
constexpr std::string_view kSeedHex = "3765490c9523c3e1862af7c6132ad7a7d1ef1f248861c1ca605da49f573f93d4";

Secret secret(std::string_view text) { return Secret(to_bytes(text)); }
SigningKey author() { return SigningKey::from_seed(Secret(parse_hex(kSeedHex).value())); }
std::string plain_text() { return std::string(as_text(format_key_file(author()).reveal())); }
std::string sealed_text() {
  auto text = format_key_file(author(), secret("correct horse"), kQuick);
  EXPECT_THAT(text, IsOk());
  return std::string(as_text(text->reveal()));
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(KeyFileTest, WritesTheFourLinesOfTheFormat) {
  EXPECT_EQ(plain_text(),
            "palyra-key/1\n"
            "public: Tx+eq09q04wjyJ3l/9+hoN4WUme2ofCp/GHKVc5scy0=\n"
            "kdf: none\n"
            "secret: N2VJDJUjw+GGKvfGEyrXp9HvHySIYcHKYF2kn1c/k9Q=\n");
  EXPECT_NE(sealed_text().find("\nkdf: argon2id m=8 t=1 salt="), std::string::npos);
}

TEST(KeyFileTest, GivesBackTheKeyItWasMadeFrom) {
  const auto plain = KeyFile::parse(as_bytes(plain_text()));
  ASSERT_THAT(plain, IsOk());
  EXPECT_FALSE(plain->needs_passphrase());
  EXPECT_EQ(plain->public_key(), author().public_key());
  const auto key = plain->unlock(Secret());
  ASSERT_THAT(key, IsOk());
  EXPECT_EQ(key->public_key(), author().public_key());

  const auto sealed = KeyFile::parse(as_bytes(sealed_text()));
  ASSERT_THAT(sealed, IsOk());
  EXPECT_TRUE(sealed->needs_passphrase());
  const auto opened = sealed->unlock(secret("correct horse"));
  ASSERT_THAT(opened, IsOk());
  EXPECT_EQ(opened->public_key(), author().public_key());
}

TEST(KeyFileTest, OpensOnlyWithItsPassphrase) {
  const auto file = KeyFile::parse(as_bytes(sealed_text()));
  ASSERT_THAT(file, IsOk());
  EXPECT_THAT(file->unlock(secret("Correct horse")), FailsWith(kKeyPassphraseWrong));
  EXPECT_THAT(file->unlock(Secret()), FailsWith(kKeyPassphraseNeeded));
  EXPECT_THAT(format_key_file(author(), Secret(), kQuick), FailsWith(kKeyPassphraseNeeded));
}

TEST(KeyFileTest, RefusesASecretOfAnotherKey) {
  const std::string other = to_base64(SigningKey::generate().public_key().bytes());
  const std::string own = to_base64(author().public_key().bytes());
  const auto plain = KeyFile::parse(as_bytes(replaced(plain_text(), own, other)));
  ASSERT_THAT(plain, IsOk());
  EXPECT_THAT(plain->unlock(Secret()), FailsWith(kKeyPublicMismatch));
  // The encryption covers the line with the public key.
  const auto sealed = KeyFile::parse(as_bytes(replaced(sealed_text(), own, other)));
  ASSERT_THAT(sealed, IsOk());
  EXPECT_THAT(sealed->unlock(secret("correct horse")), FailsWith(kKeyPassphraseWrong));
}

TEST(KeyFileTest, RefusesAPublicKeyThatIsNotStrict) {
  const std::string own = to_base64(author().public_key().bytes());
  Bytes identity(32);
  identity.front() = 1;
  EXPECT_THAT(KeyFile::parse(as_bytes(replaced(plain_text(), own, to_base64(identity)))), FailsWith(kANotSmallOrder));
}

TEST(KeyFileTest, RefusesEveryOtherForm) {
  const std::string plain = plain_text();
  const std::string sealed = sealed_text();
  for (const std::string& text : {std::string(),
                                  replaced(plain, "key/1", "key/2"),
                                  replaced(plain, "key/1\n", "key/1\r\n"),
                                  replaced(plain, "kdf: none", "kdf: None"),
                                  replaced(plain, "kdf: none", "kdf: none "),
                                  replaced(plain, "public: T", "public:  T"),
                                  replaced(plain, "=\nkdf", "\nkdf"),
                                  plain + "\n",
                                  plain.substr(0, plain.size() - 1),
                                  replaced(plain, "secret: N2VJ", "secret: "),
                                  "\n" + plain,
                                  replaced(sealed, "m=8 ", "m=7 "),
                                  replaced(sealed, "m=8 ", "m=08 "),
                                  replaced(sealed, "m=8 ", "m=4194305 "),
                                  replaced(sealed, "m=8 ", "m=99999999999 "),
                                  replaced(sealed, "m=8 ", "m= "),
                                  replaced(sealed, "t=1 ", "t=0 "),
                                  replaced(sealed, "t=1 ", "t=17 "),
                                  replaced(sealed, "t=1 ", ""),
                                  replaced(sealed, "salt=", "salt=AAAA"),
                                  replaced(sealed, "argon2id", "argon2i"),
                                  plain + std::string(kMaxKeyFileBytes, 'x')}) {
    EXPECT_THAT(KeyFile::parse(as_bytes(text)), FailsWith(kKeyFileMalformed)) << text;
  }
}

TEST(KeyFileTest, RefusesToWriteWithACostOutOfBounds) {
  EXPECT_THAT(format_key_file(author(), secret("x"), {.memory_kib = 7, .passes = 1}), FailsWith(kKeyDerivation));
  EXPECT_THAT(format_key_file(author(), secret("x"), {.memory_kib = 8, .passes = 17}), FailsWith(kKeyDerivation));
}

TEST(KeyFileTest, IsWrittenForItsOwnerAloneAndNeverOver) {
  const testing::TempDir directory;
  const std::string path = directory.file("a.palyra-key");
  ASSERT_THAT(write_key_file(path, format_key_file(author())), IsOk());
  struct stat status{};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
  EXPECT_THAT(write_key_file(path, format_key_file(SigningKey::generate())), FailsWith(kFileExists));
  const auto file = KeyFile::read(path);
  ASSERT_THAT(file, IsOk());
  EXPECT_EQ(file->public_key(), author().public_key());
}

TEST(SigningKeyInputTest, TakesRawHexAndBase64) {
  const Bytes seed = parse_hex(kSeedHex).value();
  for (const Bytes& input : {seed, to_bytes(kSeedHex), to_bytes(fmt::format(" \t{}\r\n", kSeedHex)),
                             to_bytes(to_base64(seed)), to_bytes(to_base64(seed) + "\n")}) {
    const auto key = parse_signing_key_input(input);
    ASSERT_THAT(key, IsOk());
    EXPECT_EQ(key->public_key(), author().public_key());
  }
}

TEST(SigningKeyInputTest, RefusesEverythingElse) {
  const Bytes seed = parse_hex(kSeedHex).value();
  const std::string hex(kSeedHex);
  Bytes with_newline = seed;
  with_newline.push_back('\n');
  for (const Bytes& input :
       {Bytes(), Bytes(seed.begin() + 1, seed.end()), with_newline, to_bytes(hex.substr(2)), to_bytes(hex + "00"),
        to_bytes("zz" + hex.substr(2)), to_bytes(std::string(44, 'A')), to_bytes(plain_text())}) {
    EXPECT_THAT(parse_signing_key_input(input), FailsWith(kKeyStandardInput)) << input.size();
  }
}

}  // namespace
}  // namespace palyra::crypto
