// SPDX-License-Identifier: Apache-2.0
#include <palyra/base/file.h>
#include <palyra/runtime/pool.h>

#include <palyra_rust.h>

#include <algorithm>

namespace palyra::runtime {
namespace {

constexpr std::size_t kMostBytes = 64 * 1024;

// Empty when it cannot be read.
std::string content(const std::string& path) {
  const auto bytes = read_file(path, kMostBytes);
  return bytes ? std::string(as_text(*bytes)) : std::string();
}

// "0::/user.slice": where the process is in the one hierarchy of version 2.
std::string cgroup_directory() {
  const std::string text = content("/proc/self/cgroup");
  constexpr std::string_view kUnified = "0::";
  const std::size_t at = text.find(kUnified);
  if (at == std::string::npos) return {};
  const std::size_t begin = at + kUnified.size();
  return "/sys/fs/cgroup" + text.substr(begin, text.find('\n', begin) - begin);
}

}  // namespace

// One line is its heading. Nothing at all is a file that could not be read.
bool has_no_swap(const SwapFacts& facts) { return std::ranges::count(facts.swaps, '\n') == 1; }

KeptPages kept_pages(const SwapFacts& facts) {
  return facts.scan_available && has_no_swap(facts) ? KeptPages::kFew : kept_pages_after_change(facts);
}

KeptPages kept_pages_after_change(const SwapFacts& facts) {
  const bool forbidden = facts.cgroup_limit == "0\n";
  return facts.scan_available && forbidden ? KeptPages::kFew : KeptPages::kNone;
}

SwapFacts swap_facts() {
  const std::string directory = cgroup_directory();
  return {.swaps = content("/proc/swaps"),
          .cgroup_limit = directory.empty() ? std::string() : content(directory + "/memory.swap.max"),
          .scan_available = palyra_rust_pagemap_scan_available()};
}

}  // namespace palyra::runtime
