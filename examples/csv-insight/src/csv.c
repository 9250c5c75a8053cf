// SPDX-License-Identifier: Apache-2.0
#include "csv.h"

CsvReader csv_open(char* text, size_t size, char delimiter) {
  const palyra_text start = {text, size < 3 ? size : 3};
  const size_t mark = palyra_text_is(start, "\xEF\xBB\xBF") ? 3 : 0;
  const CsvReader csv = {text + mark, text + size, delimiter, false, 1, 1};
  return csv;
}

// Passes over one line end; false when there is none.
static bool skip_line_end(CsvReader* csv) {
  if (csv->at == csv->end || (*csv->at != '\n' && *csv->at != '\r')) return false;
  if (*csv->at == '\r' && csv->end - csv->at > 1 && csv->at[1] == '\n') ++csv->at;
  ++csv->at;
  ++csv->line;
  return true;
}

static CsvStep broken(uint32_t line, const char* why) {
  palyra_error("line ");
  palyra_error_integer(line);
  palyra_error(why);
  return kCsvBroken;
}

// What stands after a field decides whether its record goes on.
static CsvStep finish_field(CsvReader* csv) {
  csv->inside = csv->at < csv->end && *csv->at == csv->delimiter;
  if (csv->inside) {
    ++csv->at;
    return kCsvField;
  }
  if (csv->at == csv->end || skip_line_end(csv)) return kCsvLastField;
  return broken(csv->line, ": text after a closing quote");
}

static CsvStep read_quoted(CsvReader* csv, palyra_text* field) {
  const uint32_t first_line = csv->line;
  char* to = ++csv->at;
  field->data = to;
  for (; csv->at < csv->end; ++csv->at) {
    const char c = *csv->at;
    if (c == '"') {
      if (csv->end - csv->at == 1 || csv->at[1] != '"') break;
      ++csv->at;
    }
    const bool before_lf = csv->end - csv->at > 1 && csv->at[1] == '\n';
    if (c == '\n' || (c == '\r' && !before_lf)) ++csv->line;
    *to++ = c;
  }
  if (csv->at == csv->end) return broken(first_line, ": a quoted field that begins here is never closed");
  ++csv->at;
  field->size = (size_t)(to - field->data);
  return finish_field(csv);
}

static CsvStep read_plain(CsvReader* csv, palyra_text* field) {
  char* at = csv->at;
  while (at < csv->end && *at != csv->delimiter && *at != '\n' && *at != '\r') ++at;
  field->data = csv->at;
  field->size = (size_t)(at - csv->at);
  csv->at = at;
  return finish_field(csv);
}

CsvStep csv_next(CsvReader* csv, palyra_text* field) {
  if (!csv->inside) {
    while (skip_line_end(csv)) {
    }
    if (csv->at == csv->end) return kCsvEnd;
    csv->record_line = csv->line;
  }
  const bool quoted = csv->at < csv->end && *csv->at == '"';
  return quoted ? read_quoted(csv, field) : read_plain(csv, field);
}
