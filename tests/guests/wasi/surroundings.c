// SPDX-License-Identifier: Apache-2.0
// What a C program sees of its surroundings: clocks, sleep, random bytes, environment, files.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int main(void) {
  struct timespec now;
  if (clock_gettime(CLOCK_REALTIME, &now) != 0) return 10;
  printf("realtime %lld.%03ld\n", (long long)now.tv_sec, now.tv_nsec / 1000000);
  if (clock_getres(CLOCK_MONOTONIC, &now) != 0 || now.tv_sec != 0 || now.tv_nsec != 1000000) return 11;
  const struct timespec nap = {0, 2000000};
  if (nanosleep(&nap, NULL) != 0) return 12;

  unsigned char random[16];
  if (getentropy(random, sizeof random) != 0) return 13;
  printf("random %02x%02x\n", random[0], random[1]);
  if (getenv("HOME") != NULL) return 14;

  if (open("/etc/passwd", O_RDONLY) >= 0) return 15;
  printf("open: %s\n", strerror(errno));
  if (lseek(1, 0, SEEK_CUR) != -1 || errno != ESPIPE) return 16;
  struct stat status;
  if (fstat(1, &status) != 0 || S_ISREG(status.st_mode)) return 17;
  if (isatty(1) != 0) return 18;
  if (close(99) != -1 || errno != EBADF) return 19;
  puts("done");
  return 0;
}
