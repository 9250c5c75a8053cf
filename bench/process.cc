// SPDX-License-Identifier: Apache-2.0
#include "process.h"

#include <palyra/base/check.h>
#include <palyra/base/unique_fd.h>

#include <array>
#include <cstdlib>
#include <ctime>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <spawn.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace palyra::bench {
namespace {

std::chrono::nanoseconds read_clock(clockid_t clock) {
  timespec now{};
  PALYRA_CHECK(::clock_gettime(clock, &now) == 0);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> all;
  for (std::string& word : words) all.push_back(word.data());
  all.push_back(nullptr);
  return all;
}

std::string read_all(int fd) {
  std::string text;
  std::array<char, 4'096> piece{};
  for (ssize_t bytes = 0; (bytes = ::read(fd, piece.data(), piece.size())) > 0;) {
    text.append(piece.data(), static_cast<std::size_t>(bytes));
  }
  return text;
}

}  // namespace

std::chrono::nanoseconds process_cpu() { return read_clock(CLOCK_PROCESS_CPUTIME_ID); }
std::chrono::nanoseconds thread_cpu() { return read_clock(CLOCK_THREAD_CPUTIME_ID); }

std::int64_t status_kib(const std::string& key) {
  std::ifstream file("/proc/self/status");
  for (std::string word; file >> word;) {
    std::int64_t value = 0;
    if (word == key && file >> value) return value;
  }
  return 0;
}

MemoryGrowth::MemoryGrowth() : before_(status_kib("VmRSS:")) {
  std::ofstream("/proc/self/clear_refs") << 5;  // the peak begins anew
}

WorkDirectory::WorkDirectory() {
  std::string pattern = (std::filesystem::temp_directory_path() / "palyra-bench-XXXXXX").string();
  PALYRA_CHECK(::mkdtemp(pattern.data()) != nullptr);
  path_ = std::move(pattern);
}

WorkDirectory::~WorkDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string run_program(const std::vector<std::string>& line, const std::vector<std::string>& environment) {
  std::array<int, 2> ends{};
  PALYRA_CHECK(::pipe2(ends.data(), O_CLOEXEC) == 0);
  const UniqueFd output(ends[0]);
  UniqueFd input(ends[1]);
  posix_spawn_file_actions_t actions;
  PALYRA_CHECK(::posix_spawn_file_actions_init(&actions) == 0);
  PALYRA_CHECK(::posix_spawn_file_actions_adddup2(&actions, input.get(), STDOUT_FILENO) == 0);
  std::vector<std::string> words = line;
  std::vector<std::string> variables = environment;
  pid_t child = 0;
  PALYRA_CHECK(::posix_spawn(&child, line.front().c_str(), &actions, nullptr, pointers(words).data(),
                             pointers(variables).data()) == 0);
  PALYRA_CHECK(::posix_spawn_file_actions_destroy(&actions) == 0);
  input.reset();
  std::string text = read_all(output.get());
  int status = 0;
  PALYRA_CHECK(::waitpid(child, &status, 0) == child);
  PALYRA_CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  return text;
}

std::string program_beside(const std::string& name) {
  return std::filesystem::read_symlink("/proc/self/exe").replace_filename(name).string();
}

}  // namespace palyra::bench
