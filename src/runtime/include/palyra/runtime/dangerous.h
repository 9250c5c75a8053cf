// SPDX-License-Identifier: Apache-2.0
#pragma once
// Tokens for what gives up isolation. Searching for this header finds every place that does.

namespace palyra::runtime {

// Parsing a stranger's module in this process: a mistake of the parser is a mistake in this process.
struct DescribeInThisProcess {
  explicit DescribeInThisProcess() = default;
};

// Compiling a stranger's module in this process: its time and memory are the module's to decide.
struct CompileInThisProcess {
  explicit CompileInThisProcess() = default;
};

}  // namespace palyra::runtime
