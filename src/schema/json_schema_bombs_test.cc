// SPDX-License-Identifier: Apache-2.0
// Whatever a schema and a document are made of, together they are refused or answered in little time and memory.
#include "json_schema_bombs.h"

#include <palyra/base/sanitized.h>
#include <palyra/base/testing.h>
#include <palyra/schema/json_schema.h>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <malloc.h>
#include <map>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace palyra::schema {
namespace {

// A sanitizer's own time and memory are not ours.
constexpr double kTimes = kSanitized ? 100 : 1;
constexpr double kMilliseconds = 100 * kTimes;
constexpr double kMebibytes = 64 * kTimes;

struct Measured {
  std::array<char, 64> verdict{};  // "conforms", "does not conform" or the code of a refusal
  double compile_ms = 0;
  double validate_ms = 0;
  double mebibytes = 0;
};

double processor_ms() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto ms = [](const timeval& t) {
    return (static_cast<double>(t.tv_sec) * 1e3) + (static_cast<double>(t.tv_usec) / 1e3);
  };
  return ms(usage.ru_utime) + ms(usage.ru_stime);
}

double status_mebibytes(std::string_view key) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(key)) {
      return std::stod(line.substr(key.size() + 1)) / 1024;
    }
  }
  return 0;
}

Measured measure(const Bomb& bomb) {
  Measured out;
  const auto say = [&out](std::string_view verdict) {
    std::ranges::copy(verdict.substr(0, out.verdict.size() - 1), out.verdict.begin());
  };
  malloc_trim(0);
  std::ofstream("/proc/self/clear_refs") << "5";  // the peak starts here
  const double before = status_mebibytes("VmRSS:");
  const double start = processor_ms();
  const auto schema = JsonSchema::compile(as_bytes(bomb.schema));
  const double compiled = processor_ms();
  if (schema) {
    const auto verdict = schema->validate(as_bytes(bomb.document));
    say(verdict ? "conforms" : verdict.error().code().id);
  } else {
    say(schema.error().code().id);
  }
  out.compile_ms = compiled - start;
  out.validate_ms = processor_ms() - compiled;
  out.mebibytes = status_mebibytes("VmHWM:") - before;
  return out;
}

// In a process of its own, so that nothing else is measured.
Measured measure_apart(const BombFamily& family, std::size_t size) {
  std::array<int, 2> pipe_ends{};
  Measured out;
  EXPECT_EQ(pipe(pipe_ends.data()), 0);
  const pid_t child = fork();
  if (child == 0) {
    const Measured measured = measure(family.make(size));
    _exit(write(pipe_ends[1], &measured, sizeof measured) == sizeof measured ? 0 : 1);
  }
  close(pipe_ends[1]);
  const bool told = read(pipe_ends[0], &out, sizeof out) == sizeof out;
  close(pipe_ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(told && status == 0) << family.name << " " << size << ": the process died";
  return out;
}

constexpr std::array kAnswers{std::string_view("conforms"),
                              kDoesNotConform.id,
                              kTooCostly.id,
                              kTooComplex.id,
                              kTooLarge.id,
                              kTooManyValues.id,
                              kTooDeep.id,
                              kTooManySubschemas.id,
                              kChainTooLong.id,
                              kInvalidSchema.id,
                              kReferenceLoop.id};

void defuse(const std::vector<BombFamily>& families) {
  for (const BombFamily& family : families) {
    double worst_ms = 0;
    double worst_mebibytes = 0;
    std::string verdicts;
    for (const std::size_t size : family.sizes) {
      const Measured measured = measure_apart(family, size);
      const std::string_view verdict = measured.verdict.data();
      EXPECT_NE(std::ranges::find(kAnswers, verdict), kAnswers.end()) << family.name << " " << size << ": " << verdict;
      const double slower = std::max(measured.compile_ms, measured.validate_ms);
      EXPECT_LE(slower, kMilliseconds) << family.name << " " << size << ": " << verdict;
      EXPECT_LE(measured.mebibytes, kMebibytes) << family.name << " " << size << ": " << verdict;
      worst_ms = std::max(worst_ms, slower);
      worst_mebibytes = std::max(worst_mebibytes, measured.mebibytes);
      verdicts += fmt::format(" {}:{}({:.0f}+{:.0f}ms,{:.0f}M)", size, verdict, measured.compile_ms,
                              measured.validate_ms, measured.mebibytes);
    }
    fmt::print("{:<48} {:6.1f} ms {:6.1f} MiB {}\n", family.name, worst_ms, worst_mebibytes, verdicts);
    std::fflush(stdout);
  }
}

TEST(JsonSchemaBombTest, SchemasAreRefusedOrAnswerIn100Milliseconds) { defuse(schema_bombs()); }
TEST(JsonSchemaBombTest, PatternsAreRefusedOrAnswerIn100Milliseconds) { defuse(pattern_bombs()); }
// M11
TEST(JsonSchemaBombTest, DocumentsAreRefusedOrAnswerIn100Milliseconds) { defuse(document_bombs()); }

}  // namespace
}  // namespace palyra::schema
