// SPDX-License-Identifier: Apache-2.0
#include "present_trust.h"

#include "present.h"

#include <palyra/base/hex.h>

#include <fmt/format.h>

namespace palyra::cli {
namespace {

Json entry_json(const skills::RevokedKey& entry) {
  return Json::Object{{"fingerprint", crypto::fingerprint(entry.key)}, {"public_key", to_hex(entry.key.bytes())}};
}

Json entry_json(const skills::RevokedContent& entry) {
  return Json::Object{{"content_root", crypto::to_hex(entry.content_root)}};
}

Json entry_json(const skills::RevokedVersions& entry) {
  Json json;
  json.set("skill_id", entry.skill_id);
  if (entry.lowest) json.set("from", entry.lowest->to_text());
  if (entry.highest) json.set("to", entry.highest->to_text());
  return json;
}

std::string entry_line(const skills::RevokedKey& entry) { return "key " + crypto::fingerprint(entry.key); }

std::string entry_line(const skills::RevokedContent& entry) {
  return "content root " + crypto::to_hex(entry.content_root);
}

std::string entry_line(const skills::RevokedVersions& entry) {
  if (entry.lowest && entry.lowest == entry.highest) {
    return fmt::format("{}@{}", shown(entry.skill_id), entry.lowest->to_text());
  }
  std::string line = shown(entry.skill_id);
  if (!entry.lowest && !entry.highest) return line + ", every version";
  if (entry.lowest) line += " from " + entry.lowest->to_text();
  if (entry.highest) line += " to " + entry.highest->to_text();
  return line;
}

}  // namespace

Json publisher_json(const std::string& name, const skills::Publisher& publisher) {
  return Json::Object{{"publisher", name},
                      {"keys", keys_json(publisher.keys)},
                      {"threshold", publisher.threshold},
                      {"source", skills::to_text(publisher.source)},
                      {"first_seen", to_text(publisher.first_seen)},
                      {"pinned_by", publisher.pinned_by}};
}

std::string publisher_text(const std::string& name, const skills::Publisher& publisher) {
  std::string text =
      fmt::format("{}  {} of {} keys, from {} since {}", shown(name), publisher.threshold, publisher.keys.size(),
                  skills::to_text(publisher.source), to_text(publisher.first_seen));
  if (!publisher.pinned_by.empty()) text += ", by " + shown(publisher.pinned_by);
  text += "\n";
  for (const std::string& fingerprint : fingerprints(publisher.keys)) text += fmt::format("  {}\n", fingerprint);
  return text;
}

Json rotation_record_json(const std::string& publisher, const skills::RotationRecord& record) {
  return Json::Object{
      {"publisher", publisher}, {"sequence", record.sequence}, {"retired_keys", keys_json(record.retired)}};
}

std::string rotation_record_text(const skills::RotationRecord& record) {
  std::string text = fmt::format("  rotations seen: {}\n", record.sequence);
  for (const std::string& fingerprint : fingerprints(record.retired))
    text += fmt::format("  retired {}\n", fingerprint);
  return text;
}

Json revocation_entries_json(std::span<const skills::RevocationEntry> entries) {
  Json::Array array;
  for (const skills::RevocationEntry& entry : entries) {
    array.push_back(std::visit([](const auto& each) { return entry_json(each); }, entry));
  }
  return array;
}

std::vector<std::string> revocation_entry_lines(std::span<const skills::RevocationEntry> entries) {
  std::vector<std::string> lines;
  lines.reserve(entries.size());
  for (const skills::RevocationEntry& entry : entries) {
    lines.push_back(std::visit([](const auto& each) { return entry_line(each); }, entry));
  }
  return lines;
}

bool is_expired(const skills::RevocationList& list, WallTime now) {
  return list.expires.seconds != 0 && now > list.expires;
}

Json revocation_list_json(const skills::RevocationList& list, WallTime now) {
  Json json;
  json.set("issuer", list.issuer);
  json.set("list_version", list.list_version);
  json.set("created", to_text(list.created));
  if (list.expires.seconds != 0) json.set("expires", to_text(list.expires));
  json.set("expired", is_expired(list, now));
  json.set("entries", revocation_entries_json(list.entries));
  return json;
}

std::string revocation_list_text(const skills::RevocationList& list, WallTime now) {
  std::string text = fmt::format("revocations by {}: {} in list {} of {}", shown(list.issuer), list.entries.size(),
                                 list.list_version, to_text(list.created));
  if (list.expires.seconds == 0) return text + "\n";
  return text + fmt::format(", {} {}\n", is_expired(list, now) ? "expired" : "good until", to_text(list.expires));
}

Json versions_json(std::span<const state::InstalledVersion> versions) {
  Json::Array array;
  for (const state::InstalledVersion& version : versions) array.push_back(version_json(version));
  return array;
}

std::string stopped_text(std::span<const state::InstalledVersion> versions) {
  if (versions.empty()) return "stopped: nothing that is installed\n";
  std::vector<std::string> lines;
  lines.reserve(versions.size());
  for (const state::InstalledVersion& version : versions) {
    lines.push_back(fmt::format("{}  {}", version_name(version), state::to_text(version.status)));
  }
  return list_text("stopped", lines);
}

}  // namespace palyra::cli
