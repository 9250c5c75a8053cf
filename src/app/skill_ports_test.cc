// SPDX-License-Identifier: Apache-2.0
// What a call makes of the directories that it may use: nothing, until it uses them.
#include "app_fixture.h"

namespace palyra::app {
namespace {

using testing::IsOk;

// With arguments of more than two bytes it makes the file "f" below the root "notes"; returns what `open` returned.
constexpr const char* kMakesAFile = R"((module
  (import "palyra:skill/call@1.0.0" "input-length" (func $length (result i32)))
  (import "palyra:skill/files@1.0.0" "root" (func $root (param i32 i32) (result i32)))
  (import "palyra:skill/files@1.0.0" "open" (func $open (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "notesf")
  (func (export "run") (result i32) (local $f i32)
    (if (i32.le_u (call $length) (i32.const 2)) (then (return (i32.const 0))))
    (local.set $f
      (call $open (call $root (i32.const 0) (i32.const 5)) (i32.const 5) (i32.const 1) (i32.const 14)))
    (select (local.get $f) (i32.const 0) (i32.lt_s (local.get $f) (i32.const 0))))))";

class SkillPortsTest : public AppTest {
 protected:
  SkillPortsTest() {
    trust();
    install_and_promote({.wat = kMakesAFile,
                         .rest = "[[capabilities.storage]]\nprefix = \"kept/\"\n"
                                 "[capabilities.filesystem]\nread_roots = [\"photos\"]\nwrite_roots = [\"notes\"]\n"});
  }

  [[nodiscard]] bool fails(std::string_view arguments) const { return call(arguments).error.has_value(); }

  // Names below the state directory, of directories and files that a call could have made.
  [[nodiscard]] std::vector<std::string> made() const {
    std::vector<std::string> names;
    if (!std::filesystem::exists(files_)) return names;
    for (const auto& each : std::filesystem::recursive_directory_iterator(files_ + "/own")) {
      names.push_back(each.path().filename().string());
    }
    return names;
  }

  // The one of the root "notes", which a call has made.
  [[nodiscard]] std::string notes() const {
    return std::filesystem::directory_iterator(files_ + "/own")->path().string() + "/notes";
  }

  std::string files_ = state_.root + "/files";
};

TEST_F(SkillPortsTest, ACallThatUsesNoneMakesNone) {
  EXPECT_FALSE(fails("{}"));
  EXPECT_FALSE(std::filesystem::exists(files_));
  EXPECT_FALSE(std::filesystem::exists(state_.root + "/storage.db"));
}

TEST_F(SkillPortsTest, ACallMakesTheOneThatItUses) {
  EXPECT_FALSE(fails(R"({"n":1})"));
  EXPECT_TRUE(std::filesystem::exists(notes() + "/f"));
  EXPECT_EQ(made().size(), 3U);  // the skill's, "notes" and "f"; not "photos"
}

TEST_F(SkillPortsTest, ADirectoryThatWasDeletedIsMadeAgainByTheNextCall) {
  EXPECT_FALSE(fails(R"({"n":1})"));
  std::filesystem::remove_all(notes());
  EXPECT_FALSE(fails(R"({"n":1})"));
  EXPECT_TRUE(std::filesystem::exists(notes() + "/f"));
}

TEST_F(SkillPortsTest, ALinkInThePlaceOfADirectoryIsNotFollowed) {
  EXPECT_FALSE(fails(R"({"n":1})"));
  const std::string outside = dir_.file("outside");
  std::filesystem::create_directories(outside);
  const std::string place = notes();
  std::filesystem::remove_all(place);
  std::filesystem::create_directory_symlink(outside, place);
  EXPECT_TRUE(fails(R"({"n":1})"));
  EXPECT_TRUE(std::filesystem::is_empty(outside));
  EXPECT_FALSE(fails("{}"));
}

// The operator's own choice, made above all that a skill has.
TEST_F(SkillPortsTest, TheStateDirectoryMayBeReachedThroughALink) {
  std::filesystem::rename(state_.root, dir_.file("elsewhere"));
  std::filesystem::create_directory_symlink(dir_.file("elsewhere"), state_.root);
  EXPECT_FALSE(fails(R"({"n":1})"));
  EXPECT_TRUE(std::filesystem::exists(notes() + "/f"));
}

}  // namespace
}  // namespace palyra::app
