// SPDX-License-Identifier: Apache-2.0
// What the input schema let through is what the other skill gets: the arguments as they came.
#define PALYRA_SKILL_IMPLEMENTATION
#include "palyra_skill.h"

PALYRA_TOOL(collect) {
  const palyra_reader reading = palyra_read_arguments();
  const size_t size = (size_t)(reading.end - reading.at);
  const int32_t sent = palyra_channel_send(palyra_channel_grant("readings", 8), reading.at, size);
  if (sent < 0) return palyra_fail_result("the reading was not sent", sent);
  palyra_writer out = palyra_write_output();
  palyra_write_begin_object(&out);
  palyra_write_key(&out, "sent_bytes");
  palyra_write_integer(&out, (int64_t)size);
  palyra_write_end_object(&out);
  return palyra_write_finish(&out);
}
