// SPDX-License-Identifier: Apache-2.0
#pragma once
// A root beside a directory that nobody may touch.

#include <palyra/base/testing.h>
#include <palyra/files/skill_files.h>

#include <array>
#include <fstream>
#include <string>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <vector>

namespace palyra::files {

// A directory that ends with the object, in memory where there is such a file system: a race needs fast hands.
class FastDirectory {
 public:
  FastDirectory() {
    constexpr const char* kMemory = "/dev/shm";
    const std::string parent = ::access(kMemory, W_OK) == 0 ? kMemory : std::filesystem::temp_directory_path().string();
    path_ = parent + "/palyra-files-XXXXXX";
    if (::mkdtemp(path_.data()) == nullptr) ADD_FAILURE() << "cannot make " << path_;
  }
  FastDirectory(const FastDirectory&) = delete;
  FastDirectory& operator=(const FastDirectory&) = delete;
  ~FastDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// Of a skill that has one root.
inline auto only(FileRoot root) {
  return [root = std::move(root)](std::string_view name) {
    return name == root.name ? std::optional(root) : std::nullopt;
  };
}

class FilesTest : public ::testing::Test {
 protected:
  FilesTest() {
    std::filesystem::create_directories(root_);
    std::filesystem::create_directories(dir_.file("outside"));
    write(outside("canary"), "outside");
    write(outside("victim"), "outside too");
    outside_before_ = outside_state();
  }

  SkillFiles make(capability::FilesystemAccess access = capability::FilesystemAccess::kReadWrite) const {
    return SkillFiles({.find_root = only({.name = "data", .directory = root_, .access = access}),
                       .ledgers = dir_.file("ledgers"),
                       .max_bytes = max_bytes_,
                       .max_files = max_files_,
                       .clock = &clock_,
                       .deadline = deadline_});
  }
  // The path outlives the result.
  static capability::FilePath at(std::string_view path) { return {.root = "data", .path = path}; }

  [[nodiscard]] std::string inside(const std::string& path) const { return root_ + "/" + path; }
  [[nodiscard]] std::string outside(const std::string& name) const { return dir_.file("outside") + "/" + name; }
  static void write(const std::string& path, std::string_view text) { std::ofstream(path, std::ios::binary) << text; }
  void put(const std::string& path, std::string_view text) const { write(inside(path), text); }
  [[nodiscard]] std::string content(const std::string& path) const {
    std::ifstream in(inside(path), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  [[nodiscard]] std::vector<std::string> names(std::string_view after, std::size_t most) const {
    std::vector<std::string> names;
    SkillFiles files = make();
    const auto entries = files.list(at(""), after, most);
    EXPECT_THAT(entries, testing::IsOk());
    if (!entries) return names;
    for (const capability::FileEntry& entry : *entries) names.push_back(entry.name);
    return names;
  }

  // Names, sizes, times of change of the content, and contents, of the directory and of all in it.
  [[nodiscard]] std::string outside_state() const {
    std::string state;
    for (const char* name : {"", "canary", "victim"}) {
      struct stat status{};
      if (::stat(outside(name).c_str(), &status) != 0) return "gone";
      state += fmt::format("{} {} {}.{} {}\n", name, S_ISDIR(status.st_mode) ? 0 : status.st_size,
                           status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_mode);
    }
    for (const char* name : {"canary", "victim"}) {
      std::ifstream in(outside(name), std::ios::binary);
      state += std::string(std::istreambuf_iterator<char>(in), {});
    }
    const auto entries = std::filesystem::directory_iterator(outside(""));
    return state + fmt::format("{} entries", std::distance(begin(entries), end(entries)));
  }

  FastDirectory dir_;
  std::string root_ = dir_.file("root");
  std::string outside_before_;
  SystemClock clock_;
  Deadline deadline_ = Deadline::after(clock_, std::chrono::hours(1));
  std::int64_t max_bytes_ = 1'000'000;
  std::int64_t max_files_ = 100'000;
};

class SkillFilesTest : public FilesTest {};

}  // namespace palyra::files
