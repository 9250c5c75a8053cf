// SPDX-License-Identifier: Apache-2.0
#include <palyra/app/revoke.h>
#include <palyra/app/trust_publishers.h>
#include <palyra/base/file.h>
#include <palyra/base/utf8.h>
#include <palyra/skills/skill_names.h>

#include <algorithm>

namespace palyra::app {
namespace {

constexpr mode_t kReadable = 0644;

Result<std::optional<skills::Version>> read_bound(std::string_view text) {
  if (text.empty()) return std::nullopt;
  auto version = skills::Version::parse(text);
  if (!version) return fail(kRevokeArgument, "'{}' is no version", printable(text));
  return version;
}

// ID, ID@VERSION, ID@LOWEST..HIGHEST
Result<skills::RevokedVersions> read_versions(std::string_view text) {
  const std::size_t at = text.find('@');
  skills::RevokedVersions versions{.skill_id = std::string(text.substr(0, at)), .lowest = {}, .highest = {}};
  if (!skills::is_skill_id(versions.skill_id)) {
    return fail(kRevokeArgument, "'{}' is no skill id", printable(versions.skill_id));
  }
  if (at == std::string_view::npos) return versions;
  const std::string_view range = text.substr(at + 1);
  if (range.empty()) return fail(kRevokeArgument, "'{}' has no version behind the @", printable(text));
  constexpr std::string_view kTo = "..";
  const std::size_t to = range.find(kTo);
  versions.lowest = PALYRA_TRY(read_bound(range.substr(0, to)));
  versions.highest =
      to == std::string_view::npos ? versions.lowest : PALYRA_TRY(read_bound(range.substr(to + kTo.size())));
  if (versions.lowest && versions.highest && *versions.highest < *versions.lowest) {
    return fail(kRevokeArgument, "'{}' begins above where it ends", printable(text));
  }
  return versions;
}

Result<skills::RevokedContent> read_content_root(const std::string& text) {
  const auto digest = crypto::parse_sha256(text);
  if (!digest) return fail(kRevokeArgument, "'{}' is no content root: 64 lower-case hex digits", printable(text));
  return skills::RevokedContent{*digest};
}

std::vector<crypto::PublicKey> known_keys(const skills::SkillTrustStore& trust) {
  std::vector<crypto::PublicKey> keys;
  const auto add = [&keys](std::span<const crypto::PublicKey> more) {
    keys.insert(keys.end(), more.begin(), more.end());
  };
  for (const auto& [name, publisher] : trust.publishers()) add(publisher.keys);
  for (const auto& [name, record] : trust.rotations()) add(record.retired);
  for (const auto& [issuer, list] : trust.revocations()) {
    for (const skills::RevocationEntry& entry : list.entries) {
      if (const auto* revoked = std::get_if<skills::RevokedKey>(&entry)) keys.push_back(revoked->key);
    }
  }
  return keys;
}

Result<> add_keys_by_fingerprint(const Services& services, const std::vector<std::string>& fingerprints,
                                 std::vector<skills::RevocationEntry>& entries) {
  if (fingerprints.empty()) return {};
  const state::StateStore store = PALYRA_TRY(state::StateStore::open(services.state));
  const std::vector<crypto::PublicKey> keys = known_keys(PALYRA_TRY(store.trust()));
  for (const std::string& fingerprint : fingerprints) {
    const auto key = std::ranges::find(keys, fingerprint, crypto::fingerprint);
    if (key == keys.end()) {
      return std::unexpected(
          Error(kFingerprintUnknown,
                fmt::format("no key that is known here has the fingerprint '{}'", printable(fingerprint)))
              .with_next("name the key itself with --key"));
    }
    entries.emplace_back(skills::RevokedKey{*key});
  }
  return {};
}

Result<skills::RevocationDocument> read_revocations(const std::string& path) {
  const Bytes bytes = PALYRA_TRY(read_file(path, skills::kMaxRevocationDocumentBytes));
  return PALYRA_TRY(skills::parse_revocation_document(bytes), fmt::format("while reading '{}'", path));
}

// What is written can be read again.
Result<WrittenRevocations> write_revocations(skills::RevocationDocument document, const std::string& output) {
  const std::string text = skills::format_revocation_document(document);
  static_cast<void>(PALYRA_TRY(skills::parse_revocation_document(as_bytes(text))));
  PALYRA_TRY(write_file_atomic(output, as_bytes(text), kReadable, Overwrite::kYes));
  return WrittenRevocations{.output = output, .document = std::move(document)};
}

}  // namespace

Result<std::vector<skills::RevocationEntry>> read_revocation_entries(const Services& services,
                                                                     const RevocationArguments& arguments) {
  std::vector<skills::RevocationEntry> entries;
  entries.reserve(arguments.keys.size() + arguments.fingerprints.size() + arguments.content_roots.size() +
                  arguments.skills.size());
  for (const std::string& key : arguments.keys) {
    entries.emplace_back(skills::RevokedKey{PALYRA_TRY(read_public_key(key))});
  }
  PALYRA_TRY(add_keys_by_fingerprint(services, arguments.fingerprints, entries));
  for (const std::string& root : arguments.content_roots) entries.emplace_back(PALYRA_TRY(read_content_root(root)));
  for (const std::string& skill : arguments.skills) entries.emplace_back(PALYRA_TRY(read_versions(skill)));
  if (entries.empty()) return fail(kRevokeArgument, "nothing was named that is to be revoked");
  std::ranges::sort(entries, {}, skills::revocation_entry_bytes);
  const auto repeated = std::ranges::unique(entries);
  entries.erase(repeated.begin(), repeated.end());
  return entries;
}

Result<std::vector<state::InstalledVersion>> revoke(const Services& services,
                                                    std::span<const skills::RevocationEntry> entries,
                                                    ConsentForm consent) {
  PALYRA_TRY(check_consent(services, consent, "revoking"));
  state::StateStore store = PALYRA_TRY(state::StateStore::open(services.state));
  return store.revoke(entries);
}

Result<WrittenRevocations> make_revocations(const Services& services, const MakeRevocationsRequest& request) {
  skills::RevocationDocument document;
  document.list = {.issuer = request.issuer,
                   .list_version = request.list_version,
                   .created = request.created.value_or(services.clock.wall_seconds()),
                   .expires = request.expires,
                   .entries = request.entries};
  return write_revocations(PALYRA_TRY(skills::sign_revocations(std::move(document), request.signing_keys)),
                           request.output);
}

Result<WrittenRevocations> sign_revocations_file(const SignStatementRequest& request) {
  skills::RevocationDocument document = PALYRA_TRY(read_revocations(request.path));
  return write_revocations(PALYRA_TRY(skills::sign_revocations(std::move(document), request.signing_keys),
                                      fmt::format("while signing '{}'", request.path)),
                           request.output.empty() ? request.path : request.output);
}

Result<AppliedRevocations> apply_revocations(const Services& services, const std::string& path) {
  skills::RevocationDocument document = PALYRA_TRY(read_revocations(path));
  state::StateStore store = PALYRA_TRY(state::StateStore::open(services.state));
  std::vector<state::InstalledVersion> stopped = PALYRA_TRY(store.apply_revocations(document));
  return AppliedRevocations{.list = std::move(document.list), .stopped = std::move(stopped)};
}

}  // namespace palyra::app
