// SPDX-License-Identifier: Apache-2.0
#pragma once
// The command line and standard input of a WASI program, made from the JSON arguments of a call.
// Source: docs/guest-abi.md, "WASI preview 1".

#include <palyra/app/module_source.h>

#include <string>
#include <vector>

namespace palyra::app {

struct ProgramArguments {
  std::vector<std::string> arguments;  // after argv[0]
  BytesView standard_input;            // into `field_text` or the call's arguments
  Bytes field_text;                    // what standard_input points into when it is one field
};

// Without a mapping: no arguments, all of the JSON on standard input. In `args` the text `{field}` is replaced by that
// member: a string as it is, everything else as JSON. `arguments` conform to the tool's schema and outlive the result.
// Errors: kRunArguments (a field that is not there, or with a NUL).
Result<ProgramArguments> map_program_arguments(const ModuleSource& source, BytesView arguments);

}  // namespace palyra::app
