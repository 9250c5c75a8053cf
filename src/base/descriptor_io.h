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
