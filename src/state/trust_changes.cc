// SPDX-License-Identifier: Apache-2.0
// Whom this installation believes, changed by a person.
#include "version_changes.h"
#include "version_table.h"

#include <palyra/base/check.h>
#include <palyra/base/utf8.h>

#include <algorithm>

namespace palyra::state {
namespace {

using skills::Publisher;

Json publisher_details(const Publisher& publisher) {
  Json::Array fingerprints;
  for (const crypto::PublicKey& key : publisher.keys) fingerprints.emplace_back(crypto::fingerprint(key));
  Json details;
  details.set("keys", std::move(fingerprints));
  details.set("threshold", publisher.threshold);
  return details;
}

}  // namespace

Result<> StateStore::add_publisher(const std::string& name, Publisher publisher) {
  Change change = PALYRA_TRY(Change::begin(*parts_));
  publisher.source = skills::PublisherSource::kOperator;
  publisher.first_seen = parts_->now();
  publisher.pinned_by = parts_->options.actor;
  std::ranges::sort(publisher.keys);
  const Publisher* known = change.trust().find_publisher(name);
  if (known != nullptr && known->source == skills::PublisherSource::kTofu && known->keys == publisher.keys &&
      known->threshold == publisher.threshold) {
    publisher.first_seen = known->first_seen;
    change.trust().remove_publisher(name);
  }
  const Json details = publisher_details(publisher);
  PALYRA_TRY(change.trust().add_publisher(name, std::move(publisher)));
  return change.commit("trust.publisher_added", name, details);
}

Result<> StateStore::remove_publisher(const std::string& name) {
  Change change = PALYRA_TRY(Change::begin(*parts_));
  if (!change.trust().remove_publisher(name)) {
    return fail(skills::kPublisherUnknown, "'{}' is not trusted here", printable(name));
  }
  std::vector<StatusChange> changes;
  for (InstalledVersion& version : PALYRA_TRY(load_versions(parts_->database))) {
    if (version.artifact.publisher != name || !may_run_again(version.status)) continue;
    changes.push_back(PALYRA_TRY(change_status(
        *parts_, change, std::move(version),
        {.status = VersionStatus::kQuarantined, .reason = fmt::format("its publisher '{}' was removed", name)})));
  }
  Json details;
  details.set("quarantined", to_json(changes));
  return change.commit("trust.publisher_removed", name, details);
}

Result<Publisher> StateStore::rotate_keys(std::span<const skills::RotationDocument> chain) {
  PALYRA_CHECK(!chain.empty());
  const std::string& name = chain.front().rotation.publisher;
  Change change = PALYRA_TRY(Change::begin(*parts_));
  for (const skills::RotationDocument& link : chain) PALYRA_CHECK(link.rotation.publisher == name);
  PALYRA_TRY(change.trust().apply_rotations(chain, parts_->now()));
  const Publisher* publisher = change.trust().find_publisher(name);
  PALYRA_CHECK(publisher != nullptr);
  Publisher rotated = *publisher;
  if (!change.changes_trust()) return rotated;
  // With fewer keys that count, or more that must have signed, what was revoked before reaches further.
  const std::vector<StatusChange> changes = PALYRA_TRY(stop_revoked(*parts_, change, name));
  Json details = publisher_details(rotated);
  details.set("sequence", chain.back().rotation.sequence);
  if (!changes.empty()) details.set("versions", to_json(changes));
  PALYRA_TRY(change.commit("trust.keys_rotated", name, details));
  return rotated;
}

}  // namespace palyra::state
