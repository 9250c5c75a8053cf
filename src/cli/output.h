// SPDX-License-Identifier: Apache-2.0
#pragma once
// Everything that reaches standard output and standard error: for people or as JSON, with colour or without.
// Source: docs/cli.md.

#include "report.h"

#include <palyra/app/services.h>

#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace palyra::cli {

enum class OutputStyle : std::uint8_t { kPeople, kJson };

class Output {
 public:
  explicit Output(OutputStyle style) : style_(style) {}

  [[nodiscard]] OutputStyle style() const { return style_; }
  // Prints all of it and gives the exit status, which is that of a full disk when standard output takes no more.
  int finish(std::string_view command, const Report& report);
  // A line on standard error, of our own words.
  void note(const std::string& line);
  void warn(const std::string& line);

 private:
  void print_failure(const Failure& failure);

  OutputStyle style_;
};

// A line on standard error for what takes more than 100 ms; on a terminal it goes away again.
class Progress final : public app::ActivitySink {
 public:
  void begin(std::string_view what) override;
  void end() override;

 private:
  std::jthread thread_;
};

// Whether people look at this descriptor, and whether they want colour there (NO_COLOR, TERM=dumb).
bool is_terminal(int descriptor);
bool wants_colour(int descriptor);

}  // namespace palyra::cli
