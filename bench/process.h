// SPDX-License-Identifier: Apache-2.0
#pragma once
// What this process and others cost the machine.

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace palyra::bench {

std::chrono::nanoseconds process_cpu();  // of all threads
std::chrono::nanoseconds thread_cpu();   // of this one

// A line of /proc/self/status: "VmRSS:".
std::int64_t status_kib(const std::string& key);

// How far above its beginning this process's resident memory has been since this was made.
class MemoryGrowth {
 public:
  MemoryGrowth();
  [[nodiscard]] std::int64_t kib() const { return status_kib("VmHWM:") - before_; }

 private:
  std::int64_t before_;
};

// A directory that goes with this.
class WorkDirectory {
 public:
  WorkDirectory();
  WorkDirectory(const WorkDirectory&) = delete;
  WorkDirectory& operator=(const WorkDirectory&) = delete;
  ~WorkDirectory();
  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// What the program wrote to its standard output; it must end well. With `environment` and no other variables.
std::string run_program(const std::vector<std::string>& line, const std::vector<std::string>& environment);

// A program of this build.
std::string program_beside(const std::string& name);

}  // namespace palyra::bench
