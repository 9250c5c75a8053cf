// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace palyra::cli {

// The whole program; the result is its exit status.
int run_program(int argc, char** argv);

}  // namespace palyra::cli
