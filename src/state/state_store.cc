// SPDX-License-Identifier: Apache-2.0
// Reading the state.
#include "store_parts.h"
#include "version_changes.h"
#include "version_table.h"

#include <palyra/state/state_store.h>

namespace palyra::state {
namespace {

// Everything that `load` reads belongs to one moment.
template <class Load>
auto in_one_moment(const Database& database, const Load& load) -> decltype(load()) {
  Transaction reading = PALYRA_TRY(Transaction::begin(database, TransactionKind::kRead));
  auto loaded = PALYRA_TRY(load());
  PALYRA_TRY(reading.commit());
  return loaded;
}

Result<Snapshot> snapshot_of(const StoreParts& parts) {
  const std::uint64_t floor = PALYRA_TRY(parts.generation_file.value());
  return in_one_moment(parts.database, [&] { return load_snapshot(parts, floor); });
}

// What is remembered of the active tools is forgotten unless nothing can have changed since.
Result<> refresh(const StoreParts& parts) {
  ActiveTools& active = parts.active;
  const std::uint64_t file_generation = parts.generation_file.peek();
  const SteadyTime now = parts.options.clock->steady();
  const bool same_generation = active.basis && active.basis->file_generation == file_generation;
  if (same_generation && now - active.basis->compared < kCompareInterval) return {};
  const std::int64_t data_version = PALYRA_TRY(parts.database.number("PRAGMA data_version"));
  if (same_generation && active.basis->data_version == data_version) {
    active.basis->compared = now;
    return {};
  }
  active = {};
  const Snapshot snapshot = PALYRA_TRY(snapshot_of(parts));
  parts.generation_file.raise_to(snapshot.head.generation);  // for a writer that died before it did
  active.basis = {.file_generation = file_generation, .data_version = data_version, .compared = now};
  return {};
}

}  // namespace

StateStore::StateStore(std::unique_ptr<StoreParts> parts) : parts_(std::move(parts)) {}
StateStore::StateStore(StateStore&&) noexcept = default;
StateStore& StateStore::operator=(StateStore&&) noexcept = default;
StateStore::~StateStore() = default;

void StateStore::wait_for_locks(std::chrono::milliseconds most) const { parts_->database.wait_for_locks(most); }

std::uint64_t StateStore::peek_generation() const { return parts_->generation_file.peek(); }

bool StateStore::is_in_place() const {
  return parts_->generation_file.is_in(parts_->options.root) && parts_->database.is_in_place();
}

Result<std::uint64_t> StateStore::generation() const { return PALYRA_TRY(load_head(parts_->database)).generation; }

Result<skills::SkillTrustStore> StateStore::trust() const { return PALYRA_TRY(snapshot_of(*parts_)).trust; }

Result<std::vector<InstalledVersion>> StateStore::versions() const {
  return in_one_moment(parts_->database, [&] { return load_versions(parts_->database); });
}

Result<std::vector<InstalledVersion>> StateStore::active_versions() const {
  return in_one_moment(parts_->database, [&] { return load_active_versions(parts_->database); });
}

Result<std::vector<InstalledVersion>> StateStore::versions_of(std::string_view skill_id) const {
  return in_one_moment(parts_->database, [&] { return load_versions_of(parts_->database, skill_id); });
}

Result<InstalledVersion> StateStore::version(const crypto::Sha256Digest& content_root) const {
  auto found =
      PALYRA_TRY(in_one_moment(parts_->database, [&] { return load_version(parts_->database, content_root); }));
  if (!found) return fail(kSkillNotInstalled, "nothing with the content root {} is kept", crypto::to_hex(content_root));
  return *std::move(found);
}

Result<InstalledVersion> StateStore::find_active(std::string_view tool_id) const {
  PALYRA_TRY(refresh(*parts_));
  auto& by_tool = parts_->active.by_tool;
  if (const auto known = by_tool.find(tool_id); known != by_tool.end()) return known->second;
  auto found =
      PALYRA_TRY(in_one_moment(parts_->database, [&] { return load_active_with_tool(parts_->database, tool_id); }));
  if (!found) return fail(kToolNotFound, "no active skill offers a tool '{}'", tool_id);
  return by_tool.emplace(tool_id, *std::move(found)).first->second;
}

Result<bool> StateStore::is_runnable(const crypto::Sha256Digest& content_root) const {
  PALYRA_TRY(refresh(*parts_));
  auto& runnable = parts_->active.runnable;
  if (const auto known = runnable.find(content_root); known != runnable.end()) return known->second;
  const auto found =
      PALYRA_TRY(in_one_moment(parts_->database, [&] { return load_version(parts_->database, content_root); }));
  return runnable.emplace(content_root, found && may_run_again(found->status)).first->second;
}

Result<crypto::HashedBytes> StateStore::load_object(const crypto::Sha256Digest& digest) const {
  return parts_->objects.load(digest);
}

Result<> StateStore::check_object(const crypto::Sha256Digest& digest) const { return parts_->objects.check(digest); }

Result<std::vector<AuditRow>> StateStore::audit_rows() const { return load_audit_rows(parts_->database); }

Result<> StateStore::verify_audit_chain() const {
  Transaction reading = PALYRA_TRY(Transaction::begin(parts_->database, TransactionKind::kRead));
  const Head head = PALYRA_TRY(load_head(parts_->database));
  PALYRA_TRY(check_audit_chain(parts_->database, head));
  return reading.commit();
}

Result<RunLogFacts> StateStore::verify_run_log() const {
  PALYRA_TRY(verify_audit_chain());
  return check_run_log(parts_->options.root, PALYRA_TRY(load_anchors(parts_->database)));
}

}  // namespace palyra::state
