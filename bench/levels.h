// SPDX-License-Identifier: Apache-2.0
#pragma once
// The same call in raw Wasmtime and at three levels of Palyra, each with what those below it do not do:
//
//   raw             store, fuel, epoch, limiter, instance, call
//   invoke          runtime::WasmRuntime::invoke with a host::CallState: deadline, cancellation, run record, host
//   functions execute_module  app::execute_module: arguments against the schema, limits, ports, the output judged tool
//   app::ToolHost::Tool::call: the state's generation, run id, watch, grants, runs log

#include "raw_wasmtime.h"

#include <palyra/app/services.h>
#include <palyra/app/tool_host.h>
#include <palyra/app/tool_version.h>

#include <functional>
#include <memory>
#include <string>

namespace palyra::bench {

// Each gives a call for one thread at a time, which checks that it ended well. What is referred to outlives it.
using Call = std::function<void()>;

Call raw_call(const RawWasmtime& raw, const wasmtime_instance_pre_t* prepared, BytesView arguments);
Call invoke_call(const app::Services& services, const app::ToolVersion& tool, BytesView arguments);
Call execute_call(const app::Services& services, const app::ToolVersion& tool, BytesView arguments);
Call tool_call(app::ToolHost& host, const std::string& id, BytesView arguments);

}  // namespace palyra::bench
