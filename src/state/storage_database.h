// SPDX-License-Identifier: Apache-2.0
#pragma once
// The file storage.db beside trust.db: the values that skills keep and the messages between them. It is made by the
// first that has something to keep; before that there is none, which is an empty one.

#include "schema.h"
#include "sqlite.h"

#include <palyra/base/clock.h>
#include <palyra/base/directory.h>
#include <palyra/base/disk_space.h>

#include <chrono>
#include <optional>
#include <string>

namespace palyra::state {

inline constexpr const char* kStorageFile = "storage.db";

// Of storage.db. Lives as long as the program.
const Schema& storage_schema();

// With kStorageDamaged instead of kStoreDamaged: what is damaged is not what a person trusts. Anything else as it is.
Error storage_error(Error error);
template <class T>
Result<T> of_storage(Result<T> result) {
  if (result) return result;
  return std::unexpected(storage_error(std::move(result).error()));
}

// The file as it is, checked, and of the newest schema now (migration.h); nullopt when there is none.
// Errors: kStorageDamaged (also: no regular file), kSchemaNewer, kStateNotPrivate, kStateBusy, kStateDenied,
// kStateUnavailable, those of Directory. `wait` is for each lock of another process's, here and later.
Result<std::optional<Database>> open_storage(const std::string& root, std::chrono::milliseconds wait = kBusyTimeout,
                                             const Schema& schema = storage_schema());
// The same, and makes it when there is none. Of processes that come at once one makes it.
Result<Database> open_or_make_storage(const std::string& root, std::chrono::milliseconds wait = kBusyTimeout);
// Every page, and every index against its table. Errors: kStorageDamaged.
Result<> check_whole_storage(const Database& database);
// For values that nobody is to find again.
Result<Database> storage_in_memory();

// Whether so many bytes may be added below `root`. Errors: kStorageDiskFull, kFileFailed.
Result<> check_disk_space(const std::string& root, std::uint64_t bytes);

}  // namespace palyra::state
