// SPDX-License-Identifier: Apache-2.0
#pragma once
// The values of one skill during one call, in storage.db. Source: docs/guest-abi.md, "Storage".
//
// What a skill keeps belongs to its publisher and its id, not to a version: updates find it. A publisher is the keys
// that trust.db has for him, through all their rotations. When another takes the name, what was kept is hidden from him
// and marked as orphaned, for the operator to export or clear; it is there again when the first one comes back.

#include <palyra/base/clock.h>
#include <palyra/base/deadline.h>
#include <palyra/capability/storage_port.h>
#include <palyra/crypto/ed25519.h>
#include <palyra/skills/trust_store.h>
#include <palyra/state/storage_codes.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace palyra::state {

// Whose values they are.
struct StorageOwner {
  std::string publisher;
  std::string skill_id;
  std::vector<crypto::PublicKey> keys{};     // the publisher's, now
  std::vector<crypto::PublicKey> retired{};  // that rotations of his replaced
  WallTime publisher_since{};                // when this installation came to know him
  friend bool operator==(const StorageOwner&, const StorageOwner&) = default;
};
// Without keys when the publisher is not trusted now: then nothing was kept for him.
StorageOwner storage_owner(const skills::SkillTrustStore& trust, const std::string& publisher,
                           const std::string& skill_id);

struct SkillStorageOptions {
  std::string root;  // the state directory; empty: in memory, and gone with the object
  StorageOwner owner;
  std::int64_t max_bytes;  // that the skill may keep, over all prefixes
  const Clock* clock;      // outlives the object
  Deadline deadline;       // no operation waits for a lock beyond it
};

struct SkillStorageParts;

// Opens storage.db at the first operation, and makes it at the first put. Belongs to one thread.
class SkillStorage final : public capability::StoragePort {
 public:
  explicit SkillStorage(SkillStorageOptions options);
  SkillStorage(SkillStorage&&) noexcept;
  SkillStorage& operator=(SkillStorage&&) noexcept;
  SkillStorage(const SkillStorage&) = delete;
  SkillStorage& operator=(const SkillStorage&) = delete;
  ~SkillStorage() override;

  // Errors of all: kStorageDamaged, kSchemaNewer, kStateNotPrivate, kStateBusy, kStateDenied, kStateUnavailable; of put
  // also kStorageDiskFull.
  Result<std::optional<capability::StoredValue>> get(capability::StorageKey at) override;
  Result<capability::PutAnswer> put(const capability::StoragePut& put) override;
  Result<capability::StorageChange> remove(capability::StorageKey at, std::int64_t expected) override;
  Result<std::vector<std::string>> list(capability::StorageKey after, std::size_t most) override;

 private:
  std::unique_ptr<SkillStorageParts> parts_;
};

}  // namespace palyra::state
