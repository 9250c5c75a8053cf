// SPDX-License-Identifier: Apache-2.0
// A version becomes the active one of its skill, for the first time or again.
#include "setting_table.h"
#include "version_changes.h"
#include "version_table.h"

#include <palyra/base/check.h>
#include <palyra/base/utf8.h>

#include <algorithm>
#include <tuple>

namespace palyra::state {
namespace {

using capability::AddressBinding;

bool becomes_object(std::string_view entry) {
  return entry == skills::kManifestEntry || entry.starts_with("modules/") || entry.starts_with("assets/");
}

Result<std::vector<StoredEntry>> store_entries(const ObjectWriter& writer, const skills::Artifact& artifact) {
  std::vector<StoredEntry> stored;
  for (const skills::ArtifactEntry& entry : artifact.entries()) {
    if (!becomes_object(entry.name)) continue;
    stored.push_back(
        {.name = entry.name, .sha256 = PALYRA_TRY(writer.put(entry.bytes)), .size_bytes = entry.bytes.size()});
  }
  return stored;
}

// What a person, or a rule, decided against.
struct Decided {
  std::uint64_t trust_generation = 0;
  std::uint64_t version_generation = 0;
  std::optional<ActiveVersion> replaces;
};

// What is known of the file that was verified, with the verdict of now. Errors: kSkillNotInstalled.
Result<KeptArtifact> verified_artifact(const Database& database, const skills::VerifiedSkill& skill) {
  const crypto::Sha256Digest file_sha256 = crypto::sha256(skill.artifact().file());
  auto kept = PALYRA_TRY(load_artifact(database, file_sha256));
  if (!kept) return fail(kSkillNotInstalled, "the file {} is not kept", crypto::to_hex(file_sha256));
  set_names(*kept, NameProof::kProven, skill.statement().identity);
  kept->decision = to_text(skill.verdict());
  kept->stage.clear();
  kept->code.clear();
  kept->message.clear();
  return *std::move(kept);
}

Result<> refuse_tool_conflict(const Database& database, const InstalledVersion& candidate) {
  const auto conflict = PALYRA_TRY(find_tool_conflict(database, candidate));
  if (!conflict) return {};
  return fail(kToolConflict, "the active skill '{}' already offers the tool '{}'", conflict->skill_id,
              conflict->tool_id);
}

// Other versions of the skill stop being active.
Result<> supersede(const StoreParts& parts, const Change& change, const InstalledVersion& by) {
  for (InstalledVersion& other : PALYRA_TRY(load_versions_of(parts.database, by.artifact.skill_id))) {
    if (other.status != VersionStatus::kActive || other.content_root() == by.content_root()) continue;
    PALYRA_TRY(change_status(
        parts, change, std::move(other),
        {.status = VersionStatus::kSuperseded, .reason = fmt::format("{} became active", by.artifact.version)}));
  }
  return {};
}

Json activation_details(const InstalledVersion& version) {
  Json details = details_of(version);
  Json::Array grants;
  for (const capability::Capability& grant : version.grants.to_list()) grants.push_back(capability::to_json(grant));
  details.set("grants", std::move(grants));
  Json::Array roots;
  for (const MappedRoot& root : version.roots) {
    roots.emplace_back(Json::Object{{"name", root.name}, {"directory", root.directory}, {"read_only", root.read_only}});
  }
  if (!version.roots.empty()) details.set("roots", std::move(roots));
  Json::Array addresses;
  for (const AddressBinding& bound : version.addresses) {
    addresses.emplace_back(Json::Object{{"host", bound.host},
                                        {"port", std::int64_t{bound.port}},
                                        {"address", bound.address},
                                        {"address_port", std::int64_t{bound.address_port}}});
  }
  if (!version.addresses.empty()) details.set("addresses", std::move(addresses));
  return details;
}

// Errors: kStateChanged.
Result<> require_replaced(const Database& database, const std::string& skill_id,
                          const std::optional<ActiveVersion>& replaces) {
  std::optional<InstalledVersion> active;
  for (InstalledVersion& version : PALYRA_TRY(load_versions_of(database, skill_id))) {
    if (version.status == VersionStatus::kActive) active = std::move(version);
  }
  if (ActiveVersion::of(active) == replaces) return {};
  if (!active) return fail(kStateChanged, "no version of '{}' is active by now", printable(skill_id));
  return fail(kStateChanged, "{} is active by now, since generation {}; something else was decided against",
              subject_of(active->artifact), active->generation);
}

// The version that was decided about, with the file that was verified. Errors: kStateChanged, kSkillNotInstalled.
Result<InstalledVersion> load_decided(const StoreParts& parts, const Change& change, const skills::VerifiedSkill& skill,
                                      Decided decided) {
  PALYRA_TRY(change.require_trust_generation(decided.trust_generation));
  InstalledVersion version = PALYRA_TRY(load_kept(parts.database, skill.content_root()));
  if (version.generation != decided.version_generation) {
    return fail(kStateChanged, "the version changed at generation {}; what was decided about is that of {}",
                version.generation, decided.version_generation);
  }
  version.artifact = PALYRA_TRY(verified_artifact(parts.database, skill));
  PALYRA_TRY(require_replaced(parts.database, version.artifact.skill_id, decided.replaces));
  version.settings = PALYRA_TRY(load_settings(parts.database, version.artifact.skill_id));
  return version;
}

// The active version of its skill from here on.
Result<InstalledVersion> make_active(const StoreParts& parts, const Change& change, InstalledVersion version,
                                     std::string reason) {
  PALYRA_TRY(refuse_tool_conflict(parts.database, version));
  PALYRA_TRY(supersede(parts, change, version));
  return PALYRA_TRY(change_status(parts, change, std::move(version),
                                  {.status = VersionStatus::kActive, .reason = std::move(reason)}))
      .version;
}

// Errors: kNeverPromoted, kStateChanged.
Result<> check_activation(const InstalledVersion& version, Activation activation) {
  const VersionStatus status = version.status;
  const std::string subject = subject_of(version.artifact);
  if (status == VersionStatus::kQuarantined || version.entries.empty()) {
    return fail(kNeverPromoted, "{} is {}; only a promotion makes it run", subject, to_text(status));
  }
  const bool fits = status == VersionStatus::kDisabled ||
                    (status == VersionStatus::kSuperseded && activation == Activation::kRollBack);
  if (!fits) return fail(kStateChanged, "{} is {}", subject, to_text(status));
  return {};
}

}  // namespace

Result<InstalledVersion> StateStore::promote(const PromoteRequest& request) {
  const skills::VerifiedSkill& skill = *request.skill;
  // Until the rows that name the objects are there, nobody may take them for garbage.
  const ObjectWriter writer = PALYRA_TRY(parts_->objects.begin_writing());
  std::vector<StoredEntry> entries = PALYRA_TRY(store_entries(writer, skill.artifact()));

  Change change = PALYRA_TRY(Change::begin(*parts_));
  InstalledVersion version = PALYRA_TRY(load_decided(*parts_, change, skill,
                                                     {.trust_generation = request.trust_generation,
                                                      .version_generation = request.version_generation,
                                                      .replaces = request.replaces}));
  version.tools = tool_ids(skill.manifest());
  version.entries = std::move(entries);
  version.grants = request.grants;
  version.roots = request.roots;
  std::ranges::sort(version.roots, {}, &MappedRoot::name);
  version.addresses = request.addresses;
  std::ranges::sort(version.addresses, {},
                    [](const AddressBinding& bound) { return std::tie(bound.host, bound.port); });
  const std::string reason = request.reason.empty() ? "promoted by " + parts_->options.actor : request.reason;
  version = PALYRA_TRY(make_active(*parts_, change, std::move(version), reason));
  PALYRA_TRY(add_pinned_publisher(change, skill.pin(), parts_->options.actor));
  change.trust().record_promotion(skill.statement());
  Json details = activation_details(version);
  if (!request.reason.empty()) details.set("reason", request.reason);
  add_pin(details, skill.pin());
  PALYRA_TRY(change.commit("skills.promoted", subject_of(version.artifact), details));
  return version;
}

Result<InstalledVersion> StateStore::activate(const ActivateRequest& request) {
  const skills::VerifiedSkill& skill = *request.skill;
  PALYRA_CHECK(!skill.pin());
  Change change = PALYRA_TRY(Change::begin(*parts_));
  InstalledVersion version = PALYRA_TRY(load_decided(*parts_, change, skill,
                                                     {.trust_generation = request.trust_generation,
                                                      .version_generation = request.version_generation,
                                                      .replaces = request.replaces}));
  PALYRA_TRY(check_activation(version, request.activation));
  const bool enable = request.activation == Activation::kEnable;
  version = PALYRA_TRY(make_active(*parts_, change, std::move(version),
                                   (enable ? "enabled by " : "rolled back by ") + parts_->options.actor));
  const Json details = activation_details(version);
  PALYRA_TRY(change.commit(enable ? "skills.enabled" : "skills.rolled_back", subject_of(version.artifact), details));
  return version;
}

}  // namespace palyra::state
