// SPDX-License-Identifier: Apache-2.0
// Each message comes in an envelope that the host wrote: what it says of the sender is true. The body is the sender's word.
#define PALYRA_SKILL_IMPLEMENTATION
#include "palyra_skill.h"

// `value` of a body such as {"sensor":"roof","value":21.5}.
static bool read_value(palyra_text body, double* value) {
  palyra_reader in = palyra_read_json((char*)body.data, body.size);
  palyra_text key;
  bool found = false;
  palyra_read_object(&in);
  while (palyra_read_member(&in, &key)) {
    if (palyra_text_is(key, "value")) {
      *value = palyra_read_number(&in);
      found = true;
    } else {
      (void)palyra_read_skip(&in);
    }
  }
  return found && !in.failed;
}

PALYRA_TOOL(report) {
  const int32_t channel = palyra_channel_grant("readings", 8);
  int64_t count = 0;
  double sum = 0;
  palyra_writer out = palyra_write_output();
  palyra_write_begin_object(&out);
  palyra_write_key(&out, "senders");
  palyra_write_begin_array(&out);
  for (;;) {
    palyra_text envelope;
    const int32_t answer = palyra_channel_text(channel, &envelope);
    if (answer == PALYRA_NOT_FOUND) break;
    // A tool that fails has received nothing: its messages come again.
    if (answer < 0) return palyra_fail_result("the readings were not received", answer);
    palyra_reader in = palyra_read_json((char*)envelope.data, envelope.size);
    palyra_text key;
    palyra_text sender = palyra_text_of("operator");
    palyra_text body = palyra_text_of("");
    palyra_read_object(&in);
    while (palyra_read_member(&in, &key)) {
      if (palyra_text_is(key, "skill")) {
        sender = palyra_read_string(&in);
      } else if (palyra_text_is(key, "body")) {
        body = palyra_read_string(&in);
      } else {
        (void)palyra_read_skip(&in);
      }
    }
    double value = 0;
    if (!read_value(body, &value)) {
      static const char kSkipped[] = "a message that is no reading was dropped";
      (void)palyra_log(1, kSkipped, sizeof kSkipped - 1);
      continue;
    }
    palyra_write_string(&out, sender);
    sum += value;
    ++count;
  }
  palyra_write_end_array(&out);
  palyra_write_key(&out, "readings");
  palyra_write_integer(&out, count);
  if (count > 0) {
    palyra_write_key(&out, "mean");
    palyra_write_double(&out, sum / (double)count);
  }
  palyra_write_end_object(&out);
  return palyra_write_finish(&out);
}
