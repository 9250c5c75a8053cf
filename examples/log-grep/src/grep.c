// SPDX-License-Identifier: Apache-2.0
// Searches the files of the granted folder "logs".
#define PALYRA_SKILL_IMPLEMENTATION
#include "palyra_skill.h"

typedef struct {
  palyra_text contains;
  int64_t left;  // lines that may still be shown
  int64_t files;
} search;

static search read_arguments(void) {
  search asked = {palyra_text_of(""), 100, 0};
  palyra_reader in = palyra_read_arguments();
  palyra_text key;
  palyra_read_object(&in);
  while (palyra_read_member(&in, &key)) {
    if (palyra_text_is(key, "contains")) {
      asked.contains = palyra_read_string(&in);
    } else {
      asked.left = palyra_read_integer(&in);
    }
  }
  return asked;
}

static bool contains(palyra_text line, palyra_text part) {
  for (size_t at = 0; at + part.size <= line.size; ++at) {
    const palyra_text here = {line.data + at, part.size};
    if (palyra_text_equal(here, part)) return true;
  }
  return false;
}

static void show(palyra_writer* out, palyra_text file, int64_t number, palyra_text line) {
  palyra_write_begin_object(out);
  palyra_write_key(out, "file");
  palyra_write_string(out, file);
  palyra_write_key(out, "line");
  palyra_write_integer(out, number);
  palyra_write_key(out, "text");
  palyra_write_string(out, line);
  palyra_write_end_object(out);
}

static void search_text(search* asked, palyra_writer* out, palyra_text file, palyra_text content) {
  int64_t number = 0;
  while (content.size > 0 && asked->left > 0) {
    palyra_text line = {content.data, 0};
    while (line.size < content.size && line.data[line.size] != '\n') ++line.size;
    const size_t passed = line.size < content.size ? line.size + 1 : line.size;
    content.data += passed;
    content.size -= passed;
    ++number;
    if (!contains(line, asked->contains)) continue;
    show(out, file, number, line);
    --asked->left;
  }
}

// 0, or what the host answered. Links, directories and what has gone since are passed over.
static int32_t search_file(search* asked, palyra_writer* out, int32_t root, palyra_text name) {
  palyra_file_facts facts;
  const int32_t known = palyra_file_stat(root, name.data, name.size, &facts);
  if (known == PALYRA_DENIED || known == PALYRA_NOT_FOUND) return 0;
  if (known < 0 || facts.kind != PALYRA_KIND_FILE) return known;
  const int32_t file = palyra_file_open(root, name.data, name.size, PALYRA_OPEN_READ);
  if (file < 0) return file;
  void* const mark = palyra_mark();
  palyra_text content;
  const int32_t read = palyra_file_text(file, &content);
  (void)palyra_file_close(file);
  if (read == 0) {
    ++asked->files;
    search_text(asked, out, name, content);
  }
  palyra_release(mark);
  return read;
}

PALYRA_TOOL(grep) {
  static char page[16 * 1024];
  search asked = read_arguments();
  const int32_t root = palyra_file_root("logs", 4);
  palyra_text last = palyra_text_of("");
  palyra_writer out = palyra_write_output();
  palyra_write_begin_object(&out);
  palyra_write_key(&out, "lines");
  palyra_write_begin_array(&out);
  while (asked.left > 0) {
    const int32_t used = palyra_file_list(root, "", 0, last.data, last.size, page, sizeof page);
    if (used < 0) return palyra_fail_result("the folder was not listed", used);
    if (used == 0) break;
    palyra_text rest = {page, (size_t)used};
    while (asked.left > 0 && palyra_take_name(&rest, &last)) {
      const int32_t answer = search_file(&asked, &out, root, last);
      if (answer < 0) {
        palyra_error_text(last);
        return palyra_fail_result(" was not read", answer);
      }
    }
    // The next page is written over this one.
    char* const kept = palyra_alloc(last.size);
    for (size_t i = 0; i < last.size; ++i) kept[i] = last.data[i];
    last.data = kept;
  }
  palyra_write_end_array(&out);
  palyra_write_key(&out, "files");
  palyra_write_integer(&out, asked.files);
  palyra_write_end_object(&out);
  return palyra_write_finish(&out);
}
