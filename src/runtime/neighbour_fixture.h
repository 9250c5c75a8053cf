// SPDX-License-Identifier: Apache-2.0
#pragma once
// What tests of hostile modules measure beside them: this process's memory, and a call that must not notice.

#include "guest_fixture.h"

#include <palyra/base/sanitized.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace palyra::runtime {

inline std::string text_of(const std::string& path) {
  std::ifstream stream(path);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// A line of /proc/self/status, in KiB.
inline std::int64_t status_value(std::string_view key) {
  const std::string status = text_of("/proc/self/status");
  const std::size_t at = status.find(key);
  return at == std::string::npos ? 0 : std::strtoll(status.c_str() + at + key.size(), nullptr, 10);
}

// How far above its beginning this process's resident memory has been since this was made.
class MemoryGrowth {
 public:
  MemoryGrowth() {
    std::ofstream("/proc/self/clear_refs") << 5;  // the peak begins anew
    before_ = status_value("VmRSS:");
  }
  [[nodiscard]] std::int64_t kib() const { return status_value("VmHWM:") - before_; }

 private:
  std::int64_t before_ = 0;
};

// Above it a module has cost this process something. A sanitizer's own memory is not the program's.
inline constexpr std::int64_t kMostGrowthKib = kSanitized ? INT64_MAX : std::int64_t{16} * 1024;

inline constexpr std::string_view kHarmless = R"((module (func (export "run") (result i32) (i32.const 42))))";

// One thread calls a harmless tool on the engine all the while.
class HarmlessNeighbour {
 public:
  HarmlessNeighbour(const WasmRuntime& runtime, std::shared_ptr<const LinkedModule> module)
      : thread_([this, &runtime, module = std::move(module)](const std::stop_token& stop) {
          do {
            const auto run =
                runtime.invoke({.module = *module, .entry = "run", .limits = {.wall_clock_timeout = kAmple}});
            const auto* returned = run ? std::get_if<Returned>(&run->outcome) : nullptr;
            good_ += returned != nullptr && returned->value == 42 ? 1 : 0;
            ++calls_;
          } while (!stop.stop_requested());
        }) {}
  // Calls and how many of them were right.
  std::pair<int, int> end() {
    thread_.request_stop();
    thread_.join();
    return {calls_, good_};
  }

 private:
  int calls_ = 0;
  int good_ = 0;
  std::jthread thread_;
};

}  // namespace palyra::runtime
