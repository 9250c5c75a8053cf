// SPDX-License-Identifier: Apache-2.0
#pragma once
// Everything that reaches standard output and standard error: for people or as JSON, with colour or without.
// Source: docs/cli.md.

#include "report.h"

#include <palyra/app/services.h>
#include <palyra/base/clock.h>
#include <palyra/host/call_state.h>

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
  // Prints all of it and gives the exit status: that of the report's failure, if it has one, else that of a full disk
  // when standard output takes no more. There is one error at most.
  int finish(std::string_view command, const Report& report);
  // A part of the result now, on standard output, for commands that go on; nothing with --json.
  void say(const std::string& text);
  // A failure that is no end.
  void complain(const Failure& failure) { print_failure(failure); }
  // A line on standard error, of our own words.
  void note(const std::string& line);
  void warn(const std::string& line);

 private:
  void print_failure(const Failure& failure);

  OutputStyle style_;
};

// A line on standard error for the outermost activity that takes more than 100 ms; on a terminal it goes away again.
// What a guest says about its progress is such a line too, once the program has run that long. Nothing with --json.
class Progress final : public app::ActivitySink, public host::ProgressSink {
 public:
  explicit Progress(OutputStyle style) : style_(style) {}
  void begin(std::string_view what) override;
  void end() override;
  void progress(const host::Progress& progress) override;
  // Takes the guest's line from the terminal.
  void clear();

 private:
  OutputStyle style_;
  SteadyTime started_ = SystemClock().steady();
  bool shown_ = false;  // a guest's line stands on the terminal
  std::size_t depth_ = 0;
  std::jthread thread_;
};

// Whether people look at this descriptor, and whether they want colour there (NO_COLOR, TERM=dumb).
bool is_terminal(int descriptor);
bool wants_colour(int descriptor);

}  // namespace palyra::cli
