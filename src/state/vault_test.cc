// SPDX-License-Identifier: Apache-2.0
#include "state_fixture.h"
#include "vault_file.h"

#include <palyra/base/hidden_secret.h>
#include <palyra/crypto/secret_box.h>
#include <palyra/state/vault.h>

#include <algorithm>
#include <filesystem>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace palyra::state {
namespace {

using capability::Scanning;
using palyra::testing::FailsWith;
using palyra::testing::FakeClock;
using palyra::testing::HiddenSecret;
using palyra::testing::IsOk;
using palyra::testing::must_read;
using palyra::testing::scaled;
using palyra::testing::TempDir;

constexpr std::string_view kValue = "sk_live_0123456789abcdef";

class VaultTest : public ::testing::Test {
 protected:
  VaultTest() { EXPECT_THAT(StateStore::init(options_), IsOk()); }

  Result<SecretEntry> set(const std::string& name, std::string_view value, Scanning scanning = Scanning::kScanned) {
    return set_secret(options_, passphrase_, {.name = name, .value = as_bytes(value), .scanning = scanning},
                      kMinVaultCost);
  }
  // The value, or "none", or the error's code.
  std::string get(const std::string& name) {
    const std::string names[] = {name};
    const auto opened = open_secrets(options_, passphrase_, names);
    if (!opened) return std::string(opened.error().code().id);
    const auto found = opened->find(name);
    return found == opened->end() ? "none" : std::string(as_text(found->second.bytes.reveal()));
  }
  [[nodiscard]] std::string vault_path() const { return options_.root + "/vault"; }
  std::string read() { return std::string(as_text(must_read(vault_path()))); }
  void write(const std::string& text) {
    ASSERT_THAT(write_file_atomic(vault_path(), as_bytes(text), 0600, Overwrite::kYes), IsOk());
  }
  std::vector<AuditRow> rows() { return StateStore::open(options_)->audit_rows().value(); }

