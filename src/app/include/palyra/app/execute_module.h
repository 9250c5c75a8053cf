// SPDX-License-Identifier: Apache-2.0
#pragma once
// One call: arguments in, output or a typed failure out, and a record of what it used either way.
// Source: docs/guest-abi.md, "Calling convention" and "Errors that a caller sees".

#include <palyra/app/run_error.h>
#include <palyra/app/services.h>
#include <palyra/app/tool_version.h>
#include <palyra/base/cancellation.h>
#include <palyra/capability/run_record.h>
#include <palyra/runtime/limits.h>

#include <optional>
#include <string>
#include <vector>

namespace palyra::app {

enum class OutputForm : std::uint8_t {
  kJson,   // conforms to the tool's output schema, or is the exit code of an older module
  kText,   // UTF-8
  kBytes,  // not UTF-8
};

struct ToolOutput {
  OutputForm form = OutputForm::kText;
  Bytes bytes;
  std::vector<host::ContentPart> parts;
};

struct ModuleCall {
  const ToolVersion& tool;
  BytesView arguments;  // JSON text of one object
  runtime::RunLimits limits;
  std::string run_id;
  SteadyTime started;  // when the request arrived
  Cancellation cancel{};
  // What the guest is shown instead of the services' own; null: those.
  const Clock* guest_clock = nullptr;
  host::RandomSource* guest_random = nullptr;
  capability::HttpPort* guest_http = nullptr;
  const capability::SecretPort* guest_secrets = nullptr;
  host::ProgressSink* progress = nullptr;
  // Null: no secret is there but those of `guest_secrets`.
  VaultAccess* vault = nullptr;
};

struct Execution {
  std::string run_id;
  std::optional<RunError> error;
  ToolOutput output;            // empty when there is an error
  std::string failure_message;  // what the guest wrote about its failure, byte for byte; perhaps nothing
  capability::RunRecord record;
};

// Order of checks: size of the arguments, JSON and input schema; module; imports; the vault; then the run, and last the
// output against its schema. Nothing of a module is compiled for arguments that do not fit.
Execution execute_module(const Services& services, ModuleCall call);

}  // namespace palyra::app
