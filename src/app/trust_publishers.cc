// SPDX-License-Identifier: Apache-2.0
#include <palyra/app/trust_publishers.h>
#include <palyra/base/base64.h>
#include <palyra/base/file.h>
#include <palyra/base/hex.h>
#include <palyra/base/utf8.h>
#include <palyra/crypto/key_file.h>

namespace palyra::app {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::optional<Bytes> key_bytes(std::string_view text) {
  constexpr std::size_t kHexDigits = 2 * crypto::kPublicKeyBytes;
  constexpr std::size_t kBase64Characters = 44;
  if (text.size() == kHexDigits) return parse_hex(text);
  if (text.size() == kBase64Characters) return parse_base64(text);
  return std::nullopt;
}

Result<crypto::PublicKey> public_key_of(const crypto::KeyFile& file) {
  // The file says which key it holds; where that can be checked, it is.
  if (!file.needs_passphrase()) return PALYRA_TRY(file.unlock(Secret{})).public_key();
  return file.public_key();
}

}  // namespace

Result<> init_trust(const Services& services) {
  PALYRA_TRY(state::StateStore::init(services.state));
  return {};
}

Result<crypto::PublicKey> read_public_key(const std::string& argument) {
  if (const auto bytes = key_bytes(argument)) return crypto::parse_public_key(*bytes);
  auto content = read_file(argument, crypto::kMaxKeyFileBytes);
  if (!content) {
    if (!content.error().is(kFileNotFound)) return std::unexpected(std::move(content).error());
    return fail(kKeyArgument, "'{}' is neither 64 hex digits, nor 44 characters of base64, nor a file",
                printable(argument));
  }
  if (const auto bytes = key_bytes(trimmed(as_text(*content)))) return crypto::parse_public_key(*bytes);
  const crypto::KeyFile file =
      PALYRA_TRY(crypto::KeyFile::parse(*content), fmt::format("while reading '{}'", argument));
  return public_key_of(file);
}

Result<std::vector<crypto::PublicKey>> read_public_keys(const std::vector<std::string>& arguments) {
  std::vector<crypto::PublicKey> keys;
  keys.reserve(arguments.size());
  for (const std::string& argument : arguments) keys.push_back(PALYRA_TRY(read_public_key(argument)));
  return keys;
}

Result<skills::Publisher> add_publisher(const Services& services, const AddPublisherRequest& request) {
  state::StateStore store = PALYRA_TRY(state::StateStore::open(services.state));
  PALYRA_TRY(store.add_publisher(request.publisher, {.keys = request.keys,
                                                     .threshold = request.threshold,
                                                     .first_seen = services.clock.wall_seconds(),
                                                     .pinned_by = ""}));
  const skills::SkillTrustStore trust = PALYRA_TRY(store.trust());
  const skills::Publisher* added = trust.find_publisher(request.publisher);
  if (added == nullptr) return fail(state::kStateChanged, "'{}' was removed again", printable(request.publisher));
  return *added;
}

Result<skills::SkillTrustStore> list_trust(const Services& services) {
  const state::StateStore store = PALYRA_TRY(state::StateStore::open(services.state));
  return store.trust();
}

Result<RemovalPlan> plan_removal(const Services& services, const std::string& publisher) {
  const state::StateStore store = PALYRA_TRY(state::StateStore::open(services.state));
  const skills::SkillTrustStore trust = PALYRA_TRY(store.trust());
  const skills::Publisher* record = trust.find_publisher(publisher);
  if (record == nullptr) return fail(skills::kPublisherUnknown, "'{}' is not trusted here", printable(publisher));
  RemovalPlan plan{.publisher = publisher, .record = *record, .stopped = PALYRA_TRY(store.versions())};
  std::erase_if(plan.stopped, [&publisher](const state::InstalledVersion& version) {
    return version.status != state::VersionStatus::kActive || version.artifact.publisher != publisher;
  });
  return plan;
}

Result<> remove_publisher(const Services& services, const RemovalPlan& plan, ConsentForm consent) {
  PALYRA_TRY(check_consent(services, consent, "removing a publisher"));
  state::StateStore store = PALYRA_TRY(state::StateStore::open(services.state));
  return store.remove_publisher(plan.publisher);
}

}  // namespace palyra::app
