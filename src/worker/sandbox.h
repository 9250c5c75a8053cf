// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the kernel forbids this process, for good. docs/runtime.md, "Compiling".

namespace palyra::worker {

// Landlock, as far as this kernel has it: no file is opened, made, removed or executed, no TCP port bound or connected
// to, no signal sent to, and no abstract socket reached of a process outside. Of the calling thread and those that it
// makes. Needs a free descriptor, and PR_SET_NO_NEW_PRIVS before. False: it is there and could not be entered.
bool forbid_files_and_network();

// seccomp, of all threads: from here on the process computes, reads and writes what is open, and ends. To open a
// file fails with EACCES. Any other system call, and memory that is or becomes executable, kills it by SIGSYS. False:
// it could not be set.
bool allow_only_computing();

}  // namespace palyra::worker
