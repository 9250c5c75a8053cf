// SPDX-License-Identifier: Apache-2.0
#pragma once
// How this program reads modules of strangers: in the worker, never here.

#include <palyra/runtime/worker_client.h>
#include <palyra/skills/module_inspector.h>

namespace palyra::app {

class WorkerInspector final : public skills::ModuleInspector {
 public:
  // `worker` outlives this.
  explicit WorkerInspector(const runtime::WorkerClient& worker) : worker_(worker) {}

  // The worker's verdicts in the words of admission; when it could not give one, its own error.
  [[nodiscard]] Result<capability::ModuleFacts> describe(BytesView wasm) const override;

 private:
  const runtime::WorkerClient& worker_;
};

}  // namespace palyra::app
