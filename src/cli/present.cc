// SPDX-License-Identifier: Apache-2.0
#include "present.h"

#include <palyra/base/hex.h>
#include <palyra/base/utf8.h>

#include <fmt/format.h>

#include <algorithm>

namespace palyra::cli {
namespace {

constexpr std::size_t kMaxShownBytes = 2 * 1024;

// Behind the stages.
constexpr std::string_view kAuditCheck = "audit";
constexpr std::string_view kExamplesCheck = "examples";

Json statement_json(const skills::Statement& statement) {
  Json json;
  json.set("publisher", statement.identity.publisher);
  json.set("skill_id", statement.identity.skill_id);
  json.set("version", statement.identity.version.to_text());
  json.set("content_root", crypto::to_hex(statement.content_root));
  json.set("manifest_sha256", crypto::to_hex(statement.manifest_sha256));
  json.set("created", to_text(statement.created));
  if (statement.not_after.seconds != 0) json.set("not_after", to_text(statement.not_after));
  return json;
}

Json checks_json(const skills::Verification& verification, const FurtherChecks& further) {
  Json::Array checks;
  for (std::size_t i = 0; i < skills::kStages; ++i) {
    const auto stage = static_cast<skills::Stage>(i);
    checks.emplace_back(
        Json::Object{{"check", skills::to_text(stage)}, {"status", skills::to_text(verification.status(stage))}});
  }
  checks.emplace_back(Json::Object{{"check", kAuditCheck}, {"status", skills::to_text(further.audit)}});
  checks.emplace_back(Json::Object{{"check", kExamplesCheck}, {"status", app::to_text(further.examples)}});
  return checks;
}

}  // namespace

std::string shown(std::string_view text) { return printable(text, kMaxShownBytes); }

std::string time_text(std::chrono::milliseconds time) {
  return to_text(WallTime{std::chrono::floor<std::chrono::seconds>(time).count()});
}

std::string table_text(std::span<const Row> rows) {
  std::size_t width = 0;
  for (const Row& row : rows) width = std::max(width, row.name.size() + 1);
  std::string text;
  for (const Row& row : rows) text += fmt::format("{:<{}}  {}\n", std::string(row.name) + ":", width, row.value);
  return text;
}

std::string list_text(std::string_view heading, std::span<const std::string> lines) {
  if (lines.empty()) return {};
  std::string text = fmt::format("{}:\n", heading);
  for (const std::string& line : lines) text += fmt::format("  {}\n", line);
  return text;
}

Json strings_json(std::span<const std::string> texts) {
  Json::Array array;
  for (const std::string& text : texts) array.emplace_back(text);
  return array;
}

std::vector<std::string> fingerprints(std::span<const crypto::PublicKey> keys) {
  std::vector<std::string> texts;
  texts.reserve(keys.size());
  for (const crypto::PublicKey& key : keys) texts.push_back(crypto::fingerprint(key));
  return texts;
}

Json keys_json(std::span<const crypto::PublicKey> keys) {
  Json::Array array;
  for (const crypto::PublicKey& key : keys) {
    array.emplace_back(Json::Object{{"fingerprint", crypto::fingerprint(key)}, {"public_key", to_hex(key.bytes())}});
  }
  return array;
}

std::vector<std::string> capability_lines(std::span<const capability::Capability> capabilities) {
  std::vector<std::string> lines;
  lines.reserve(capabilities.size());
  for (const capability::Capability& capability : capabilities) {
    lines.push_back(fmt::format("{}  ({})", shown(capability::describe(capability)),
                                shown(capability::canonical_text(capability))));
  }
  return lines;
}

Json capabilities_json(std::span<const capability::Capability> capabilities) {
  Json::Array array;
  for (const capability::Capability& capability : capabilities) {
    array.emplace_back(Json::Object{{"class", capability::to_text(capability::class_of(capability))},
                                    {"text", capability::canonical_text(capability)},
                                    {"description", capability::describe(capability)}});
  }
  return array;
}

std::string checks_text(const skills::Verification& verification, const FurtherChecks& further) {
  std::string text;
  for (std::size_t i = 0; i < skills::kStages; ++i) {
    const auto stage = static_cast<skills::Stage>(i);
    text += fmt::format("{} {}, ", skills::to_text(stage), skills::to_text(verification.status(stage)));
  }
  return text + fmt::format("{} {}, {} {}", kAuditCheck, skills::to_text(further.audit), kExamplesCheck,
                            app::to_text(further.examples));
}

std::string verdict_text(const skills::Verification& verification) {
  if (verification.error) return "refused: " + shown(verification.error->message());
  if (!verification.trust) return "not decided";
  if (verification.trust->verdict == skills::TrustVerdict::kFirstUse) return "signature valid, first use";
  return std::string(skills::to_text(verification.trust->verdict));
}

Json verification_json(const skills::Verification& verification, const FurtherChecks& further) {
  Json json;
  json.set("file_sha256", crypto::to_hex(verification.file_sha256));
  json.set("verified", verification.skill.has_value());
  if (verification.trust) json.set("decision", skills::to_text(verification.trust->verdict));
  if (verification.failed_stage) json.set("failed_stage", skills::to_text(*verification.failed_stage));
  if (verification.error) json.set("code", verification.error->code().id);
  if (verification.artifact) {
    json.set("format", static_cast<int>(verification.artifact->format()));
    json.set("content_root", crypto::to_hex(verification.artifact->content_root()));
  }
  if (verification.legacy) json.set("payload_sha256", crypto::to_hex(verification.legacy->payload_sha256));
  if (verification.document) {
    json.set(verification.signers ? "statement" : "claimed_statement",
             statement_json(verification.document->statement));
  }
  if (verification.signers) json.set("signers", keys_json(*verification.signers));
  json.set("checks", checks_json(verification, further));
  if (verification.manifest) {
    json.set("tools", tools_json(*verification.manifest));
    json.set("capabilities", capabilities_json(verification.manifest->capabilities.to_list()));
  }
  if (!verification.warnings.empty()) json.set("warnings", strings_json(verification.warnings));
  return json;
}

std::vector<Row> verification_rows(const skills::Verification& verification, const FurtherChecks& further) {
  std::vector<Row> rows;
  if (verification.document) {
    const skills::Statement& statement = verification.document->statement;
    const std::string_view claim = verification.signers ? "" : "  (claimed, not proven)";
    rows.push_back({"skill", fmt::format("{}@{}{}", shown(statement.identity.skill_id),
                                         shown(statement.identity.version.to_text()), claim)});
    rows.push_back({"publisher", fmt::format("{}{}", shown(statement.identity.publisher), claim)});
    rows.push_back({"created", to_text(statement.created)});
    if (statement.not_after.seconds != 0) rows.push_back({"not after", to_text(statement.not_after)});
  }
  if (verification.legacy) rows.push_back({"format", "1 (legacy)"});
  if (verification.artifact) rows.push_back({"content root", crypto::to_hex(verification.artifact->content_root())});
  rows.push_back({"file sha256", crypto::to_hex(verification.file_sha256)});
  if (verification.signers) {
    for (const std::string& fingerprint : fingerprints(*verification.signers))
      rows.push_back({"signed by", fingerprint});
  }
  rows.push_back({"verdict", verdict_text(verification)});
  rows.push_back({"checks", checks_text(verification, further)});
  for (const std::string& warning : verification.warnings) rows.push_back({"warning", shown(warning)});
  return rows;
}

Json tools_json(const skills::SkillManifest& manifest) {
  Json::Array array;
  for (const skills::SkillTool& tool : manifest.tools) {
    Json json;
    json.set("id", tool.id);
    json.set("name", tool.name);
    json.set("description", tool.description);
    json.set("module", tool.module);
    json.set("export", tool.export_name);
    json.set("requires_approval", tool.requires_approval);
    // Compiled already, so this parses.
    constexpr JsonLimits kSchemaLimits{.max_bytes = std::size_t{1} << 20, .max_depth = 64};
    if (auto schema = parse_json(as_bytes(tool.input_schema), kSchemaLimits)) json.set("input_schema", *schema);
    if (tool.output_schema) {
      if (auto schema = parse_json(as_bytes(*tool.output_schema), kSchemaLimits)) json.set("output_schema", *schema);
    }
    array.push_back(std::move(json));
  }
  return array;
}

std::vector<std::string> tool_lines(const skills::SkillManifest& manifest) {
  std::vector<std::string> lines;
  lines.reserve(manifest.tools.size());
  for (const skills::SkillTool& tool : manifest.tools) {
    lines.push_back(fmt::format("{}  {}", shown(tool.id), shown(tool.description)));
  }
  return lines;
}

std::vector<std::string> root_lines(std::span<const state::MappedRoot> roots) {
  std::vector<std::string> lines;
  lines.reserve(roots.size());
  for (const state::MappedRoot& root : roots) {
    const std::string directory = root.directory.empty() ? "a private directory of the skill" : shown(root.directory);
    lines.push_back(fmt::format("{}  {}{}", shown(root.name), directory, root.read_only ? "  (read only)" : ""));
  }
  return lines;
}

Json roots_json(std::span<const state::MappedRoot> roots) {
  Json::Array array;
  for (const state::MappedRoot& root : roots) {
    Json json(Json::Object{{"name", root.name}});
    if (!root.directory.empty()) json.set("directory", root.directory);
    json.set("read_only", root.read_only);
    array.push_back(std::move(json));
  }
  return array;
}

std::vector<std::string> address_lines(std::span<const capability::AddressBinding> addresses) {
  std::vector<std::string> lines;
  lines.reserve(addresses.size());
  for (const capability::AddressBinding& bound : addresses) {
    const bool v6 = bound.address.contains(':');
    lines.push_back(fmt::format("{}:{} at {}{}{}:{}", bound.host, bound.port, v6 ? "[" : "", bound.address,
                                v6 ? "]" : "", bound.address_port));
  }
  return lines;
}

Json addresses_json(std::span<const capability::AddressBinding> addresses) {
  Json::Array array;
  for (const capability::AddressBinding& bound : addresses) {
    array.emplace_back(Json::Object{{"host", bound.host},
                                    {"port", std::int64_t{bound.port}},
                                    {"address", bound.address},
                                    {"address_port", std::int64_t{bound.address_port}}});
  }
  return array;
}

Json version_json(const state::InstalledVersion& version) {
  const state::KeptArtifact& artifact = version.artifact;
  Json json;
  if (!artifact.skill_id.empty()) {
    json.set("skill_id", artifact.skill_id);
    json.set("version", artifact.version);
    json.set("publisher", artifact.publisher);
  }
  json.set("names", state::to_text(artifact.proof));
  json.set("status", state::to_text(version.status));
  if (!version.status_reason.empty()) json.set("status_reason", version.status_reason);
  json.set("content_root", crypto::to_hex(version.content_root()));
  json.set("file_sha256", crypto::to_hex(artifact.sha256));
  json.set("size_bytes", artifact.size_bytes);
  if (!artifact.decision.empty()) json.set("decision", artifact.decision);
  if (!artifact.stage.empty()) {
    json.set("failed_stage", artifact.stage);
    json.set("code", artifact.code);
    json.set("reason", artifact.message);
  }
  json.set("first_seen", to_text(version.first_seen));
  json.set("status_since", to_text(version.status_since));
  json.set("tools", strings_json(version.tools));
  json.set("grants", capabilities_json(version.grants.to_list()));
  if (!version.roots.empty()) json.set("roots", roots_json(version.roots));
  if (!version.addresses.empty()) json.set("addresses", addresses_json(version.addresses));
  return json;
}

std::string version_name(const state::InstalledVersion& version) {
  const state::KeptArtifact& artifact = version.artifact;
  if (artifact.proof == state::NameProof::kNone) return crypto::to_hex(version.content_root());
  const std::string name = shown(artifact.skill_id + "@" + artifact.version);
  return artifact.proof == state::NameProof::kProven ? name : "(claimed) " + name;
}

}  // namespace palyra::cli
