// SPDX-License-Identifier: Apache-2.0
// Paths whose meaning changes while they are used: another process of the same user puts links of both kinds, other
// files and other directories in the place of what was looked at, as fast as it can.
#include "files_fixture.h"

#include <atomic>
#include <fcntl.h>
#include <thread>
#include <unistd.h>

namespace palyra::files {
namespace {

using namespace capability;  // NOLINT(google-build-using-namespace): everything here is about its files

class PathRace : public FilesTest {
 protected:
  PathRace() {
    max_bytes_ = max_files_ = std::int64_t{1} << 50U;
    std::filesystem::create_directories(inside("d"));
    put("x", "inside");
    put("y", "inside");
    write(dir_.file("file"), "inside");
    std::filesystem::create_directories(dir_.file("aside"));
  }

  // One round of everything it can do. A rename puts one thing in the place of another at once.
  void swap_everything() const {
    const std::string x = inside("x");
    const std::string y = inside("y");
    const std::string d = inside("d");
    const std::string next = dir_.file("aside/next");
    const std::string away = dir_.file("aside/d");
    ::symlink(outside("canary").c_str(), next.c_str());
    ::rename(next.c_str(), x.c_str());
    ::link(outside("canary").c_str(), next.c_str());
    ::rename(next.c_str(), x.c_str());
    ::unlink(x.c_str());
    ::symlink(outside("canary").c_str(), next.c_str());
    ::rename(next.c_str(), y.c_str());
    ::rename(d.c_str(), away.c_str());
    ::symlink(outside("").c_str(), d.c_str());
    make_file(next);
    ::rename(next.c_str(), x.c_str());
    ::symlink(outside("canary").c_str(), next.c_str());
    ::rename(next.c_str(), x.c_str());
    make_file(next);
    ::rename(next.c_str(), x.c_str());
    ::unlink(d.c_str());
    ::rename(away.c_str(), d.c_str());
    make_file(next);
    ::rename(next.c_str(), y.c_str());
  }

  static void make_file(const std::string& path) {
    const int fd = ::open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    static_cast<void>(!::write(fd, "inside", 6));
    ::close(fd);
  }

  void note(bool done) { done_ += done ? 1U : 0U; }

  // What a guest may try, the n-th time.
  void attempt(SkillFiles& files, std::size_t n) {
    switch (n % 8) {
      case 0:
      case 1:
        if (auto file = files.open({.at = at("x"),
                                    .use = FileUse::kReadWrite,
                                    .if_missing = IfMissing::kCreate,
                                    .if_there = IfThere::kTruncate})) {
          note((*file)->write_at(as_bytes("EVIL"), 0).has_value());
        }
        break;
      case 2:
        if (auto file = files.open({.at = at("x"), .use = FileUse::kWrite})) {
          note((*file)->append(as_bytes("EVIL")).has_value());
        }
        break;
      case 3:
        if (auto file = files.open({.at = at("y")})) {
          std::array<std::uint8_t, 16> buffer{};
          const std::size_t bytes = (*file)->read_at(buffer, 0).value_or(0);
          if (as_text(buffer).substr(0, bytes).starts_with("outside")) ++escapes_;
          ++done_;
        }
        break;
      case 4:
        note(files.open({.at = at("d/new"), .use = FileUse::kWrite, .if_missing = IfMissing::kCreate}).has_value());
        break;
      case 5:
        note(files.remove(at("d/victim"), Removal::kEither).has_value());
        note(files.remove(at("d/new"), Removal::kEither).has_value());
        break;
      case 6:
        note(files.make_directory(at("d/sub")).has_value());
        note(files.rename(at("d/sub"), "d/other").has_value());
        note(files.remove(at("d/other"), Removal::kDirectory).has_value());
        break;
      default:
        note(files.set_times(at("x"), {.modified = std::chrono::milliseconds(1)}).has_value());
        break;
    }
  }

  // Looks first, as careful programs do, and then uses the same path.
  void naive_attempt() const {
    struct stat status{};
    const std::string path = inside("x");
    if (::lstat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode) || status.st_nlink != 1) return;
    const int fd = ::open(path.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC);
    if (fd < 0) return;
    static_cast<void>(!::write(fd, "EVIL", 4));
    ::close(fd);
  }

  [[nodiscard]] bool canary_is_whole() const {
    struct stat status{};
    return ::stat(outside("canary").c_str(), &status) == 0 && status.st_size == 7;
  }

  std::size_t done_ = 0;
  std::size_t escapes_ = 0;
};

// F02, F03, F05
TEST_F(PathRace, NoAttemptTouchesAnythingOutside) {
  const std::size_t attempts = testing::scaled(1'000'000);
  std::size_t tried = 0;
  {
    const std::jthread adversary([&](const std::stop_token& stop) {
      while (!stop.stop_requested()) swap_everything();
    });
    SkillFiles files = make();
    for (; tried < attempts && escapes_ == 0; ++tried) {
      attempt(files, tried);
      if (tried % 256 == 0 && outside_state() != outside_before_) ++escapes_;
    }
  }
  EXPECT_EQ(escapes_, 0U) << "within " << tried << " attempts";
  EXPECT_EQ(outside_state(), outside_before_);
  EXPECT_GT(done_, attempts / 100);  // it is no test of refusals alone
  fmt::print("{} attempts, {} operations done, {} escapes\n", tried, done_, escapes_);
}

// Without this the test above would say nothing: the adversary is able.
TEST_F(PathRace, ANaiveProgramIsLedOutside) {
  const std::size_t most = 2'000'000;
  std::size_t tried = 0;
  const std::jthread adversary([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) swap_everything();
  });
  for (; tried < most && canary_is_whole(); ++tried) naive_attempt();
  EXPECT_LT(tried, most);
  fmt::print("a naive program was led outside after {} attempts\n", tried);
}

}  // namespace
}  // namespace palyra::files
