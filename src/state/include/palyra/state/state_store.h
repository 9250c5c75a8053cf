// SPDX-License-Identifier: Apache-2.0
#pragma once
// The state directory: whom this installation trusts, what is installed, what was approved, and the log of it.
//
// `trust.db` holds the rows, `objects/` the bytes they name, `generation` the highest generation seen. Every change is
// one transaction with one row in the hash-chained audit log, and raises the generation by one; the bytes it names are
// on the disk before it. A change says what it was decided against, and fails with kStateChanged when that has moved.
// Two processes may use one directory; a StateStore belongs to one thread.
// Source: docs/architecture.md, "Directories" and "Two logs, one generation".

#include <palyra/base/clock.h>
#include <palyra/crypto/hashed_bytes.h>
#include <palyra/crypto/sha256.h>
#include <palyra/skills/trust_store.h>
#include <palyra/state/audit_row.h>
#include <palyra/state/change_requests.h>
#include <palyra/state/installed_version.h>
#include <palyra/state/run_history.h>
#include <palyra/state/state_codes.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace palyra::state {

struct StateOptions {
  std::string root;              // absolute
  std::string actor;             // who makes the changes, for the log: "uid 1000 (ann)"
  const Clock* clock = nullptr;  // outlives the store
  // How long each operation waits for another process's lock; nullopt: five seconds.
  std::optional<std::chrono::milliseconds> wait{};
};

struct StoreParts;

class StateStore {
 public:
  // The existing store, checked: schema, generation against the file `generation`; and, of a trust.db that was not
  // found sound since it changed last, its structure and the trust rows against the digest in the log's last row.
  // Errors: kNotInitialised, kStoreDamaged, kSchemaNewer, kStateNotPrivate (directory of another user, or that others
  // may write), kStateBusy, kStateDenied, kStateUnavailable.
  static Result<StateStore> open(const StateOptions& options);

  // A new store that trusts nobody. Errors: kAlreadyInitialised, kStoreDamaged (trust.db is missing but objects or keys
  // are there), and those of open.
  static Result<StateStore> init(const StateOptions& options);

  // After damage: the trust.db of `backup`, or with nullopt an empty one, takes the place of whatever is there, which
  // is kept as `trust.db.damaged-<n>`. A storage.db or vault that is missing, damaged or, a vault, not the one that the
  // log of the backup knows gives way to the backup's in the same way; what can be used stays. Every version is
  // quarantined, the generation rises above the file `generation`, and the log says so. The caller has asked a person.
  // Errors: kNotInitialised, kStoreDamaged, kAuditBroken, kStorageDamaged, kVaultDamaged and kVaultRolledBack (the
  // backup), kSchemaNewer (either; nothing is touched), kStateBusy, those of read_file, and those of open.
  static Result<RecoveryReport> recover(const StateOptions& options, const std::optional<std::string>& backup);

  StateStore(StateStore&&) noexcept;
  StateStore& operator=(StateStore&&) noexcept;
  StateStore(const StateStore&) = delete;
  StateStore& operator=(const StateStore&) = delete;
  ~StateStore();

  // From here on, instead of StateOptions::wait.
  void wait_for_locks(std::chrono::milliseconds most) const;

  // Errors of everything below: kStoreDamaged, kStateBusy, kStateDenied, kStateUnavailable.

  // One load, which any thread may do: another value than before says that somebody changed something, here or in
  // another process, or is about to. Says nothing else.
  [[nodiscard]] std::uint64_t peek_generation() const;
  // Whether the directory at StateOptions::root, and trust.db in it, are still those that were opened.
  [[nodiscard]] bool is_in_place() const;

  // Rises by one with each change.
  [[nodiscard]] Result<std::uint64_t> generation() const;
  // Its generation() rises only with changes that a trust decision can depend on.
  [[nodiscard]] Result<skills::SkillTrustStore> trust() const;

  // By skill id and version, removed ones included; those without names last.
  [[nodiscard]] Result<std::vector<InstalledVersion>> versions() const;
  [[nodiscard]] Result<std::vector<InstalledVersion>> active_versions() const;
  // Those whose proven or claimed skill id is this one. Empty when there is none.
  [[nodiscard]] Result<std::vector<InstalledVersion>> versions_of(std::string_view skill_id) const;
  // Errors: kSkillNotInstalled.
  [[nodiscard]] Result<InstalledVersion> version(const crypto::Sha256Digest& content_root) const;
  // The active version that offers the tool. Costs a load from memory while nothing changes; another process's change
  // is seen by the next call, at the latest a second later when that process died in the middle. Rows that were edited
  // without a change of ours may be seen a second late too. Errors: kToolNotFound.
  [[nodiscard]] Result<InstalledVersion> find_active(std::string_view tool_id) const;
  // Whether a call that has begun may go on: the version is active, superseded or disabled. Costs as find_active, so
  // that a thread with a StateStore of its own may ask all the time.
  [[nodiscard]] Result<bool> is_runnable(const crypto::Sha256Digest& content_root) const;

  // The bytes of an artifact or entry, hashed again now. Errors: kObjectMissing, kObjectDamaged, kFileDenied,
  // kFileFailed.
  [[nodiscard]] Result<crypto::HashedBytes> load_object(const crypto::Sha256Digest& digest) const;
  // That load_object would give them, for less.
  [[nodiscard]] Result<> check_object(const crypto::Sha256Digest& digest) const;

