// SPDX-License-Identifier: Apache-2.0
// Each case in a child of its own, which says by how it ends what the kernel let it do.
#include "sandbox.h"

#include "process_limits.h"

#include <palyra/base/testing.h>

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <functional>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace palyra::worker {
namespace {

constexpr int kDone = 0;
constexpr int kRefused = 1;  // with EACCES or EPERM
constexpr int kOther = 2;
constexpr int kNotEntered = 3;

using Act = std::function<long()>;  // negative, with errno: it was not done

struct Case {
  const char* name;
  Act act;
};

// How a child ends that has entered by `enter` and then does `act`.
int end_of(const std::function<bool()>& enter, const Act& act) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || !enter()) ::_exit(kNotEntered);
    const bool done = act() >= 0;
    const bool refused = errno == EACCES || errno == EPERM;
    ::_exit(done ? kDone : refused ? kRefused : kOther);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return status;
}

::testing::AssertionResult ends_with(int status, int code) {
  if (WIFEXITED(status) && WEXITSTATUS(status) == code) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "status " << status;
}

::testing::AssertionResult is_killed(int status) {
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "status " << status;
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

long connect_to(std::uint16_t port) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM, 0);
  const sockaddr_in address = loopback(port);
  return ::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

// A port of this process that listens.
class Listener {
 public:
  Listener() : descriptor_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = loopback(0);
    EXPECT_EQ(::bind(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(descriptor_, 8), 0);
    socklen_t size = sizeof address;
    EXPECT_EQ(::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener() { ::close(descriptor_); }
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  int descriptor_;
  std::uint16_t port_ = 0;
};

long landlock_version() { return ::syscall(SYS_landlock_create_ruleset, nullptr, 0, 1); }

bool nothing() { return true; }

TEST(LandlockTest, NoFileIsOpenedMadeRemovedOrRun) {
  if (landlock_version() < 1) GTEST_SKIP() << "this kernel has no Landlock";
  const testing::TempDir directory;
  const std::string file = directory.file("file");
  const std::string other = directory.file("other");
  ASSERT_EQ(::close(::open(file.c_str(), O_CREAT | O_WRONLY, 0600)), 0);
  const std::vector<Case> cases{
      {.name = "read", .act = [&] { return ::open(file.c_str(), O_RDONLY); }},
      {.name = "write", .act = [&] { return ::open(file.c_str(), O_WRONLY); }},
      {.name = "list", .act = [&] { return ::open(directory.path().c_str(), O_RDONLY | O_DIRECTORY); }},
      {.name = "make", .act = [&] { return ::open(other.c_str(), O_CREAT | O_WRONLY, 0600); }},
      {.name = "make directory", .act = [&] { return ::mkdir((other + "2").c_str(), 0700); }},
      {.name = "link", .act = [&] { return ::symlink("x", (other + "3").c_str()); }},
      {.name = "run",
       .act =
           [] {
             std::array<char*, 1> none{nullptr};
             return ::execve("/bin/true", none.data(), none.data());
           }},
      {.name = "remove", .act = [&] { return ::unlink(file.c_str()); }},
  };
  for (const Case& each : cases)
    EXPECT_TRUE(ends_with(end_of(forbid_files_and_network, each.act), kRefused)) << each.name;
  for (const Case& each : cases) EXPECT_TRUE(ends_with(end_of(nothing, each.act), kDone)) << each.name;
}

// A directory, because the worker has no descriptor left for a file.
TEST(LandlockTest, TheWorkerEntersItWithItsLimits) {
  if (landlock_version() < 1) GTEST_SKIP() << "this kernel has no Landlock";
  const testing::TempDir directory;
  const auto enter = [] {
    return give_up_privileges({.cpu_seconds = 10, .address_space_bytes = std::uint64_t{1} << 40U});
  };
  EXPECT_TRUE(ends_with(end_of(enter, [&] { return ::mkdir(directory.file("new").c_str(), 0700); }), kRefused));
  EXPECT_TRUE(ends_with(end_of(enter, [] { return 0; }), kDone));
}

TEST(LandlockTest, NoConnectionIsMade) {
  if (landlock_version() < 4) GTEST_SKIP() << "this kernel's Landlock knows no TCP";
  const Listener listener;
  const Act connect = [&] { return connect_to(listener.port()); };
  EXPECT_TRUE(ends_with(end_of(forbid_files_and_network, connect), kRefused));
  EXPECT_TRUE(ends_with(end_of(nothing, connect), kDone));
}

TEST(LandlockTest, NoOtherProcessIsSignalled) {
  if (landlock_version() < 6) GTEST_SKIP() << "this kernel's Landlock knows no signals";
  const pid_t parent = ::getpid();
  const Act signal = [parent] { return ::kill(parent, 0); };
  EXPECT_TRUE(ends_with(end_of(forbid_files_and_network, signal), kRefused));
  EXPECT_TRUE(ends_with(end_of(nothing, signal), kDone));
}

long map(int protection) {
  return ::mmap(nullptr, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0;
}

TEST(SeccompTest, ComputingReadingAndWritingGoOn) {
  const Act compute = [] {
    std::vector<std::vector<int>> numbers;
    for (int i = 0; i < 1'000; ++i) numbers.emplace_back(10'000, i);
    return map(PROT_READ | PROT_WRITE) + (::write(STDERR_FILENO, "", 0)) + static_cast<long>(numbers.size());
  };
  EXPECT_TRUE(ends_with(end_of(allow_only_computing, compute), kDone));
}

TEST(SeccompTest, NoFileIsOpened) {
  const Act open = [] { return ::open("/dev/null", O_RDONLY); };
  EXPECT_TRUE(ends_with(end_of(allow_only_computing, open), kRefused));
}

TEST(SeccompTest, AnythingElseKillsTheProcess) {
  const pid_t parent = ::getpid();
  const std::vector<Case> cases{
      {.name = "socket", .act = [] { return ::socket(AF_UNIX, SOCK_STREAM, 0); }},
      {.name = "fork", .act = [] { return ::fork(); }},
      {.name = "execve",
       .act =
           [] {
             std::array<char*, 1> none{nullptr};
             return ::execve("/bin/true", none.data(), none.data());
           }},
      {.name = "kill", .act = [=] { return ::kill(parent, 0); }},
      {.name = "tgkill of another", .act = [=] { return ::syscall(SYS_tgkill, parent, parent, 0); }},
      {.name = "ptrace", .act = [=] { return ::ptrace(PTRACE_SEIZE, parent, 0, 0); }},
      {.name = "process_vm_readv", .act = [=] { return ::syscall(SYS_process_vm_readv, parent, 0, 0, 0, 0, 0); }},
      {.name = "executable memory", .act = [] { return map(PROT_READ | PROT_EXEC); }},
      {.name = "memory made executable",
       .act =
           [] {
             void* const page = ::mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
             return ::mprotect(page, 4096, PROT_READ | PROT_EXEC);
           }},
      {.name = "memfd_create", .act = [] { return ::memfd_create("x", 0); }},
      {.name = "io_uring_setup", .act = [] { return ::syscall(SYS_io_uring_setup, 1, nullptr); }},
      {.name = "prctl", .act = [] { return ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); }},
      {.name = "setrlimit", .act = [] { return ::syscall(SYS_prlimit64, 0, 0, nullptr, nullptr); }},
  };
  for (const Case& each : cases) EXPECT_TRUE(is_killed(end_of(allow_only_computing, each.act))) << each.name;
}

// The worker's main thread waits while another works.
TEST(SeccompTest, HoldsForThreadsThatRunAlready) {
  const auto enter_elsewhere = [] {
    bool entered = false;
    std::thread([&] { entered = allow_only_computing(); }).join();
    return entered;
  };
  EXPECT_TRUE(is_killed(end_of(enter_elsewhere, [] { return ::socket(AF_UNIX, SOCK_STREAM, 0); })));
}

TEST(SeccompTest, AnAbortIsSeenAsOne) {
  const int status = end_of(allow_only_computing, []() -> long { std::abort(); });
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT) << status;
}

}  // namespace
}  // namespace palyra::worker
