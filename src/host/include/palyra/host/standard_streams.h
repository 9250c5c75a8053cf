// SPDX-License-Identifier: Apache-2.0
#pragma once
// What stands behind file descriptors 0, 1 and 2 of a WASI program. docs/guest-abi.md 2, 6.

#include <palyra/base/bytes.h>
#include <palyra/host/guest_log.h>

#include <cstddef>
#include <cstdint>
#include <string>

namespace palyra::host {

// Standard input and what was written to standard error; standard output belongs to the call (CallState), unless it is
// logged.
class StandardStreams {
 public:
  static constexpr std::size_t kErrorTailBytes = std::size_t{8} * 1024;

  StandardStreams(BytesView input, GuestLog& log) : input_(input), output_log_(log), error_log_(log) {}

  [[nodiscard]] std::size_t input_left() const { return input_.size(); }
  // At most `bytes` of what is left of standard input.
  BytesView read_input(std::size_t bytes);
  void log_output(std::string_view text) { output_log_.write(text); }
  void write_error(std::string_view text);

  // Logs lines without an end.
  void finish();
  // The last kErrorTailBytes of standard error, from the start of a code point.
  [[nodiscard]] std::string error_tail() const;

 private:
  BytesView input_;
  LogStream output_log_;
  LogStream error_log_;
  std::string error_tail_;  // the last kErrorTailBytes and a little more
};

}  // namespace palyra::host
