// SPDX-License-Identifier: Apache-2.0
// An ordinary C program as a tool: reads the arguments from standard input, formats numbers, writes to standard output
// and standard error, and ends with an exit code. Arguments {"fail":true} make it fail.
#include <stdio.h>
#include <string.h>

int main(int argc, char** argv) {
  char arguments[4096];
  const size_t length = fread(arguments, 1, sizeof arguments - 1, stdin);
  arguments[length] = '\0';

  char line[128];
  snprintf(line, sizeof line, "%s: %d argument(s), pi is %.5f, %08x, %s", argv[0], argc, 3.14159265358979, 0xbeefu,
           "snprintf works");
  printf("%s\n", line);
  printf("input of %zu bytes: %s\n", length, arguments);
  fprintf(stderr, "read %zu bytes\n", length);

  if (strstr(arguments, "\"fail\":true") != NULL) {
    fprintf(stderr, "asked to fail\n");
    return 3;
  }
  return 0;
}
