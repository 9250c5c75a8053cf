// SPDX-License-Identifier: Apache-2.0
#pragma once
// Files of the person at the keyboard: read once with a limit, written so that a reader sees old or new bytes only.
// Paths here come from our own user, never from an archive, a manifest or a guest: for those there is directory.h.

#include <palyra/base/bytes.h>
#include <palyra/base/error.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace palyra {

inline constexpr ErrorCode kFileNotFound{ErrorKind::kNotFound, "io.not_found"};
inline constexpr ErrorCode kFileNotRegular{ErrorKind::kInvalidArgument, "io.not_a_regular_file"};
inline constexpr ErrorCode kFileTooLarge{ErrorKind::kLimitExceeded, "io.too_large"};
inline constexpr ErrorCode kFileDenied{ErrorKind::kDenied, "io.permission_denied"};
inline constexpr ErrorCode kFileExists{ErrorKind::kAlreadyExists, "io.already_exists"};
inline constexpr ErrorCode kFileFailed{ErrorKind::kUnavailable, "io.failed"};  // disk full, I/O error, ...

// The whole of a regular file, through one descriptor, never blocking on a FIFO or a device.
// Errors: kFileNotFound, kFileNotRegular, kFileTooLarge (over `max_bytes`), kFileDenied, kFileFailed.
Result<Bytes> read_file(const std::string& path, std::size_t max_bytes);

// Standard input to its end. Errors: kFileTooLarge, kFileFailed.
Result<Bytes> read_standard_input(std::size_t max_bytes);

// A part of what is read; the next one takes its place.
using TakePiece = std::function<Result<>(BytesView piece)>;

enum class Overwrite : std::uint8_t { kNo, kYes };

// Writes a temporary file beside `path`, syncs it, renames it over `path` (with Overwrite::kNo it
// fails when something exists) and syncs the directory. Errors: kFileExists, kFileNotFound (no such directory),
// kFileDenied, kFileFailed; nothing is left behind, unless the process dies: then is_temporary_name knows what is.
Result<> write_file_atomic(const std::string& path, BytesView bytes, mode_t mode, Overwrite overwrite);

// Whether write_file_atomic gives such names to what is not finished: `.<name>.<pid>.<n>.tmp`.
bool is_temporary_name(std::string_view name);

// All of `bytes`, through interruptions and short writes. `shown_path` is for the message.
Result<> write_all(int fd, BytesView bytes, const std::string& shown_path);
// Exactly as many bytes as there is room for. False: the end or a failure came before.
bool read_exactly(int fd, std::span<std::uint8_t> bytes);

// The error for a failed system call on `path`, by errno.
Error file_error(int error_number, const std::string& doing, const std::string& path);

}  // namespace palyra
