// SPDX-License-Identifier: Apache-2.0
// Notes by title, in the storage prefix "notes/".
#define PALYRA_SKILL_IMPLEMENTATION
#include "palyra_skill.h"

typedef struct {
  palyra_text title;
  palyra_text text;
  int64_t version;
} note;

static note read_arguments(void) {
  note asked = {palyra_text_of(""), palyra_text_of(""), PALYRA_ANY_VERSION};
  palyra_reader in = palyra_read_arguments();
  palyra_text key;
  palyra_read_object(&in);
  while (palyra_read_member(&in, &key)) {
    if (palyra_text_is(key, "title")) {
      asked.title = palyra_read_string(&in);
    } else if (palyra_text_is(key, "text")) {
      asked.text = palyra_read_string(&in);
    } else {
      asked.version = palyra_read_integer(&in);
    }
  }
  return asked;
}

static int32_t open_notes(void) { return palyra_storage_grant("notes/", 6); }

PALYRA_TOOL(keep) {
  const note asked = read_arguments();
  const int64_t version = palyra_storage_put(open_notes(), asked.title.data, asked.title.size, asked.text.data,
                                             asked.text.size, asked.version);
  if (version == PALYRA_CONFLICT) {
    palyra_error("somebody has changed '");
    palyra_error_text(asked.title);
    palyra_error("' since version ");
    palyra_error_integer(asked.version);
    return 1;
  }
  if (version < 0) return palyra_fail_result("the note was not kept", version);
  palyra_writer out = palyra_write_output();
  palyra_write_begin_object(&out);
  palyra_write_key(&out, "version");
  palyra_write_integer(&out, version);
  palyra_write_end_object(&out);
  return palyra_write_finish(&out);
}

PALYRA_TOOL(read_note) {
  const note asked = read_arguments();
  palyra_text text;
  int64_t version = 0;
  const int32_t answer = palyra_storage_text(open_notes(), asked.title, &text, &version);
  if (answer == PALYRA_NOT_FOUND) {
    palyra_error("there is no note '");
    palyra_error_text(asked.title);
    return palyra_fail("'");
  }
  if (answer < 0) return palyra_fail_result("the note was not read", answer);
  palyra_writer out = palyra_write_output();
  palyra_write_begin_object(&out);
  palyra_write_key(&out, "text");
  palyra_write_string(&out, text);
  palyra_write_key(&out, "version");
  palyra_write_integer(&out, version);
  palyra_write_end_object(&out);
  return palyra_write_finish(&out);
}

PALYRA_TOOL(list) {
  static char page[16 * 1024];
  palyra_text last = palyra_text_of("");
  palyra_writer out = palyra_write_output();
  palyra_write_begin_object(&out);
  palyra_write_key(&out, "titles");
  palyra_write_begin_array(&out);
  for (;;) {
    const int32_t used = palyra_storage_list(open_notes(), last.data, last.size, page, sizeof page);
    if (used < 0) return palyra_fail_result("the notes were not listed", used);
    if (used == 0) break;
    palyra_text rest = {page, (size_t)used};
    while (palyra_take_name(&rest, &last)) palyra_write_string(&out, last);
    // The next page is written over this one.
    char* const kept = palyra_alloc(last.size);
    for (size_t i = 0; i < last.size; ++i) kept[i] = last.data[i];
    last.data = kept;
  }
  palyra_write_end_array(&out);
  palyra_write_end_object(&out);
  return palyra_write_finish(&out);
}
