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

KeptPages kept_pages(const SwapFacts& facts) {
  if (!facts.scan_available) return KeptPages::kNone;
  // One line is its heading. Nothing at all is a file that could not be read.
  const bool no_swap = std::ranges::count(facts.swaps, '\n') == 1;
  const bool none_of_it = facts.cgroup_limit == "0\n";
  return no_swap || none_of_it ? KeptPages::kFew : KeptPages::kNone;
}

SwapFacts swap_facts() {
  const std::string directory = cgroup_directory();
  return {.swaps = content("/proc/swaps"),
          .cgroup_limit = directory.empty() ? std::string() : content(directory + "/memory.swap.max"),
          .scan_available = palyra_rust_pagemap_scan_available()};
}

}  // namespace palyra::runtime
