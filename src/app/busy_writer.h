// SPDX-License-Identifier: Apache-2.0
#pragma once
// Another process that holds a database's locks of a writer and does not end.

#include <palyra/base/testing.h>

#include <csignal>
#include <fcntl.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

namespace palyra::app {

// From here until `release`.
class BusyWriter {
 public:
  explicit BusyWriter(const std::string& database) {
    int locked[2] = {-1, -1};
    EXPECT_EQ(::pipe(locked), 0);
    pid_ = ::fork();
    if (pid_ == 0) hold(database.c_str(), locked[1]);
    char said = 0;
    EXPECT_EQ(::read(locked[0], &said, 1), 1);
    EXPECT_EQ(said, 'y');
    ::close(locked[0]);
    ::close(locked[1]);
  }
  BusyWriter(const BusyWriter&) = delete;
  BusyWriter& operator=(const BusyWriter&) = delete;
  ~BusyWriter() { release(); }

  void release() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

 private:
  [[noreturn]] static void hold(const char* database, int told) {
    struct flock lock{};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    lock.l_start = 0x4000'0000;  // the lock bytes of SQLite's file format
    lock.l_len = 512;
    const int file = ::open(database, O_RDWR | O_CLOEXEC);
    const char said = ::fcntl(file, F_SETLK, &lock) == 0 ? 'y' : 'n';
    if (::write(told, &said, 1) != 1) ::_exit(1);
    for (;;) ::pause();
  }

  pid_t pid_ = 0;
};

}  // namespace palyra::app
