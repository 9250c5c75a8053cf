// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the tests of storage.db share: a state directory without trust.db, owners, and short ways to put and get.

#include "state_fixture.h"

#include <palyra/state/skill_storage.h>

#include <optional>
#include <string>
#include <string_view>

namespace palyra::state {

inline constexpr std::string_view kNotes = "notes/";
inline constexpr std::int64_t kMiB = std::int64_t{1} << 20U;

inline StorageOwner owner_with_key(std::uint8_t key, const std::string& skill_id = "acme.demo",
                                   const std::string& publisher = "acme") {
  return {.publisher = publisher,
          .skill_id = skill_id,
          .keys = {key_number(key).public_key()},
          .retired = {},
          .publisher_since = {1'000}};
}

// A put of text, in short.
struct Put {
  std::string key;
  std::string value;
  std::int64_t expected = capability::kAnyVersion;
  std::int64_t max_bytes = kMiB;
  std::string prefix{kNotes};
};

inline Result<capability::PutAnswer> put(SkillStorage& storage, const Put& what) {
  return storage.put({.at = {.prefix = what.prefix, .key = what.key},
                      .value = as_bytes(what.value),
                      .expected = what.expected,
                      .max_bytes = what.max_bytes});
}

// The version; 0 when it was not done.
inline std::int64_t must_put(SkillStorage& storage, const Put& what) {
  const auto answer = put(storage, what);
  EXPECT_THAT(answer, testing::IsOk());
  if (!answer) return 0;
  EXPECT_EQ(answer->change, capability::StorageChange::kDone);
  return answer->version;
}

inline capability::StorageChange change_of(SkillStorage& storage, const Put& what) {
  const auto answer = put(storage, what);
  EXPECT_THAT(answer, testing::IsOk());
  return answer ? answer->change : capability::StorageChange::kDone;
}

inline std::optional<std::string> text_of(SkillStorage& storage, std::string_view key,
                                          std::string_view prefix = kNotes) {
  const auto found = storage.get({.prefix = prefix, .key = key});
  EXPECT_THAT(found, testing::IsOk());
  if (!found || !*found) return std::nullopt;
  return std::string(as_text((*found)->value));
}

class StorageTest : public ::testing::Test {
 protected:
  StorageTest() { std::filesystem::create_directory(root()); }
  [[nodiscard]] std::string root() const { return directory_.file("state"); }
  [[nodiscard]] std::string file() const { return root() + "/storage.db"; }
  [[nodiscard]] SkillStorage open(StorageOwner owner = owner_with_key(1), std::int64_t max_bytes = 64 * kMiB) const {
    return SkillStorage({.root = root(),
                         .owner = std::move(owner),
                         .max_bytes = max_bytes,
                         .clock = &clock_,
                         .deadline = Deadline::after(clock_, std::chrono::minutes(10))});
  }

  testing::TempDir directory_;
  testing::FakeClock clock_;
};

}  // namespace palyra::state
