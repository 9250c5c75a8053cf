// SPDX-License-Identifier: Apache-2.0
#pragma once
// One running worker: started with nothing but its socket and its diagnostics, killed and reaped when this ends.

#include <palyra/base/bytes.h>
#include <palyra/base/error.h>
#include <palyra/base/unique_fd.h>

#include <chrono>
#include <optional>
#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace palyra::runtime {

struct WorkerEnd {
  int status;  // as waitpid gives it
  std::chrono::milliseconds cpu;
};

class WorkerProcess {
 public:
  // `words` are the program and its arguments. Errors: kWorkerMissing, kFileFailed.
  static Result<WorkerProcess> start(std::vector<std::string> words);
  WorkerProcess(WorkerProcess&& other) noexcept
      : process_(std::exchange(other.process_, -1)),
        socket_(std::move(other.socket_)),
        diagnostics_(std::move(other.diagnostics_)) {}
  WorkerProcess& operator=(WorkerProcess&&) = delete;
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;
  ~WorkerProcess();

  [[nodiscard]] int socket() const { return socket_.get(); }            // its standard input and output; non-blocking
  [[nodiscard]] int diagnostics() const { return diagnostics_.get(); }  // its standard error; non-blocking

  // Kills what is left of it and says how it ended. Once.
  WorkerEnd finish();

 private:
  WorkerProcess(pid_t process, UniqueFd socket, UniqueFd diagnostics)
      : process_(process), socket_(std::move(socket)), diagnostics_(std::move(diagnostics)) {}
  pid_t process_;
  UniqueFd socket_;
  UniqueFd diagnostics_;
};

}  // namespace palyra::runtime
