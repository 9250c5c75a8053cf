// SPDX-License-Identifier: Apache-2.0
// What versions 1 and 2 have and version 3 has not.
#include "manifest_sections.h"

#include <palyra/base/utf8.h>
#include <palyra/capability/capability_names.h>
#include <palyra/crypto/sha256.h>

#include <algorithm>
#include <array>

namespace palyra::skills {
namespace {

constexpr std::array<std::string_view, 5> kCapabilityWords = {"filesystem", "http_egress", "secrets", "device", "node"};

Result<> read_names(TableReader& capabilities, std::string_view key, OlderCapability capability, OlderAsks& older) {
  for (const std::string& name : PALYRA_TRY(capabilities.texts(key))) {
    if (name == "*" && older.take_wildcard(capability, name)) continue;
    if (!capability::is_name(name)) {
      return fail(kManifestSyntax, "\"{}\" holds \"{}\", not 1-128 of a-z, 0-9, ., _, : and -", capabilities.name(key),
                  printable(name));
    }
    older.asks.push_back({capability, name});
  }
  return {};
}

// An installed skill is read with its modules and assets alone, and one that is built before its documents are made.
// The whole artifact, which C8 gives an SBOM, was or will be compared.
bool is_elsewhere(std::string_view path, std::span<const ArtifactEntry> entries) {
  return find_entry(entries, kSbomEntry) == nullptr && !path.starts_with(kModuleFolder) && !path.starts_with("assets/");
}

Result<> check_listed_file(TableReader& file, const std::string& path, std::span<const ArtifactEntry> entries) {
  const std::string sha256 = PALYRA_TRY(file.required_text("sha256"));
  const ArtifactEntry* entry = find_entry(entries, path);
  if (entry == nullptr && is_elsewhere(path, entries)) return file.finish();
  if (entry == nullptr) {
    return fail(kManifestIntegrity, "\"{}\" is \"{}\", which is not in the artifact", file.name("path"),
                printable(path));
  }
  if (sha256 != crypto::to_hex(entry->sha256)) {
    return fail(kManifestIntegrity, "\"{}\" is \"{}\", but the digest of {} is {}", file.name("sha256"),
                printable(sha256), path, crypto::to_hex(entry->sha256));
  }
  return file.finish();
}

Result<> check_listed_files(TableReader& integrity, std::span<const ArtifactEntry> entries,
                            std::set<std::string>& paths) {
  auto files = PALYRA_TRY(integrity.tables("files"));
  for (TableReader& file : files) {
    const std::string path = PALYRA_TRY(file.required_text("path"));
    if (!paths.insert(path).second) {
      return fail(kManifestDuplicate, "\"{}\" is \"{}\", which another file has", file.name("path"), printable(path));
    }
    PALYRA_TRY(check_listed_file(file, path, entries));
  }
  return integrity.finish();
}

// Of format 1: whatever is there is listed.
Result<> check_all_listed(std::span<const ArtifactEntry> entries, const std::set<std::string>& paths) {
  for (const ArtifactEntry& entry : entries) {
    if (entry.name == kManifestEntry || entry.name == kSignatureEntry || paths.contains(entry.name)) continue;
    return fail(kManifestIntegrity, "\"integrity.files\" does not name {}", entry.name);
  }
  return {};
}

}  // namespace

std::string_view to_text(OlderCapability older) { return kCapabilityWords.at(static_cast<std::size_t>(older)); }

bool OlderAsks::take_wildcard(OlderCapability capability, std::string text) {
  if (!wildcard_opt_in.contains(capability)) return false;
  asks.push_back({capability, std::move(text)});
  return true;
}

Result<OlderAsks> read_older_asks(TableReader& capabilities) {
  OlderAsks older;
  if (capabilities.is_version_3()) return older;
  if (auto switches = PALYRA_TRY(capabilities.table("wildcard_opt_in"))) {
    for (std::size_t i = 0; i < kCapabilityWords.size(); ++i) {
      const bool on = PALYRA_TRY(switches->boolean(kCapabilityWords.at(i))).value_or(false);
      if (on) older.wildcard_opt_in.insert(static_cast<OlderCapability>(i));
    }
    PALYRA_TRY(switches->finish());
  }
  PALYRA_TRY(read_names(capabilities, "device_capabilities", OlderCapability::kDevice, older));
  PALYRA_TRY(read_names(capabilities, "node_capabilities", OlderCapability::kNode, older));
  return older;
}

Result<> check_integrity(TableReader& top, const ManifestContext& context) {
  if (top.is_version_3()) return {};
  std::set<std::string> paths;
  auto integrity = PALYRA_TRY(top.table("integrity"));
  if (integrity) PALYRA_TRY(check_listed_files(*integrity, context.entries, paths));
  return context.format == ArtifactFormat::kFormat1 ? check_all_listed(context.entries, paths) : Result<>();
}

}  // namespace palyra::skills
