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
#include <palyra/base/sealed_bytes.h>
#include <palyra/capability/grant_set.h>
#include <palyra/crypto/sha256.h>
#include <palyra/skills/trust_store.h>
#include <palyra/skills/verify.h>
#include <palyra/state/audit_row.h>
#include <palyra/state/installed_version.h>
#include <palyra/state/run_history.h>
#include <palyra/state/state_codes.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace palyra::state {

struct StateOptions {
  std::string root;              // absolute
  std::string actor;             // who makes the changes, for the log: "uid 1000 (ann)"
  const Clock* clock = nullptr;  // outlives the store
};

struct KeepRequest {
  const skills::Verification* verification = nullptr;  // its container passed (PALYRA_CHECK); its file still lives
  std::uint64_t trust_generation = 0;                  // of the SkillTrustStore it was made with
};

struct PromoteRequest {
  const skills::VerifiedSkill* skill = nullptr;  // verified again, from the bytes that load_object gave
  std::uint64_t trust_generation = 0;            // of the SkillTrustStore it was verified with
  std::uint64_t version_generation = 0;          // InstalledVersion::generation of what the person was shown
  capability::CapabilityGrantSet grants;         // what the person approved
};

// A copy of trust.db.
struct BackupFile {
  std::uint64_t generation = 0;
  std::uint64_t size_bytes = 0;
  crypto::Sha256Digest sha256;
};

struct StoreParts;

class StateStore {
 public:
  // The existing store, checked: structure of trust.db, schema, generation against the file `generation`, the trust
  // rows against the digest in the log's last row.
  // Errors: kNotInitialised, kStoreDamaged, kSchemaNewer, kStateNotPrivate (directory of another user, or that others
  // may write), kStateBusy, kStateDenied, kStateUnavailable.
  static Result<StateStore> open(const StateOptions& options);

  // A new store that trusts nobody. Errors: kAlreadyInitialised, kStoreDamaged (trust.db is missing but objects or keys
  // are there), and those of open.
  static Result<StateStore> init(const StateOptions& options);

  StateStore(StateStore&&) noexcept;
  StateStore& operator=(StateStore&&) noexcept;
  StateStore(const StateStore&) = delete;
  StateStore& operator=(const StateStore&) = delete;
  ~StateStore();

  // Errors of everything below: kStoreDamaged, kStateBusy, kStateDenied, kStateUnavailable.

  // Rises by one with each change.
  [[nodiscard]] Result<std::uint64_t> generation() const;
  // Its generation() rises only with changes that a trust decision can depend on.
  [[nodiscard]] Result<skills::SkillTrustStore> trust() const;

  // By skill id and version, removed ones included; those without names last.
  [[nodiscard]] Result<std::vector<InstalledVersion>> versions() const;
  // Those whose proven or claimed skill id is this one. Empty when there is none.
  [[nodiscard]] Result<std::vector<InstalledVersion>> versions_of(std::string_view skill_id) const;
  // Errors: kSkillNotInstalled.
  [[nodiscard]] Result<InstalledVersion> version(const crypto::Sha256Digest& content_root) const;
  // The active version that offers the tool. Costs a load from memory while nothing changes; another process's change
  // is seen by the next call, at the latest a second later when that process died in the middle. Rows that were edited
  // without a change of ours may be seen a second late too. Errors: kToolNotFound.
  [[nodiscard]] Result<InstalledVersion> find_active(std::string_view tool_id) const;

  // The bytes of an artifact or entry, hashed again now. Errors: kObjectMissing, kObjectDamaged, kFileDenied,
  // kFileFailed.
  [[nodiscard]] Result<SealedBytes> load_object(const crypto::Sha256Digest& digest) const;

  // An operator's word. For a publisher that a first use pinned with the same keys and threshold, this makes it the
  // operator's. `source`, `first_seen` and `pinned_by` of the record are set here.
  // Errors: skills::kTrustPublisherInvalid, skills::kTrustPublisherExists.
  Result<> add_publisher(const std::string& name, skills::Publisher publisher);

  // Keeps the file and its verdict. New content, and removed content that comes again, is quarantined; other content
  // keeps its status. A verified skill is bound to its publisher and its version to its content; its pin is added.
  // The same file and verdict again change nothing. Errors: kStateChanged.
  Result<InstalledVersion> keep_in_quarantine(const KeepRequest& request);

  // Makes the version the active one of its skill: its entries become objects, its grants replace older ones, the
  // version that was active is superseded, its pin is added, the skill's highest version rises.
  // Errors: kSkillNotInstalled, kStateChanged, kToolConflict (another skill's active version offers a tool of it).
  Result<InstalledVersion> promote(const PromoteRequest& request);

  // Stops the version from running. Errors: kSkillNotInstalled (also: removed).
  Result<> quarantine(const crypto::Sha256Digest& content_root, const std::string& reason);

  // Forgets tools, entries and grants; trust, marks and the log stay. Errors: kSkillNotInstalled (also: removed).
  Result<> remove(const crypto::Sha256Digest& content_root);

  // In order, from generation 1.
  [[nodiscard]] Result<std::vector<AuditRow>> audit_rows() const;
  // Whether no row was edited, deleted, inserted or reordered. Cutting off the newest rows together with the state
  // they describe is found as far as the file `generation` reaches. Errors: kAuditBroken, kStoreDamaged.
  [[nodiscard]] Result<> verify_audit_chain() const;

  // trust.db as it is at one moment, in a new file with mode 0600; then the file is opened and checked as by open and
  // verify_audit_chain, and removed again when it does not pass. The objects are not in it: they have digests, and are
  // copied as files. Errors: kFileExists and the others of write_file_atomic, kAuditBroken, kStoreDamaged.
  [[nodiscard]] Result<BackupFile> backup(const std::string& path) const;
  // The same of the runs log, and whether it still has every line that a row of the audit log names.
  // Errors: kAuditBroken, kRunLogBroken, kStoreDamaged, and those of Directory.
  [[nodiscard]] Result<RunLogFacts> verify_run_log() const;

 private:
  explicit StateStore(std::unique_ptr<StoreParts> parts);
  std::unique_ptr<StoreParts> parts_;
};

}  // namespace palyra::state
