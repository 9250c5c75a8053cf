// SPDX-License-Identifier: Apache-2.0
#pragma once
// Compiled code on disk, so that a first call compiles nothing. Whoever can write the files cannot make this process
// run them: each is authenticated with a key that is kept elsewhere. Safe to delete at any time.
// docs/runtime.md, "Compiling".

#include <palyra/base/directory.h>
#include <palyra/base/sealed_bytes.h>
#include <palyra/base/secret.h>
#include <palyra/crypto/sha256.h>

#include <cstdint>
#include <optional>
#include <string>

namespace palyra::runtime {

struct CodeCacheFacts {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::uint64_t stale_files = 0;  // of those: made by another build, engine or CPU, or left by a writer that died
  std::uint64_t stale_bytes = 0;
};

// Threads and processes may share a directory; a file is there whole or not at all.
class CodeCache {
 public:
  struct Settings {
    std::string directory;  // made with mode 0700 when missing
    Secret key;             // 32 bytes: state::load_code_cache_key
    std::uint64_t max_bytes = std::uint64_t{1} << 30;
  };
  // Errors: those of Directory::make.
  static Result<CodeCache> open(Settings settings);

  // The code of that module for that engine (WasmRuntime::compatibility()). Whatever is wrong with the file (changed,
  // cut, another key, another owner, readable by others, unreadable) it is as good as missing.
  [[nodiscard]] std::optional<SealedFile> load(const crypto::Sha256Digest& module, std::uint64_t compatibility) const;
  // Replaces what is there, then lets the files go that were used longest ago until all fit in max_bytes.
  // Errors: those of Directory::write_file; kFileTooLarge for code above max_bytes.
  [[nodiscard]] Result<> store(const crypto::Sha256Digest& module, std::uint64_t compatibility,
                               const SealedFile& code) const;

  // Errors: those of Directory::list.
  [[nodiscard]] Result<CodeCacheFacts> facts(std::uint64_t compatibility) const;
  // The stale files go; what it removed. Errors: those of Directory::list.
  [[nodiscard]] Result<CodeCacheFacts> remove_stale(std::uint64_t compatibility) const;

 private:
  CodeCache(Directory directory, Secret key, std::uint64_t max_bytes)
      : directory_(std::move(directory)), key_(std::move(key)), max_bytes_(max_bytes) {}
  void make_room() const;

  Directory directory_;
  Secret key_;
  std::uint64_t max_bytes_;
};

}  // namespace palyra::runtime
