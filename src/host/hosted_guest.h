// SPDX-License-Identifier: Apache-2.0
#pragma once
// Small guests that the runtime runs over the host's functions: what the tests of this layer are made of.

#include <palyra/base/testing.h>
#include <palyra/host/call_state.h>
#include <palyra/host/fakes.h>
#include <palyra/host/host_functions.h>
#include <palyra/runtime/runtime.h>

#include <atomic>
#include <memory>
#include <string>
#include <string_view>

namespace palyra::testing {

struct Ran {
  runtime::Outcome outcome;
  host::CallResults results;
  capability::RunRecord record;
};

// "returns 3", "exits 3", "trapped:unreachable", "exhausted:fuel", "timed_out", "cancelled", "denied".
std::string to_word(const runtime::Outcome& outcome);

// Each denial as one text: what to_text says, "needs" and the capability that would allow it, and what to do next.
std::vector<std::string> denials_of(const Ran& ran);

// The one runtime of the test process.
runtime::WasmRuntime& shared_runtime();

// A module that imports every function of the ABI table as `$<interface>.<name>` ($call.output-write, $wasi.fd_write,
// $legacy.http-count), has one page of memory and exports `run`, whose body is `body` and answers an i32. `data` are
// more fields: data segments, functions.
std::string guest_text(std::string_view body, std::string_view data = "");

class HostTest : public ::testing::Test {
 protected:
  Ran run(std::string_view body, std::string_view data = "");
  // Of a text or binary module.
  Ran run_module(BytesView wasm, std::string_view entry);
  // The same in two steps, for what runs many times.
  static std::shared_ptr<const runtime::LinkedModule> link(BytesView wasm);
  Ran run_linked(const runtime::LinkedModule& module, std::string_view entry);

  FakeClock clock;
  CountingRandom random;
  capability::CapabilityGrantSet grants;
  RecordedProgress progress;
  host::CallSetup setup{.tool_id = "demo.tool",
                        .run_id = "run-1",
                        .grants = grants,
                        .clock = clock,
                        .random = random,
                        .progress = &progress};
  runtime::RunLimits limits;
  std::atomic<bool> cancel = false;
};

}  // namespace palyra::testing
