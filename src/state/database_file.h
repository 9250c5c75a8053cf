// SPDX-License-Identifier: Apache-2.0
#pragma once
// The file trust.db in its directory: whether it is there, how one is made, and how it gets its name.

#include "store_parts.h"

namespace palyra::state {

// kStoreDamaged, with what to do about it.
std::unexpected<Error> store_damaged(std::string message);
std::unexpected<Error> not_initialised(const std::string& root);

enum class FileForm : std::uint8_t { kAbsent, kRegular, kOther };
// Of a name in the root; links are not followed. Errors: those of Directory.
Result<FileForm> form_of(const Directory& root, const char* name);

// A regular file. Errors: kNotInitialised, kStoreDamaged (another thing, or missing beside what it described).
Result<> check_database_file(const Directory& root);

// The log's first row.
struct FirstRow {
  std::uint64_t generation = 1;
  std::string event;
  Json details{};
};
// In the empty file `path`: a store that trusts nobody.
Result<> fill_new_database(const StateOptions& options, const std::string& path, const FirstRow& first);

// Names in it are on the disk. Errors: those of Directory.
Result<> sync_directory(const Directory& root);
// The finished file gets its name, on the disk. Errors: kAlreadyInitialised (there is such a file), those of Directory.
Result<> publish(const Directory& root, const char* finished, const char* name = kDatabaseFile);

}  // namespace palyra::state
