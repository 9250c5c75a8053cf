// SPDX-License-Identifier: Apache-2.0
#pragma once
// The directories that an operator gave a skill, as the host's functions use them during one call. Whoever implements
// it knows where a root is and how much may be kept there; a caller names a root that was granted and a path below it.
//
// No path leads out of its root, through a symbolic link or to another file system, whatever others do to the
// directories meanwhile. Only regular files and directories are there; everything else is refused. What is written is
// in the file when the call has returned, and survives a later trap. Source: docs/guest-abi.md, "Files".

#include <palyra/base/bytes.h>
#include <palyra/base/error.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace palyra::capability {

inline constexpr ErrorCode kFilesNotFound{ErrorKind::kNotFound, "files.not_found"};
inline constexpr ErrorCode kFilesExists{ErrorKind::kAlreadyExists, "files.exists"};
inline constexpr ErrorCode kFilesNotEmpty{ErrorKind::kAlreadyExists, "files.not_empty"};
inline constexpr ErrorCode kFilesIsDirectory{ErrorKind::kInvalidArgument, "files.is_a_directory"};
inline constexpr ErrorCode kFilesNotDirectory{ErrorKind::kInvalidArgument, "files.not_a_directory"};
// A request that makes no sense: a position beyond all files, a directory moved into itself.
inline constexpr ErrorCode kFilesInvalid{ErrorKind::kInvalidArgument, "files.invalid"};
// Out of the root, through a link, a special file, a file with a second name, or not this user's to use.
inline constexpr ErrorCode kFilesDenied{ErrorKind::kDenied, "files.denied"};
// A change below a root that was given for reading.
inline constexpr ErrorCode kFilesReadOnly{ErrorKind::kDenied, "files.read_only"};
inline constexpr ErrorCode kFilesOverQuota{ErrorKind::kLimitExceeded, "files.over_quota"};
inline constexpr ErrorCode kFilesDiskFull{ErrorKind::kUnavailable, "files.disk_full"};
// Busy, moved away under the call, a directory that is not there any more, a disk that fails.
inline constexpr ErrorCode kFilesUnavailable{ErrorKind::kUnavailable, "files.unavailable"};

inline constexpr std::size_t kMaxFilePathBytes = 1'024;
inline constexpr std::size_t kMaxFilePathSegments = 32;
inline constexpr std::size_t kMaxFileNameBytes = 255;
inline constexpr std::size_t kMaxListedFiles = 1'000;

// One step of a path: 1 to kMaxFileNameBytes bytes of UTF-8 without control characters (C0, DEL, C1), `/` and `\`; not
// `.` or `..`.
bool is_file_name(std::string_view text);
// At most kMaxFilePathSegments names with `/` between them, of kMaxFilePathBytes bytes in all. Never absolute.
bool is_file_path(std::string_view text);

struct FilePath {
  std::string_view root;  // the name of a granted one
  std::string_view path;  // is_file_path, or empty: the root itself
};

// The numbers are those of the guest ABI.
enum class FileKind : std::uint8_t { kFile = 1, kDirectory = 2 };

struct FileFacts {
  FileKind kind = FileKind::kFile;
  std::uint64_t size_bytes = 0;  // of a file
  std::chrono::milliseconds modified{0};
  std::uint64_t number = 0;  // the same for two names of one file
};

struct FileEntry {
  std::string name;  // is_file_name
  FileKind kind = FileKind::kFile;
  std::uint64_t number = 0;  // as in FileFacts
};

// What stays as it is is left out.
struct FileTimes {
  std::optional<std::chrono::milliseconds> accessed = std::nullopt;
  std::optional<std::chrono::milliseconds> modified = std::nullopt;
};

enum class FileUse : std::uint8_t { kRead, kWrite, kReadWrite };
enum class IfMissing : std::uint8_t { kFail, kCreate, kMustCreate };  // the last: kFilesExists when it is there
enum class IfThere : std::uint8_t { kKeep, kTruncate };

struct FileOpen {
  FilePath at;  // not the root itself
  FileUse use = FileUse::kRead;
  IfMissing if_missing = IfMissing::kFail;  // with kRead: kFail
  IfThere if_there = IfThere::kKeep;        // with kRead: kKeep
};

// A regular file, open as it was asked for. Positions belong to the caller.
class OpenFile {
 public:
  virtual ~OpenFile() = default;
  // Errors of all: kFilesUnavailable, kFilesInvalid (also a use that it is not open for).
  virtual Result<std::size_t> read_at(std::span<std::uint8_t> into, std::uint64_t offset) = 0;  // 0: the end
  // All of them, or an error and perhaps some. Errors: also kFilesOverQuota, kFilesDiskFull, kFilesNotFound (it was
  // removed).
  virtual Result<> write_at(BytesView bytes, std::uint64_t offset) = 0;
  // At the end, wherever that is; answers the new end. Errors: as write_at.
  virtual Result<std::uint64_t> append(BytesView bytes) = 0;
  virtual Result<> resize(std::uint64_t bytes) = 0;  // Errors: as write_at
  virtual Result<FileFacts> facts() = 0;
  virtual Result<> sync() = 0;
  virtual Result<> set_times(const FileTimes& times) = 0;
};

enum class Removal : std::uint8_t { kFile, kDirectory, kEither };

class FilePort {
 public:
  virtual ~FilePort() = default;

  // Errors of all: kFilesNotFound, kFilesNotDirectory (on the way), kFilesDenied, kFilesUnavailable; of all that change
  // something kFilesReadOnly; of all that make something kFilesOverQuota, kFilesDiskFull.
  // Errors: also kFilesExists, kFilesIsDirectory.
  virtual Result<std::unique_ptr<OpenFile>> open(const FileOpen& open) = 0;
  virtual Result<FileFacts> stat(FilePath at) = 0;
  // The first `most` (at most kMaxListedFiles) after the name `after`, in bytewise order; what is no file or directory,
  // or has a name that is_file_name refuses, is left out.
  virtual Result<std::vector<FileEntry>> list(FilePath at, std::string_view after, std::size_t most) = 0;
  virtual Result<> make_directory(FilePath at) = 0;  // Errors: also kFilesExists
  // A directory must be empty. Errors: also kFilesIsDirectory, kFilesNotEmpty.
  virtual Result<> remove(FilePath at, Removal what) = 0;
  // Within one root. Only a regular file is replaced, and only by one. Errors: also kFilesExists, kFilesInvalid.
  virtual Result<> rename(FilePath from, std::string_view to) = 0;
  virtual Result<> set_times(FilePath at, const FileTimes& times) = 0;
};

}  // namespace palyra::capability
