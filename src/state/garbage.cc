// SPDX-License-Identifier: Apache-2.0
#include "garbage.h"

#include "quarantine_limit.h"
#include "version_table.h"

#include <palyra/state/state_store.h>

#include <set>

namespace palyra::state {
namespace {

constexpr std::string_view kSelectNeeded =
    "SELECT a.sha256 FROM artifact a JOIN version v ON v.content_root = a.content_root WHERE v.status <> 'removed' "
    "UNION SELECT sha256 FROM version_entry";

Result<std::vector<StoredObject>> unneeded(const Database& database, const ObjectSweeper& sweeper) {
  std::set<crypto::Sha256Digest> needed;
  Statement rows = PALYRA_TRY(database.query(kSelectNeeded));
  while (PALYRA_TRY(rows.step())) needed.insert(PALYRA_TRY(rows.digest(0)));
  std::vector<StoredObject> objects = PALYRA_TRY(sweeper.list());
  std::erase_if(objects, [&](const StoredObject& object) { return needed.contains(object.digest); });
  return objects;
}

}  // namespace

Result<> remove_garbage(const StoreParts& parts) {
  const ObjectSweeper sweeper = PALYRA_TRY(parts.objects.begin_sweeping());
  // Of one moment; nobody adds a row for an object while the sweeper lives.
  for (const StoredObject& object : PALYRA_TRY(unneeded(parts.database, sweeper))) {
    PALYRA_TRY(sweeper.remove(object.digest));
  }
  return {};
}

Result<GarbageReport> StateStore::collect_garbage(std::uint64_t max_quarantine_bytes, GarbageMode mode) {
  const ObjectSweeper sweeper = PALYRA_TRY(parts_->objects.begin_sweeping());
  Change change = PALYRA_TRY(Change::begin(*parts_));
  GarbageReport report;
  report.forgotten = PALYRA_TRY(shrink_quarantine(*parts_, change, {.max_bytes = max_quarantine_bytes}));
  const std::vector<StoredObject> objects = PALYRA_TRY(unneeded(parts_->database, sweeper));
  report.objects = objects.size();
  for (const StoredObject& object : objects) report.bytes += object.size_bytes;
  if (mode == GarbageMode::kDryRun) return report;
  if (!report.forgotten.empty()) {
    Json details;
    details.set("forgotten", Json::Array(report.forgotten.begin(), report.forgotten.end()));
    PALYRA_TRY(change.commit("skills.forgotten", "", details));
  }
  for (const StoredObject& object : objects) PALYRA_TRY(sweeper.remove(object.digest));
  return report;
}

}  // namespace palyra::state
