// SPDX-License-Identifier: Apache-2.0
#include "output.h"

#include <palyra/base/file.h>
#include <palyra/base/utf8.h>

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <stop_token>
#include <unistd.h>

namespace palyra::cli {
namespace {

constexpr std::int64_t kSchemaVersion = 1;
constexpr std::size_t kMaxShownBytes = 8 * 1024;
constexpr std::chrono::milliseconds kPatience{100};
constexpr const char* kClearLine = "\r\x1b[K";

void write_error_line(const std::string& line) {
  // Nobody is left to tell when standard error is closed.
  static_cast<void>(std::fputs((line + "\n").c_str(), stderr));
}

std::string coloured(std::string_view text, std::string_view code) {
  if (!wants_colour(STDERR_FILENO)) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

Json texts(std::span<const std::string> lines) {
  Json::Array array;
  for (const std::string& line : lines) array.emplace_back(printable(line, kMaxShownBytes));
  return array;
}

Json error_json(const Failure& failure) {
  Json error;
  error.set("code", failure.error.code().id);
  error.set("kind", failure.kind);
  error.set("message", printable(failure.error.message(), kMaxShownBytes));
  error.set("context", texts(failure.error.context()));
  error.set("next", texts(failure.error.next()));
  Json line;
  line.set("schema_version", kSchemaVersion);
  line.set("error", std::move(error));
  if (!failure.record.is_null()) line.set("record", failure.record);
  return line;
}

}  // namespace

bool is_terminal(int descriptor) { return ::isatty(descriptor) == 1; }

bool wants_colour(int descriptor) {
  const char* no_colour = std::getenv("NO_COLOR");  // NOLINT(concurrency-mt-unsafe): nothing sets variables
  const char* terminal = std::getenv("TERM");       // NOLINT(concurrency-mt-unsafe)
  const bool refused = no_colour != nullptr && *no_colour != '\0';
  const bool dumb = terminal != nullptr && std::string_view(terminal) == "dumb";
  return !refused && !dumb && is_terminal(descriptor);
}

int Output::finish(std::string_view command, const Report& report) {
  std::string out;
  if (style_ == OutputStyle::kPeople) {
    out = report.text;
  } else if (!report.result.is_null()) {
    Json document;
    document.set("schema_version", kSchemaVersion);
    document.set("command", command);
    document.set("result", report.result);
    out = to_text(document, JsonStyle::kCompact) + "\n";
  }
  const bool written = std::fwrite(out.data(), 1, out.size(), stdout) == out.size() && std::fflush(stdout) == 0;
  std::optional<Failure> failure = report.failure;
  if (!written && failure) failure->error = std::move(failure->error).with_context("and standard output takes no more");
  if (!written && !failure) failure = failure_of(Error(kFileFailed, "standard output takes no more"));
  if (report.afterwards) {
    auto done = report.afterwards(written ? Printed::kYes : Printed::kNo);
    if (!done && !failure) failure = failure_of(std::move(done).error());
  }
  if (!failure) return report.exit;
  print_failure(*failure);
  return failure->exit;
}

void Output::say(const std::string& text) {
  if (style_ == OutputStyle::kJson) return;
  static_cast<void>(std::fputs(text.c_str(), stdout));
  static_cast<void>(std::fflush(stdout));
}

void Output::note(const std::string& line) { write_error_line(line); }

void Output::warn(const std::string& line) {
  if (style_ == OutputStyle::kPeople) write_error_line(coloured("warning: ", "33") + printable(line, kMaxShownBytes));
}

void Output::print_failure(const Failure& failure) {
  if (style_ == OutputStyle::kJson) {
    write_error_line(to_text(error_json(failure)));
    return;
  }
  const Error& error = failure.error;
  write_error_line(fmt::format("{}{} [{}]", coloured("error: ", "1;31"), printable(error.message(), kMaxShownBytes),
                               error.code().id));
  for (const std::string& context : error.context()) write_error_line("  " + printable(context, kMaxShownBytes));
  for (const std::string& next : error.next()) {
    write_error_line(coloured("  next: ", "36") + printable(next, kMaxShownBytes));
  }
}

void Progress::begin(std::string_view what) {
  if (depth_++ > 0 || style_ == OutputStyle::kJson) return;
  thread_ = std::jthread([text = std::string(what)](const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any changed;
    std::unique_lock lock(mutex);
    changed.wait_for(lock, stop, kPatience, [&stop] { return stop.stop_requested(); });
    if (stop.stop_requested()) return;
    const bool terminal = is_terminal(STDERR_FILENO);
    static_cast<void>(std::fputs((text + (terminal ? " ..." : " ...\n")).c_str(), stderr));
    changed.wait(lock, stop, [] { return false; });
    if (terminal) static_cast<void>(std::fputs(kClearLine, stderr));
  });
}

void Progress::end() {
  if (--depth_ == 0) thread_ = {};
}

void Progress::progress(const host::Progress& progress) {
  if (style_ == OutputStyle::kJson || SystemClock().steady() - started_ < kPatience) return;
  const std::string total = progress.total == 0 ? "" : fmt::format("/{}", progress.total);
  const std::string line =
      fmt::format("{}{}{}{}", printable(progress.text), progress.text.empty() ? "" : "  ", progress.done, total);
  const bool terminal = is_terminal(STDERR_FILENO);
  static_cast<void>(std::fputs(terminal ? (kClearLine + line).c_str() : (line + "\n").c_str(), stderr));
  shown_ = terminal;
}

void Progress::clear() {
  if (shown_) static_cast<void>(std::fputs(kClearLine, stderr));
  shown_ = false;
}

}  // namespace palyra::cli