  // An operator's word. For a publisher that a first use pinned with the same keys and threshold, this makes it the
  // operator's. `source`, `first_seen` and `pinned_by` of the record are set here.
  // Errors: skills::kTrustPublisherInvalid, skills::kTrustPublisherExists.
  Result<> add_publisher(const std::string& name, skills::Publisher publisher);

  // The publisher's versions are quarantined with him; bindings, marks, retired keys and revocations stay.
  // Errors: skills::kPublisherUnknown.
  Result<> remove_publisher(const std::string& name);

  // One change for the whole chain, in order: one link at least, all of one publisher (PALYRA_CHECK). What is revoked
  // by earlier revocations when the new keys and threshold count stops being runnable in the same transaction. Errors:
  // those of SkillTrustStore::apply_rotation.
  Result<skills::Publisher> rotate_keys(std::span<const skills::RotationDocument> chain);

  // What is revoked by it stops being runnable in the same transaction: those versions, as they are now. One whose
  // file cannot be read, so that nobody knows its signers, is quarantined. What is quarantined already stays so: its
  // promotion is refused. The same list again changes nothing.
  // Errors: those of SkillTrustStore::apply_revocations.
  Result<std::vector<InstalledVersion>> apply_revocations(const skills::RevocationDocument& document);
  // The operator's own word.
  Result<std::vector<InstalledVersion>> revoke(std::span<const skills::RevocationEntry> entries);

  // Keeps the file and its verdict. New content, and removed content that comes again, is quarantined; other content
  // keeps its status. A verified skill is bound to its publisher and its version to its content; its pin is added.
  // The same file and verdict again change nothing. What is quarantined and cannot be promoted is forgotten, the
  // oldest first, when there would be too much. Errors: kStateChanged, kQuarantineFull.
  Result<InstalledVersion> keep_in_quarantine(const KeepRequest& request);

  // Makes the version the active one of its skill: its entries become objects, its grants replace older ones, the
  // version that was active is superseded, its pin is added, the skill's highest version rises.
  // Errors: kSkillNotInstalled, kStateChanged, kToolConflict (another skill's active version offers a tool of it).
  Result<InstalledVersion> promote(const PromoteRequest& request);

  // Stops the version from running, or holds one back that waits in quarantine: the reason is new, and a promotion that
  // was planned before is refused. Errors: kSkillNotInstalled (also: removed), skills::kTrustRevoked (it does not run,
  // and stays revoked).
  Result<> quarantine(const crypto::Sha256Digest& content_root, const std::string& reason);

  // Active to disabled. Errors: kSkillNotInstalled, kNotActive.
  Result<> disable(const crypto::Sha256Digest& content_root);
  // The version that is active now is superseded. Errors: kSkillNotInstalled, kStateChanged (also: it has not the
  // status that `activation` begins with), kToolConflict, kNeverPromoted (or quarantined since: only promotion helps).
  Result<InstalledVersion> activate(const ActivateRequest& request);

  // nullopt forgets it. `json` was checked against the manifest by the caller. Errors: kSkillNotInstalled.
  Result<> set_setting(const std::string& skill_id, const std::string& key, std::optional<std::string> json);

  // Objects without a row, files of removed versions, and what is in quarantine beyond `max_quarantine_bytes`, the
  // oldest that cannot be promoted first. Waits for writers of objects, for no reader.
  Result<GarbageReport> collect_garbage(std::uint64_t max_quarantine_bytes, GarbageMode mode);

  // Forgets tools, entries and grants; trust, marks and the log stay. Errors: kSkillNotInstalled (also: removed).
  Result<> remove(const crypto::Sha256Digest& content_root);

  // In order, from generation 1.
  [[nodiscard]] Result<std::vector<AuditRow>> audit_rows() const;
  // Whether no row was edited, deleted, inserted or reordered. Cutting off the newest rows together with the state
  // they describe is found as far as the file `generation` reaches. Errors: kAuditBroken, kStoreDamaged.
  [[nodiscard]] Result<> verify_audit_chain() const;

  // trust.db as it is at one moment, in a new file with mode 0600; then the file is opened and checked as by open and
  // verify_audit_chain, and removed again when it does not pass. Before it, in files beside it, storage.db as it is at
  // one moment ("<path>.storage"), checked to the last page, and the vault, still locked ("<path>.vault"), never an
  // older one than the log of the copy knows. The objects and the files of skills are not in it: objects have digests,
  // and both are copied as files. Errors: kFileExists and the others of write_file_atomic, kAuditBroken, kStoreDamaged,
  // kStorageDamaged, kVaultDamaged, kVaultRolledBack.
  [[nodiscard]] Result<BackupFile> backup(const std::string& path) const;
  // The same of the runs log, and whether it still has every line that a row of the audit log names.
  // Errors: kAuditBroken, kRunLogBroken, kStoreDamaged, and those of Directory.
  [[nodiscard]] Result<RunLogFacts> verify_run_log() const;

 private:
  explicit StateStore(std::unique_ptr<StoreParts> parts);
  std::unique_ptr<StoreParts> parts_;
};

}  // namespace palyra::state
