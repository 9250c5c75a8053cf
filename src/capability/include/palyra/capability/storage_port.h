// SPDX-License-Identifier: Apache-2.0
#pragma once
// A skill's own key-value store, as the host's functions use it during one call. Whoever implements it knows whose
// values they are and how much the skill may keep; a caller names a prefix that was granted, and a key.
//
// Every operation is atomic, and durable when it has returned; operations of all calls and processes together have one
// order (they are linearizable). A value's version is a number from 1 on that no other value of its prefix ever had
// before, so that what was deleted and put again is told apart. Source: docs/guest-abi.md, "Storage".

#include <palyra/base/bytes.h>
#include <palyra/base/error.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace palyra::capability {

inline constexpr std::size_t kMaxStorageKeyBytes = 512;
inline constexpr std::size_t kMaxStorageValueBytes = std::size_t{1} << 20U;
inline constexpr std::size_t kMaxListedKeys = 1'000;
// What a value counts against a limit besides the bytes of its key and its own: many tiny values are not free.
inline constexpr std::int64_t kStorageEntryBytes = 128;

// 1 to kMaxStorageKeyBytes bytes of UTF-8 without control characters (C0, DEL and C1).
bool is_storage_key(std::string_view text);

struct StorageKey {
  std::string_view prefix;  // a granted one, with its final "/"
  std::string_view key;     // is_storage_key
};

struct StoredValue {
  Bytes value;
  std::int64_t version = 0;
};

// What a change expects to find: any value or none, no value, or exactly that version.
inline constexpr std::int64_t kAnyVersion = -1;
inline constexpr std::int64_t kNoVersion = 0;

struct StoragePut {
  StorageKey at;
  BytesView value;                      // at most kMaxStorageValueBytes
  std::int64_t expected = kAnyVersion;  // -1 and above
  std::int64_t max_bytes = 0;           // that the prefix may hold, as granted
};

enum class StorageChange : std::uint8_t {
  kDone,
  kConflict,   // it is not as expected; nothing has changed
  kNotFound,   // of a deletion that expects any version
  kOverQuota,  // of a put: the prefix or the skill would hold more than it may
};

struct PutAnswer {
  StorageChange change = StorageChange::kDone;
  std::int64_t version = 0;  // the new one, when done
};

class StoragePort {
 public:
  virtual ~StoragePort() = default;

  // Errors of all: of kind kUnavailable (busy, disk full or failing: another try may succeed), and others that are
  // damage or a bug. An error has changed nothing.
  virtual Result<std::optional<StoredValue>> get(StorageKey at) = 0;
  // What does not grow a prefix or skill that holds too much already is let through: a lower limit takes nothing away.
  virtual Result<PutAnswer> put(const StoragePut& put) = 0;
  virtual Result<StorageChange> remove(StorageKey at, std::int64_t expected) = 0;
  // The first `most` keys (at most kMaxListedKeys) after `after.key`, or of all when it is empty, in bytewise order.
  virtual Result<std::vector<std::string>> list(StorageKey after, std::size_t most) = 0;
};

}  // namespace palyra::capability
