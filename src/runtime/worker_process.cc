// SPDX-License-Identifier: Apache-2.0
#include "worker_process.h"

#include <palyra/base/file.h>
#include <palyra/base/utf8.h>
#include <palyra/runtime/worker_client.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace palyra::runtime {
namespace {

struct Pair {
  UniqueFd ours;  // non-blocking
  UniqueFd theirs;
};

Result<Pair> make_socket_pair() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return std::unexpected(file_error(errno, "make", "a socket for the worker"));
  }
  Pair pair{.ours = UniqueFd(ends[0]), .theirs = UniqueFd(ends[1])};
  ::fcntl(pair.ours.get(), F_SETFL, O_NONBLOCK);
  return pair;
}

Result<Pair> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return std::unexpected(file_error(errno, "make", "a pipe for the worker"));
  }
  Pair pair{.ours = UniqueFd(ends[0]), .theirs = UniqueFd(ends[1])};
  ::fcntl(pair.ours.get(), F_SETFL, O_NONBLOCK);
  return pair;
}

// Only descriptors 0, 1 and 2; every signal as it was at the beginning of the world; a process group of its own, so
// that a Ctrl-C at the terminal is this process's to handle.
class SpawnSettings {
 public:
  SpawnSettings(int socket, int diagnostics) {
    ::posix_spawn_file_actions_init(&files_);
    ::posix_spawn_file_actions_adddup2(&files_, socket, STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&files_, socket, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&files_, diagnostics, STDERR_FILENO);
    ::posix_spawn_file_actions_addclosefrom_np(&files_, STDERR_FILENO + 1);
    ::posix_spawnattr_init(&attributes_);
    sigset_t signals;
    ::sigemptyset(&signals);
    ::posix_spawnattr_setsigmask(&attributes_, &signals);
    ::sigfillset(&signals);
    ::posix_spawnattr_setsigdefault(&attributes_, &signals);
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  ~SpawnSettings() {
    ::posix_spawn_file_actions_destroy(&files_);
    ::posix_spawnattr_destroy(&attributes_);
  }

  // 0, or an errno value.
  int spawn(pid_t& process, std::vector<std::string>& words) {
    std::vector<char*> arguments;
    arguments.reserve(words.size() + 1);
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    std::array<char*, 1> environment{nullptr};
    return ::posix_spawn(&process, words.front().c_str(), &files_, &attributes_, arguments.data(), environment.data());
  }

 private:
  posix_spawn_file_actions_t files_{};
  posix_spawnattr_t attributes_{};
};

}  // namespace

Result<WorkerProcess> WorkerProcess::start(std::vector<std::string> words) {
  Pair socket = PALYRA_TRY(make_socket_pair());
  Pair diagnostics = PALYRA_TRY(make_pipe());
  pid_t process = -1;
  const int error = SpawnSettings(socket.theirs.get(), diagnostics.theirs.get()).spawn(process, words);
  if (error != 0) {
    return fail(kWorkerMissing, "cannot start the worker '{}': {}", printable(words.front()), std::strerror(error));
  }
  return WorkerProcess(process, std::move(socket.ours), std::move(diagnostics.ours));
}

WorkerProcess::~WorkerProcess() {
  if (process_ > 0) finish();
}

WorkerEnd WorkerProcess::finish() {
  ::kill(-process_, SIGKILL);  // the group: it exists as long as the process is not reaped
  int status = 0;
  rusage used{};
  while (::wait4(process_, &status, 0, &used) < 0 && errno == EINTR) {
  }
  process_ = -1;
  const auto time = [](const timeval& spent) {
    return std::chrono::seconds(spent.tv_sec) + std::chrono::microseconds(spent.tv_usec);
  };
  return {.status = status,
          .cpu = std::chrono::duration_cast<std::chrono::milliseconds>(time(used.ru_utime) + time(used.ru_stime))};
}

}  // namespace palyra::runtime
