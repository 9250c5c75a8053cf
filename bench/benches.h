// SPDX-License-Identifier: Apache-2.0
#pragma once
// What is measured: one verb of `./dev bench` each. docs/performance.md says how to read it.

#include "report.h"

#include <string>
#include <vector>

namespace palyra::bench {

void bench_calls(Report& report);
void bench_first(Report& report);
void bench_deadlines(Report& report);
void bench_compiles(Report& report);

// For bench_first, in a process of its own: this process's resident memory after `count` tools "bench.many-<n>.t" were
// called, in KiB.
void print_resident(const std::string& state_root, const std::string& code_directory, const std::string& count);

}  // namespace palyra::bench
