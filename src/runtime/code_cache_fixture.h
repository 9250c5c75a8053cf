// SPDX-License-Identifier: Apache-2.0
#pragma once
// A code cache in a directory of its own.

#include <palyra/base/testing.h>
#include <palyra/runtime/code_cache.h>

#include <filesystem>
#include <string>
#include <string_view>

namespace palyra::runtime {

inline SealedFile sealed(BytesView bytes) {
  auto writer = SealedFile::Writer::make();
  EXPECT_THAT(writer, testing::IsOk());
  EXPECT_THAT(writer->append(bytes), testing::IsOk());
  auto file = std::move(*writer).seal();
  EXPECT_THAT(file, testing::IsOk());
  return *std::move(file);
}

inline crypto::Sha256Digest module(std::string_view name) { return crypto::sha256(as_bytes(name)); }

inline constexpr std::uint64_t kEngine = 0x1234;

inline bool holds(const CodeCache& cache, std::string_view name, std::string_view code) {
  const auto found = cache.load(module(name), kEngine);
  return found && as_text(found->map().value().view()) == code;
}

inline void store(const CodeCache& cache, std::string_view name, std::string_view code) {
  EXPECT_THAT(cache.store(module(name), kEngine, sealed(as_bytes(code))), testing::IsOk());
}

class CodeCacheTest : public ::testing::Test {
 protected:
  CodeCache open(std::uint64_t max_bytes = 1 << 20, std::uint8_t key = 7) {
    auto cache = CodeCache::open({.directory = directory(), .key = Secret(Bytes(32, key)), .max_bytes = max_bytes});
    EXPECT_THAT(cache, testing::IsOk());
    return *std::move(cache);
  }
  std::string directory() { return root_.file("code"); }
  std::string only_file() {
    for (const auto& entry : std::filesystem::directory_iterator(directory())) return entry.path().string();
    ADD_FAILURE() << "the cache is empty";
    return "";
  }

 private:
  testing::TempDir root_;
};

}  // namespace palyra::runtime
