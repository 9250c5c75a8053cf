// SPDX-License-Identifier: Apache-2.0
// Imports each function of WASI preview 1 with the type that wasi-libc gives it, and calls none.
#include <wasi/api.h>

typedef void (*Function)(void);
#define NAMED(name) (Function)(__wasi_##name)

Function every[] = {
    NAMED(args_get), NAMED(args_sizes_get), NAMED(environ_get), NAMED(environ_sizes_get), NAMED(clock_res_get),
    NAMED(clock_time_get), NAMED(fd_advise), NAMED(fd_allocate), NAMED(fd_close), NAMED(fd_datasync),
    NAMED(fd_fdstat_get), NAMED(fd_fdstat_set_flags), NAMED(fd_fdstat_set_rights), NAMED(fd_filestat_get),
    NAMED(fd_filestat_set_size), NAMED(fd_filestat_set_times), NAMED(fd_pread), NAMED(fd_prestat_get),
    NAMED(fd_prestat_dir_name), NAMED(fd_pwrite), NAMED(fd_read), NAMED(fd_readdir), NAMED(fd_renumber),
    NAMED(fd_seek), NAMED(fd_sync), NAMED(fd_tell), NAMED(fd_write), NAMED(path_create_directory),
    NAMED(path_filestat_get), NAMED(path_filestat_set_times), NAMED(path_link), NAMED(path_open),
    NAMED(path_readlink), NAMED(path_remove_directory), NAMED(path_rename), NAMED(path_symlink),
    NAMED(path_unlink_file), NAMED(poll_oneoff), NAMED(proc_exit), NAMED(sched_yield), NAMED(random_get),
    NAMED(sock_accept), NAMED(sock_recv), NAMED(sock_send), NAMED(sock_shutdown)};

// Missing from some releases of wasi-libc.
__attribute__((import_module("wasi_snapshot_preview1"), import_name("proc_raise"))) int proc_raise(int signal);

int main(void) {
  volatile unsigned never = 0;
  if (never) return every[never] != 0 ? proc_raise(0) : 1;
  return (int)(sizeof every / sizeof every[0]) - 45;
}