  TempDir dir_;
  FakeClock clock_;
  StateOptions options_{.root = dir_.file("state"), .actor = "uid 1 (ann)", .clock = &clock_};
  Secret passphrase_{to_bytes("correct horse battery staple")};
};

TEST_F(VaultTest, GivesBackWhatWasSetUnderItsName) {
  EXPECT_THAT(list_secrets(options_), FailsWith(kVaultMissing));
  EXPECT_EQ(get("global/key"), "secret.vault_missing");
  const auto first = set("global/key", kValue);
  ASSERT_THAT(first, IsOk());
  EXPECT_EQ(first->version, 1U);
  ASSERT_THAT(set("skill:acme.weather/token", "another value of some length"), IsOk());
  ASSERT_EQ(set("global/key", "a new value for the same name")->version, 2U);
  EXPECT_EQ(get("global/key"), "a new value for the same name");
  EXPECT_EQ(get("skill:acme.weather/token"), "another value of some length");
  EXPECT_EQ(get("global/other"), "none");

  const auto entries = list_secrets(options_);
  ASSERT_THAT(entries, IsOk());
  ASSERT_EQ(entries->size(), 2U);
  EXPECT_EQ(entries->front().name, "global/key");
  EXPECT_EQ(entries->front().version, 2U);
  EXPECT_EQ(entries->front().scanning, Scanning::kScanned);
  EXPECT_EQ(entries->front().set.seconds, clock_.wall_seconds().seconds);
}

TEST_F(VaultTest, ForgetsWhatIsRemoved) {
  ASSERT_THAT(set("global/key", kValue), IsOk());
  EXPECT_THAT(remove_secret(options_, passphrase_, "global/other"), FailsWith(kSecretUnknown));
  EXPECT_THAT(remove_secret(options_, passphrase_, "global/key"), IsOk());
  EXPECT_EQ(get("global/key"), "none");
  EXPECT_TRUE(list_secrets(options_)->empty());
}

// S09
TEST_F(VaultTest, KeepsNoValueInTheClear) {
  ASSERT_THAT(set("global/key", kValue), IsOk());
  struct stat status{};
  ASSERT_EQ(::stat(vault_path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(options_.root)) {
    if (!entry.is_regular_file()) continue;
    const Bytes bytes = must_read(entry.path().string());
    EXPECT_FALSE(as_text(bytes).contains(kValue)) << entry.path();
    EXPECT_FALSE(as_text(bytes).contains("correct horse")) << entry.path();
  }
}

// S09, S12: the parameters are those of the file, and never below the floor.
TEST_F(VaultTest, MakesANewVaultWithTheDefaultCostAndNeverLess) {
  const NewSecret secret{.name = "global/key", .value = as_bytes(kValue)};
  ASSERT_THAT(set_secret(options_, passphrase_, secret), IsOk());
  EXPECT_EQ(parse_vault(read())->file.kdf.cost, (crypto::KdfCost{.memory_kib = 256 * 1024, .passes = 3}));
  ASSERT_THAT(change_vault_passphrase(options_, passphrase_, passphrase_, {.memory_kib = 8, .passes = 1}), IsOk());
  EXPECT_EQ(parse_vault(read())->file.kdf.cost, kMinVaultCost);
}

// S12
TEST_F(VaultTest, OpensWithItsPassphraseOnly) {
  ASSERT_THAT(set("global/key", kValue), IsOk());
  const std::string names[] = {"global/key"};
  for (const char* wrong : {"correct horse battery stapl", "correct horse battery staple ", "x"}) {
    EXPECT_THAT(open_secrets(options_, Secret(to_bytes(wrong)), names), FailsWith(kVaultPassphraseWrong)) << wrong;
  }
  EXPECT_THAT(open_secrets(options_, Secret(), names), FailsWith(kVaultPassphraseNeeded));
  EXPECT_THAT(remove_secret(options_, Secret(to_bytes("x")), "global/key"), FailsWith(kVaultPassphraseWrong));
  EXPECT_THAT(change_vault_passphrase(options_, Secret(to_bytes("x")), passphrase_), FailsWith(kVaultPassphraseWrong));
  EXPECT_THAT(change_vault_passphrase(options_, passphrase_, Secret()), FailsWith(kVaultPassphraseNeeded));
  std::filesystem::remove(vault_path());
  const NewSecret secret{.name = "global/key", .value = as_bytes(kValue)};
  EXPECT_THAT(set_secret(options_, Secret(), secret), FailsWith(kVaultPassphraseNeeded));
}

TEST_F(VaultTest, TakesAnotherPassphrase) {
  ASSERT_THAT(set("global/key", kValue), IsOk());
  Secret after(to_bytes("something else"));
  ASSERT_THAT(change_vault_passphrase(options_, passphrase_, after, kMinVaultCost), IsOk());
  EXPECT_EQ(get("global/key"), "secret.passphrase_wrong");
  passphrase_ = std::move(after);
  EXPECT_EQ(get("global/key"), kValue);
}

// S09
TEST_F(VaultTest, RefusesAFileOfWhichAnyByteIsAnother) {
  ASSERT_THAT(set("global/key", kValue), IsOk());
  ASSERT_THAT(set("global/unscanned", "short", Scanning::kUnscannable), IsOk());
  const std::string good = read();
  const std::size_t every = std::max<std::size_t>(1, good.size() / scaled(good.size()));
  for (std::size_t i = 0; i < good.size(); i += every) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    write(bad);
    const std::string answer = get("global/key");
    EXPECT_TRUE(answer == "secret.vault_damaged" || answer == "secret.passphrase_wrong") << i << ": " << answer;
  }
  for (const std::size_t length : {std::size_t{0}, std::size_t{1}, good.size() / 2, good.size() - 1}) {
    write(good.substr(0, length));
    EXPECT_EQ(get("global/key"), "secret.vault_damaged") << length;
  }
  write(good);
  EXPECT_EQ(get("global/key"), kValue);
}

// S09
TEST_F(VaultTest, RefusesValuesThatChangedPlaces) {
  ASSERT_THAT(set("global/a", "the value of the first secret"), IsOk());
  ASSERT_THAT(set("global/b", "the value of the other secret"), IsOk());
  const std::string text = read();
  ParsedVault parsed = parse_vault(text).value();
  const VaultKeys keys = unlock_vault(parsed, passphrase_).value();
  std::swap(parsed.file.records[0].box, parsed.file.records[1].box);
  // Even by one who could make a good seal.
  write(sealed_text(parsed.file, keys));
  EXPECT_EQ(get("global/a"), "secret.vault_damaged");
  std::swap(parsed.file.records[0].box, parsed.file.records[1].box);
  parsed.file.records[0].entry.version = 2;
  write(sealed_text(parsed.file, keys));
  EXPECT_EQ(get("global/a"), "secret.vault_damaged");
  parsed.file.records[0].entry.version = 1;
  parsed.file.records[0].entry.scanning = Scanning::kUnscannable;
  write(sealed_text(parsed.file, keys));
  EXPECT_EQ(get("global/a"), "secret.vault_damaged");
  // And by one who could not: a line of an older file, or a line less.
  parsed = parse_vault(text).value();
  parsed.file.records.pop_back();
  write(unsealed_text(parsed.file) + text.substr(text.find("seal: ")));
  EXPECT_EQ(get("global/a"), "secret.vault_damaged");
}

// S10
TEST_F(VaultTest, RefusesAnOlderCopyAndAnotherVault) {
  ASSERT_THAT(set("global/key", kValue), IsOk());
  const std::string older = read();
  ASSERT_THAT(set("global/key", "the value that took its place"), IsOk());
  const std::string newer = read();
  write(older);
  EXPECT_EQ(get("global/key"), "secret.vault_rolled_back");
  EXPECT_THAT(set("global/key", kValue), FailsWith(kVaultRolledBack));
  EXPECT_THAT(remove_secret(options_, passphrase_, "global/key"), FailsWith(kVaultRolledBack));
  write(newer);
  EXPECT_EQ(get("global/key"), "the value that took its place");

  VaultFile other;
  other.generation = 100;
  const VaultKeys keys = lock_vault(other, passphrase_, kMinVaultCost).value();
  write(sealed_text(other, keys));
  EXPECT_EQ(get("global/key"), "secret.vault_rolled_back");
}

TEST_F(VaultTest, BelievesAFileThatIsAheadOfTheLog) {
  ASSERT_THAT(set("global/key", kValue), IsOk());
  ParsedVault parsed = parse_vault(read()).value();
  const VaultKeys keys = unlock_vault(parsed, passphrase_).value();
  ++parsed.file.generation;  // its writer died before the row
  write(sealed_text(parsed.file, keys));
  EXPECT_EQ(get("global/key"), kValue);
  ASSERT_THAT(set("global/key", "and the next one goes on from there"), IsOk());
  EXPECT_EQ(parse_vault(read())->file.generation, 3U);
}

// S11: judged before any memory is taken.
TEST_F(VaultTest, RefusesAHeadThatAsksForTooMuchOrTooLittle) {
  ASSERT_THAT(set("global/key", kValue), IsOk());
  const std::string good = read();
  const std::string cost = "m=65536 t=3";
  ASSERT_TRUE(good.contains(cost));
  for (const char* hostile : {"m=1073741824 t=3", "m=4194305 t=3", "m=65535 t=3", "m=65536 t=2", "m=65536 t=17",
                              "m=65536 t=0", "m=0 t=3", "m=18446744073709551616 t=3", "m=-65536 t=3", "m=65536  t=3"}) {
    std::string bad = good;
    bad.replace(bad.find(cost), cost.size(), hostile);
    write(bad);
    EXPECT_EQ(get("global/key"), "secret.vault_damaged") << hostile;
  }
}

TEST_F(VaultTest, RefusesTextThatItWouldNotWrite) {
  ASSERT_THAT(set("global/a", kValue), IsOk());
  ASSERT_THAT(set("global/b", kValue), IsOk());
  const std::string good = read();
  ASSERT_THAT(parse_vault(good), IsOk());
  const std::pair<const char*, const char*> changes[] = {
      {"palyra-vault/1", "palyra-vault/2"},
      {"\nid: ", "\nID: "},
      {"\nkey: ", "\nkey:  "},
      {"generation: 2", "generation: 02"},
      {"generation: 2", "generation: 0"},
      {"generation: 2", "generation: 2 "},
      {"global/a 1", "global/a 0"},
      {"global/a 1", "global/a 01"},
      {"global/a", "global"},
      {"global/a", "Global/a"},
      {"global/a", "global/c"},
      {"global/a", "global/b"},
      {" scanned ", " maybe "},
      {" scanned ", " "},
      {"secret: ", "secret:"},
      {"seal: ", "seal: A"},
      {"\nseal: ", "\n\nseal: "},
  };
  for (const auto& [from, to] : changes) {
    std::string bad = good;
    ASSERT_TRUE(bad.contains(from)) << from;
    bad.replace(bad.find(from), std::string_view(from).size(), to);
    EXPECT_THAT(parse_vault(bad), FailsWith(kVaultDamaged)) << from << " -> " << to;
  }
  EXPECT_THAT(parse_vault(good + "\n"), FailsWith(kVaultDamaged));
  EXPECT_THAT(parse_vault(good + good), FailsWith(kVaultDamaged));
  EXPECT_THAT(parse_vault(std::string(kMaxVaultBytes + 1, 'x')), FailsWith(kVaultDamaged));
}

// S04
TEST_F(VaultTest, RefusesAValueThatCannotBeToldFromHonestOutput) {
  EXPECT_THAT(set("global/key", "fifteen bytes!!"), FailsWith(kSecretTooShort));
  EXPECT_THAT(set("global/key", "sixteen bytes !!"), IsOk());
  const auto kept = set("global/pin", "1234", Scanning::kUnscannable);
  ASSERT_THAT(kept, IsOk());
  EXPECT_EQ(kept->scanning, Scanning::kUnscannable);
  // The word is for short ones only.
  EXPECT_EQ(set("global/key", kValue, Scanning::kUnscannable)->scanning, Scanning::kScanned);
  const std::string names[] = {"global/pin"};
  EXPECT_EQ(open_secrets(options_, passphrase_, names)->at("global/pin").scanning, Scanning::kUnscannable);
}

TEST_F(VaultTest, RefusesWhatIsNoNameAndNoValue) {
  for (const char* name : {"", "key", "global/", "/key", "global/KEY", "global/a/b", "other/key", "skill:/key",
                           "global/a b", "global/\n", "principal:/x"}) {
    EXPECT_THAT(set(name, kValue), FailsWith(kSecretName)) << name;
  }
  for (const char* value : {"", "line one is long\nline two", "tab\tin the middle of it", "delete\x7f in the middle",
                            "\xff is not UTF-8, is it", "a line end at the end\n"}) {
    EXPECT_THAT(set("global/key", value), FailsWith(kSecretCharacters)) << value;
  }
  EXPECT_THAT(set("global/key", std::string(kMaxSecretBytes + 1, 'x')), FailsWith(kSecretTooLong));
  EXPECT_THAT(set("global/key", std::string(kMaxSecretBytes, 'x')), IsOk());
}

TEST_F(VaultTest, TakesAThousandSecretsAndNotOneMore) {
  ASSERT_THAT(set("global/key", kValue), IsOk());
  ParsedVault parsed = parse_vault(read()).value();
  const VaultKeys keys = unlock_vault(parsed, passphrase_).value();
  VaultFile& file = parsed.file;
  while (file.records.size() < kMaxSecrets) {
    SecretEntry entry{.name = fmt::format("global/n{:04}", file.records.size()), .set = {1}};
    Bytes box = seal_value(file, keys, entry, as_bytes(kValue));
    file.records.push_back({.entry = std::move(entry), .box = std::move(box)});
  }
  write(sealed_text(file, keys));
  EXPECT_EQ(get("global/n0999"), kValue);
  EXPECT_THAT(set("global/one-more", kValue), FailsWith(kTooManySecrets));
  EXPECT_THAT(set("global/n0999", "another value for a name"), IsOk());
}

TEST_F(VaultTest, LosesNoChangeOfTwoWriters) {
  ASSERT_THAT(set("global/key", kValue), IsOk());
  const auto write_three = [&](const char* who) {
    for (int i = 0; i < 3; ++i) {
      const NewSecret secret{.name = fmt::format("global/{}{}", who, i), .value = as_bytes(kValue)};
      const Secret passphrase(to_bytes("correct horse battery staple"));
      auto done = set_secret(options_, passphrase, secret);
      while (!done && (done.error().is(kStateChanged) || done.error().is(kStateBusy))) {
        done = set_secret(options_, passphrase, secret);
      }
      EXPECT_THAT(done, IsOk());
    }
  };
  std::thread other(write_three, "a");
  write_three("b");
  other.join();
  EXPECT_EQ(list_secrets(options_)->size(), 7U);
}

// S06: whoever sets it is another process, so that this one has seen the value in open_secrets only.
TEST_F(VaultTest, LeavesNoCopyOfAValueInMemory) {
  // First another: a function that is found at its first call saves the registers on the stack.
  ASSERT_THAT(set("global/first", kValue), IsOk());
  ASSERT_EQ(get("global/first"), kValue);
  const HiddenSecret hidden;
  const pid_t child = ::fork();
  if (child == 0) {
    const LockedBytes value = hidden.reveal();
    ::_exit(set("global/key", as_text(value.reveal())).has_value() ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);
  {
    const std::string names[] = {"global/key"};
    const auto opened = open_secrets(options_, passphrase_, names);
    ASSERT_THAT(opened, IsOk());
    ASSERT_EQ(opened->size(), 1U);
    EXPECT_EQ(hidden.copies(), 1U);  // the search can find it
  }
  EXPECT_EQ(hidden.copies(), 0U);
}

// S06
TEST_F(VaultTest, WhoSetsAValueKeepsNoCopyOfIt) {
  const HiddenSecret hidden;
  {
    const LockedBytes value = hidden.reveal();
    ASSERT_THAT(set("global/key", as_text(value.reveal())), IsOk());
    EXPECT_GT(hidden.copies(), 0U);
  }
  EXPECT_EQ(hidden.copies(), 0U);
}

// S10
TEST_F(VaultTest, WritesEachChangeIntoTheLog) {
  ASSERT_THAT(set("global/key", kValue), IsOk());
  ASSERT_THAT(change_vault_passphrase(options_, passphrase_, passphrase_, kMinVaultCost), IsOk());
  ASSERT_THAT(remove_secret(options_, passphrase_, "global/key"), IsOk());
  const auto log = rows();
  ASSERT_EQ(log.size(), 4U);
  const std::string id = parse_vault(read())->file.id;
  EXPECT_EQ(log[1].event, "secret.set");
  EXPECT_EQ(log[1].subject, "global/key");
  EXPECT_EQ(log[1].details, fmt::format("{{\"vault\":\"{}\",\"vault_generation\":1}}", id));
  EXPECT_EQ(log[2].event, "secret.passphrase_changed");
  EXPECT_EQ(log[3].event, "secret.removed");
  EXPECT_EQ(log[3].details, fmt::format("{{\"vault\":\"{}\",\"vault_generation\":3}}", id));
  EXPECT_THAT(StateStore::open(options_)->verify_audit_chain(), IsOk());
}

}  // namespace
}  // namespace palyra::state
