// SPDX-License-Identifier: Apache-2.0
#pragma once
// What file.cc and directory.cc share once a descriptor is open.

#include <palyra/base/bytes.h>
#include <palyra/base/error.h>
#include <palyra/base/file.h>

#include <string>

namespace palyra {

// Everything that `fd` gives until its end, at most `max_bytes`.
Result<Bytes> read_to_end(int fd, const std::string& shown_path, std::size_t max_bytes);

// The same, of a regular file only.
Result<Bytes> read_regular(int fd, const std::string& shown_path, std::size_t max_bytes);

// The same in pieces, each of which `take` gets while it is still in the CPU's cache, in memory that nobody else writes
// to. Errors: also those of `take`.
Result<> read_pieces_of_regular(int fd, const std::string& shown_path, std::uint64_t max_bytes, const TakePiece& take);

struct Replacement {
  int directory;
  std::string name;  // one segment
  std::string shown_path;
  mode_t mode;
  Overwrite overwrite;
};
// As write_file_atomic, below an open directory.
Result<> replace_file(const Replacement& target, BytesView bytes);

}  // namespace palyra
