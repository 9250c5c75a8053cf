// SPDX-License-Identifier: Apache-2.0
#include "manifest_sections.h"

#include <palyra/base/utf8.h>
#include <palyra/capability/capability_names.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace palyra::skills {
namespace {

using capability::Capability;
using capability::CapabilityClass;
using capability::CapabilityGrantSet;
using capability::SecretPurpose;

using Capabilities = std::vector<Capability>;

Result<> read_filesystem(TableReader& capabilities, OlderAsks& older, Capabilities& all) {
  auto table = PALYRA_TRY(capabilities.table("filesystem"));
  if (!table) return {};
  std::map<std::string, capability::FilesystemAccess> roots;  // written last wins: a root in both lists may be written
  for (const std::string_view key : {"read_roots", "write_roots"}) {
    for (const std::string& root : PALYRA_TRY(table->texts(key))) {
      if (root == "*" && older.take_wildcard(OlderCapability::kFilesystem, root)) continue;
      if (!capability::is_portable_name(root)) {
        return fail(kManifestPath, "\"{}\" holds \"{}\", not a relative name", table->name(key), printable(root));
      }
      roots[root] =
          key == "read_roots" ? capability::FilesystemAccess::kReadOnly : capability::FilesystemAccess::kReadWrite;
    }
  }
  for (const auto& [name, access] : roots) all.emplace_back(capability::FilesystemRoot{name, access});
  return table->finish();
}

Result<SecretPurpose> read_purpose(TableReader& table) {
  if (!table.is_version_3()) return SecretPurpose::kHttp;
  const auto uses = PALYRA_TRY(table.texts("uses"));
  constexpr std::array<std::string_view, 2> kPurposes = {"http", "hmac-sha256"};
  for (const std::string& use : uses) PALYRA_TRY(check_choice(table.name("uses"), use, kPurposes));
  const std::set<std::string_view> distinct(uses.begin(), uses.end());
  if (distinct.size() > 1) {
    return fail(kManifestSecretUses, "\"{}\" asks for http and hmac-sha256: a secret serves one of the two",
                table.name("uses"));
  }
  return distinct.contains("hmac-sha256") ? SecretPurpose::kHmacSha256 : SecretPurpose::kHttp;
}

Result<> read_secrets(TableReader& capabilities, OlderAsks& older, Capabilities& all) {
  for (TableReader& table : PALYRA_TRY(capabilities.tables("secrets"))) {
    const std::string scope = PALYRA_TRY(table.required_text("scope"));
    if (!capability::is_secret_scope(scope)) {
      return fail(kManifestSecretScope, "\"{}\" is \"{}\", not global, skill:<id>, principal:<id> or channel:<id>",
                  table.name("scope"), printable(scope));
    }
    const auto keys = PALYRA_TRY(table.texts("key_names"));
    if (keys.empty()) return fail(kManifestCount, "\"{}\" names no key", table.name("key_names"));
    const SecretPurpose purpose = PALYRA_TRY(read_purpose(table));
    for (const std::string& key : keys) {
      if (key == "*" && older.take_wildcard(OlderCapability::kSecrets, scope + "/*")) continue;
      if (!capability::is_name(key)) {
        return fail(kManifestSyntax, "\"{}\" holds \"{}\", not 1-128 of a-z, 0-9, ., _, : and -",
                    table.name("key_names"), printable(key));
      }
      all.emplace_back(capability::SecretUse{scope, key, purpose});
    }
    PALYRA_TRY(table.finish());
  }
  return {};
}

Result<> read_storage(TableReader& capabilities, Capabilities& all) {
  for (TableReader& table : PALYRA_TRY(capabilities.tables("storage"))) {
    capability::StoragePrefix storage;
    storage.prefix = PALYRA_TRY(table.required_text("prefix"));
    if (!capability::is_storage_prefix(storage.prefix)) {
      return fail(kManifestStoragePrefix, "\"{}\" is \"{}\", not a relative name that ends in /", table.name("prefix"),
                  printable(storage.prefix));
    }
    storage.max_bytes =
        PALYRA_TRY(table.integer("max_bytes", {1, capability::kMaxStorageBytes})).value_or(storage.max_bytes);
    PALYRA_TRY(table.finish());
    all.emplace_back(std::move(storage));
  }
  return {};
}

Result<> read_channels(TableReader& capabilities, Capabilities& all) {
  std::set<std::string> names;
  for (TableReader& table : PALYRA_TRY(capabilities.tables("channels"))) {
    capability::ChannelUse channel;
    channel.name = PALYRA_TRY(table.required_text("name"));
    if (!capability::is_name(channel.name)) {
      return fail(kManifestSyntax, "\"{}\" is \"{}\", not 1-128 of a-z, 0-9, ., _, : and -", table.name("name"),
                  printable(channel.name));
    }
    if (!names.insert(channel.name).second) {
      return fail(kManifestDuplicate, "\"{}\" is \"{}\", which another channel has", table.name("name"), channel.name);
    }
    const std::string word = PALYRA_TRY(table.text("direction")).value_or("send");
    constexpr std::array<std::string_view, 3> kDirections = {"send", "receive", "both"};
    PALYRA_TRY(check_choice(table.name("direction"), word, kDirections));
    channel.direction =
        static_cast<capability::ChannelDirection>(std::ranges::find(kDirections, word) - kDirections.begin());
    PALYRA_TRY(table.finish());
    all.emplace_back(std::move(channel));
  }
  return {};
}

Result<> check_declared_secrets(const Capabilities& all) {
  std::set<std::string> declared;
  for (const Capability& capability : all) {
    const auto* use = std::get_if<capability::SecretUse>(&capability);
    if (use != nullptr && use->purpose == SecretPurpose::kHttp) declared.insert(canonical_text(capability));
  }
  for (const Capability& capability : all) {
    const auto* rule = std::get_if<capability::HttpRule>(&capability);
    if (rule != nullptr && rule->secret && !declared.contains(rule->secret->secret)) {
      return fail(kManifestHttpSecret,
                  "the rule \"{}\" uses the secret \"{}\", which capabilities.secrets does not declare for http",
                  canonical_text(capability), printable(rule->secret->secret));
    }
  }
  return {};
}

// Prefixes are separate name spaces. A prefix that holds another stands right before the first that it holds.
Result<> check_nesting(const CapabilityGrantSet& requested) {
  const auto prefixes = requested.of(CapabilityClass::kStorage);
  const auto nested = std::ranges::adjacent_find(prefixes, [](const Capability& outer, const Capability& inner) {
    return canonical_text(inner).starts_with(canonical_text(outer));
  });
  if (nested == prefixes.end()) return {};
  return fail(kManifestStoragePrefix, "the storage prefix \"{}\" lies inside \"{}\"",
              canonical_text(*std::next(nested)), canonical_text(*nested));
}

Result<> check_counts(const Capabilities& all) {
  std::array<std::size_t, capability::kCapabilityClasses> counts{};
  for (const Capability& capability : all) ++counts.at(capability.index());
  const auto most = std::ranges::max_element(counts);
  if (*most <= capability::kMaxGrantsPerClass) return {};
  return fail(kManifestCount, "{} capabilities of the class {}, limit {}", *most,
              to_text(static_cast<CapabilityClass>(most - counts.begin())), capability::kMaxGrantsPerClass);
}

}  // namespace

Result<> read_capabilities(TableReader& capabilities, SkillManifest& manifest) {
  OlderAsks older = PALYRA_TRY(read_older_asks(capabilities));
  Capabilities all = PALYRA_TRY(read_http_rules(capabilities, older));
  PALYRA_TRY(read_filesystem(capabilities, older, all));
  PALYRA_TRY(read_secrets(capabilities, older, all));
  if (capabilities.is_version_3()) {
    PALYRA_TRY(read_storage(capabilities, all));
    PALYRA_TRY(read_channels(capabilities, all));
  }
  PALYRA_TRY(check_counts(all));
  PALYRA_TRY(check_declared_secrets(all));
  auto requested = CapabilityGrantSet::create(std::move(all));
  if (!requested) return fail(kManifestConflict, "{}", requested.error().message());
  PALYRA_TRY(check_nesting(*requested));
  manifest.capabilities = *std::move(requested);
  manifest.ungrantable = std::move(older.asks);
  manifest.wildcard_opt_in = std::move(older.wildcard_opt_in);
  return {};
}

}  // namespace palyra::skills
