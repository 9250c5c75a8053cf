// SPDX-License-Identifier: Apache-2.0
#pragma once
// Matchers, fakes and small aids that the tests of every layer share.

#include <palyra/base/bytes.h>
#include <palyra/base/clock.h>
#include <palyra/base/error.h>
#include <palyra/base/file.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <ostream>
#include <string>
#include <unistd.h>

namespace palyra {

// How GoogleTest shows a Result.
template <class T>
void PrintTo(const Result<T>& result, std::ostream* out) {
  *out << (result ? "ok" : result.error().describe());
}

}  // namespace palyra

namespace palyra::testing {

// EXPECT_THAT(result, IsOk())
MATCHER(IsOk, negation ? "fails" : "is ok") {
  if (arg.has_value()) return true;
  *result_listener << arg.error().describe();
  return false;
}

// EXPECT_THAT(result, FailsWith(kDigestMismatch))
MATCHER_P(FailsWith, code, std::string(negation ? "does not fail with " : "fails with ") + std::string(code.id)) {
  if (arg.has_value()) {
    *result_listener << "succeeded";
    return false;
  }
  *result_listener << arg.error().describe();
  return arg.error().is(code);
}

// A directory that ends with the object.
class TempDir {
 public:
  TempDir() {
    std::string pattern = (std::filesystem::temp_directory_path() / "palyra-test-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// A clock that stands still until it is told to move.
class FakeClock final : public Clock {
 public:
  explicit FakeClock(std::int64_t wall_seconds = 1'795'305'600) : wall_(wall_seconds * 1000) {}
  [[nodiscard]] std::chrono::milliseconds wall() const override { return wall_; }
  [[nodiscard]] SteadyTime steady() const override { return SteadyTime(steady_); }
  void advance(std::chrono::milliseconds by) {
    wall_ += by;
    steady_ += by;
  }

 private:
  std::chrono::milliseconds wall_;
  std::chrono::milliseconds steady_{1'000'000};
};

// `full` rounds times PALYRA_TEST_SCALE (default 1), at least one. CI runs at a tenth.
inline std::size_t scaled(std::size_t full) {
  const char* text = std::getenv("PALYRA_TEST_SCALE");  // NOLINT(concurrency-mt-unsafe): read before threads start
  const double scale = text == nullptr ? 1.0 : std::strtod(text, nullptr);
  return std::max<std::size_t>(1, static_cast<std::size_t>(static_cast<double>(full) * scale));
}

extern const char* const kTestData;  // NOLINT(readability-identifier-naming): a constant; PalyraTargets.cmake writes it
// `kTestData` is the directory tests/ of this checkout.
// A file of the test data, by its name below tests/.
inline std::string test_file(std::string_view name) { return fmt::format("{}/{}", kTestData, name); }

// The bytes of a file that the test needs; the test fails when it is missing.
inline Bytes must_read(const std::string& path) {
  auto bytes = read_file(path, std::size_t{256} << 20);
  EXPECT_THAT(bytes, IsOk());
  return bytes ? *std::move(bytes) : Bytes{};
}

}  // namespace palyra::testing
