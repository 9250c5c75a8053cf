// SPDX-License-Identifier: Apache-2.0
// Calls one installed tool from two threads at the same time. Ctrl-C cancels both calls.
#include <palyra/app/installation.h>
#include <palyra/app/tool_host.h>
#include <palyra/base/bytes.h>
#include <palyra/base/utf8.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <unistd.h>

namespace {

std::atomic<bool> cancelled{false};

// In the thread that calls: a Tool is one thread's.
palyra::app::Execution call(palyra::app::ToolHost& host, const char* id, const char* arguments) {
  palyra::app::ToolHost::Tool tool = host.tool(id);
  return tool.call({.arguments = palyra::as_bytes(arguments), .cancel = &cancelled});
}

// What the tool says of its failure is a stranger's text, and so is its output, which goes out byte for byte.
bool show(const palyra::app::Execution& done) {
  if (done.error) {
    fmt::print(stderr, "embed: {}: {}\n", to_text(done.error->kind), done.error->error.describe());
    for (const std::string& advice : done.error->error.next()) fmt::print(stderr, "  {}\n", advice);
    if (!done.failure_message.empty()) fmt::print(stderr, "  {}\n", palyra::printable(done.failure_message));
    return false;
  }
  fmt::print("{}\n", palyra::as_text(done.output.bytes));
  return true;
}

}  // namespace

int main(int count, char** words) {
  if (count != 5) {
    fmt::print(stderr, "usage: embed STATE_ROOT TOOL JSON JSON\n");
    return 2;
  }
  std::signal(SIGINT, [](int) { cancelled = true; });
  palyra::app::Installation installation({.state_root = std::filesystem::absolute(words[1]).string(),
                                          .actor = fmt::format("uid {} (embed)", ::getuid()),
                                          .worker = PALYRA_WORKER,
                                          .pool = palyra::runtime::PoolOptions{.slots = 2}});
  palyra::app::ToolHost host(installation.services());
  std::array<palyra::app::Execution, 2> done;
  {
    std::jthread other([&] { done[1] = call(host, words[2], words[4]); });
    done[0] = call(host, words[2], words[3]);
  }
  const bool first = show(done[0]);
  return show(done[1]) && first ? EXIT_SUCCESS : EXIT_FAILURE;
}
